import type { ChangeBatch } from "./contract.ts";

/**
 * What runs in a change-feed subscriber: the controllers, or the scheduler. It has no timers of its own; whoever hosts
 * it (a Durable Object, a test) calls `wake` whenever `nextWakeMs` is due and again until it lies ahead.
 */
export interface Program {
  /** Takes a batch over without acting on it. Quick; rejects only when the batch must be sent again. */
  changes(batch: ChangeBatch): Promise<void>;
  /**
   * When it next needs waking, epoch ms; not after now: there is work to do already. Undefined: nothing waits, and only
   * a change can make work.
   */
  nextWakeMs(): number | undefined;
  /**
   * Does what is due, as far as it can be done now. One call at a time. Rejects when the cluster could not be reached;
   * nothing is lost by that, and `nextWakeMs` says when to try again.
   */
  wake(nowMs: number): Promise<void>;
  /** The revision up to which it has seen everything; undefined while it must read a snapshot. */
  readonly position?: number | undefined;
  /** What it counts, in the text format of Prometheus. */
  metricsText?(): string;
}
