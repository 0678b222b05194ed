import type { NodeTable } from "./node-table.ts";
import type { Within } from "./placement.ts";
import type { PodLoad } from "./pod-footprint.ts";
import { CPU, MEMORY } from "./resources.ts";

/**
 * How good a domain is for a group of pods: the share of them it takes and, as much, how full it would be; 0 to 200.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-aware-scheduling/
 *
 * @param placed those that the domain takes
 * @param total of them and the others
 */
export function placementScore(
  placed: readonly PodLoad[],
  total: number,
  { within: { rows }, nodes }: { within: Within; nodes: NodeTable },
): number {
  const shares = [CPU, MEMORY].map((column) => {
    let allocatable = 0;
    let requested = 0;
    for (const row of rows) {
      allocatable += nodes.allocatableAt(column, row);
      requested += nodes.requestedAt(column, row);
    }
    for (const load of placed) requested += requestOf(load, column);
    return allocatable === 0 ? 0 : Math.min(1, requested / allocatable);
  });
  const fullness = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return 100 * (placed.length / total + fullness);
}

const requestOf = ({ requestColumns, requestAmounts }: PodLoad, column: number): number =>
  requestAmounts[requestColumns.indexOf(column)] ?? 0;
