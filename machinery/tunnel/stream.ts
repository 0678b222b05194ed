import { FrameType, MAX_FRAME_BYTES, MessageFlag, type TunnelHead, WINDOW_BYTES } from "./contract.ts";
import {
  decodeCredit,
  decodeHead,
  decodeReset,
  emptyPayload,
  encodeControl,
  encodeCredit,
  encodeFrame,
  TunnelProtocolError,
} from "./frame.ts";
import { type ReceiveState, ReceiveWindow, type WindowBudget } from "./window.ts";

/** What a stream tells whoever uses it. Never called from within a call to the stream, never after `reset`. */
export interface StreamHandler {
  /** The node's answer; only at the edge, once, before `data` and `end`. */
  head?(head: TunnelHead): void;
  /** The bytes are the handler's to keep. It must say `stream.consumed` once it is done with them. */
  data(payload: Uint8Array): void;
  /** The peer sends no more. */
  end(payload: Uint8Array): void;
  /** Over for both sides: the peer's RESET, or the tunnel is gone. */
  reset(message: string): void;
}

/** All there is to an idle stream: what an attachment keeps through hibernation. */
export interface StreamState extends ReceiveState {
  credit: number;
  headSeen: boolean;
  sentEnd: boolean;
  receivedEnd: boolean;
}

/** What a stream needs of its tunnel. */
export interface StreamOwner {
  send(frame: Uint8Array): void;
  closed(stream: TunnelStream): void;
  budget: WindowBudget;
}

/** A piece that would leave less than this behind is not cut to fit the credit. */
const MIN_PIECE_BYTES = 1024;
const MAX_CREDIT = 2 ** 31;

export class TunnelStream {
  readonly number: number;
  readonly #owner: StreamOwner;
  readonly #window: ReceiveWindow;
  #handler: StreamHandler | undefined;
  #credit: number;
  #headSeen: boolean;
  #sentEnd: boolean;
  #receivedEnd: boolean;
  #over = false;
  #queue: { payload: Uint8Array; leading: number | undefined }[] = [];
  #queuedBytes = 0;
  #pendingEnd: Uint8Array | undefined;
  #waiting: ((open: boolean) => void)[] = [];

  constructor(number: number, owner: StreamOwner, state?: StreamState) {
    this.number = number;
    this.#owner = owner;
    this.#window = new ReceiveWindow(owner.budget, state);
    this.#credit = state?.credit ?? WINDOW_BYTES;
    this.#headSeen = state?.headSeen ?? false;
    this.#sentEnd = state?.sentEnd ?? false;
    this.#receivedEnd = state?.receivedEnd ?? false;
  }

  /** Must be set before the peer's first frame is taken in. */
  set handler(handler: StreamHandler) {
    this.#handler = handler;
  }

  /** Ended by both sides, or reset. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes written here that the peer has not granted yet. A stream with any must not be hibernated. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get state(): StreamState {
    return {
      ...this.#window.state,
      credit: this.#credit,
      headSeen: this.#headSeen,
      sentEnd: this.#sentEnd,
      receivedEnd: this.#receivedEnd,
    };
  }

  /** Only at the node, once, before `write`. */
  head(head: TunnelHead): void {
    if (!this.#over) this.#owner.send(encodeFrame(FrameType.HEAD, this.number, encodeControl(head)));
  }

  /**
   * Sends what the peer's credit allows and queues the rest without bound: a writer that may outrun the peer awaits
   * `room`, or watches `queuedBytes`. Dropped once the stream is over. `payload` must not be changed afterwards.
   * @param flags MessageFlag bits, when this is one whole WebSocket message
   */
  write(payload: Uint8Array, flags?: number): void {
    if (this.#over || this.#sentEnd || this.#pendingEnd) return;
    if (payload.byteLength === 0 && flags === undefined) return;
    this.#queue.push({ payload, leading: flags });
    this.#queuedBytes += payload.byteLength;
    this.#flush();
  }

  /** Resolves once nothing is queued: true to go on, false when the stream is over. */
  room(): Promise<boolean> | boolean {
    if (this.#over) return false;
    if (this.#queue.length === 0) return true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Says, behind all that is queued, that no more follows. */
  end(payload: Uint8Array = emptyPayload()): void {
    if (this.#over || this.#sentEnd || this.#pendingEnd) return;
    this.#pendingEnd = payload;
    this.#flush();
  }

  /** Ends both sides at once; the handler is not called again. */
  reset(message: string): void {
    if (this.#over) return;
    this.#owner.send(encodeFrame(FrameType.RESET, this.number, encodeControl({ message })));
    this.#close();
  }

  /** The handler is done with this many bytes of what it was given. */
  consumed(bytes: number): void {
    const grant = this.#window.consumed(bytes);
    if (grant > 0 && !this.#over && !this.#receivedEnd) this.#owner.send(encodeCredit(this.number, grant));
  }

  /** A frame of the peer. @throws TunnelProtocolError */
  receive(type: FrameType, payload: Uint8Array): void {
    switch (type) {
      case FrameType.HEAD:
        if (this.#headSeen || !this.#handler?.head) throw new TunnelProtocolError("HEAD out of place");
        this.#headSeen = true;
        this.#handler.head(decodeHead(payload));
        return;
      case FrameType.DATA:
        this.#mayTalk("DATA");
        this.#window.received(payload.byteLength);
        this.#handler!.data(payload);
        return;
      case FrameType.CREDIT:
        this.#credit += decodeCredit(payload);
        if (this.#credit > MAX_CREDIT) throw new TunnelProtocolError("CREDIT beyond all bounds");
        this.#flush();
        return;
      case FrameType.END:
        this.#mayTalk("END");
        this.#receivedEnd = true;
        this.#handler!.end(payload);
        if (this.#sentEnd) this.#close();
        return;
      case FrameType.RESET:
        this.abandon(decodeReset(payload));
        return;
      default:
        throw new TunnelProtocolError(`frame type ${type} on an open stream`);
    }
  }

  /** The peer or the whole tunnel is gone: tells the handler. */
  abandon(message: string): void {
    if (this.#over) return;
    this.#close();
    this.#handler?.reset(message);
  }

  #mayTalk(what: string): void {
    if (this.#receivedEnd) throw new TunnelProtocolError(`${what} after END`);
    if (this.#handler?.head && !this.#headSeen) throw new TunnelProtocolError(`${what} before HEAD`);
  }

  #flush(): void {
    let sent = 0;
    while (sent < this.#queue.length) {
      const item = this.#queue[sent]!;
      const overhead = item.leading === undefined ? 0 : 1;
      const left = item.payload.byteLength;
      const size = Math.min(left, MAX_FRAME_BYTES - overhead, this.#credit - overhead);
      if (size < left && size < MIN_PIECE_BYTES) break;
      const whole = size === left;
      const leading = whole || item.leading === undefined ? item.leading : item.leading | MessageFlag.MORE;
      this.#owner.send(encodeFrame(FrameType.DATA, this.number, item.payload.subarray(0, size), leading));
      this.#credit -= size + overhead;
      this.#queuedBytes -= size;
      if (whole) sent++;
      else item.payload = item.payload.subarray(size);
    }
    if (sent > 0) this.#queue.splice(0, sent);
    if (this.#queue.length > 0) return;
    if (this.#pendingEnd) {
      this.#owner.send(encodeFrame(FrameType.END, this.number, this.#pendingEnd));
      this.#pendingEnd = undefined;
      this.#sentEnd = true;
      if (this.#receivedEnd) this.#close();
    }
    this.#wake(true);
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#window.release();
    this.#owner.closed(this);
    this.#wake(false);
  }

  #wake(open: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(open);
  }
}
