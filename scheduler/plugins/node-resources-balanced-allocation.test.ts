import { describe, expect, it } from "vitest";
import { makeTable } from "../testing/builders.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";

const plugin = nodeResourcesBalancedAllocation();

describe("NodeResourcesBalancedAllocation", () => {
  it.each([
    ["[NB1] keeps the balance", [], { cpu: "2", memory: "4Gi" }, 75],
    ["[NB2] tips it", [], { cpu: "4", memory: "0" }, 50],
    ["[NB3] restores it", [{ cpu: "4" }], { memory: "8Gi" }, 100],
  ] as [string, { [name: string]: string }[], { [name: string]: string }, number][])(
    "%s",
    (_name, there, requests, score) => {
      const { table, shapeOf } = makeTable({});
      for (const each of there) table.addPod(0, shapeOf({ requests: each }));
      expect(plugin.score(shapeOf({ requests }), table, 0)).toBe(score);
    },
  );

  it("[NB4] leaves out pods that ask for nothing", () => {
    expect(plugin.appliesTo?.(makeTable().shapeOf())).toBe(false);
  });
});
