import { describe, expect, it } from "vitest";
import { compileExpression } from "../compile.ts";
import { createEnvironment } from "../environment.ts";
import { KUBERNETES_LIBRARIES } from "../libraries.ts";
import { ANY, BOOL, INT, listOf, mapOf, objectOf, STRING } from "../types.ts";
import { declaredSizes } from "./declared-sizes.ts";

const environment = createEnvironment({
  variables: {
    self: objectOf("Self", {
      name: STRING,
      short: STRING,
      tags: listOf(STRING),
      ports: listOf(objectOf("Port", { number: INT, name: STRING })),
      labels: mapOf(STRING, STRING),
      isOn: BOOL,
      free: STRING,
      any: ANY,
    }),
  },
  libraries: KUBERNETES_LIBRARIES,
  hasBind: true,
});
const text = (most: number) => ({ most });
const sizeOf = declaredSizes({
  self: {
    fields: {
      name: text(100),
      short: text(10),
      tags: { most: 20, elements: text(50) },
      ports: { most: 5, elements: { fields: { name: text(30) } } },
      labels: { most: 8, keys: text(60), elements: text(40) },
      any: text(64),
    },
  },
});

function estimateOf(expression: string) {
  const compiled = compileExpression({ text: expression, environment, sizeOf });
  if (!compiled.ok) throw new Error(compiled.errors.join("\n"));
  return compiled.estimate!;
}

describe("What an expression costs at most", () => {
  it.each([
    ["[CE1] literals are free", "true", 0],
    ["[CE2] a name and each field", "self.isOn", 2],
    ["[CE3] to ask for a field costs nothing more", "has(self.name)", 1],
    ["[CE4] texts are compared over the shorter", "self.name == self.short", 4 + 1],
    ["[CE5] and over the whole where a literal is no shorter", `self.short < "${"x".repeat(40)}"`, 2 + 1],
    ["[CE6] texts put together", `(self.name + "0123456789").size()`, 2 + 11 + 1],
    ["[CE7] a list in brackets", "[1, 2, 3].size()", 10 + 1],
    ["[CE8] a map in brackets", `{"a": 1}.size()`, 30 + 1],
    ["[CE9] one list behind another is as long as both", "(self.tags + [self.name]).all(x, true)", 15 + 21 * 3 + 1],
    ["[CE10] for each element: condition and step", "self.tags.all(x, x.size() > 3)", 2 + 20 * (2 + 1 + 3) + 1],
    ["[CE11] elements as long as declared", `self.tags.all(x, x.matches("^a+$"))`, 2 + 20 * (2 + 1 + 1 + 6) + 1],
    [
      "[CE12] elements of what is given in brackets",
      `["ab", "abcdefghijkl"].all(x, x == self.name)`,
      10 + 2 * (2 + 1 + 3 + 2) + 1,
    ],
    ["[CE13] keys of a map", `self.labels.all(k, k.contains("0123456789a"))`, 2 + 8 * (2 + 1 + 1 + 6 * 2) + 1],
    [
      "[CE14] its values",
      "self.labels.all(k, self.labels[k].startsWith(self.short))",
      2 + 8 * (2 + 1 + 3 + 1 + 2 + 1) + 1,
    ],
    ["[CE15] keys and values at once", "self.labels.all(k, v, k == v)", 2 + 8 * (2 + 1 + 2 + 4) + 1],
    ["[CE16] fields of elements", `self.ports.exists(p, p.name == "${"x".repeat(30)}")`, 2 + 5 * (3 + 1 + 2 + 3) + 1],
    [
      "[CE17] one fold inside another",
      "self.tags.all(x, self.ports.all(p, p.number > 1))",
      2 + 20 * (2 + 1 + (2 + 5 * (2 + 1 + 3) + 1)) + 1,
    ],
    [
      "[CE18] what a filter lets through may be all",
      "self.tags.filter(x, true).map(x, x).size()",
      2 + 10 + 20 * 13 + 1 + 10 + 20 * 13 + 1 + 1,
    ],
    ["[CE19] a name for a value: as large as the value", `cel.bind(n, self.name, n.matches("abcd"))`, 10 + 2 + 1 + 11],
    ["[CE20] the dearer of two", "self.isOn ? self.tags.size() : 1", 2 + 3],
    ["[CE21] as large as either", `(self.isOn ? self.name : self.short) == "${"x".repeat(200)}"`, 2 + 2 + 10],
    ["[CE22] pieces of a text", `self.name.split(",").all(x, true)`, 2 + 20 + 100 * 3 + 1],
    ["[CE23] not more of them than asked for", `self.name.split(",", 3).all(x, true)`, 2 + 20 + 3 * 3 + 1],
    ["[CE24] the longest a text can become", `self.short.replace("a", "bcd").matches("abcd")`, 2 + 2 + 4],
    ["[CE25] elements put together", `self.tags.join(", ").size()`, 2 + 104 + 1],
    ["[CE26] what is found", `self.name.find("[0-9]*") == "1"`, 2 + 22 + 1],
    ["[CE27] the greatest of texts", `self.tags.max() == ""`, 2 + 20 * 6],
    ["[CE28] an element in a list", `"a" in self.tags`, 2 + 20],
    ["[CE29] a key in a map", `"a" in self.labels`, 2 + 1],
    ["[CE30] every element with every", "sets.contains(self.tags, [self.name])", 2 + 12 + 20 + 1],
    ["[CE31] quantities are compared at once", `quantity("1Gi") == quantity("1024Mi")`, 3],
    ["[CE32] of unknown type: what it can be at most", `self.any.all(x, x > 1)`, 2 + 64 * (2 + 3) + 1],
    ["[CE33] dyn hides the type, not the size", `dyn(self.short) == "${"x".repeat(40)}"`, 3 + 1],
    ["[CE34] a part of an address space", `cidr("10.0.0.0/8").containsIP("10.0.0.1")`, 1 + 4 + 1],
    ["[CE35] the larger of both sides, or one of them", "self.isOn || self.name == self.name", 2 + 4 + 10],
    ["[CE36] optional fields", "self.?name.hasValue()", 3],
  ] as [string, string, number][])("%s: %s", (_name, expression, most) => {
    expect(estimateOf(expression).max).toBe(most);
  });

  it("[CE37] at least: one side of a logic, the cheaper of two, nothing to walk over", () => {
    expect(estimateOf("self.isOn || self.name == self.name").min).toBe(2);
    expect(estimateOf("self.isOn ? self.tags.size() : 1").min).toBe(2);
    expect(estimateOf("self.tags.all(x, x.size() > 3)").min).toBe(3);
  });

  it.each([
    ["[CE38] a text nobody knows the length of", "self.free.matches(self.free)"],
    ["[CE39] a text looked through for each of its letters", `self.free.split("").all(x, x == self.free)`],
  ])("%s is beyond every limit", (_name, expression) => {
    expect(estimateOf(expression).max).toBeGreaterThan(2 ** 60);
  });

  it("[CE40] folds within folds grow with each, and end at 2^64", () => {
    const nested = (depth: number): string => (depth === 0 ? "true" : `self.tags.all(x${depth}, ${nested(depth - 1)})`);
    expect(estimateOf(nested(3)).max).toBe(2 + 20 * (2 + 1 + (2 + 20 * (2 + 1 + (2 + 20 * 3 + 1)) + 1)) + 1);
    expect(estimateOf(nested(18)).max).toBe(2 ** 64);
  });
});
