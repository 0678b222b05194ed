import type { TunnelHead } from "../../machinery/tunnel/contract.ts";
import type { StreamHandler, TunnelStream } from "../../machinery/tunnel/stream.ts";

/** Why a stream ended without the answer it was opened for. */
export class StreamResetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StreamResetError";
  }
}

/** One plain HTTP request and its answer over a stream. Bodies stream both ways, at the pace of whoever reads. */
export class HttpExchange implements StreamHandler {
  /** Rejects with StreamResetError. */
  readonly answer: Promise<TunnelHead>;
  #stream!: TunnelStream;
  #gotHead!: (head: TunnelHead) => void;
  #failed!: (error: Error) => void;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.#gotHead = resolve;
      this.#failed = reject;
    });
  }

  set stream(stream: TunnelStream) {
    this.#stream = stream;
  }

  head(head: TunnelHead): void {
    this.#gotHead(head);
  }

  data(payload: Uint8Array): void {
    this.#chunks.push(payload);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  reset(message: string): void {
    if (this.#ended || this.#error) return;
    this.#error = new StreamResetError(message);
    this.#failed(this.#error);
    this.#wake?.();
  }

  /** Sends the request body; to be called once `stream` is set. Errors of the body reset the stream. */
  async start(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const stream = this.#stream;
    if (!body) {
      stream.end();
      return;
    }
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        stream.write(value);
        // The node has answered in full, or given up: what is left of the request interests nobody.
        if (!(await stream.room()) || this.#ended) {
          await reader.cancel();
          break;
        }
      }
      stream.end();
    } catch (error) {
      this.cancel(`the request's body failed: ${String(error)}`);
    }
  }

  /** The client does not want the answer any more. */
  cancel(why: string): void {
    this.#stream.reset(why);
    this.reset(why);
  }

  /** The response body. A chunk counts as consumed when the reader takes it. */
  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#chunks.length === 0 && !this.#ended && !this.#error) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
            this.#wake = undefined;
          }
          const chunk = this.#chunks.shift();
          if (chunk) {
            controller.enqueue(chunk);
            this.#stream.consumed(chunk.byteLength);
          } else if (this.#error) controller.error(this.#error);
          else controller.close();
        },
        cancel: () => this.cancel("the client left"),
      },
      { highWaterMark: 0 },
    );
  }

  /** The whole body, for short answers. @param limitBytes what is beyond is dropped */
  async text(limitBytes: number): Promise<string> {
    const decoder = new TextDecoder();
    const reader = this.body().getReader();
    let text = "";
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value.subarray(0, limitBytes - bytes), { stream: true });
      bytes += value.byteLength;
      if (bytes < limitBytes) continue;
      await reader.cancel();
      return text;
    }
  }
}
