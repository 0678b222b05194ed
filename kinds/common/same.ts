/** Equality as validation means it, and what follows from it. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** The same value, where absent, null, [] and {} are the same, as they are to Go's decoders. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return isEmpty(a) && isEmpty(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b)) return isEmpty(a) && isEmpty(b);
    return a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  const left = a as { [key: string]: unknown };
  const right = b as { [key: string]: unknown };
  for (const key of Object.keys(left)) if (!same(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (!Object.hasOwn(left, key) && !isEmpty(right[key])) return false;
  return true;
}

export function checkImmutable(errors: FieldError[], next: unknown, prev: unknown, path: string): void {
  if (!same(next, prev)) errors.push(invalid(path, next ?? null, "field is immutable"));
}

/** `object` without the named fields, for comparing the rest. Shallow. */
export function without(object: object, fields: readonly string[]): { [key: string]: unknown } {
  const rest: { [key: string]: unknown } = { ...object };
  for (const field of fields) delete rest[field];
  return rest;
}
