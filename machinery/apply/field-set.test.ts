import { describe, expect, test } from "vitest";
import { seededRandom } from "../meta/random.ts";
import {
  difference,
  equalSets,
  type FieldSet,
  has,
  intersection,
  isEmpty,
  parseFieldSet,
  paths,
  recursiveDifference,
  setOfPath,
  showPath,
  union,
} from "./field-set.ts";

const ELEMENTS = ["f:a", "f:b", 'k:{"n":"x"}', 'k:{"n":2}', 'v:"s"'];

const of = (...list: string[][]): FieldSet => list.reduce<FieldSet>((set, path) => union(set, setOfPath(path)), {});
const keys = (set: FieldSet): string[] => paths(set).map((path) => path.join(" "));

describe("against plain sets of paths", () => {
  const seed = 20_260_101;
  const random = seededRandom(seed);
  const randomPaths = (): string[][] =>
    Array.from({ length: Math.floor(random() * 8) }, () =>
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => ELEMENTS[Math.floor(random() * ELEMENTS.length)]!),
    );
  const cases = Array.from({ length: 500 }, () => ({ left: randomPaths(), right: randomPaths() }));
  const plain = (list: string[][]): Set<string> => new Set(list.map((path) => path.join(" ")));
  const under = (path: string, roots: Set<string>): boolean =>
    [...roots].some((root) => path === root || path.startsWith(`${root} `));

  test(`[FS1] union, intersection, difference (seed ${seed})`, () => {
    let members = 0;
    for (const { left, right } of cases) {
      const [a, b] = [of(...left), of(...right)];
      const [l, r] = [plain(left), plain(right)];
      expect(new Set(keys(a))).toEqual(l);
      expect(new Set(keys(union(a, b)))).toEqual(new Set([...l, ...r]));
      expect(new Set(keys(intersection(a, b)))).toEqual(new Set([...l].filter((path) => r.has(path))));
      expect(new Set(keys(difference(a, b)))).toEqual(new Set([...l].filter((path) => !r.has(path))));
      expect(new Set(keys(recursiveDifference(a, b)))).toEqual(new Set([...l].filter((path) => !under(path, r))));
      for (const path of [...left, ...right]) expect(has(a, path)).toBe(l.has(path.join(" ")));
      members += l.size + r.size;
    }
    expect(members).toBeGreaterThan(2000);
  });

  test("[FS2] what is read from text is what was written, in canonical order", () => {
    for (const { left } of cases) {
      const set = of(...left);
      const text = JSON.stringify(set);
      expect(JSON.stringify(parseFieldSet(JSON.parse(text)))).toBe(text);
      const shuffled = of(...[...left].reverse());
      expect(JSON.stringify(shuffled)).toBe(text);
      expect(equalSets(set, shuffled)).toBe(true);
    }
  });

  test("[FS3] nothing to do gives back the same set, and no set is ever changed", () => {
    for (const { left, right } of cases) {
      const [a, b] = [of(...left), of(...right)];
      const before = JSON.stringify([a, b]);
      expect(union(a, a)).toBe(a);
      expect(difference(a, difference(b, a))).toBe(a);
      if (!isEmpty(a)) expect(union(a, intersection(a, b))).toBe(a);
      difference(a, b);
      recursiveDifference(a, b);
      union(b, a);
      expect(JSON.stringify([a, b])).toBe(before);
    }
  });
});

test("[FS4] a parent is no member for having children, and stays when they go", () => {
  const set = of(["f:spec"], ["f:spec", "f:a"]);
  expect(JSON.stringify(set)).toBe('{"f:spec":{".":{},"f:a":{}}}');
  expect(JSON.stringify(difference(set, setOfPath(["f:spec", "f:a"])))).toBe('{"f:spec":{}}');
  expect(JSON.stringify(difference(set, setOfPath(["f:spec"])))).toBe('{"f:spec":{"f:a":{}}}');
  expect(has(setOfPath(["f:spec", "f:a"]), ["f:spec"])).toBe(false);
});

test("[FS5] members of a node come before what is below them", () => {
  const set = of(["f:a", "f:z"], ["f:b"], ["f:a", 'k:{"n":"x"}', "f:c"]);
  expect(paths(set).map(showPath)).toEqual([".b", ".a.z", '.a[n="x"].c']);
});

test.each([
  ["null", null],
  ["a list", []],
  ["a text below", { "f:a": "x" }],
  ["a key that is no element", { spec: {} }],
  ["a bad key", { "k:{": {} }],
  ["the prototype", JSON.parse('{"__proto__":{}}')],
])("[FS6] %s is no FieldsV1", (_what, value) => {
  expect(() => parseFieldSet(value)).toThrow(SyntaxError);
});

test("[FS7] elements of kinds to come are left out; too deep is refused", () => {
  expect(JSON.stringify(parseFieldSet({ "f:a": { "q:1": {} }, "q:2": {} }))).toBe('{"f:a":{}}');
  const deep = JSON.parse(`${'{"f:a":'.repeat(300)}{}${"}".repeat(300)}`);
  expect(() => parseFieldSet(deep)).toThrow(/deep/);
});
