/** What a node tells the edge of what it and its pods use, at `USAGE_PATH` of its kubelet API. */

export const USAGE_PATH = "/stats/usage";

export interface UsageReport {
  node: UsageFigures;
  pods: { namespace: string; name: string; uid: string; containers: ({ name: string } & UsageFigures)[] }[];
}

export interface UsageFigures {
  /** When, epoch ms. */
  timestampMs: number;
  /** Over how long the CPU was measured until then. */
  windowMs: number;
  /** Billionths of a core, on average over the window. */
  cpuNanoCores: number;
  memoryWorkingSetBytes: number;
}
