import type { Failure } from "./controller.ts";
import { Deadlines } from "./deadlines.ts";
import { type QueueMetrics, UNCOUNTED } from "./queue-metrics.ts";

/** client-go's item back-off: 5 ms, doubled with each failure, at most 1000 s. */
const BACKOFF_BASE_MS = 5;
const BACKOFF_MAX_MS = 1_000_000;
/** A change makes a key that backs off worth another try, but never more often than this. */
const BACKOFF_ON_CHANGE_MS = 1_000;

/**
 * A key that changes all the time is planned so many times at once and then this often: what gathers meanwhile becomes
 * one plan and one write. A ReplicaSet with thousands of pods that start would else write its status for each few.
 */
const PACE_BURST = 8;
const PACE_MS = 100;
/** No key is held longer than this by what it has done before. */
const PACE_MEMORY_MS = (PACE_BURST + 1) * PACE_MS;

/** Says when each key may be planned next. Remembers no key longer than it matters. */
class Pace {
  /** When each key would be if all its plans had come at the slow pace, epoch ms. */
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #turnAtMs = 0;

  /** The earliest moment for another plan, epoch ms; 0 for a key that has been quiet. */
  nextMs(key: string): number {
    return Math.max(0, this.#of(key) - (PACE_BURST - 1) * PACE_MS);
  }

  note(key: string, nowMs: number): void {
    const atMs = Math.max(this.#of(key), nowMs) + PACE_MS;
    if (nowMs >= this.#turnAtMs) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#turnAtMs = nowMs + PACE_MEMORY_MS;
    }
    this.#recent.set(key, atMs);
  }

  #of(key: string): number {
    return this.#recent.get(key) ?? this.#older.get(key) ?? 0;
  }
}

export interface Taken {
  key: string;
  /** Failed attempts before this one. */
  attempts: number;
  failures: readonly Failure[];
}

/** Keys worth planning: each once, in order, one attempt at a time. Has no timers: `nextMs` says when to look again. */
export class KeyQueue {
  #ready = new Map<string, number>();
  readonly #metrics: QueueMetrics;
  /** Taken, when, and whether something changed since. */
  readonly #busy = new Map<string, { sinceMs: number; isChanged: boolean }>();
  readonly #failed = new Map<string, { attempts: number; failures: readonly Failure[]; retryAtMs: number }>();
  readonly #deadlines = new Deadlines();
  readonly #pace = new Pace();

  constructor(metrics: QueueMetrics = UNCOUNTED) {
    this.#metrics = metrics;
  }

  /** Something that matters to the key has changed. */
  add(key: string, nowMs: number): void {
    const busy = this.#busy.get(key);
    if (busy) {
      busy.isChanged = true;
      return;
    }
    const retryAtMs = this.#failed.get(key)?.retryAtMs ?? 0;
    if (retryAtMs > nowMs + BACKOFF_ON_CHANGE_MS) this.#deadlines.set(key, nowMs + BACKOFF_ON_CHANGE_MS);
    else if (retryAtMs <= nowMs) this.#makeReady(key, nowMs);
  }

  take(nowMs: number): Taken | undefined {
    for (const key of this.#deadlines.take(nowMs)) {
      const busy = this.#busy.get(key);
      if (busy) busy.isChanged = true;
      else this.#makeReady(key, nowMs);
    }
    const first = this.#ready.entries().next();
    if (first.done) return undefined;
    const [key, sinceMs] = first.value;
    this.#ready.delete(key);
    this.#busy.set(key, { sinceMs: nowMs, isChanged: false });
    this.#pace.note(key, nowMs);
    this.#metrics.waited((nowMs - sinceMs) / 1_000);
    const failed = this.#failed.get(key);
    return { key, attempts: failed?.attempts ?? 0, failures: failed?.failures ?? [] };
  }

  /** The attempt is over and its effects can be seen. */
  succeeded(key: string, nowMs: number, againAtMs?: number): void {
    this.#failed.delete(key);
    this.#deadlines.clear(key);
    if (this.#release(key, nowMs)) this.#makeReady(key, nowMs);
    else if (againAtMs !== undefined) this.#deadlines.set(key, againAtMs);
  }

  /** What the attempt asked is answered: it goes on at once, as the same attempt. */
  resumed(key: string, nowMs: number): void {
    this.#release(key, nowMs);
    this.#makeReady(key, nowMs, { atOnce: true });
  }

  /** The attempt failed: again after a back-off, which what has changed meanwhile shortens as what changes later does. */
  failed(key: string, nowMs: number, failures: readonly Failure[]): void {
    const isChanged = this.#release(key, nowMs);
    this.#metrics.retried();
    const attempts = (this.#failed.get(key)?.attempts ?? 0) + 1;
    const retryAtMs = nowMs + Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempts - 1, 20));
    this.#failed.set(key, { attempts, failures, retryAtMs });
    this.#deadlines.set(key, isChanged ? Math.min(retryAtMs, nowMs + BACKOFF_ON_CHANGE_MS) : retryAtMs);
  }

  /** Keys ready to be taken. */
  get depth(): number {
    return this.#ready.size;
  }

  /** How long each key that was taken has been worked on, seconds. */
  unfinishedSeconds(nowMs: number): number[] {
    return [...this.#busy.values()].map(({ sinceMs }) => (nowMs - sinceMs) / 1_000);
  }

  /** When `take` has something: 0 for at once, undefined for never. */
  nextMs(): number | undefined {
    return this.#ready.size > 0 ? 0 : this.#deadlines.next();
  }

  #makeReady(key: string, nowMs: number, { atOnce = false } = {}): void {
    if (this.#ready.has(key)) return;
    const mayMs = this.#pace.nextMs(key);
    if (mayMs > nowMs && !atOnce) {
      this.#deadlines.set(key, mayMs);
      return;
    }
    this.#deadlines.clear(key);
    this.#metrics.added();
    this.#ready.set(key, nowMs);
  }

  /** Whether something has changed since the key was taken. */
  #release(key: string, nowMs: number): boolean {
    const busy = this.#busy.get(key);
    if (!busy) return false;
    this.#busy.delete(key);
    this.#metrics.worked((nowMs - busy.sinceMs) / 1_000);
    return busy.isChanged;
  }
}
