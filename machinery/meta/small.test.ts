import { describe, expect, it } from "vitest";
import { humanDuration } from "./duration.ts";
import { deepClone, deepEqual } from "./equality.ts";
import { invalidObject, required } from "./field-error.ts";
import { fnv32a, safeEncode } from "./hash.ts";
import { generateName, randomSuffix, seededRandom } from "./random.ts";

describe("deepEqual and deepClone", () => {
  it.each([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1, b: undefined }, { a: 1, c: 2 }, false],
    [{ a: null }, {}, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{}, [], false],
    [{ a: undefined }, {}, true],
    [{ toString: 1 }, { x: 1 }, false],
    ["1", 1, false],
    [null, {}, false],
  ])("[EQ1] %j and %j: %j", (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
    expect(deepEqual(b, a)).toBe(equal);
  });

  it("[EQ2] a clone shares nothing, and keeps a field called __proto__", () => {
    const original = JSON.parse('{"a":[{"b":1}],"__proto__":{"c":2}}') as { a: object[] };
    const copy = deepClone(original);
    expect(copy).toEqual(original);
    expect(Object.keys(copy)).toEqual(["a", "__proto__"]);
    expect(copy.a[0]).not.toBe(original.a[0]);
    expect((copy as { c?: number }).c).toBeUndefined();
  });
});

describe("humanDuration", () => {
  const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];
  it.each([
    [-2 * s, "<invalid>"],
    [-1500, "0s"],
    [0, "0s"],
    [119 * s, "119s"],
    [120 * s, "2m"],
    [599 * s, "9m59s"],
    [10 * m, "10m"],
    [179 * m, "179m"],
    [3 * h, "3h"],
    [3 * h + 5 * m, "3h5m"],
    [8 * h, "8h"],
    [47 * h, "47h"],
    [2 * d, "2d"],
    [7 * d + 23 * h, "7d23h"],
    [8 * d, "8d"],
    [729 * d, "729d"],
    [730 * d, "2y"],
    [735 * d, "2y5d"],
    [8 * 365 * d, "8y"],
  ])("[HD1] %d ms is %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe("names made up", () => {
  it("[RN1] suffixes come from the safe alphabet, generated names fit 63 characters", () => {
    const random = seededRandom(7);
    expect(randomSuffix(200, random)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{200}$/);
    expect(generateName("a".repeat(70), random)).toMatch(/^a{58}[a-z0-9]{5}$/);
    expect(seededRandom(3)()).toBe(seededRandom(3)());
  });

  it("[RN2] hashes as Go's", () => {
    expect(fnv32a("")).toBe(0x811c9dc5);
    expect(fnv32a("a")).toBe(0xe40c292c);
    expect(fnv32a("foobar")).toBe(0xbf9cf968);
    expect(safeEncode("1")).toBe("bcdfghjklmnpqrstvwxz2456789"[49 % 27]);
  });
});

describe("invalidObject", () => {
  it("[FE1] what is said twice is shown once, and kept twice among the causes", () => {
    const error = required("spec.a", "so");
    const { status } = invalidObject({ group: "", kind: "Pod", name: "p" }, [error, error]);
    expect(status.message).toBe('Pod "p" is invalid: spec.a: Required value: so');
    expect(status.details?.causes).toHaveLength(2);
  });
});
