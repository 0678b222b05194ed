import { MAX_TOTAL_WINDOW_BYTES, MAX_WINDOW_BYTES, WINDOW_BYTES } from "./contract.ts";
import { TunnelProtocolError } from "./frame.ts";

/** What widened windows of one tunnel take together; shared by its streams. */
export class WindowBudget {
  #leftBytes = MAX_TOTAL_WINDOW_BYTES;

  /** Takes up to `bytes`; returns how many it got. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.#leftBytes);
    this.#leftBytes -= taken;
    return taken;
  }

  giveBack(bytes: number): void {
    this.#leftBytes += bytes;
  }
}

/** Receiver's side of one stream's flow control, as numbers that survive hibernation. */
export interface ReceiveState {
  /** What the peer may still send. */
  granted: number;
  /** Width of the window now. */
  width: number;
}

/**
 * Counts what a peer may send. Credit is granted in pieces of a quarter window at least. The window doubles once two
 * windows have gone through to a reader that never left half of one lying: a long round trip then costs little throughput, and
 * a reader that is slow from the start holds little memory.
 */
export class ReceiveWindow {
  #granted: number;
  #width: number;
  #unread = 0;
  #keptUpBytes = 0;
  readonly #budget: WindowBudget;

  constructor(budget: WindowBudget, state: ReceiveState = { granted: WINDOW_BYTES, width: WINDOW_BYTES }) {
    this.#budget = budget;
    this.#granted = state.granted;
    this.#width = WINDOW_BYTES + budget.take(Math.max(0, state.width - WINDOW_BYTES));
  }

  get state(): ReceiveState {
    return { granted: this.#granted, width: this.#width };
  }

  /** DATA of this many bytes came in. @throws TunnelProtocolError if more than was granted */
  received(bytes: number): void {
    if (bytes > this.#granted) throw new TunnelProtocolError("more DATA than was granted");
    this.#granted -= bytes;
    this.#unread += bytes;
  }

  /** The reader is done with this many bytes. @returns the credit to grant now, 0 for none */
  consumed(bytes: number): number {
    this.#unread -= bytes;
    this.#keptUpBytes = this.#unread <= this.#width / 2 ? this.#keptUpBytes + bytes : 0;
    if (this.#keptUpBytes >= 2 * this.#width && this.#width < MAX_WINDOW_BYTES) {
      this.#width += this.#budget.take(Math.min(this.#width, MAX_WINDOW_BYTES - this.#width));
      this.#keptUpBytes = 0;
    }
    const grant = this.#width - this.#unread - this.#granted;
    if (grant < this.#width / 4) return 0;
    this.#granted += grant;
    return grant;
  }

  /** The stream is over. */
  release(): void {
    this.#budget.giveBack(this.#width - WINDOW_BYTES);
    this.#width = WINDOW_BYTES;
  }
}
