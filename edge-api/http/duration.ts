/** Durations as Go's time.ParseDuration reads them, as far as telling good from bad. */

const WHOLE = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /^(?:\d+\.?\d*|\.\d+)([^\d.]*)/;
const UNITS = /^(?:ns|us|µs|μs|ms|s|m|h)$/;

/** What is wrong with it, in Go's words; undefined when nothing is. */
export function durationProblem(text: string): string | undefined {
  if (text.length <= 1024 && WHOLE.test(text)) return undefined;
  const shown = JSON.stringify(text.slice(0, 1024));
  let rest = text.replace(/^[+-]/, "");
  while (rest !== "") {
    const part = PART.exec(rest);
    if (!part) break;
    const [whole, unit = ""] = part;
    if (unit === "") return `time: missing unit in duration ${shown}`;
    if (!UNITS.test(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`;
    rest = rest.slice(whole.length);
  }
  return `time: invalid duration ${shown}`;
}
