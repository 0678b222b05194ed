/** From one type to another. */
import { BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT } from "../types.ts";
import {
  CelError,
  Duration,
  formatDuration,
  formatTimestamp,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  parseDuration,
  parseTimestamp,
  Timestamp,
  Uint,
  type Value,
} from "../values.ts";
import { overText } from "./cost.ts";
import { global, type Overload } from "./function.ts";

const same = (value: Value): Value => value;
const outOfRange = (): never => {
  throw new CelError("integer overflow");
};
const failed = (from: string, to: string): never => {
  throw new CelError(`type conversion error from '${from}' to '${to}'`);
};

function toInt(value: bigint): bigint {
  return value > MAX_INT || value < MIN_INT ? outOfRange() : value;
}

function toUint(value: bigint): Uint {
  if (value > MAX_UINT || value < 0n) throw new CelError("unsigned integer overflow");
  return new Uint(value);
}

function wholePart(value: number, limit: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= limit) outOfRange();
  return BigInt(Math.trunc(value));
}

/** Go writes 100000, but 1e+06. */
const MAX_PLAIN_EXPONENT = 6;

/** As Go's strconv does with 'g' and the fewest digits. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < MAX_PLAIN_EXPONENT) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "true", "T", "TRUE", "True"].map((text): [string, boolean] => [text, true]),
  ...["0", "f", "false", "F", "FALSE", "False"].map((text): [string, boolean] => [text, false]),
]);

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

export const CONVERSIONS: readonly Overload[] = [
  global("int", [INT], INT, same),
  global("int", [UINT], INT, (value: Any) => toInt(value.value)),
  global("int", [DOUBLE], INT, (value: Any) => toInt(wholePart(value, 2 ** 63))),
  global("int", [STRING], INT, (text: Any) =>
    /^[-+]?[0-9]{1,40}$/.test(text) ? toInt(BigInt(text.replace("+", ""))) : failed("string", "int"),
  ),
  global("int", [TIMESTAMP], INT, (value: Any) => {
    const fraction = ((value.nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return (value.nanos - fraction) / 1_000_000_000n;
  }),
  global("int", [DURATION], INT, (value: Any) => value.nanos / 1_000_000_000n),
  global("uint", [UINT], UINT, same),
  global("uint", [INT], UINT, (value: Any) => toUint(value)),
  global("uint", [DOUBLE], UINT, (value: Any) => toUint(wholePart(value, 2 ** 64))),
  global("uint", [STRING], UINT, (text: Any) =>
    /^[0-9]{1,40}$/.test(text) ? toUint(BigInt(text)) : failed("string", "uint"),
  ),
  global("double", [DOUBLE], DOUBLE, same),
  global("double", [INT], DOUBLE, (value: Any) => Number(value)),
  global("double", [UINT], DOUBLE, (value: Any) => Number(value.value)),
  global("double", [STRING], DOUBLE, (text: Any) => toDouble(text)),
  global("bool", [BOOL], BOOL, same),
  global("bool", [STRING], BOOL, (text: Any) => TRUTHS.get(text) ?? failed("string", "bool")),
  global("string", [STRING], STRING, same),
  global("string", [BOOL], STRING, (value: Any) => String(value)),
  global("string", [INT], STRING, (value: Any) => String(value)),
  global("string", [UINT], STRING, (value: Any) => String(value.value)),
  global("string", [DOUBLE], STRING, (value: Any) => formatDouble(value)),
  global("string", [BYTES], STRING, (value: Any) => decode(value), { cost: overText }),
  global("string", [TIMESTAMP], STRING, (value: Any) => formatTimestamp(value)),
  global("string", [DURATION], STRING, (value: Any) => formatDuration(value)),
  global("bytes", [BYTES], BYTES, same),
  global("bytes", [STRING], BYTES, (text: Any) => new TextEncoder().encode(text), { cost: overText }),
  global("timestamp", [TIMESTAMP], TIMESTAMP, same),
  global("timestamp", [INT], TIMESTAMP, (value: Any) => new Timestamp(value * 1_000_000_000n)),
  global(
    "timestamp",
    [STRING],
    TIMESTAMP,
    (text: Any) => parseTimestamp(text) ?? failed("string", "google.protobuf.Timestamp"),
  ),
  global("duration", [DURATION], DURATION, same),
  global("duration", [INT], DURATION, (value: Any) => new Duration(value)),
  global(
    "duration",
    [STRING],
    DURATION,
    (text: Any) => parseDuration(text) ?? failed("string", "google.protobuf.Duration"),
  ),
];

function toDouble(text: string): number {
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text)
    ? Number(text)
    : failed("string", "double");
}
