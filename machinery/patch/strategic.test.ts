import { describe, expect, it } from "vitest";
import { seededRandom } from "../meta/random.ts";
import { createTypeTable } from "../schema/types.ts";
import { applyMergePatch, createMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic.ts";

const types = createTypeTable({
  "t.v1.Thing": {
    fields: {
      metadata: "t.v1.Meta",
      containers: { type: "array<t.v1.Container>", patchStrategy: "merge", patchMergeKey: "name" },
      volumes: { type: "array<t.v1.Volume>", patchStrategy: "merge,retainKeys", patchMergeKey: "name" },
      strategy: { type: "t.v1.Strategy", patchStrategy: "retainKeys" },
      atomic: "array<t.v1.Container>",
      broken: { type: "array<t.v1.Container>", patchStrategy: "merge" },
      byName: "map<t.v1.Container>",
    },
  },
  "t.v1.Meta": {
    fields: {
      labels: "map<string>",
      finalizers: { type: "array<string>", patchStrategy: "merge" },
    },
  },
  "t.v1.Container": {
    fields: {
      name: "string",
      image: "string",
      args: "array<string>",
      env: { type: "array<t.v1.Env>", patchStrategy: "merge", patchMergeKey: "name" },
      ports: { type: "array<t.v1.Port>", patchStrategy: "merge", patchMergeKey: "containerPort" },
    },
  },
  "t.v1.Env": { fields: { name: "string", value: "string" } },
  "t.v1.Port": { fields: { containerPort: "integer(int32)", protocol: "string" } },
  "t.v1.Volume": { fields: { name: "string", emptyDir: "t.v1.Empty", hostPath: "t.v1.Env" } },
  "t.v1.Strategy": { fields: { type: "string", rollingUpdate: "t.v1.Env" } },
  "t.v1.Empty": { fields: { medium: "string" } },
});

const patched = (original: unknown, patch: unknown) =>
  applyStrategicMergePatch({ original, patch, types, type: "t.v1.Thing" });
const named = (...names: string[]) => names.map((name) => ({ name }));

describe("applyStrategicMergePatch", () => {
  it.each([
    [
      "[SM1] maps merge, null deletes",
      { metadata: { labels: { a: "1", b: "2" } } },
      { metadata: { labels: { a: null, c: "3" } } },
      { metadata: { labels: { b: "2", c: "3" } } },
    ],
    [
      "[SM2] null for what is not there is nothing",
      {},
      { metadata: { labels: { a: null } }, strategy: null },
      { metadata: { labels: {} } },
    ],
    [
      "[SM3] lists without strategy are replaced",
      { atomic: named("a") },
      { atomic: named("b") },
      { atomic: named("b") },
    ],
    [
      "[SM4] keyed lists merge by key, new items last",
      { containers: [{ name: "a", image: "1", args: ["x"] }, { name: "b" }] },
      { containers: [{ name: "c" }, { name: "a", image: "2" }] },
      { containers: [{ name: "b" }, { name: "c" }, { name: "a", image: "2", args: ["x"] }] },
    ],
    [
      "[SM5] keyed lists in keyed lists",
      {
        containers: [
          {
            name: "a",
            env: [
              { name: "X", value: "1" },
              { name: "Y", value: "2" },
            ],
          },
        ],
      },
      { containers: [{ name: "a", env: [{ name: "Y", value: "3" }] }] },
      {
        containers: [
          {
            name: "a",
            env: [
              { name: "X", value: "1" },
              { name: "Y", value: "3" },
            ],
          },
        ],
      },
    ],
    [
      "[SM6] keys may be numbers",
      { containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "TCP" }] }] },
      { containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "UDP" }, { containerPort: 81 }] }] },
      { containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "UDP" }, { containerPort: 81 }] }] },
    ],
    [
      "[SM7] $patch: delete of an item",
      { containers: named("a", "b", "c") },
      { containers: [{ $patch: "delete", name: "b" }] },
      { containers: named("a", "c") },
    ],
    [
      "[SM8] $patch: delete of an item that is not there",
      { containers: named("a") },
      { containers: [{ $patch: "delete", name: "z" }] },
      { containers: named("a") },
    ],
    [
      "[SM9] $patch: replace of a list",
      { containers: named("a", "b") },
      { containers: [{ $patch: "replace" }, { name: "z" }] },
      { containers: named("z") },
    ],
    [
      "[SM10] $patch: replace of a map",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "replace", b: "2" } } },
      { metadata: { labels: { b: "2" } } },
    ],
    [
      "[SM11] $patch: delete of a map",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "delete" } } },
      { metadata: { labels: {} } },
    ],
    [
      "[SM12] $patch: replace of an item",
      { containers: [{ name: "a", image: "1" }] },
      { containers: [{ name: "a", env: [{ $patch: "replace" }, { name: "X" }] }] },
      { containers: [{ name: "a", image: "1", env: [{ name: "X" }] }] },
    ],
    [
      "[SM13] primitive lists merge as sets",
      { metadata: { finalizers: ["a", "b"] } },
      { metadata: { finalizers: ["c", "a"] } },
      { metadata: { finalizers: ["b", "c", "a"] } },
    ],
    [
      "[SM14] $deleteFromPrimitiveList",
      { metadata: { finalizers: ["a", "b", "c"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["b", "z"] } },
      { metadata: { finalizers: ["a", "c"] } },
    ],
    [
      "[SM15] $deleteFromPrimitiveList beside additions",
      { metadata: { finalizers: ["a", "b"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"], finalizers: ["c"] } },
      { metadata: { finalizers: ["b", "c"] } },
    ],
    [
      "[SM16] $setElementOrder of what is there",
      { containers: named("a", "b", "c") },
      { "$setElementOrder/containers": named("c", "a", "b") },
      { containers: named("c", "a", "b") },
    ],
    [
      "[SM17] $setElementOrder with changes, server-only items near where they stood",
      { containers: [{ name: "x" }, { name: "a", image: "1" }, { name: "b" }, { name: "y" }] },
      { "$setElementOrder/containers": named("b", "a", "n"), containers: [{ name: "a", image: "2" }, { name: "n" }] },
      { containers: [{ name: "x" }, { name: "b" }, { name: "a", image: "2" }, { name: "y" }, { name: "n" }] },
    ],
    [
      "[SM18] $setElementOrder of primitives",
      { metadata: { finalizers: ["a", "b", "c"] } },
      { metadata: { "$setElementOrder/finalizers": ["c", "a", "d"], finalizers: ["d"] } },
      { metadata: { finalizers: ["b", "c", "a", "d"] } },
    ],
    [
      "[SM19] $setElementOrder with a deletion",
      { containers: named("a", "b", "c") },
      { "$setElementOrder/containers": named("c", "a"), containers: [{ $patch: "delete", name: "b" }] },
      { containers: named("c", "a") },
    ],
    [
      "[SM20] $setElementOrder for a new list",
      {},
      { "$setElementOrder/containers": named("b", "a"), containers: named("b", "a") },
      { containers: named("b", "a") },
    ],
    [
      "[SM21] $retainKeys clears what it does not name",
      { strategy: { type: "RollingUpdate", rollingUpdate: { name: "x" } } },
      { strategy: { $retainKeys: ["type"], type: "Recreate" } },
      { strategy: { type: "Recreate" } },
    ],
    [
      "[SM22] $retainKeys in items",
      { volumes: [{ name: "v", emptyDir: {} }, { name: "w" }] },
      { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { name: "/x" } }] },
      { volumes: [{ name: "v", hostPath: { name: "/x" } }, { name: "w" }] },
    ],
    [
      "[SM23] directives in what is new leave no trace",
      {},
      {
        strategy: { $retainKeys: ["type"], type: "Recreate" },
        containers: [
          { $patch: "delete", name: "a" },
          { name: "b", image: null },
        ],
      },
      { strategy: { type: "Recreate" }, containers: [{ name: "b" }] },
    ],
    ["[SM24] a change of JSON type replaces", { strategy: { type: "a" } }, { strategy: "text" }, { strategy: "text" }],
    [
      "[SM25] unknown fields merge as plain JSON",
      { custom: { a: 1, list: [1] } },
      { custom: { b: 2, list: [2] } },
      { custom: { a: 1, list: [2], b: 2 } },
    ],
    [
      "[SM26] values of maps have types",
      { byName: { k: { env: named("X") } } },
      { byName: { k: { env: named("Y") } } },
      { byName: { k: { env: named("X", "Y") } } },
    ],
    [
      "[SM27] $patch: merge is what happens anyway",
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { $patch: "merge", b: "2" } } },
      { metadata: { labels: { a: "1", b: "2" } } },
    ],
    ["[SM28] a list deleted and given again", { containers: named("a") }, { containers: null }, {}],
    [
      "[SM29] a field called __proto__",
      {},
      JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'),
      JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'),
    ],
  ])("%s", (_name, original, patch, expected) => {
    const before = JSON.stringify([original, patch]);
    expect(JSON.stringify(patched(original, patch))).toBe(JSON.stringify(expected));
    expect(JSON.stringify([original, patch])).toBe(before);
  });

  it.each([
    [[], {}, "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [
      { containers: [{ image: "x" }] },
      { containers: named("a") },
      "map: map[image:x] does not contain declared merge key: name",
    ],
    [
      { containers: [{ $patch: "delete" }] },
      { containers: named("a") },
      "map: map[$patch:delete] does not contain declared merge key: name",
    ],
    [
      { containers: [{ $patch: "merge", name: "a" }] },
      { containers: named("a") },
      "merging lists cannot yet be specified in the patch",
    ],
    [
      { containers: [{ $patch: "x", name: "a" }] },
      { containers: named("a") },
      'unknown patch type: x in map: {"$patch":"x","name":"a"}',
    ],
    [{ metadata: { $patch: "x" } }, { metadata: {} }, 'unknown patch type: x in map: {"$patch":"x"}'],
    [{ containers: ["x"] }, { containers: named("a") }, 'list element types are not identical: [{"name":"a"},"x"]'],
    [{ broken: named("a") }, { broken: named("a") }, "cannot merge lists without merge key for type struct"],
    [
      { metadata: { "$deleteFromPrimitiveList/finalizers": "a" } },
      { metadata: { finalizers: ["a"] } },
      "invalid patch format of primitive list",
    ],
    [{ "$setElementOrder/containers": "a" }, {}, "invalid patch format of setElementOrder list"],
    [{ strategy: { $retainKeys: ["a"], type: "b" } }, { strategy: {} }, "invalid patch format of retainKeys"],
    [
      { "$setElementOrder/containers": named("a"), containers: named("b") },
      {},
      `The order in patch list:\n[{"name":"b"}]\n doesn't match $setElementOrder list:\n[{"name":"a"}]\n`,
    ],
  ])("[SM30] %j is refused", (patch, original, message) => {
    expect(() => patched(original, patch)).toThrow(expect.objectContaining({ code: 400, message }));
  });
});

describe("applyMergePatch", () => {
  // The table of RFC 7386, appendix A.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("[MP1] %j with %j is %j", (target, patch, result) => {
    const before = JSON.stringify(target);
    expect(applyMergePatch(target, patch)).toEqual(result);
    expect(JSON.stringify(target)).toBe(before);
  });

  it("[MP2] a field called __proto__ changes no prototype", () => {
    const result = applyMergePatch({}, JSON.parse('{"__proto__":{"x":1}}')) as { x?: number };
    expect(Object.keys(result)).toEqual(["__proto__"]);
    expect(result.x).toBeUndefined();
  });

  const seed = 20_260_131;
  it(`[MP3] a created patch leads from one object to the other (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const pick = (n: number) => Math.floor(random() * n);
    const value = (depth: number): unknown => {
      const kind = pick(depth > 3 ? 3 : 5);
      if (kind === 0) return pick(3);
      if (kind === 1) return "ab"[pick(2)];
      if (kind === 2) return random() < 0.5;
      if (kind === 3) return Array.from({ length: pick(3) }, () => value(depth + 1));
      return Object.fromEntries(Array.from({ length: pick(4) }, () => ["abcd"[pick(4)], value(depth + 1)]));
    };
    let differed = 0;
    for (let i = 0; i < 1_000; i++) {
      const from = { root: value(0) };
      const to = { root: value(0) };
      const patch = createMergePatch(from, to);
      if (patch !== undefined) differed++;
      expect(applyMergePatch(from, patch ?? {})).toEqual(to);
    }
    expect(differed).toBeGreaterThan(500);
  });
});
