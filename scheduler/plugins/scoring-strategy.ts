/**
 * How NodeResourcesFit scores a node by what would be used of it.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/
 */
import type { NodeTable } from "../framework/node-table.ts";
import type { ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";
import { CPU, MEMORY } from "../framework/resources.ts";

export interface WeightedResource {
  name: string;
  weight: number;
}

export type ScoringStrategy = { resources: readonly WeightedResource[] } & (
  | { type: "LeastAllocated" | "MostAllocated" }
  /** Points of a function from utilization (0 to 100) to score (0 to 10), by rising utilization. */
  | { type: "RequestedToCapacityRatio"; shape: readonly { utilization: number; score: number }[] }
);

export const DEFAULT_RESOURCES: readonly WeightedResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

export const DEFAULT_STRATEGY: ScoringStrategy = { type: "LeastAllocated", resources: DEFAULT_RESOURCES };

type Score = ScorePlugin["score"];

export function strategyScore(strategy: ScoringStrategy): Score {
  if (strategy.type === "LeastAllocated" && strategy.resources === DEFAULT_RESOURCES) return leastOfCpuAndMemory;
  const { resources } = strategy;
  if (strategy.type === "RequestedToCapacityRatio") return ratioScore(resources, brokenLine(strategy.shape));
  const of = strategy.type === "LeastAllocated" ? freePercent : usedPercent;
  return (shape, nodes, row) => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const column = nodes.columns.of(name);
      const allocatable = nodes.allocatableAt(column, row);
      if (allocatable === 0 || isBeside(shape, column)) continue;
      sum += weight * of(allocatable, scoredUse(shape, nodes, row, column));
      weights += weight;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  };
}

/** Free share in percent of one resource, in whole numbers as upstream computes it. */
function freePercent(allocatable: number, requested: number): number {
  if (allocatable === 0 || requested > allocatable) return 0;
  return Math.floor(((allocatable - requested) * 100) / allocatable);
}

const usedPercent = (allocatable: number, requested: number): number =>
  Math.floor((Math.min(requested, allocatable) * 100) / allocatable);

/** What nearly every cluster runs with, without a loop. */
const leastOfCpuAndMemory: Score = (shape, nodes, row) => {
  const cpu = nodes.allocatableAt(CPU, row);
  const memory = nodes.allocatableAt(MEMORY, row);
  const weights = (cpu > 0 ? 1 : 0) + (memory > 0 ? 1 : 0);
  if (weights === 0) return 0;
  const sum =
    freePercent(cpu, nodes.scoredCpuMilli[row]! + shape.scoredCpuMilli) +
    freePercent(memory, nodes.scoredMemoryBytes[row]! + shape.scoredMemoryBytes);
  return Math.floor(sum / weights);
};

function ratioScore(resources: readonly WeightedResource[], scoreAt: (percent: number) => number): Score {
  return (shape, nodes, row) => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const column = nodes.columns.of(name);
      const allocatable = nodes.allocatableAt(column, row);
      if (allocatable === 0 || isBeside(shape, column)) continue;
      const requested = nodes.requestedAt(column, row) + requestOf(shape, column);
      const score = scoreAt(requested > allocatable ? 100 : Math.trunc((requested * 100) / allocatable));
      if (score <= 0) continue;
      sum += weight * score;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}

/** The function through the points, level outside of them; scores of 0 to 10 become 0 to 100. */
export function brokenLine(points: readonly { utilization: number; score: number }[]): (utilization: number) => number {
  return (utilization) => {
    let before: { utilization: number; score: number } | undefined;
    for (const point of points) {
      if (utilization <= point.utilization) {
        if (!before) return point.score * 10;
        const rise = (point.score - before.score) * 10;
        const run = point.utilization - before.utilization;
        return before.score * 10 + Math.trunc((rise * (utilization - before.utilization)) / run);
      }
      before = point;
    }
    return (before?.score ?? 0) * 10;
  };
}

export function requestOf({ requestColumns, requestAmounts }: PodShape, column: number): number {
  const at = requestColumns.indexOf(column);
  return at < 0 ? 0 : requestAmounts[at]!;
}

/** Devices a pod does not ask for say nothing about where it should be. */
const isBeside = (shape: PodShape, column: number): boolean => column > MEMORY + 1 && requestOf(shape, column) === 0;

/** Use after the pod has come, where pods that state nothing count with a minimum. */
function scoredUse(shape: PodShape, nodes: NodeTable, row: number, column: number): number {
  if (column === CPU) return nodes.scoredCpuMilli[row]! + shape.scoredCpuMilli;
  if (column === MEMORY) return nodes.scoredMemoryBytes[row]! + shape.scoredMemoryBytes;
  return nodes.requestedAt(column, row) + requestOf(shape, column);
}
