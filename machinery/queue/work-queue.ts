/**
 * A queue of keys to work on. Rules, as client-go's workqueue has them:
 * [WQ1] a key waits at most once, however often it is added;
 * [WQ2] a key is worked on by one worker at a time: added meanwhile, it comes again after `done`;
 * [WQ3] keys come in the order in which they were added;
 * [WQ4] a key added for later comes at the earliest time it was added for, whether or not it comes before then too.
 */
import type { Clock } from "../clock.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";

/** client-go's defaults: 5 ms, doubled each time, at most 1000 s. */
const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 5, maxMs: 1_000_000 };

export class WorkQueue<K> {
  readonly #clock: Clock;
  readonly #backoff: Backoff<K>;
  /** Waiting keys, in order. */
  readonly #ready = new Set<K>();
  readonly #working = new Set<K>();
  /** Added while worked on. */
  readonly #again = new Set<K>();
  readonly #delayed = new Map<K, { dueMs: number; cancel: () => void }>();
  readonly #waiters: ((key: K | undefined) => void)[] = [];
  #stopped = false;

  constructor(clock: Clock, backoff: BackoffOptions = DEFAULT_BACKOFF) {
    this.#clock = clock;
    this.#backoff = new Backoff(backoff);
  }

  /** Keys that wait now, delayed ones not among them. */
  get size(): number {
    return this.#ready.size;
  }

  /** Whether nothing waits, is delayed or is being worked on. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0 && this.#delayed.size === 0;
  }

  add(key: K): void {
    if (this.#stopped) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const waiter = this.#ready.size === 0 ? this.#waiters.shift() : undefined;
    if (waiter) {
      this.#working.add(key);
      waiter(key);
    } else {
      this.#ready.add(key);
    }
  }

  addAfter(key: K, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.now() + delayMs;
    const delayed = this.#delayed.get(key);
    if (delayed && delayed.dueMs <= dueMs) return;
    delayed?.cancel();
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /** Adds after a delay that grows with each failure since the last `forget`. Returns the delay. */
  addRateLimited(key: K): number {
    const delayMs = this.#backoff.next(key);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key has succeeded: its next failure counts as the first. */
  forget(key: K): void {
    this.#backoff.forget(key);
  }

  /** Failures since the last `forget`. */
  failures(key: K): number {
    return this.#backoff.failures(key);
  }

  /** The next key; waits for one. Undefined once the queue has stopped. Each key taken must be given to `done`. */
  next(): Promise<K | undefined> {
    const key = this.tryNext();
    if (key !== undefined || this.#stopped) return Promise.resolve(key);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The next key, or undefined when none waits now. */
  tryNext(): K | undefined {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#working.add(key);
      return key;
    }
    return undefined;
  }

  done(key: K): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Ends all waiting; nothing can be added any more. */
  stop(): void {
    this.#stopped = true;
    this.#ready.clear();
    this.#again.clear();
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }
}
