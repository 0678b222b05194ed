import { describe, expect, it } from "vitest";
import { makeTable, type NodeWish, nodeChanged } from "../testing/builders.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";

const { filter, score } = nodeResourcesFit();

describe("NodeResourcesFit", () => {
  const gpu = { "example.com/gpu": "2" };
  it.each([
    ["[NF1] fits", {}, [], { cpu: "4", memory: "8Gi" }, undefined],
    ["[NF2] cpu", {}, [{ cpu: "3" }], { cpu: "2" }, ["Insufficient cpu"]],
    ["[NF3] memory", {}, [{ memory: "8Gi" }], { memory: "1" }, ["Insufficient memory"]],
    ["[NF4] several", {}, [], { cpu: "5", memory: "9Gi" }, ["Insufficient cpu", "Insufficient memory"]],
    ["[NF5] pods", { pods: "1" }, [{}], {}, ["Too many pods"]],
    ["[NF6] pods first", { pods: "1" }, [{ cpu: "4" }], { cpu: "1" }, ["Too many pods", "Insufficient cpu"]],
    ["[NF7] asks for nothing", {}, [{ cpu: "4" }], {}, undefined],
    ["[NF8] asks for 0", { cpu: "0" }, [], { cpu: "0" }, undefined],
    ["[NF9] extended resource", { more: gpu }, [{ "example.com/gpu": "1" }], { "example.com/gpu": "1" }, undefined],
    [
      "[NF10] too many of it",
      { more: gpu },
      [{ "example.com/gpu": "1" }],
      { "example.com/gpu": "2" },
      ["Insufficient example.com/gpu"],
    ],
    ["[NF11] a resource the node lacks", {}, [], { "example.com/gpu": "1" }, ["Insufficient example.com/gpu"]],
    [
      "[NF12] ephemeral storage",
      { more: { "ephemeral-storage": "1Gi" } },
      [],
      { "ephemeral-storage": "2Gi" },
      ["Insufficient ephemeral-storage"],
    ],
  ] as [string, NodeWish, { [name: string]: string }[], { [name: string]: string }, string[] | undefined][])(
    "%s",
    (_name, node, there, requests, reasons) => {
      const { table, shapeOf } = makeTable(node);
      for (const [i, each] of there.entries()) table.addPod(0, shapeOf({ name: `p${i}`, requests: each }));
      const shape = shapeOf({ requests });
      expect(filter.filter(shape, table, 0)?.reasons).toEqual(reasons);
      expect(filter.retryAfter(nodeChanged({ allocatable: true }), shape, table)).toBe(reasons === undefined);
      expect(filter.retryAfter(nodeChanged({ labels: true }), shape, table)).toBe(false);
    },
  );

  it("[NF13] knows whether pods are in the way", () => {
    const { table, shapeOf } = makeTable({ cpu: "4" });
    table.addPod(0, shapeOf({ requests: { cpu: "3" } }));
    const verdict = (cpu: string) => filter.filter(shapeOf({ requests: { cpu } }), table, 0)?.podsInTheWay;
    expect([verdict("2"), verdict("5")]).toEqual([true, false]);
    // Upstream leaves this to be found out.
    const none = makeTable({ pods: "0" });
    expect(filter.filter(none.shapeOf(), none.table, 0)?.podsInTheWay).toBe(true);
  });

  it.each([
    ["[NF14] empty node", {}, [], { cpu: "1", memory: "2Gi" }, 75],
    ["[NF15] half full", {}, [{ cpu: "2", memory: "4Gi" }], { cpu: "1", memory: "2Gi" }, 25],
    ["[NF16] what states nothing counts 100m and 200Mi", { cpu: "1", memory: "1000Mi" }, [], {}, 85],
    ["[NF17] over the brim", { cpu: "1", memory: "2Gi" }, [], { cpu: "2", memory: "1Gi" }, 25],
    ["[NF18] rounds down twice", { cpu: "3", memory: "3Gi" }, [], { cpu: "1", memory: "2Gi" }, 49],
  ] as [string, NodeWish, { [name: string]: string }[], { [name: string]: string }, number][])(
    "%s",
    (_name, node, there, requests, expected) => {
      const { table, shapeOf } = makeTable(node);
      for (const each of there) table.addPod(0, shapeOf({ requests: each }));
      expect(score.score(shapeOf({ requests }), table, 0)).toBe(expected);
    },
  );
});
