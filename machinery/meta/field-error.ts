/**
 * Validation errors with a field path, and their summary as one 422 Status.
 * Source: k8s.io/apimachinery/pkg/util/validation/field (message forms).
 */
import { ApiError, qualified, type StatusCause } from "./status.ts";

export type FieldErrorReason =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

export interface FieldError {
  reason: FieldErrorReason;
  /** Path from the object's root: `spec.containers[0].name`. */
  field: string;
  /** The message without the path: `Required value` or `Invalid value: "x": must be …`. */
  message: string;
}

/** Go's %#v/JSON-ish rendering of a bad value, as upstream prints it. */
const show = (value: unknown): string => JSON.stringify(value) ?? "null";

/** The path of an object as a whole, as upstream shows it. */
export const WHOLE_OBJECT = "[]";

export const required = (field: string, detail = ""): FieldError => ({
  reason: "FieldValueRequired",
  field,
  message: detail ? `Required value: ${detail}` : "Required value",
});

export const notFound = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueNotFound",
  field,
  message: `Not found: ${show(value)}`,
});

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${show(value)}: ${detail}`,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${show(value)}: supported values: ${supported.map((s) => JSON.stringify(s)).join(", ")}`,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueDuplicate",
  field,
  message: `Duplicate value: ${show(value)}`,
});

export const fieldForbidden = (field: string, detail: string): FieldError => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${detail}`,
});

export const tooLong = (field: string, maxLength: number): FieldError => ({
  reason: "FieldValueTooLong",
  field,
  message: `Too long: may not be more than ${maxLength} bytes`,
});

export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  reason: "FieldValueTooMany",
  field,
  message: `Too many: ${actual}: must have at most ${max} items`,
});

/** The field has not changed; else upstream's immutability error. Compares by JSON text. */
export const immutable = (next: unknown, prev: unknown, field: string): FieldError[] =>
  JSON.stringify(next) === JSON.stringify(prev) ? [] : [invalid(field, next, "field is immutable")];

/** Characters of messages in one answer: ten thousand bad labels are not worth the memory of telling of each, twice. */
const MAX_TOLD = 256 * 1024;

/** The first errors, as many as an answer takes; at least one. */
function tellable(errors: readonly FieldError[]): readonly FieldError[] {
  let length = 0;
  const end = errors.findIndex(({ field, message }, i) => {
    length += field.length + message.length;
    return length > MAX_TOLD && i > 0;
  });
  return end < 0 ? errors : errors.slice(0, end);
}

/**
 * One 422 for all errors of one object, or as many of them as are worth telling. @throws never; returns the error to
 * throw.
 */
export function invalidObject(
  subject: { group: string; kind: string; name: string },
  errors: readonly FieldError[],
): ApiError {
  const told = tellable(errors);
  const causes: StatusCause[] = told.map((e) => ({ reason: e.reason, message: e.message, field: e.field }));
  // What is said twice is shown once; the causes keep both.
  const lines = [...new Set(told.map((e) => `${e.field}: ${e.message}`))];
  if (told.length < errors.length) lines.push(`and ${errors.length - told.length} more errors`);
  const list = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  return new ApiError(
    422,
    "Invalid",
    `${qualified({ group: subject.group, resource: subject.kind, name: subject.name })} is invalid: ${list}`,
    {
      ...(subject.name && { name: subject.name }),
      ...(subject.group && { group: subject.group }),
      kind: subject.kind,
      causes,
    },
  );
}
