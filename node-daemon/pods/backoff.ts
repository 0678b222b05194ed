/** Growing delays between retries of one thing, as client-go's flowcontrol.Backoff. Time is an argument. */

export interface BackoffPolicy {
  firstMs: number;
  maxMs: number;
  /** Forgotten when nothing has failed for this long. */
  resetMs: number;
}

/** Of crashing containers and failing image pulls. */
export const RESTART_BACKOFF: BackoffPolicy = { firstMs: 10_000, maxMs: 300_000, resetMs: 600_000 };

/** Of volumes that cannot be mounted, as kubelet's exponential back-off of volume operations. */
export const MOUNT_BACKOFF: BackoffPolicy = { firstMs: 500, maxMs: 122_000, resetMs: 244_000 };

interface Entry {
  delayMs: number;
  updatedMs: number;
}

export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #entries = new Map<string, Entry>();

  constructor(policy: BackoffPolicy) {
    this.#policy = policy;
  }

  /** How long to hold still when it last failed at `failedMs`; 0: go. */
  remainingMs(key: string, failedMs: number, nowMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || failedMs - entry.updatedMs > this.#policy.resetMs) return 0;
    return Math.max(0, failedMs + entry.delayMs - nowMs);
  }

  /** The present delay, for messages. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Notes a retry after a failure at `failedMs`: the next one waits longer. */
  next(key: string, failedMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const { firstMs, maxMs, resetMs } = this.#policy;
    const delayMs = !entry || failedMs - entry.updatedMs > resetMs ? firstMs : Math.min(entry.delayMs * 2, maxMs);
    this.#entries.set(key, { delayMs, updatedMs: nowMs });
  }

  /** Drops what belongs to `prefix`, such as a pod that is gone. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}

/** As Go prints a duration of whole seconds: "10s", "1m20s", "5m0s". */
export function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds % 60}s`;
}
