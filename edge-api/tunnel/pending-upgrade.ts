import type { TunnelHead } from "../../machinery/tunnel/contract.ts";
import type { StreamHandler, TunnelStream } from "../../machinery/tunnel/stream.ts";
import { HttpExchange } from "./http-exchange.ts";

/**
 * A WebSocket upgrade that the node has not answered yet. With 101 the stream is handed over at once, before its next
 * frame; with anything else the answer is plain HTTP.
 */
export class PendingUpgrade implements StreamHandler {
  /** The upgraded response, or undefined when the answer is on `exchange`. Rejects when the stream was reset. */
  readonly outcome: Promise<Response | undefined>;
  readonly exchange = new HttpExchange();
  readonly #upgrade: (head: TunnelHead, stream: TunnelStream) => Response;
  #stream!: TunnelStream;
  #resolve!: (response: Response | undefined) => void;
  #reject!: (error: unknown) => void;

  constructor(upgrade: (head: TunnelHead, stream: TunnelStream) => Response) {
    this.#upgrade = upgrade;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits, waits for `outcome`.
    this.exchange.answer.catch(() => {});
  }

  set stream(stream: TunnelStream) {
    this.#stream = stream;
    this.exchange.stream = stream;
  }

  head(head: TunnelHead): void {
    if (head.status !== 101) {
      void this.exchange.start(null);
      this.exchange.head(head);
      this.#resolve(undefined);
      return;
    }
    try {
      this.#resolve(this.#upgrade(head, this.#stream));
    } catch (error) {
      this.#stream.reset("the edge could not accept the connection");
      this.#reject(error);
    }
  }

  data(payload: Uint8Array): void {
    this.exchange.data(payload);
  }

  end(): void {
    this.exchange.end();
  }

  reset(message: string): void {
    this.exchange.reset(message);
    this.exchange.answer.catch((error) => this.#reject(error));
  }
}
