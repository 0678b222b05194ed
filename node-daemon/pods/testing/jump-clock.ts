import type { Clock } from "../../../machinery/clock.ts";

/** A clock that goes from one timer to the next, as the test asks it to. */
export class JumpClock implements Clock {
  #nowMs = Date.parse("2026-01-01T00:00:00Z");
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** When the next timer is due; Infinity when there is none. */
  nextMs(): number {
    return Math.min(...[...this.#timers].map(({ atMs }) => atMs));
  }

  /** Sets the hands, and calls what is due by then in order. */
  goTo(atMs: number): void {
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }
}
