/** Checks of resource quantities. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { canonicalQuantity, parseQuantity } from "../../machinery/meta/quantity.ts";
import { NEGATIVE, NOT_POSITIVE } from "./checks.ts";

export type ResourceList = { [resource: string]: string };

const NANO_PER_MILLI = 1_000_000n;
const NANO_PER_UNIT = 1_000_000_000n;
const NOT_A_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The value in nano units; pushes an error and gives undefined for text that is none. */
export function readQuantity(errors: FieldError[], text: string, path: string): bigint | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    errors.push(invalid(path, text, NOT_A_QUANTITY));
    return undefined;
  }
}

/** `a` compared with `b`; text that is no quantity counts as zero, since reading it has already been an error. */
export function compareTexts(a: string | undefined, b: string | undefined): number {
  const first = quantityOrZero(a);
  const second = quantityOrZero(b);
  return first < second ? -1 : first > second ? 1 : 0;
}

export function quantityOrZero(text: string | undefined): bigint {
  if (text === undefined) return 0n;
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof RangeError) return 0n;
    throw error;
  }
}

export const showQuantity = (text: string | undefined): string => {
  try {
    return text === undefined ? "0" : canonicalQuantity(text);
  } catch (error) {
    if (error instanceof RangeError) return String(text);
    throw error;
  }
};

export function checkNonNegativeQuantity(errors: FieldError[], text: string, path: string): bigint | undefined {
  const value = readQuantity(errors, text, path);
  if (value !== undefined && value < 0n) errors.push(invalid(path, showQuantity(text), NEGATIVE));
  return value;
}

export function checkPositiveQuantity(errors: FieldError[], text: string, path: string): void {
  const value = readQuantity(errors, text, path);
  if (value !== undefined && value <= 0n) errors.push(invalid(path, showQuantity(text), NOT_POSITIVE));
}

/** An amount, as far as upstream's oldest check of one looks: its message shows whole units. */
export function checkAmount(errors: FieldError[], text: string, path: string): bigint | undefined {
  const value = readQuantity(errors, text, path);
  if (value !== undefined && value < 0n) {
    errors.push(invalid(path, Number(value / NANO_PER_UNIT), "must be a valid resource quantity"));
  }
  return value;
}

export const isWhole = (nano: bigint): boolean => nano % NANO_PER_UNIT === 0n;

/** Resource amounts finer than a thousandth are rounded up, as upstream's defaulting does. Changes `list`. */
export function roundUpToMilli(list: ResourceList | undefined): void {
  if (!list) return;
  for (const name of Object.keys(list)) {
    const text = String(list[name]);
    // Only these suffixes, exponents and long fractions can be finer than a thousandth.
    if (!/[nue.]/.test(text)) continue;
    const nano = quantityOrZero(text);
    if (nano % NANO_PER_MILLI === 0n) continue;
    const milli = nano > 0n ? nano / NANO_PER_MILLI + 1n : nano / NANO_PER_MILLI;
    list[name] = canonicalQuantity(`${milli}m`);
  }
}
