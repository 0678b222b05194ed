import { MAX_WINDOW_BYTES, type TunnelHead } from "../../machinery/tunnel/contract.ts";
import { decodeClose, encodeControl, sendableClose } from "../../machinery/tunnel/frame.ts";
import { MessageAssembler, writeMessage } from "../../machinery/tunnel/message.ts";
import type { StreamHandler, StreamState, TunnelStream } from "../../machinery/tunnel/stream.ts";
import type { GatewaySocket } from "./host.ts";

/** What a client may be ahead of the node. The platform gives no way to slow a WebSocket down: beyond it, it is closed. */
export const MAX_AHEAD_BYTES = 16 * 1024 * 1024;
/** While more than this waits for the client's network, the node is granted nothing. */
export const MAX_UNSENT_BYTES = MAX_WINDOW_BYTES;

export interface ClientAttachment {
  kind: "client";
  tunnel: string;
  stream: number;
  state: StreamState;
  /** What the audit log is to be told at the end. */
  audit?: string;
  /** The session has ended: the socket's own end is nothing new. */
  over?: true;
}

/** A client's WebSocket on a stream of a tunnel. Everything it must remember while idle is in the socket's attachment. */
export class ClientSession<Socket extends GatewaySocket> implements StreamHandler {
  readonly #socket: Socket;
  readonly #assembler = new MessageAssembler();
  /** Marks a change of state, so that the attachment gets written. */
  readonly #changed: (session: ClientSession<Socket>) => void;
  readonly #audit: string | undefined;
  /** Told what stands in `audit` once the session is over. */
  readonly #ended: (audit: string) => void;
  #stream!: TunnelStream;
  #owedBytes = 0;
  #closed = false;

  constructor(
    socket: Socket,
    options: {
      changed: (session: ClientSession<Socket>) => void;
      audit: string | undefined;
      ended: (audit: string) => void;
    },
  ) {
    this.#socket = socket;
    this.#changed = options.changed;
    this.#audit = options.audit;
    this.#ended = options.ended;
  }

  set stream(stream: TunnelStream) {
    this.#stream = stream;
  }

  get number(): number {
    return this.#stream.number;
  }

  /** Whether both sides have ended. */
  get over(): boolean {
    return this.#stream.over;
  }

  /** Whether memory holds what the attachment does not. */
  get busy(): boolean {
    return !this.#closed && (this.#owedBytes > 0 || this.#assembler.partial || this.#stream.queuedBytes > 0);
  }

  /** Only while a restored session waits for what its stream never had: the node answered before the socket was. */
  head(_head: TunnelHead): void {
    throw new Error("a session's stream has its HEAD before it has a session");
  }

  /** A frame of the node. */
  data(payload: Uint8Array): void {
    const message = this.#assembler.add(payload);
    if (message !== undefined && !this.#closed) this.#socket.send(message);
    this.#owedBytes += payload.byteLength;
    this.settle();
  }

  /** Grants the node what the client's network has taken. To be called now and then while `busy`. */
  settle(): void {
    if (this.#owedBytes > 0 && (this.#closed || this.#socket.bufferedAmount <= MAX_UNSENT_BYTES)) {
      const bytes = this.#owedBytes;
      this.#owedBytes = 0;
      this.#stream.consumed(bytes);
    }
    this.#changed(this);
  }

  end(payload: Uint8Array): void {
    const { code, reason } = decodeClose(payload);
    this.#stream.end();
    this.#close(code, reason);
    this.#changed(this);
  }

  reset(message: string): void {
    this.#close(1011, message);
    this.#changed(this);
  }

  /** A message of the client. */
  fromClient(message: string | Uint8Array): void {
    writeMessage(this.#stream, message);
    if (this.#stream.queuedBytes > MAX_AHEAD_BYTES) {
      this.#stream.reset("the client sent more than the node could take");
      this.#close(1008, "sent more than the node could take");
    }
    this.#changed(this);
  }

  /** The client has closed; the node has yet to end its side. */
  clientClosed(code: number, reason: string): void {
    if (this.#closed) return;
    const close = sendableClose(code, reason);
    this.#close(close.code, close.reason);
    this.#stream.end(encodeControl(close));
    this.#changed(this);
  }

  attachment(tunnel: string): ClientAttachment {
    const audit = this.#audit;
    return { kind: "client", tunnel, stream: this.#stream.number, state: this.#stream.state, ...(audit && { audit }) };
  }

  save(tunnel: string): void {
    if (!this.#closed) this.#socket.serializeAttachment(this.attachment(tunnel));
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.serializeAttachment({ ...this.attachment(""), over: true } satisfies ClientAttachment);
    const close = sendableClose(code, reason);
    this.#socket.close(close.code, close.reason);
    if (this.#audit) this.#ended(this.#audit);
  }
}
