/** Parts of times and durations. */
import { DURATION, INT, STRING, TIMESTAMP } from "../types.ts";
import { CelError, type Timestamp, type Value } from "../values.ts";
import { member, type Overload } from "./function.ts";

const MS = 1_000_000n;

const floorMs = ({ nanos }: Timestamp): number => Number((nanos - (((nanos % MS) + MS) % MS)) / MS);

/** Minutes east of UTC at a moment. @throws CelError for a zone nobody knows */
function offsetMinutes(zone: string, ms: number): number {
  const fixed = /^([-+]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3]));
  let parts: Intl.DateTimeFormatPart[];
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    parts = format.formatToParts(ms);
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours = "0", minutes = "0"] = /^GMT(?:([-+])(\d{2}):(\d{2}))?/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const DAY_MS = 86_400_000;

const PARTS: { readonly [name: string]: (local: Date) => number } = {
  getFullYear: (local) => local.getUTCFullYear(),
  getMonth: (local) => local.getUTCMonth(),
  getDate: (local) => local.getUTCDate(),
  getDayOfMonth: (local) => local.getUTCDate() - 1,
  getDayOfWeek: (local) => local.getUTCDay(),
  getDayOfYear: (local) => Math.floor((local.getTime() - new Date(local).setUTCMonth(0, 1)) / DAY_MS),
  getHours: (local) => local.getUTCHours(),
  getMinutes: (local) => local.getUTCMinutes(),
  getSeconds: (local) => local.getUTCSeconds(),
  getMilliseconds: (local) => local.getUTCMilliseconds(),
};

const LENGTHS: { readonly [name: string]: bigint } = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

export const TIME_FUNCTIONS: readonly Overload[] = [
  ...Object.entries(PARTS).flatMap(([name, part]): Overload[] => {
    const read = (time: Value, zone: string): bigint => {
      const ms = floorMs(time as Timestamp);
      return BigInt(part(new Date(ms + (zone === "UTC" ? 0 : offsetMinutes(zone, ms) * 60_000))));
    };
    return [
      member(name, [TIMESTAMP], INT, (time) => read(time, "UTC")),
      member(name, [TIMESTAMP, STRING], INT, (time, zone: Any) => read(time, zone)),
    ];
  }),
  ...Object.entries(LENGTHS).map(([name, unit]) => member(name, [DURATION], INT, (length: Any) => length.nanos / unit)),
  member("getMilliseconds", [DURATION], INT, (length: Any) => (length.nanos / MS) % 1_000n),
];
