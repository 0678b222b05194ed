import { encodeControl, sendableClose } from "../../machinery/tunnel/frame.ts";
import { writeMessage } from "../../machinery/tunnel/message.ts";
import type { TunnelStream } from "../../machinery/tunnel/stream.ts";
import { IncomingQueue } from "./incoming-queue.ts";
import type { WebSocketClient } from "./websocket.ts";

/** A WebSocket with a client, or with a service in the cluster, read and written at the pace of the slower side. */
export interface MessageSocket {
  readonly protocol: string;
  /** The next message; undefined once the peer has closed or is lost. Not asking slows the peer down. */
  receive(): Promise<string | Uint8Array | undefined>;
  /** Gives false when the peer is gone, true once there is room for more. */
  send(message: string | Uint8Array): Promise<boolean> | boolean;
  close(code?: number, reason?: string): void;
  /** How the peer closed; known once `receive` has given undefined. */
  readonly closed: { code: number; reason: string } | undefined;
}

/** Messages on a stream of the tunnel. */
export class StreamSocket implements MessageSocket {
  readonly protocol: string;
  readonly incoming: IncomingQueue<string | Uint8Array>;
  closed: { code: number; reason: string } | undefined;
  readonly #stream: TunnelStream;

  constructor(stream: TunnelStream, protocol: string) {
    this.#stream = stream;
    this.protocol = protocol;
    this.incoming = new IncomingQueue((bytes) => stream.consumed(bytes));
  }

  receive(): Promise<string | Uint8Array | undefined> {
    return this.incoming.next();
  }

  send(message: string | Uint8Array): Promise<boolean> | boolean {
    if (this.closed) return false;
    writeMessage(this.#stream, message);
    return this.#stream.room();
  }

  close(code = 1000, reason = ""): void {
    this.#stream.end(encodeControl(sendableClose(code, reason)));
    this.incoming.drop();
  }

  /** The peer has closed, or the tunnel is gone. */
  peerClosed(code: number, reason: string): void {
    this.closed ??= { code, reason };
    this.incoming.end();
  }
}

/** What may lie unread before the peer is slowed down. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** Messages on a WebSocket of their own. */
export class DialledSocket implements MessageSocket {
  closed: { code: number; reason: string } | undefined;
  readonly #client: WebSocketClient;
  readonly #incoming: IncomingQueue<string | Uint8Array>;
  #unreadBytes = 0;

  /** @param onClosed called once the peer has closed or the connection is lost */
  constructor(client: WebSocketClient, onClosed: () => void = () => {}) {
    this.#client = client;
    this.#incoming = new IncomingQueue((bytes) => {
      this.#unreadBytes -= bytes;
      if (this.#unreadBytes < HIGH_WATER_BYTES) client.resume();
    });
    client.onMessage = (message) => {
      this.#unreadBytes += message.length;
      if (this.#unreadBytes >= HIGH_WATER_BYTES) client.pause();
      this.#incoming.push(message, message.length);
    };
    client.onClose = (code, reason) => {
      this.closed ??= { code, reason };
      this.#incoming.end();
      onClosed();
    };
  }

  get protocol(): string {
    return this.#client.protocol;
  }

  receive(): Promise<string | Uint8Array | undefined> {
    return this.#incoming.next();
  }

  send(message: string | Uint8Array): Promise<boolean> | boolean {
    if (this.#client.closed) return false;
    return this.#client.send(message) || this.#client.drained().then(() => !this.#client.closed);
  }

  close(code = 1000, reason = ""): void {
    this.#client.close(code, reason);
    this.#incoming.drop();
  }
}
