import { describe, expect, it } from "vitest";
import type { Toleration } from "../../kinds/core/v1-types.ts";
import { makeTable, nodeChanged } from "../testing/builders.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";

describe("NodeUnschedulable", () => {
  const cordoned = { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" } as const;
  it.each([
    ["[NU1] open node", false, [], true],
    ["[NU2] cordoned node", true, [], false],
    ["[NU3] cordoned node, tolerated", true, [cordoned], true],
    ["[NU4] cordoned node, everything tolerated", true, [{ operator: "Exists" as const }], true],
    ["[NU5] cordoned node, another effect tolerated", true, [{ ...cordoned, effect: "NoExecute" as const }], false],
  ])("%s", (_name, unschedulable, tolerations: Toleration[], fits) => {
    const { table, shapeOf } = makeTable({ unschedulable });
    const shape = shapeOf({ spec: { tolerations } });
    expect(nodeUnschedulable.filter(shape, table, 0) === undefined).toBe(fits);
    expect(nodeUnschedulable.retryAfter(nodeChanged({ unschedulable: true }), shape, table)).toBe(fits);
    expect(nodeUnschedulable.retryAfter(nodeChanged({ labels: true }), shape, table)).toBe(false);
  });
});
