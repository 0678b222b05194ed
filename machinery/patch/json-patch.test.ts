import { describe, expect, it } from "vitest";
import { applyJsonPatch } from "./json-patch.ts";

const doc = { a: { b: [1, 2, 3] }, "x/y": 1, "m~n": 2, n: null };

describe("applyJsonPatch", () => {
  it.each([
    [[{ op: "add", path: "/c", value: 1 }], { ...doc, c: 1 }],
    [[{ op: "add", path: "/a/b/1", value: 9 }], { ...doc, a: { b: [1, 9, 2, 3] } }],
    [[{ op: "add", path: "/a/b/-", value: 9 }], { ...doc, a: { b: [1, 2, 3, 9] } }],
    [[{ op: "add", path: "/a/b/3", value: 9 }], { ...doc, a: { b: [1, 2, 3, 9] } }],
    [[{ op: "add", path: "/a/b/-1", value: 9 }], { ...doc, a: { b: [1, 2, 3, 9] } }],
    [[{ op: "remove", path: "/a/b/-1" }], { ...doc, a: { b: [1, 2] } }],
    [[{ op: "remove", path: "/x~1y" }], { a: doc.a, "m~n": 2, n: null }],
    [[{ op: "replace", path: "/m~0n", value: { z: 1 } }], { ...doc, "m~n": { z: 1 } }],
    [[{ op: "move", from: "/a/b", path: "/b" }], { ...doc, a: {}, b: [1, 2, 3] }],
    [[{ op: "move", from: "/a/b/0", path: "/a/b/2" }], { ...doc, a: { b: [2, 3, 1] } }],
    [
      [
        { op: "copy", from: "/a", path: "/c" },
        { op: "remove", path: "/c/b/0" },
      ],
      { ...doc, c: { b: [2, 3] } },
    ],
    [[{ op: "test", path: "/a", value: { b: [1, 2, 3] } }], doc],
    [[{ op: "test", path: "/absent", value: null }], doc],
    [
      [
        { op: "test", path: "/n", value: null },
        { op: "test", path: "/n" },
      ],
      doc,
    ],
    [
      [{ op: "add", path: "/__proto__", value: { z: 1 } }],
      JSON.parse(`${JSON.stringify(doc).slice(0, -1)},"__proto__":{"z":1}}`),
    ],
  ])("[JP1] %j", (operations, expected) => {
    const before = JSON.stringify(doc);
    expect(JSON.stringify(sorted(applyJsonPatch(doc, operations)))).toBe(JSON.stringify(sorted(expected)));
    expect(JSON.stringify(doc)).toBe(before);
  });

  it.each([
    [{ op: "remove", path: "/absent" }, "Unable to remove nonexistent key: absent: missing value"],
    [{ op: "remove", path: "/a/b/7" }, "Unable to access invalid index: 7: invalid index referenced"],
    [
      { op: "replace", path: "/absent", value: 1 },
      "replace operation does not apply: doc is missing key: /absent: missing value",
    ],
    [
      { op: "add", path: "/absent/x", value: 1 },
      'add operation does not apply: doc is missing path: "/absent/x": missing value',
    ],
    [
      { op: "add", path: "/toString/x", value: 1 },
      'add operation does not apply: doc is missing path: "/toString/x": missing value',
    ],
    [{ op: "add", path: "", value: 1 }, 'add operation does not apply: doc is missing path: "": missing value'],
    [{ op: "add", path: "/a/b/x", value: 1 }, 'strconv.Atoi: parsing "x": invalid syntax'],
    [{ op: "test", path: "/x~1y", value: 2 }, "testing value /x~1y failed: test failed"],
    [
      { op: "copy", from: "/absent", path: "/c" },
      "copy operation does not apply: doc is missing key: /absent: missing value",
    ],
    [{ op: "jump", path: "/a" }, "Unexpected kind: jump"],
  ])("[JP2] %j does not apply", (operation, message) => {
    expect(() => applyJsonPatch(doc, [operation])).toThrow(
      expect.objectContaining({
        code: 422,
        message: "the server rejected our request due to an error in our request",
        status: expect.objectContaining({ details: {} }),
        cause: expect.objectContaining({ message }),
      }),
    );
  });

  it("[JP3] bounds what a patch may do", () => {
    expect(() => applyJsonPatch({}, { op: "add" })).toThrow(expect.objectContaining({ code: 400 }));
    expect(() => applyJsonPatch({}, Array(10_001).fill({ op: "test", path: "/a" }))).toThrow(
      expect.objectContaining({
        code: 413,
        message: "The allowed maximum operations in a JSON patch is 10000, got 10001",
      }),
    );
    const doubling = [
      { op: "add", path: "/0", value: "x".repeat(1000) },
      ...Array.from({ length: 30 }, (_, i) => ({ op: "copy", from: "", path: `/${i}` })),
    ];
    const bomb = doubling.map((operation) =>
      "from" in operation ? { ...operation, from: "/r", path: `/r/${operation.path.slice(1)}` } : operation,
    );
    expect(() => applyJsonPatch({ r: { x: "y".repeat(1000) } }, bomb)).toThrow(expect.objectContaining({ code: 422 }));
  });
});

function sorted(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
