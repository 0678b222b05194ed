/**
 * metav1.Time and MicroTime: RFC 3339 with any zone, shown in UTC. Impossible texts throw a RangeError that says what
 * Go's time.Parse says.
 */

const TIME_LAYOUT = "2006-01-02T15:04:05Z07:00";
const MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";

const CANONICAL_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** "2026-01-31T13:00:00+01:00" → "2026-01-31T12:00:00Z". @throws RangeError */
export function parseTime(text: string): string {
  if (CANONICAL_TIME.test(text)) return text;
  const ms = parse(text, TIME_LAYOUT).ms;
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** "2026-01-31T13:00:00.000001+01:00" → "2026-01-31T12:00:00.000001Z". @throws RangeError */
export function parseMicroTime(text: string): string {
  const { ms, fraction } = parse(text, MICRO_LAYOUT);
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction}Z`;
}

interface Part {
  layout: string;
  pattern: RegExp;
}

const DIGITS_4: RegExp = /^\d{4}/;
const DIGITS_2: RegExp = /^\d{2}/;
const DATE_PARTS: Part[] = [
  { layout: "2006", pattern: DIGITS_4 },
  { layout: "-", pattern: /^-/ },
  { layout: "01", pattern: DIGITS_2 },
  { layout: "-", pattern: /^-/ },
  { layout: "02", pattern: DIGITS_2 },
  { layout: "T", pattern: /^T/ },
  { layout: "15", pattern: DIGITS_2 },
  { layout: ":", pattern: /^:/ },
  { layout: "04", pattern: DIGITS_2 },
  { layout: ":", pattern: /^:/ },
  { layout: "05", pattern: DIGITS_2 },
];

function parse(text: string, layout: string): { ms: number; fraction: string } {
  if (text.length > 64) throw new RangeError(`parsing time ${JSON.stringify(text.slice(0, 64))}: too long`);
  const failure = (rest: string, part: string) =>
    new RangeError(
      `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${part}"`,
    );
  let rest = text;
  const values: string[] = [];
  for (const { layout: part, pattern } of DATE_PARTS) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw failure(rest, part);
    if (found.length > 1) values.push(found);
    rest = rest.slice(found.length);
  }
  let fraction = "";
  if (layout === MICRO_LAYOUT) {
    const found = /^[.,](\d{6})/.exec(rest);
    if (!found) throw failure(rest, ".000000");
    fraction = found[1]!;
    rest = rest.slice(7);
  } else {
    rest = rest.replace(/^[.,]\d+/, "");
  }
  const zone = /^(?:Z|([+-])(\d{2}):(\d{2}))/.exec(rest);
  if (!zone) throw failure(rest, "Z07:00");
  const extra = rest.slice(zone[0].length);
  if (extra !== "") {
    throw new RangeError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(extra)}`);
  }
  return { ms: toMs(text, values.map(Number)) - offsetMs(zone), fraction };
}

function toMs(text: string, values: number[]): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = values;
  const outOfRange = (what: string) => new RangeError(`parsing time ${JSON.stringify(text)}: ${what} out of range`);
  if (month < 1 || month > 12) throw outOfRange("month");
  if (hour > 23) throw outOfRange("hour");
  if (minute > 59) throw outOfRange("minute");
  if (second > 59) throw outOfRange("second");
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCMonth() !== month - 1) throw outOfRange("day");
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

const offsetMs = ([, sign, hours = "0", minutes = "0"]: RegExpExecArray): number =>
  (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
