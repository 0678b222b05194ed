/** Many deadlines on one timer: 150,000 pods do not need a timer each. */
import type { Clock } from "../../machinery/clock.ts";

interface Entry {
  dueMs: number;
  /** Order of arrival, so that equals come in it. */
  sequence: number;
  callback: (() => void) | undefined;
}

export class TimerHeap {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #sequence = 0;
  #armedMs: number | undefined;
  #disarm: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls back once; returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    const entry: Entry = { dueMs: this.#clock.now() + delayMs, sequence: ++this.#sequence, callback };
    this.#push(entry);
    this.#arm();
    return () => {
      entry.callback = undefined;
    };
  }

  stop(): void {
    this.#heap.length = 0;
    this.#disarm();
    this.#armedMs = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (!first || (this.#armedMs !== undefined && this.#armedMs <= first.dueMs)) return;
    this.#disarm();
    this.#armedMs = first.dueMs;
    this.#disarm = this.#clock.after(Math.max(0, first.dueMs - this.#clock.now()), () => this.#ring());
  }

  #ring(): void {
    this.#armedMs = undefined;
    const nowMs = this.#clock.now();
    for (let first = this.#heap[0]; first && first.dueMs <= nowMs; first = this.#heap[0]) {
      this.#pop();
      first.callback?.();
    }
    this.#arm();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
