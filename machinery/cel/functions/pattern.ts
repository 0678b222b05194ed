/** Regular expressions in RE2's syntax, which take time in proportion to the text whatever they are. */
import { RE2JS } from "re2js";
import { CelError } from "../values.ts";

const MAX_KEPT = 256;
const kept = new Map<string, RE2JS>();
/** Steps of a compiled pattern, of which each takes most of a kilobyte: of one, and of all that are kept. */
const MAX_SIZE = 20_000;
const MAX_KEPT_SIZE = 50_000;
let keptSize = 0;

/** @throws CelError */
export function compilePattern(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known) return known;
  const size = patternSize(pattern);
  if (size > MAX_SIZE) throw new CelError("error parsing regexp: expression too large");
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError(
      `error parsing regexp: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error)}`,
    );
  }
  if (kept.size >= MAX_KEPT || keptSize + size > MAX_KEPT_SIZE) {
    kept.clear();
    keptSize = 0;
  }
  kept.set(pattern, compiled);
  keptSize += size;
  return compiled;
}

export const matches = (text: string, pattern: string): boolean => compilePattern(pattern).matcher(text).find();

const PIECE = /\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\{(\d{1,4})(?:,(\d{0,4}))?\}|[()]|./gsu;

/** About how many steps it has once what is repeated stands there as often: "(ab{3}){2}" has 10, each group counting as one. */
export function patternSize(pattern: string): number {
  const outer: number[] = [];
  let [size, last] = [0, 0];
  for (const [piece, least, most] of pattern.matchAll(PIECE)) {
    if (piece === "(") {
      outer.push(size);
      size = 0;
      last = 0;
    } else if (piece === ")") {
      last = size + 1;
      size = (outer.pop() ?? 0) + last;
    } else if (least !== undefined) {
      const more = last * (Math.max(Number(least), Number(most ?? 0), 1) - 1);
      size += more;
      last += more;
    } else {
      last = 1;
      size += 1;
    }
  }
  return outer.reduce((sum, each) => sum + each, size);
}
