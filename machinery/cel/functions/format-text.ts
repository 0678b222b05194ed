/** `"%s has %d".format([a, b])`. Source: cel-go's strings extension */
import {
  CelError,
  Duration,
  formatDuration,
  formatTimestamp,
  isList,
  isMap,
  isOpaque,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from "../values.ts";

const VERB = /%(?:\.(\d+))?([a-zA-Z%])?/g;
const MAX_PRECISION = 1_000;
/** The same text may be asked for again and again. */
const MAX_LENGTH = 10_000_000;

/** @throws CelError */
export function formatText(template: string, args: readonly Value[]): string {
  let next = 0;
  let length = template.length;
  return template.replace(VERB, (_whole, precision: string | undefined, verb: string | undefined) => {
    if (verb === "%") return "%";
    if (verb === undefined) throw new CelError("unexpected end of string");
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    const digits = precision === undefined ? 6 : Number(precision);
    if (digits > MAX_PRECISION) throw new CelError("precision is too large");
    const text = formatOne(verb, args[next++]!, digits);
    length += text.length;
    if (length > MAX_LENGTH) throw new CelError("the text would be too long");
    return text;
  });
}

const wrong = (what: string, value: Value): never => {
  throw new CelError(
    `error during formatting: ${what} clause can only be used on ${WANTED[what] ?? "numbers"}, was given ${typeNameOf(value)}`,
  );
};
const WANTED: { readonly [what: string]: string } = {
  integer: "integers",
  "fixed-point": "doubles",
  scientific: "doubles",
  binary: "integers and bools",
  octal: "integers",
  hex: "integers, byte buffers, and strings",
};

function formatOne(verb: string, value: Value, digits: number): string {
  const whole = typeof value === "bigint" ? value : value instanceof Uint ? value.value : undefined;
  switch (verb) {
    case "s":
      return textOf(value);
    case "d":
      if (whole !== undefined) return String(whole);
      return typeof value === "number" && !Number.isFinite(value) ? special(value) : wrong("integer", value);
    case "f":
      return fixed(value, digits);
    case "e": {
      const number = numberOf(value) ?? wrong("scientific", value);
      return Number.isFinite(number) ? exponential(number, digits) : special(number);
    }
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      return whole === undefined ? wrong("binary", value) : whole.toString(2);
    case "o":
      return whole === undefined ? wrong("octal", value) : whole.toString(8);
    case "x":
      return hex(value, whole);
    case "X":
      return hex(value, whole).toUpperCase();
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

const special = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint ? Number(value.value) : undefined;
}

function fixed(value: Value, digits: number): string {
  const number = numberOf(value) ?? wrong("fixed-point", value);
  if (!Number.isFinite(number)) return special(number);
  const text = number.toFixed(Math.min(digits, 100));
  // Half-way cases go to the even digit; toFixed takes the larger. Only these are exact in binary.
  const scaled = number * 10 ** digits;
  const isHalf = Math.abs(scaled % 1) === 0.5 && Number.isInteger(number * 2 ** (digits + 1));
  return isHalf && Math.trunc(scaled) % 2 === 0 ? (Math.trunc(scaled) / 10 ** digits).toFixed(digits) : text;
}

function exponential(value: number, digits: number): string {
  const [mantissa, exponent = "+0"] = value.toExponential(Math.min(digits, 100)).split("e");
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function hex(value: Value, whole: bigint | undefined): string {
  if (whole !== undefined) return whole.toString(16);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) return wrong("hex", value);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function textOf(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? plain(value) : special(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof TypeValue) return value.typeName;
  if (isList(value)) return `[${value.map(textOf).join(", ")}]`;
  if (isMap(value)) {
    const entries = [...value.keys()].map((key) => [textOf(key), textOf(value.get(key)!)] as const);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, each]) => `${key}: ${each}`)
      .join(", ")}}`;
  }
  if (isOpaque(value)) return String(value);
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

function plain(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}
