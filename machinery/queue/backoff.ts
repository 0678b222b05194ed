/** Growing delays between attempts. */

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** Each delay is this many times the one before. Default 2. */
  factor?: number;
  /** Share of the delay that is random: 0.1 makes 1 s something in [1 s, 1.1 s). Default 0. */
  jitter?: number;
  /** In [0, 1). Required with jitter. */
  random?: () => number;
}

/** @param failures attempts that have failed so far, at least 1 for the first delay */
export function backoffDelayMs(options: BackoffOptions, failures: number): number {
  const { baseMs, maxMs, factor = 2, jitter = 0, random = () => 0 } = options;
  const delayMs = Math.min(maxMs, baseMs * factor ** Math.max(0, failures - 1));
  return delayMs * (1 + jitter * random());
}

/** Counts failures by key, and says how long to wait after each. Keys that succeed are forgotten by `forget`. */
export class Backoff<K> {
  readonly #options: BackoffOptions;
  readonly #failures = new Map<K, number>();

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Counts one more failure; returns what to wait before the next attempt. */
  next(key: K): number {
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    return backoffDelayMs(this.#options, failures);
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }

  get size(): number {
    return this.#failures.size;
  }
}
