import { describe, expect, it } from "vitest";
import type { NodeSelectorRequirement, NodeSelectorTerm } from "../../kinds/core/v1-types.ts";
import { makeTable, nodeChanged, type PodWish } from "../testing/builders.ts";
import { nodeAffinity } from "./node-affinity.ts";

const { filter, score } = nodeAffinity();

describe("NodeAffinity", () => {
  const labels = { zone: "z1", cores: "8" };
  const term = (...matchExpressions: NodeSelectorRequirement[]): NodeSelectorTerm => ({ matchExpressions });
  const required = (...nodeSelectorTerms: NodeSelectorTerm[]): PodWish["spec"] => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  it.each([
    ["[NA1] selector matches", { nodeSelector: { zone: "z1" } }, true],
    ["[NA2] selector differs", { nodeSelector: { zone: "z2" } }, false],
    ["[NA3] selector asks for all", { nodeSelector: { zone: "z1", disk: "ssd" } }, false],
    ["[NA4] In", required(term({ key: "zone", operator: "In", values: ["z0", "z1"] })), true],
    ["[NA5] NotIn", required(term({ key: "zone", operator: "NotIn", values: ["z1"] })), false],
    ["[NA6] NotIn of an absent label", required(term({ key: "disk", operator: "NotIn", values: ["x"] })), true],
    ["[NA7] Exists", required(term({ key: "zone", operator: "Exists" })), true],
    ["[NA8] DoesNotExist", required(term({ key: "zone", operator: "DoesNotExist" })), false],
    ["[NA9] Gt", required(term({ key: "cores", operator: "Gt", values: ["4"] })), true],
    ["[NA10] Lt", required(term({ key: "cores", operator: "Lt", values: ["8"] })), false],
    ["[NA11] Gt of no number", required(term({ key: "zone", operator: "Gt", values: ["4"] })), false],
    [
      "[NA12] any term will do",
      required(term({ key: "no", operator: "Exists" }), term({ key: "zone", operator: "Exists" })),
      true,
    ],
    [
      "[NA13] all expressions of a term",
      required(term({ key: "zone", operator: "Exists" }, { key: "no", operator: "Exists" })),
      false,
    ],
    ["[NA14] an empty term matches nothing", required(term()), false],
    ["[NA15] no terms match nothing", required(), false],
    ["[NA16] fields", required({ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-0"] }] }), true],
    [
      "[NA17] fields and expressions",
      required({
        matchFields: [{ key: "metadata.name", operator: "In", values: ["node-0"] }],
        matchExpressions: [{ key: "no", operator: "Exists" }],
      }),
      false,
    ],
    [
      "[NA18] selector and affinity both",
      { nodeSelector: { zone: "z2" }, ...required(term({ key: "zone", operator: "Exists" })) },
      false,
    ],
    ["[NA19] a label named like a method", { nodeSelector: { toString: "x" } }, false],
  ] as [string, PodWish["spec"], boolean][])("%s", (_name, spec, fits) => {
    const { table, shapeOf } = makeTable({ labels });
    const shape = shapeOf({ spec: spec ?? {} });
    expect(filter.appliesTo?.(shape)).toBe(true);
    const verdict = filter.filter(shape, table, 0);
    expect(verdict?.reasons).toEqual(fits ? undefined : ["node(s) didn't match Pod's node affinity/selector"]);
    expect(filter.retryAfter(nodeChanged({ labels: true }), shape, table)).toBe(fits);
    expect(filter.retryAfter(nodeChanged({ taints: true }), shape, table)).toBe(false);
  });

  it("[NA20] names the only nodes that can match", () => {
    const { shapeOf } = makeTable();
    const named = (...values: string[]): NodeSelectorTerm => ({
      matchFields: [{ key: "metadata.name", operator: "In", values }],
    });
    const candidates = (...terms: NodeSelectorTerm[]) =>
      filter.candidates?.(shapeOf({ spec: required(...terms) ?? {} }));
    expect(candidates(named("a"))).toEqual(["a"]);
    expect(candidates(named("a"), named("b"))).toEqual(["a", "b"]);
    expect(candidates(named("a"), term({ key: "zone", operator: "Exists" }))).toBeUndefined();
    const both = { matchFields: [...named("a").matchFields!, ...named("b").matchFields!] };
    expect(candidates(both)).toEqual({ plugin: "NodeAffinity", message: "pod affinity terms conflict" });
  });

  it("[NA21] preferred terms add their weights", () => {
    const { table, shapeOf } = makeTable({ labels }, {});
    const preferred = (weight: number, requirement: NodeSelectorRequirement) => ({
      weight,
      preference: term(requirement),
    });
    const shape = shapeOf({
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              preferred(10, { key: "zone", operator: "Exists" }),
              preferred(5, { key: "cores", operator: "Gt", values: ["4"] }),
              preferred(3, { key: "disk", operator: "Exists" }),
            ],
          },
        },
      },
    });
    expect([0, 1].map((row) => score.score(shape, table, row))).toEqual([15, 0]);
    expect(score.appliesTo?.(shapeOf())).toBe(false);
  });

  it("[NA22] affinity that the profile adds is required and preferred as well", () => {
    const { table, shapeOf } = makeTable({ labels: { pool: "a" } }, { labels: { pool: "b" } });
    const inPool = (pool: string) => term({ key: "pool", operator: "In", values: [pool] });
    const added = nodeAffinity({
      required: { nodeSelectorTerms: [inPool("b")] },
      preferred: [{ weight: 7, preference: inPool("b") }],
    });
    expect([0, 1].map((row) => added.filter.filter(shapeOf(), table, row)?.reasons)).toEqual([
      ["node(s) didn't match scheduler-enforced node affinity"],
      undefined,
    ]);
    expect([0, 1].map((row) => added.score.score(shapeOf(), table, row))).toEqual([0, 7]);
    const other = shapeOf({ spec: { nodeSelector: { pool: "a" } } });
    expect(added.filter.filter(other, table, 1)?.reasons).toEqual([
      "node(s) didn't match Pod's node affinity/selector",
    ]);
  });
});
