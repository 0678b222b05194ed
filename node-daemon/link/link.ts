/** The daemon's one connection to the outside: the API, the tunnel, and the token they go with. */
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { ApiClient, Log, NodeConfig } from "../contracts.ts";
import { createApiClient } from "./api-client.ts";
import type { CallHandler } from "./call.ts";
import { Credentials } from "./credentials.ts";
import { createHttpClient } from "./http-client.ts";
import { TokenRenewal } from "./token-renewal.ts";
import { TunnelClient } from "./tunnel-client.ts";
import { dialWebSocket, UpgradeError, type WebSocketClient } from "./websocket.ts";

export interface Link {
  api: ApiClient;
  /** Whether the tunnel is up. */
  readonly connected: boolean;
  /** Called each time the tunnel comes up: then the edge may have taken the node for gone, and wants its status. */
  onConnected(listener: () => void): void;
  /** Called each time the tunnel is lost. */
  onDisconnected(listener: () => void): void;
  /** Dials the tunnel; what comes through it goes to `handler`. Call once. */
  serve(handler: CallHandler): void;
  /** Closes the tunnel and all connections; informers are stopped by their owners. */
  close(): Promise<void>;
}

const DIAL_MS = 10_000;
const USER_AGENT = "kedge-node";

export function createLink(
  config: Pick<NodeConfig, "nodeName" | "serverUrl" | "serverCa" | "tokenFile">,
  log: Log,
  options: { clock?: Clock; random?: () => number } = {},
): Link {
  const { clock = systemClock, random = Math.random } = options;
  const credentials = new Credentials(config.tokenFile);
  const ca = config.serverCa;
  const http = createHttpClient({ serverUrl: config.serverUrl, ca, credentials, userAgent: USER_AGENT });

  const dial = async (
    path: string,
    how: { protocols: string[]; maxMessageBytes: number },
    reloaded = false,
  ): Promise<WebSocketClient> => {
    const token = await (reloaded ? credentials.reload() : credentials.token());
    try {
      return await dialWebSocket({
        url: config.serverUrl + path,
        ca,
        timeoutMs: DIAL_MS,
        headers: { authorization: `Bearer ${token}`, "user-agent": USER_AGENT },
        ...how,
      });
    } catch (error) {
      const refused = error instanceof UpgradeError && error.status === 401;
      if (refused && !reloaded) return dial(path, how, true);
      throw error;
    }
  };

  const connected: (() => void)[] = [];
  const disconnected: (() => void)[] = [];
  let tunnel: TunnelClient | undefined;
  const renewal = new TokenRenewal({ http, credentials, nodeName: config.nodeName, clock, log });
  renewal.start();

  return {
    api: createApiClient({
      http,
      dial: (path) => dial(path, { protocols: [], maxMessageBytes: 16 * 1024 * 1024 }),
      clock,
      random,
      log,
    }),
    get connected() {
      return tunnel?.connected ?? false;
    },
    onConnected: (listener) => void connected.push(listener),
    onDisconnected: (listener) => void disconnected.push(listener),
    serve(handler) {
      if (tunnel) throw new Error("the link serves already");
      tunnel = new TunnelClient({
        dial,
        nodeName: config.nodeName,
        handler,
        clock,
        random,
        log,
        onState: (up) => {
          for (const listener of up ? connected : disconnected) listener();
        },
      });
      tunnel.start();
    },
    async close() {
      renewal.stop();
      tunnel?.stop();
      await http.close();
    },
  };
}
