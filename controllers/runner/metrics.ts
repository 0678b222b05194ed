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
