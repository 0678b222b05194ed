/** Lists of an Indexed Job's indexes: `0,2-5,7`. */

export interface Interval {
  first: number;
  last: number;
}

const INTEGER = /^[+-]?\d+$/;

function parseIndex(text: string, completions: number): number | { error: string } {
  if (!INTEGER.test(text)) return { error: `cannot convert string to integer for index: ${JSON.stringify(text)}` };
  const index = Number(text);
  return index >= completions ? { error: `too large index: ${JSON.stringify(text)}` } : index;
}

function parseInterval(text: string, completions: number): Interval | { error: string } {
  const parts = text.split("-");
  if (parts.length > 2) {
    const what = "an index interval can have at most two parts separated by '-'";
    return { error: `the fragment ${JSON.stringify(text)} violates the requirement that ${what}` };
  }
  const first = parseIndex(parts[0] ?? "", completions);
  if (typeof first !== "number") return first;
  if (parts[1] === undefined) return { first, last: first };
  const last = parseIndex(parts[1], completions);
  if (typeof last !== "number") return last;
  return first >= last ? { error: `non-increasing order, previous: ${first}, current: ${last}` } : { first, last };
}

/** @param completions no index reaches this */
export function parseIndexes(
  text: string,
  completions: number,
): { total: number; intervals: Interval[] } | { error: string } {
  const intervals: Interval[] = [];
  let total = 0;
  for (const fragment of text === "" ? [] : text.split(",")) {
    const interval = parseInterval(fragment, completions);
    if ("error" in interval) return interval;
    const previous = intervals.at(-1);
    if (previous && previous.last >= interval.first) {
      return { error: `non-increasing order, previous: ${previous.last}, current: ${interval.first}` };
    }
    total += interval.last - interval.first + 1;
    intervals.push(interval);
  }
  return { total, intervals };
}

/** The first index both lists hold. */
export function overlap(a: readonly Interval[], b: readonly Interval[]): number | undefined {
  let j = 0;
  for (const interval of a) {
    while (j < b.length && (b[j] as Interval).last < interval.first) j++;
    const other = b[j];
    if (other && other.first <= interval.last) return Math.max(other.first, interval.first);
  }
  return undefined;
}
