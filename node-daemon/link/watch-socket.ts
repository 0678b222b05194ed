import type { Clock } from "../../machinery/clock.ts";
import type { WatchEvent } from "../../machinery/watch/transport.ts";
import { ApiCallError } from "../contracts.ts";
import { statusOf } from "./http-client.ts";
import { UpgradeError, type WebSocketClient } from "./websocket.ts";

/** A ping of the protocol that is not answered within this time says that the connection is dead. */
const PING_INTERVAL_MS = 30_000;

export type Dial = (path: string) => Promise<WebSocketClient>;

/**
 * One watch over a WebSocket, one event a text message: unlike an HTTP response it lets the server's object sleep.
 * Resolves when the server ends it. @throws ApiCallError
 */
export async function watchOverWebSocket(options: {
  path: string;
  dial: Dial;
  clock: Clock;
  signal: AbortSignal;
  onEvent(event: WatchEvent): void;
}): Promise<void> {
  const { path, signal, clock } = options;
  const socket = await options.dial(path).catch((error: unknown) => {
    if (!(error instanceof UpgradeError)) throw error;
    const status = statusOf(error.body);
    throw new ApiCallError(error.status, status?.message ?? error.message, status);
  });
  await new Promise<void>((resolve, reject) => {
    let answered = true;
    let cancel = (): void => {};
    const ping = (): void => {
      if (!answered) {
        socket.terminate("the edge does not answer pings");
        return;
      }
      answered = false;
      socket.ping();
      cancel = clock.after(PING_INTERVAL_MS, ping);
    };
    const abort = (): void => socket.close(1000, "");
    const finish = (settle: () => void): void => {
      cancel();
      signal.removeEventListener("abort", abort);
      settle();
    };
    socket.onPong = () => {
      answered = true;
    };
    socket.onMessage = (message) => {
      answered = true;
      if (signal.aborted) return;
      try {
        options.onEvent(JSON.parse(typeof message === "string" ? message : Buffer.from(message).toString()));
      } catch (error) {
        socket.close(1003, "an event that cannot be taken in");
        finish(() => reject(error));
      }
    };
    socket.onClose = (code, reason) =>
      finish(() =>
        code === 1000 || code === 1001 || code === 1005
          ? resolve()
          : reject(new ApiCallError(0, `${path}: ${code} ${reason}`)),
      );
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    ping();
  });
}
