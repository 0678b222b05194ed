/** Adds to type facts what an encoder does with fields that are not set. */
import type { FieldFact, TypeFact } from "./types.ts";

/**
 * Changes `facts` in place, and returns them. A line of `text` is a type's name and groups of its fields:
 * `io.example.Port|0 port|- name|=TCP protocol`: `port` is written as 0 when it is not set, `name` is not written when
 * empty, and the default of `protocol` is "TCP".
 */
export function addJsonShape(facts: { [name: string]: TypeFact }, text: string): { [name: string]: TypeFact } {
  for (const line of text.split("\n")) {
    const [name = "", ...groups] = line.split("|");
    const fields = facts[name]?.fields;
    if (fields === undefined) throw new Error(`json shape of unknown type ${name}`);
    for (const group of groups) {
      const [rule = "", ...names] = group.split(" ");
      for (const field of names) fields[field] = { ...asFact(fields[field], `${name}.${field}`), ...shapeOf(rule) };
    }
  }
  return facts;
}

function asFact(fact: string | FieldFact | undefined, where: string): FieldFact {
  if (fact === undefined) throw new Error(`json shape of unknown field ${where}`);
  return typeof fact === "string" ? { type: fact } : fact;
}

function shapeOf(rule: string): Partial<FieldFact> {
  if (rule === "-") return { omitsZero: true };
  if (rule.startsWith("=")) return { default: rule.slice(1) };
  return { absent: JSON.parse(rule) };
}
