import type { NodeTable } from "../framework/node-table.ts";
import type { FilterPlugin, Rejection, ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";
import { CPU, MEMORY, PODS } from "../framework/resources.ts";

const NAME = "NodeResourcesFit";

/** Rejections by what is missing, so that thousands of nodes share a few. */
const rejections = new Map<string, Rejection>();

function rejection(missing: readonly string[], podsInTheWay: boolean): Rejection {
  const key = `${podsInTheWay} ${missing.join()}`;
  let found = rejections.get(key);
  if (!found) {
    const reasons = missing.map((name) => (name === "pods" ? "Too many pods" : `Insufficient ${name}`));
    found = { plugin: NAME, reasons, podsInTheWay };
    rejections.set(key, found);
  }
  return found;
}

/** What a pod asks for must be free: allocatable less the requests of the pods on the node. */
export const nodeResourcesFit: FilterPlugin = {
  name: NAME,
  filter(shape, nodes, row) {
    const { requestColumns, requestAmounts } = shape;
    let missing: string[] | undefined;
    let podsInTheWay = true;
    if (nodes.requestedAt(PODS, row) + 1 > nodes.allocatableAt(PODS, row)) {
      missing = ["pods"];
      podsInTheWay = nodes.allocatableAt(PODS, row) > 0;
    }
    for (let i = 0; i < requestColumns.length; i++) {
      const column = requestColumns[i]!;
      const amount = requestAmounts[i]!;
      const allocatable = nodes.allocatableAt(column, row);
      if (amount <= allocatable - nodes.requestedAt(column, row)) continue;
      missing ??= [];
      missing.push(nodes.columns.names[column]!);
      if (amount > allocatable) podsInTheWay = false;
    }
    return missing && rejection(missing, podsInTheWay);
  },
  retryAfter(change, shape, nodes) {
    if (change.what === "node changed" && !change.allocatable) return false;
    return this.filter(shape, nodes, change.row) === undefined;
  },
};

/** Free share in percent of one resource, in whole numbers as upstream computes it. */
function freePercent(allocatable: number, requested: number): number {
  if (allocatable === 0 || requested > allocatable) return 0;
  return Math.floor(((allocatable - requested) * 100) / allocatable);
}

/** LeastAllocated on cpu and memory: the more is free, the better. */
export const leastAllocated: ScorePlugin = {
  name: NAME,
  score(shape: PodShape, nodes: NodeTable, row: number) {
    const cpu = nodes.allocatableAt(CPU, row);
    const memory = nodes.allocatableAt(MEMORY, row);
    const weights = (cpu > 0 ? 1 : 0) + (memory > 0 ? 1 : 0);
    if (weights === 0) return 0;
    const sum =
      freePercent(cpu, nodes.scoredCpuMilli[row]! + shape.scoredCpuMilli) +
      freePercent(memory, nodes.scoredMemoryBytes[row]! + shape.scoredMemoryBytes);
    return Math.floor(sum / weights);
  },
};
