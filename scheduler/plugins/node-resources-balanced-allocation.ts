import type { ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";
import { CPU, MEMORY } from "../framework/resources.ts";
import { DEFAULT_RESOURCES, requestOf, type WeightedResource } from "./scoring-strategy.ts";

/** 100 when all resources are used in equal shares, less the further the shares are apart. */
function balanceOfTwo(cpuShare: number | undefined, memoryShare: number | undefined): number {
  if (cpuShare === undefined || memoryShare === undefined) return 100;
  const deviation = Math.abs(Math.min(1, cpuShare) - Math.min(1, memoryShare)) / 2;
  return Math.trunc((1 - deviation) * 100);
}

function balance(shares: readonly number[]): number {
  if (shares.length <= 2) return balanceOfTwo(shares[0], shares[1]);
  const capped = shares.map((share) => Math.min(1, share));
  const mean = capped.reduce((sum, share) => sum + share, 0) / capped.length;
  const deviation = Math.sqrt(capped.reduce((sum, share) => sum + (share - mean) ** 2, 0) / capped.length);
  return Math.trunc((1 - deviation) * 100);
}

const share = (requested: number, allocatable: number): number | undefined =>
  allocatable === 0 ? undefined : requested / allocatable;

const gain = (before: number, after: number): number => 50 + Math.trunc((50 + after - before) / 2);

/** What nearly every cluster runs with, without lists. */
const ofCpuAndMemory: ScorePlugin["score"] = (shape, nodes, row) => {
  const cpu = nodes.allocatableAt(CPU, row);
  const memory = nodes.allocatableAt(MEMORY, row);
  const usedCpu = nodes.requestedAt(CPU, row);
  const usedMemory = nodes.requestedAt(MEMORY, row);
  return gain(
    balanceOfTwo(share(usedCpu, cpu), share(usedMemory, memory)),
    balanceOfTwo(share(usedCpu + requestOf(shape, CPU), cpu), share(usedMemory + requestOf(shape, MEMORY), memory)),
  );
};

const ofAll =
  (resources: readonly WeightedResource[]): ScorePlugin["score"] =>
  (shape: PodShape, nodes, row) => {
    const before: number[] = [];
    const after: number[] = [];
    for (const { name } of resources) {
      const column = nodes.columns.of(name);
      const allocatable = nodes.allocatableAt(column, row);
      const asked = requestOf(shape, column);
      if (allocatable === 0 || (column > MEMORY + 1 && asked === 0)) continue;
      const used = nodes.requestedAt(column, row);
      before.push(used / allocatable);
      after.push((used + asked) / allocatable);
    }
    return gain(balance(before), balance(after));
  };

/** Prefers nodes whose use of resources the pod brings closer together. */
export const nodeResourcesBalancedAllocation = (
  resources: readonly WeightedResource[] = DEFAULT_RESOURCES,
): ScorePlugin => ({
  name: "NodeResourcesBalancedAllocation",
  /** A pod that asks for none of them changes no balance. */
  appliesTo: ({ requestColumns }) =>
    resources === DEFAULT_RESOURCES
      ? requestColumns.some((column) => column === CPU || column === MEMORY)
      : requestColumns.length > 0,
  score: resources === DEFAULT_RESOURCES ? ofCpuAndMemory : ofAll(resources),
});
