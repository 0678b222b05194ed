import type { Clock } from "../../machinery/clock.ts";
import { PING, PING_INTERVAL_MS, TUNNEL_PROTOCOL, TunnelCloseCode } from "../../machinery/tunnel/contract.ts";
import { TunnelMux } from "../../machinery/tunnel/mux.ts";
import type { Log } from "../contracts.ts";
import { type CallHandler, NodeCall } from "./call.ts";
import { DialledSocket, type MessageSocket } from "./message-socket.ts";
import { redialDelayMs } from "./redial.ts";
import type { WebSocketClient } from "./websocket.ts";

/** A ping not answered within this time says that the connection is dead. */
const PONG_MS = 10_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** So many failures that the next dial waits longest. */
const SLOWEST = 16;

export interface TunnelClientOptions {
  /** Dials a path of the edge with the node's current token. Rejects with UpgradeError. */
  dial(path: string, options: { protocols: string[]; maxMessageBytes: number }): Promise<WebSocketClient>;
  nodeName: string;
  handler: CallHandler;
  clock: Clock;
  random: () => number;
  log: Log;
  /** The tunnel is up (again), or has gone down. */
  onState(connected: boolean): void;
}

/** Keeps one tunnel to the edge, over any number of connections, and has what comes through it answered. */
export class TunnelClient {
  readonly #options: TunnelClientOptions;
  #socket: WebSocketClient | undefined;
  #cancel: () => void = () => {};
  #failures = 0;
  #stopped = false;

  constructor(options: TunnelClientOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  start(): void {
    void this.#dial();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#socket?.close(1001, "the node daemon stops");
  }

  async #dial(): Promise<void> {
    const { nodeName, log, dial } = this.#options;
    const path = `/kedge/v1/nodes/${nodeName}`;
    try {
      const socket = await dial(`${path}/tunnel`, { protocols: [TUNNEL_PROTOCOL], maxMessageBytes: MAX_MESSAGE_BYTES });
      if (this.#stopped) socket.close(1001, "the node daemon stops");
      else this.#connected(socket);
    } catch (error) {
      log.warn("could not dial the edge", { error: String(error), failures: this.#failures });
      this.#redial();
    }
  }

  #redial(): void {
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    this.#cancel = clock.after(redialDelayMs(this.#failures++, random()), () => void this.#dial());
  }

  #connected(socket: WebSocketClient): void {
    const { clock, log, onState } = this.#options;
    this.#socket = socket;
    const mux = this.#mux(socket);
    const stopPinging = this.#keepAlive(socket);
    const sinceMs = clock.now();
    socket.onClose = (code, reason) => {
      stopPinging();
      this.#socket = undefined;
      mux.end(`the tunnel closed: ${code} ${reason}`);
      log.info("tunnel closed", { code, reason });
      onState(false);
      // A connection that worked is replaced at once. One that was thrown out right away must not come back as fast
      // as it can, and two daemons of one name must not take the tunnel from each other without end.
      if (code === TunnelCloseCode.REPLACED) {
        log.error("another daemon has connected as this node", { node: this.#options.nodeName });
        this.#failures = SLOWEST;
      } else if (clock.now() - sinceMs >= PING_INTERVAL_MS) this.#failures = 0;
      this.#redial();
    };
    log.info("tunnel open");
    onState(true);
  }

  #mux(socket: WebSocketClient): TunnelMux {
    const { handler, log } = this.#options;
    const mux = new TunnelMux({
      send: (frame) => void socket.send(frame),
      failed: (error) => {
        log.error("the edge broke the tunnel protocol", { error: error.message });
        socket.close(TunnelCloseCode.PROTOCOL_ERROR, error.message);
      },
      accept: (request, stream) => {
        const call = new NodeCall({
          request,
          stream,
          dialChannel: (protocol, closed) => this.#dialChannel(request.channel!, protocol, closed),
        });
        // The mux must have the stream's handler before the call's handler runs.
        queueMicrotask(
          () =>
            void call.run(handler, (error) =>
              log.warn("a request of the edge failed", { path: request.path.split("?")[0], error: String(error) }),
            ),
        );
        return call.streamHandler;
      },
    });
    socket.onMessage = (message) => {
      if (typeof message !== "string") mux.receive(message);
    };
    return mux;
  }

  async #dialChannel(channel: string, protocol: string | undefined, closed: () => void): Promise<MessageSocket> {
    const client = await this.#options.dial(`/kedge/v1/nodes/${this.#options.nodeName}/channels/${channel}`, {
      protocols: protocol ? [protocol] : [],
      maxMessageBytes: 32 * 1024 * 1024,
    });
    return new DialledSocket(client, closed);
  }

  /** Pings, and ends a connection that does not answer. @returns what stops it */
  #keepAlive(socket: WebSocketClient): () => void {
    const { clock } = this.#options;
    let cancel = (): void => {};
    const receive = socket.onMessage;
    let pongMs = clock.now();
    socket.onMessage = (message) => {
      pongMs = clock.now();
      receive(message);
    };
    const ping = (): void => {
      const sentMs = clock.now();
      socket.send(PING);
      cancel = clock.after(PONG_MS, () => {
        if (pongMs >= sentMs) ping();
        else socket.terminate("the edge does not answer pings");
      });
    };
    ping();
    return () => cancel();
  }
}
