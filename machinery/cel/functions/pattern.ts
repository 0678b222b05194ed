/** Regular expressions in RE2's syntax, which take time in proportion to the text whatever they are. */
import { RE2JS } from "re2js";
import { CelError } from "../values.ts";

const MAX_KEPT = 256;
const kept = new Map<string, RE2JS>();

/** @throws CelError */
export function compilePattern(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known) return known;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError(
      `error parsing regexp: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error)}`,
    );
  }
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(pattern, compiled);
  return compiled;
}

export const matches = (text: string, pattern: string): boolean => compilePattern(pattern).matcher(text).find();
