/** Numbers that may also be percentages, such as maxSurge. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { percent } from "../../machinery/meta/names.ts";
import { addMessages, checkNonNegative } from "./checks.ts";

export type IntOrString = number | string;

const PERCENT = /^[0-9]+%$/;

export const isPercent = (value: IntOrString): value is string => typeof value === "string" && PERCENT.test(value);

/** The number, or the number before "%"; 0 for text that is neither. */
export function intOrPercentValue(value: IntOrString | undefined): number {
  if (typeof value === "number") return value;
  const number = Number.parseInt(value ?? "", 10);
  return Number.isNaN(number) ? 0 : number;
}

export function checkIntOrPercent(errors: FieldError[], value: IntOrString, path: string): void {
  if (typeof value === "number") checkNonNegative(errors, value, path);
  else addMessages(errors, path, value, percent(value));
}

export function checkAtMost100Percent(errors: FieldError[], value: IntOrString, path: string): void {
  if (isPercent(value) && intOrPercentValue(value) > 100) {
    errors.push(invalid(path, value, "must not be greater than 100%"));
  }
}
