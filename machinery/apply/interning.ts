/**
 * Sets and their texts, remembered: the pods of one workload, and one pod written again and again, have the same few.
 * Sets are never changed, so sharing them is safe.
 */
import type { FieldSet } from "./field-set.ts";

const MAX_TEXTS = 512;
/** Longer ones are rare, and would crowd out many others. */
const MAX_TEXT_LENGTH = 8192;

const sets = new Map<string, FieldSet>();
const texts = new WeakMap<FieldSet, string>();

/** The set of a text that this server wrote. */
export function internFields(part: string): FieldSet {
  const known = sets.get(part);
  if (known !== undefined) return known;
  // A copy: a part of a text keeps all of that text in memory.
  const text = ` ${part}`.slice(1);
  const set = JSON.parse(text) as FieldSet;
  texts.set(set, text);
  if (text.length <= MAX_TEXT_LENGTH) {
    if (sets.size >= MAX_TEXTS) sets.clear();
    sets.set(text, set);
  }
  return set;
}

export function textOfFields(set: FieldSet): string {
  const known = texts.get(set);
  if (known !== undefined) return known;
  const text = JSON.stringify(set);
  texts.set(set, text);
  return text;
}
