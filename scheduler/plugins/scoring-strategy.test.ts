import { describe, expect, it } from "vitest";
import { makeTable } from "../testing/builders.ts";
import { brokenLine, DEFAULT_RESOURCES, type ScoringStrategy, strategyScore } from "./scoring-strategy.ts";

const GPU = "example.com/gpu";

function score(strategy: ScoringStrategy, requests: { [name: string]: string }, used: { [name: string]: string } = {}) {
  const { table, shapeOf } = makeTable({ cpu: "4", memory: "8Gi", more: { [GPU]: "4" } });
  table.addPod(0, shapeOf({ name: "there", requests: used }));
  return strategyScore(strategy)(shapeOf({ requests }), table, 0);
}

const withGpu = [...DEFAULT_RESOURCES, { name: GPU, weight: 3 }];
const full = { cpu: "1", memory: "2Gi" };

describe("Scoring strategies", () => {
  it.each<[string, ScoringStrategy, { [name: string]: string }, { [name: string]: string }, number]>([
    ["[SS1] least", { type: "LeastAllocated", resources: DEFAULT_RESOURCES }, full, full, 50],
    ["[SS2] most", { type: "MostAllocated", resources: DEFAULT_RESOURCES }, full, full, 50],
    ["[SS3] most, nearly empty", { type: "MostAllocated", resources: DEFAULT_RESOURCES }, full, { cpu: "0" }, 26],
    [
      "[SS4] most, over the brim",
      { type: "MostAllocated", resources: DEFAULT_RESOURCES },
      { cpu: "9", memory: "9Gi" },
      {},
      100,
    ],
    [
      "[SS5] weights",
      {
        type: "LeastAllocated",
        resources: [
          { name: "cpu", weight: 3 },
          { name: "memory", weight: 1 },
        ],
      },
      { cpu: "2", memory: "1" },
      { cpu: "0", memory: "0" },
      62,
    ],
    ["[SS6] devices nobody asked for are left out", { type: "MostAllocated", resources: withGpu }, full, full, 50],
    ["[SS7] devices asked for", { type: "MostAllocated", resources: withGpu }, { ...full, [GPU]: "4" }, full, 80],
    [
      "[SS8] a function of utilization",
      {
        type: "RequestedToCapacityRatio",
        resources: DEFAULT_RESOURCES,
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 10 },
        ],
      },
      full,
      full,
      50,
    ],
    [
      "[SS9] what scores nothing has no weight",
      {
        type: "RequestedToCapacityRatio",
        resources: DEFAULT_RESOURCES,
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 10 },
        ],
      },
      { cpu: "2" },
      {},
      50,
    ],
  ])("%s", (_name, strategy, requests, used, expected) => {
    expect(score(strategy, requests, used)).toBe(expected);
  });

  it("[SS10] the line through the points", () => {
    const line = brokenLine([
      { utilization: 10, score: 1 },
      { utilization: 90, score: 9 },
      { utilization: 95, score: 0 },
    ]);
    expect([0, 10, 50, 90, 94, 95, 100].map(line)).toEqual([10, 10, 50, 90, 18, 0, 0]);
  });
});
