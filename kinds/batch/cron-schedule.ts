/** Cron schedules: five fields or a descriptor. Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ */

export interface CronFields {
  /** Values that match, in ascending order. */
  minutes: readonly number[];
  hours: readonly number[];
  daysOfMonth: readonly number[];
  months: readonly number[];
  /** 0 is Sunday. */
  daysOfWeek: readonly number[];
  /** `*` or `?`: then the other of the two days alone decides; else either of them does. */
  anyDayOfMonth: boolean;
  anyDayOfWeek: boolean;
}

export type CronSchedule = { zone: string | undefined } & ({ fields: CronFields } | { everySeconds: number });

interface Bounds {
  min: number;
  max: number;
  names: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE: Bounds = { min: 0, max: 59, names: [] };
const HOUR: Bounds = { min: 0, max: 23, names: [] };
const DAY_OF_MONTH: Bounds = { min: 1, max: 31, names: [] };
const MONTH: Bounds = { min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: Bounds = { min: 0, max: 6, names: DAYS };

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const number = Number(text);
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${text}`);
  return number;
}

function parseNumberOrName(text: string, { names, min }: Bounds): number {
  const index = names.indexOf(text.toLowerCase());
  return index >= 0 ? index + min : parseNumber(text);
}

function parseRange(text: string, bounds: Bounds): { values: number[]; any: boolean } {
  const [range = "", stepText, ...moreSteps] = text.split("/");
  const [low = "", high, ...moreBounds] = range.split("-");
  let any = low === "*" || low === "?";
  let start = bounds.min;
  let end = bounds.max;
  if (!any) {
    start = parseNumberOrName(low, bounds);
    if (moreBounds.length > 0) throw new Error(`too many hyphens: ${text}`);
    end = high === undefined ? start : parseNumberOrName(high, bounds);
  }
  let step = 1;
  if (stepText !== undefined) {
    if (moreSteps.length > 0) throw new Error(`too many slashes: ${text}`);
    step = parseNumber(stepText);
    // "N/step" goes on to the end.
    if (high === undefined) end = bounds.max;
    if (step > 1) any = false;
  }
  if (start < bounds.min) throw new Error(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new Error(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
  const values: number[] = [];
  for (let value = start; value <= end; value += step) values.push(value);
  return { values, any };
}

function parseField(text: string, bounds: Bounds): { values: number[]; any: boolean } {
  const all = new Set<number>();
  let any = false;
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const range = parseRange(part, bounds);
    for (const value of range.values) all.add(value);
    any ||= range.any;
  }
  return { values: [...all].sort((a, b) => a - b), any };
}

function parseFields(texts: readonly string[]): CronFields {
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = texts;
  const monthDays = parseField(dayOfMonth, DAY_OF_MONTH);
  const weekDays = parseField(dayOfWeek, DAY_OF_WEEK);
  return {
    minutes: parseField(minute, MINUTE).values,
    hours: parseField(hour, HOUR).values,
    daysOfMonth: monthDays.values,
    months: parseField(month, MONTH).values,
    daysOfWeek: weekDays.values,
    anyDayOfMonth: monthDays.any,
    anyDayOfWeek: weekDays.any,
  };
}

const DESCRIPTORS: { [descriptor: string]: string } = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const UNIT_SECONDS: { [unit: string]: number } = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Go's durations: "1h30m". Undefined for what is none. */
function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))*$/.test(text)) {
    return undefined;
  }
  let seconds = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(number) * (UNIT_SECONDS[unit] ?? 0);
  }
  return seconds;
}

/** Zones that Intl knows; names as in IANA's database. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Longer schedules mean nothing that a short one could not. */
const MAX_LENGTH = 4096;

/** @throws Error with upstream's message */
export function parseCron(text: string): CronSchedule {
  if (text === "") throw new Error("empty spec string");
  if (text.length > MAX_LENGTH) throw new Error("too long");
  let zone: string | undefined;
  let rest = text;
  const prefixed = /^(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(text);
  if (prefixed) {
    [, zone = "", rest = ""] = prefixed;
    if (!isTimeZone(zone)) throw new Error(`provided bad location ${zone}: unknown time zone ${zone}`);
    rest = rest.trim();
  }
  if (rest.startsWith("@")) {
    const spelled = Object.hasOwn(DESCRIPTORS, rest) ? DESCRIPTORS[rest] : undefined;
    if (spelled !== undefined) return { zone, fields: parseFields(spelled.split(" ")) };
    if (!rest.startsWith("@every ")) throw new Error(`unrecognized descriptor: ${rest}`);
    const duration = rest.slice("@every ".length);
    const seconds = parseDuration(duration);
    if (seconds === undefined) {
      throw new Error(`failed to parse duration ${rest}: time: invalid duration ${JSON.stringify(duration)}`);
    }
    return { zone, everySeconds: Math.max(Math.trunc(seconds), 1) };
  }
  const fields = rest.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== 5) {
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  }
  return { zone, fields: parseFields(fields) };
}
