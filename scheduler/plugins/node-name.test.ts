import { describe, expect, it } from "vitest";
import { makeTable } from "../testing/builders.ts";
import { nodeName } from "./node-name.ts";

describe("NodeName", () => {
  it("[NN1] a pod that names its node may be on no other", () => {
    const { table, shapeOf } = makeTable({ name: "a" }, { name: "b" });
    const shape = { ...shapeOf(), requestedNode: "b" };
    expect(nodeName.appliesTo?.(shapeOf())).toBe(false);
    expect(nodeName.filter(shape, table, 0)?.reasons).toEqual(["node(s) didn't match the requested node name"]);
    expect(nodeName.filter(shape, table, 1)).toBeUndefined();
    expect(nodeName.retryAfter({ what: "node added", row: 1 }, shape, table)).toBe(true);
    expect(nodeName.retryAfter({ what: "node added", row: 0 }, shape, table)).toBe(false);
  });
});
