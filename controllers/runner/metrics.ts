import { Histogram } from "./histogram.ts";

/** client-go's buckets for both, seconds: 10 ns to 1000 s. */
const BUCKETS = Array.from({ length: 12 }, (_, i) => 10 ** (i - 8));

/** Counters of one controller since this process began. */
export interface ControllerMetrics {
  /** Plans made. */
  plans: number;
  /** Plans that threw, and plans of which a write failed. */
  failures: number;
  /** Keys ready now. */
  depth: number;
  writes: number;
  /** Of those, answered with a conflict. */
  conflicts: number;
  events: number;
}

/** What a queue measures as time passes. */
export interface QueueMetrics {
  /** Keys that became ready. */
  adds: number;
  /** Failures that made a key come again. */
  retries: number;
  /** From ready to taken, seconds. */
  waited: Histogram;
  /** From taken until the feed shows the effects, seconds. */
  worked: Histogram;
}

export interface RunnerMetrics {
  /** Calls to Cluster.write. */
  commits: number;
  /** Snapshots taken: one at the start, one after each gap. */
  snapshots: number;
  unreadableObjects: number;
  controllers: { [name: string]: ControllerMetrics };
}

export const noMetrics = (): ControllerMetrics => ({
  plans: 0,
  failures: 0,
  depth: 0,
  writes: 0,
  conflicts: 0,
  events: 0,
});

export const noQueueMetrics = (): QueueMetrics => ({
  adds: 0,
  retries: 0,
  waited: new Histogram(BUCKETS),
  worked: new Histogram(BUCKETS),
});
