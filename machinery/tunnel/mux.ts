import { FrameType, MAX_STREAMS_PER_NODE, type TunnelRequest } from "./contract.ts";
import { decodeFrame, decodeRequest, encodeControl, encodeFrame, TunnelProtocolError } from "./frame.ts";
import { type StreamHandler, type StreamState, TunnelStream } from "./stream.ts";
import { WindowBudget } from "./window.ts";

export interface MuxOptions {
  /** Puts one binary message on the transport, in order. Must not call back into the mux. */
  send(frame: Uint8Array): void;
  /** The peer broke the contract: close the transport. All streams have been told. */
  failed(error: TunnelProtocolError): void;
  /** Only at the node: a request came; returns who answers it. */
  accept?(request: TunnelRequest, stream: TunnelStream): StreamHandler;
}

export class TooManyStreamsError extends Error {
  constructor() {
    super(`the node already has ${MAX_STREAMS_PER_NODE} streams open`);
    this.name = "TooManyStreamsError";
  }
}

/** The streams of one tunnel, at either end. Knows nothing of the transport but "message in, message out". */
export class TunnelMux {
  readonly #options: MuxOptions;
  readonly #streams = new Map<number, TunnelStream>();
  readonly #budget = new WindowBudget();
  #last: number;
  #ended = false;

  /** @param lastNumber the stream number used last, when the mux goes on after hibernation */
  constructor(options: MuxOptions, lastNumber = 0) {
    this.#options = options;
    this.#last = lastNumber;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  get lastNumber(): number {
    return this.#last;
  }

  get(number: number): TunnelStream | undefined {
    return this.#streams.get(number);
  }

  /** Opens a stream with the request. @throws TooManyStreamsError */
  open(request: TunnelRequest, handler: StreamHandler): TunnelStream {
    if (this.#streams.size >= MAX_STREAMS_PER_NODE) throw new TooManyStreamsError();
    do this.#last = (this.#last % 0xffff_ffff) + 1;
    while (this.#streams.has(this.#last));
    const stream = this.#add(this.#last);
    stream.handler = handler;
    this.#options.send(encodeFrame(FrameType.OPEN, stream.number, encodeControl(request)));
    return stream;
  }

  /** Goes on with a stream as its `state` was before hibernation. */
  restore(number: number, state: StreamState, handler: StreamHandler): TunnelStream {
    const stream = this.#add(number, state);
    stream.handler = handler;
    return stream;
  }

  /** Takes in one binary message. Never throws: what breaks the contract ends the tunnel through `failed`. */
  receive(message: Uint8Array): void {
    if (this.#ended) return;
    try {
      const { type, stream: number, payload } = decodeFrame(message);
      if (type === FrameType.OPEN) this.#accept(number, payload);
      // Unknown numbers are late frames of streams that this side has reset or ended.
      else this.#streams.get(number)?.receive(type, payload);
    } catch (error) {
      if (!(error instanceof TunnelProtocolError)) throw error;
      this.end(error.message);
      this.#options.failed(error);
    }
  }

  /** The transport is gone: every open stream hears of it. */
  end(message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stream of [...this.#streams.values()]) stream.abandon(message);
  }

  #accept(number: number, payload: Uint8Array): void {
    const { accept } = this.#options;
    if (!accept) throw new TunnelProtocolError("the node may not open streams");
    if (this.#streams.has(number)) throw new TunnelProtocolError("OPEN of a stream that is open");
    if (this.#streams.size >= MAX_STREAMS_PER_NODE) throw new TunnelProtocolError("too many streams");
    const request = decodeRequest(payload);
    const stream = this.#add(number);
    stream.handler = accept(request, stream);
  }

  #add(number: number, state?: StreamState): TunnelStream {
    const stream = new TunnelStream(
      number,
      {
        budget: this.#budget,
        send: (frame) => {
          if (!this.#ended) this.#options.send(frame);
        },
        closed: ({ number }) => this.#streams.delete(number),
      },
      state,
    );
    this.#streams.set(number, stream);
    return stream;
  }
}
