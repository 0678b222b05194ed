import { describe, expect, it } from "vitest";
import type { Taint, Toleration } from "../../kinds/core/v1-types.ts";
import { makeTable, nodeChanged } from "../testing/builders.ts";
import { taintToleration } from "./taint-toleration.ts";

describe("TaintToleration", () => {
  const taint = (key: string, value: string, effect: Taint["effect"] = "NoSchedule"): Taint => ({ key, value, effect });
  it.each([
    ["[TT1] no taints", [], [], true],
    ["[TT2] untolerated", [taint("a", "1")], [], false],
    ["[TT3] equal", [taint("a", "1")], [{ key: "a", value: "1" }], true],
    ["[TT4] another value", [taint("a", "1")], [{ key: "a", value: "2" }], false],
    ["[TT5] exists", [taint("a", "1")], [{ key: "a", operator: "Exists" }], true],
    ["[TT6] empty key with Exists tolerates all", [taint("a", "1"), taint("b", "")], [{ operator: "Exists" }], true],
    ["[TT7] the effect must match", [taint("a", "1")], [{ key: "a", operator: "Exists", effect: "NoExecute" }], false],
    ["[TT8] an empty effect matches all", [taint("a", "1", "NoExecute")], [{ key: "a", operator: "Exists" }], true],
    ["[TT9] NoExecute keeps out too", [taint("a", "1", "NoExecute")], [], false],
    ["[TT10] PreferNoSchedule does not", [taint("a", "1", "PreferNoSchedule")], [], true],
    ["[TT11] each taint must be tolerated", [taint("a", "1"), taint("b", "1")], [{ key: "a", value: "1" }], false],
    ["[TT12] Gt", [taint("a", "5")], [{ key: "a", operator: "Gt", value: "4" }], true],
    ["[TT13] Lt", [taint("a", "5")], [{ key: "a", operator: "Lt", value: "4" }], false],
  ] as [string, Taint[], Toleration[], boolean][])("%s", (_name, taints, tolerations, fits) => {
    const { table, shapeOf } = makeTable({ taints });
    const shape = shapeOf({ spec: { tolerations } });
    const verdict = taintToleration.filter(shape, table, 0);
    expect(verdict?.reasons).toEqual(fits ? undefined : ["node(s) had untolerated taint(s)"]);
    expect(taintToleration.retryAfter(nodeChanged({ taints: true }), shape, table)).toBe(fits);
    expect(taintToleration.retryAfter(nodeChanged({ allocatable: true }), shape, table)).toBe(false);
  });

  it("[TT14] counts untolerated PreferNoSchedule taints", () => {
    const soft = (key: string) => taint(key, "", "PreferNoSchedule");
    const { table, shapeOf } = makeTable({ taints: [soft("a"), soft("b"), taint("c", "")] }, {});
    const shape = shapeOf({ spec: { tolerations: [{ key: "a", operator: "Exists" }] } });
    expect([0, 1].map((row) => taintToleration.score(shape, table, row))).toEqual([1, 0]);
  });
});
