import type { NodeTable } from "../framework/node-table.ts";
import type { ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";
import { CPU, MEMORY } from "../framework/resources.ts";

function requestOf({ requestColumns, requestAmounts }: PodShape, column: number): number {
  const at = requestColumns.indexOf(column);
  return at < 0 ? 0 : requestAmounts[at]!;
}

/** 100 when cpu and memory are used in equal shares, less the further the shares are apart. */
function balance(cpuShare: number | undefined, memoryShare: number | undefined): number {
  if (cpuShare === undefined || memoryShare === undefined) return 100;
  const deviation = Math.abs(Math.min(1, cpuShare) - Math.min(1, memoryShare)) / 2;
  return Math.trunc((1 - deviation) * 100);
}

const share = (requested: number, allocatable: number): number | undefined =>
  allocatable === 0 ? undefined : requested / allocatable;

/** Prefers nodes whose use of cpu and memory the pod brings closer together. */
export const nodeResourcesBalancedAllocation: ScorePlugin = {
  name: "NodeResourcesBalancedAllocation",
  /** A pod that asks for nothing changes no balance. */
  appliesTo: (shape) => requestOf(shape, CPU) > 0 || requestOf(shape, MEMORY) > 0,
  score(shape: PodShape, nodes: NodeTable, row: number) {
    const cpu = nodes.allocatableAt(CPU, row);
    const memory = nodes.allocatableAt(MEMORY, row);
    const usedCpu = nodes.requestedAt(CPU, row);
    const usedMemory = nodes.requestedAt(MEMORY, row);
    const before = balance(share(usedCpu, cpu), share(usedMemory, memory));
    const after = balance(
      share(usedCpu + requestOf(shape, CPU), cpu),
      share(usedMemory + requestOf(shape, MEMORY), memory),
    );
    return 50 + Math.trunc((50 + after - before) / 2);
  },
};
