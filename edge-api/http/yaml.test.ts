import { expect, it } from "vitest";
import { parseYaml } from "../../machinery/codec/yaml.ts";
import { toYaml } from "./yaml.ts";

it("[YO1] fields are in alphabetical order, lists without an indent, times and words of YAML 1.1 in quotes", () => {
  const json = JSON.stringify({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { creationTimestamp: "2026-11-21T10:46:51Z", finalizers: ["a", "b"], generation: 3 },
    data: { b: "yes", a: "12:30", n: "1e3" },
  });
  expect(toYaml(json)).toBe(`apiVersion: v1
data:
  a: "12:30"
  b: "yes"
  "n": "1e3"
kind: ConfigMap
metadata:
  creationTimestamp: "2026-11-21T10:46:51Z"
  finalizers:
  - a
  - b
  generation: 3
`);
});

// biome-ignore format: a list of words
const WORDS = [
  "yes", "No", "on", "OFF", "y", "N", "~", "null", "", "true", "1", "-1", "+1", "1.", ".5", "1e3", "0x1F", "0b101", "0o17",
  "017", "1_000", "12:30:45", "2026-11-21", ".inf", ".NaN", "=", "<<", " lead", "trail ", "a: b", "a #b", "- x", "*x", "&x",
  "!x", "%x", "@x", "`x", "|", ">", "?", "? x", "{}", "[a]", "'q'", '"d"', "---", "...", "\ttab", "a\\b", "l1\nl2\n",
  "l1\n\n", "a \nb", "\0\u0001\u007f\u0085\u2028\ufeff", "l1\n\u007f", "\u{1f600}",
];

it("[YO2] what is text is read as the same text by a reader of YAML 1.1, as a value and as a key", () => {
  for (const word of WORDS) {
    const key = word === "<<" ? "merge" : word;
    const value = { data: { [key]: word }, list: [word] };
    expect(parseYaml(toYaml(JSON.stringify(value))).value, JSON.stringify(word)).toEqual(value);
  }
  expect(toYaml(JSON.stringify({ data: WORDS.join("") }))).toMatch(/^data: ".*\u{1f600}"\n$/u);
});
