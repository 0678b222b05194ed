/**
 * Quantities: "100m", "1.5", "2Gi", "1e3". Exact, on nano units.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
import { type FieldError, invalid } from "./field-error.ts";

/** The family of suffixes a quantity was written with, which its canonical form keeps. */
type Family = "DecimalSI" | "BinarySI" | "DecimalExponent";

interface Parsed {
  nanos: bigint;
  family: Family;
}

const NANOS = 1_000_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
/** Longer ones are refused before any arithmetic. */
const MAX_LENGTH = 128;
/** Exponents beyond this cannot be meant: 1e100 is more than atoms in the universe. */
const MAX_EXPONENT = 100;

const FORMAT_MESSAGE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_MESSAGE = "unable to parse quantity's suffix";

const DECIMAL_SUFFIXES = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const BINARY_SUFFIXES = new Map<string, number>([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const DECIMAL_NAMES = new Map([...DECIMAL_SUFFIXES].map(([name, exponent]) => [exponent, name]));
const BINARY_NAMES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const SHAPE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** Rounds away from zero: asked for a little is asked for something. */
const divideUp = (value: bigint, by: bigint): bigint =>
  value % by === 0n ? value / by : value / by + (value < 0n ? -1n : 1n);

function parse(input: string | number): Parsed {
  const text = typeof input === "number" ? goNumber(input) : input;
  const shape = text.length > 0 && text.length <= MAX_LENGTH ? SHAPE.exec(text) : null;
  if (!shape) throw new RangeError(FORMAT_MESSAGE);
  const [, sign, whole = "", fraction = "", suffix = ""] = shape;
  // Without any digit upstream reads zero: "+", ".", even "Mi".
  const digits = `0${whole}${fraction}`;
  const binary = BINARY_SUFFIXES.get(suffix);
  let decimal = binary === undefined ? DECIMAL_SUFFIXES.get(suffix) : 0;
  let family: Family = binary === undefined ? "DecimalSI" : "BinarySI";
  if (decimal === undefined) {
    const exponent = /^[eE]([-+]?[0-9]{1,10})$/.exec(suffix);
    if (!exponent) throw new RangeError(SUFFIX_MESSAGE);
    decimal = Number(exponent[1]);
    if (Math.abs(decimal) > MAX_EXPONENT) throw new RangeError(SUFFIX_MESSAGE);
    family = "DecimalExponent";
  }
  let nanos = BigInt(digits) * NANOS;
  if (binary !== undefined) nanos <<= BigInt(binary);
  const shift = decimal - fraction.length;
  nanos = shift >= 0 ? nanos * 10n ** BigInt(shift) : divideUp(nanos, 10n ** BigInt(-shift));
  if (family === "BinarySI" && nanos > MAX_INT64 * NANOS) nanos = MAX_INT64 * NANOS;
  if (family === "BinarySI" && nanos > 0n && nanos < NANOS) family = "DecimalSI";
  return { nanos: sign === "-" ? -nanos : nanos, family };
}

/** A JSON number as its text would have been: Go's quantity reads the bytes of the document. */
function goNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(FORMAT_MESSAGE);
  return String(value).replace("e+", "e");
}

function format({ nanos, family }: Parsed): string {
  if (nanos === 0n) return "0";
  const isBinary = family === "BinarySI" && nanos % NANOS === 0n && (nanos <= -1024n * NANOS || nanos >= 1024n * NANOS);
  if (isBinary) {
    let mantissa = nanos / NANOS;
    let step = 0;
    while (step < 6 && mantissa % 1024n === 0n) {
      mantissa /= 1024n;
      step++;
    }
    return `${mantissa}${BINARY_NAMES[step]}`;
  }
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  const name = family === "DecimalExponent" ? undefined : DECIMAL_NAMES.get(exponent);
  if (name !== undefined) return `${mantissa}${name}`;
  return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
}

/** Nano units, rounded away from zero. @throws RangeError with upstream's message */
export const parseQuantity = (text: string | number): bigint => parse(text).nanos;

/** `path` is that of the field: "spec.containers[0].resources.requests[cpu]". */
export function quantityErrors(text: string | number, path: string): FieldError[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof RangeError) return [invalid(path, text, error.message)];
    throw error;
  }
}

const FAST_FACTORS = new Map<string, number>([
  ["", 1000],
  ["m", 1],
  ["k", 1e6],
  ["M", 1e9],
  ["G", 1e12],
  ["Ki", 1024 * 1000],
  ["Mi", 1024 ** 2 * 1000],
  ["Gi", 1024 ** 3 * 1000],
]);

/** Thousandths of short whole forms ("250m", "4", "512Mi"), or undefined: most of what a cluster holds. */
function fastMilli(text: string): number | undefined {
  let number = 0;
  let at = 0;
  for (; at < text.length && at < 7; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (at === 0 || text.length - at > 2) return undefined;
  const factor = FAST_FACTORS.get(text.slice(at));
  if (factor === undefined) return undefined;
  const milli = number * factor;
  return milli <= Number.MAX_SAFE_INTEGER ? milli : undefined;
}

/** In thousandths, rounded away from zero. Above 2^53 only as exact as a double. @throws RangeError */
export function milliValue(text: string | number): number {
  const fast = fastMilli(typeof text === "number" ? String(text) : text);
  return fast ?? Number(divideUp(parse(text).nanos, 1_000_000n));
}

/** In whole units, rounded away from zero. Above 2^53 only as exact as a double. @throws RangeError */
export function wholeValue(text: string | number): number {
  const fast = fastMilli(typeof text === "number" ? String(text) : text);
  return fast === undefined ? Number(divideUp(parse(text).nanos, NANOS)) : Math.ceil(fast / 1000);
}

/** The result keeps the suffix family of `a`, or of `b` when `a` is zero. @throws RangeError */
export function addQuantities(a: string | number, b: string | number): string {
  const [left, right] = [parse(a), parse(b)];
  return format({ nanos: left.nanos + right.nanos, family: left.nanos === 0n ? right.family : left.family });
}

/** As addQuantities. @throws RangeError */
export function subtractQuantities(a: string | number, b: string | number): string {
  const [left, right] = [parse(a), parse(b)];
  return format({ nanos: left.nanos - right.nanos, family: left.nanos === 0n ? right.family : left.family });
}

/** @throws RangeError */
export function compareQuantities(a: string | number, b: string | number): -1 | 0 | 1 {
  const difference = parse(a).nanos - parse(b).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** "100m", "2", "512Mi": what most quantities look like, and already canonical unless the number could be shortened. */
const SHORT = /^([1-9][0-9]{0,5})(|m|Ki|Mi|Gi)$/;

function isCanonical(text: string): boolean {
  const short = SHORT.exec(text);
  return short !== null && Number(short[1]) % (short[2]!.length === 2 ? 1024 : 1000) !== 0;
}

/** Go's canonical form, as the server stores and shows it: "0.5" → "500m", "1024Mi" → "1Gi". @throws RangeError */
export const canonicalQuantity = (text: string | number): string =>
  typeof text === "string" && isCanonical(text) ? text : format(parse(text));

/** From thousandths or whole units, in the DecimalSI or BinarySI family. */
export const formatMilli = (milli: number | bigint): string =>
  format({ nanos: BigInt(milli) * 1_000_000n, family: "DecimalSI" });
export const formatBytes = (bytes: number | bigint): string =>
  format({ nanos: BigInt(bytes) * NANOS, family: "BinarySI" });
