import { expect, test } from "vitest";
import { canonicalElement, compareElements, showElement } from "./element.ts";

test.each([
  ["[EL1] fields before keys before values before indexes", ["f:z", 'k:{"a":1}', 'v:"a"', "i:0"]],
  ["[EL2] the node itself before all", [".", "f:a"]],
  ["[EL3] fields by bytes, capitals first", ["f:B", "f:a", "f:b"]],
  ["[EL4] fields beyond the basic plane by UTF-8, not UTF-16", ["f:\uffee", "f:\u{1f600}"]],
  ["[EL5] keys by name, then by value", ['k:{"a":2}', 'k:{"a":10}', 'k:{"a":"x"}', 'k:{"a":"x","b":1}', 'k:{"b":0}']],
  ["[EL6] numbers before texts before booleans", ["v:1", "v:1.5", "v:2", 'v:"1"', "v:false", "v:true"]],
  ["[EL7] indexes as numbers", ["i:2", "i:10"]],
])("%s", (_rule, order) => {
  expect([...order].reverse().sort(compareElements)).toEqual(order);
});

test.each([
  ["f:replicas", ".replicas"],
  ["f:app.kubernetes.io/name", ".app.kubernetes.io/name"],
  ['k:{"name":"web"}', '[name="web"]'],
  ['k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'],
  ['v:"a \\"b\\""', '[="a \\"b\\""]'],
  ["v:1", "[=1]"],
  ["i:3", "[3]"],
])("[EL8] %s is shown as %s", (element, shown) => {
  expect(showElement(element)).toBe(shown);
});

test.each([
  ["f:a b", "f:a b"],
  ['k:{"protocol": "TCP", "containerPort": 80}', 'k:{"containerPort":80,"protocol":"TCP"}'],
  ['v: "x"', 'v:"x"'],
  ["i:07x".slice(0, 3), "i:0"],
  ["z:future", undefined],
])("[EL9] %s from a client becomes %s", (element, canonical) => {
  expect(canonicalElement(element)).toBe(canonical);
});

test.each(["", "f", "metadata", "k:[1]", "k:x", "v:", "i:x", "i:1.5"])("[EL10] %j is no element", (element) => {
  expect(() => canonicalElement(element)).toThrow(SyntaxError);
});
