/**
 * Checks that many kinds share. Each pushes what is wrong onto `errors`, so that a good object allocates nothing.
 * Messages are upstream's: k8s.io/apimachinery/pkg/util/validation.
 */
import { type FieldError, invalid, notSupported, required, tooLong } from "../../machinery/meta/field-error.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  patternMessage,
  portName,
  qualifiedName,
  rangeMessage,
} from "../../machinery/meta/names.ts";

export type StringMap = { [key: string]: string };

export const MAX_INT32 = 2_147_483_647;
export const NOT_POSITIVE = "must be greater than zero";
export const NEGATIVE = "must be greater than or equal to 0";

export function addMessages(errors: FieldError[], path: string, value: unknown, messages: readonly string[]): void {
  for (const message of messages) errors.push(invalid(path, value, message));
}

/** What is required and not there is checked as "", as Go reads it. */
export const checkLabel = (errors: FieldError[], value: string | undefined, path: string): void =>
  addMessages(errors, path, value ?? "", dns1123Label(value ?? ""));

export const checkSubdomain = (errors: FieldError[], value: string | undefined, path: string): void =>
  addMessages(errors, path, value ?? "", dns1123Subdomain(value ?? ""));

export const checkQualifiedName = (errors: FieldError[], value: string | undefined, path: string): void =>
  addMessages(errors, path, value ?? "", qualifiedName(value ?? ""));

/** What must be there: empty is the same as absent. */
export function checkPresent(errors: FieldError[], value: unknown, path: string, detail = ""): value is string {
  if (value !== undefined && value !== null && value !== "") return true;
  errors.push(required(path, detail));
  return false;
}

export function checkNonNegative(errors: FieldError[], value: number | null | undefined, path: string): void {
  if (value !== undefined && value !== null && value < 0) errors.push(invalid(path, value, NEGATIVE));
}

export function checkRange(errors: FieldError[], value: number, path: string, low: number, high: number): void {
  if (value < low || value > high) errors.push(invalid(path, value, rangeMessage(low, high)));
}

/** A value of an enumeration that has been set. */
export function checkOneOf(errors: FieldError[], value: unknown, path: string, supported: readonly string[]): void {
  if (!supported.includes(value as string)) errors.push(notSupported(path, value ?? "", supported));
}

/** A value of an enumeration that has to be set. */
export function checkRequiredOneOf(
  errors: FieldError[],
  value: unknown,
  path: string,
  supported: readonly string[],
): void {
  if (checkPresent(errors, value, path)) checkOneOf(errors, value, path, supported);
}

export const checkPortNumber = (errors: FieldError[], value: number, path: string): void =>
  checkRange(errors, value, path, 1, 65_535);

export function checkPortNumberOrName(errors: FieldError[], value: number | string | undefined, path: string): void {
  if (typeof value === "string") addMessages(errors, path, value, portName(value));
  else checkPortNumber(errors, value ?? 0, path);
}

/** The key of a label. */
export const checkLabelName = checkQualifiedName;

export function checkLabels(errors: FieldError[], labels: StringMap | undefined, path: string): void {
  if (!labels) return;
  for (const key of Object.keys(labels)) {
    checkLabelName(errors, key, path);
    const value = labels[key] as string;
    addMessages(errors, path, value, labelValue(value));
  }
}

const MAX_ANNOTATION_BYTES = 256 * 1024;

export function checkAnnotations(errors: FieldError[], annotations: StringMap | undefined, path: string): void {
  if (!annotations) return;
  let bytes = 0;
  for (const key of Object.keys(annotations)) {
    addMessages(errors, path, key, qualifiedName(key.toLowerCase()));
    // UTF-16 length understates multi-byte text; the object's own size limit catches the rest.
    bytes += key.length + (annotations[key] as string).length;
  }
  if (bytes > MAX_ANNOTATION_BYTES) errors.push(tooLong(path, MAX_ANNOTATION_BYTES));
}

const PATH_AFTER_DOMAIN = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** `example.com/some/path` */
export function checkDomainPrefixedPath(errors: FieldError[], value: string, path: string): void {
  if (!checkPresent(errors, value, path)) return;
  const slash = value.indexOf("/");
  if (slash <= 0 || slash === value.length - 1) {
    errors.push(invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  const domain = value.slice(0, slash);
  addMessages(errors, path, domain, dns1123Subdomain(domain));
  const rest = value.slice(slash + 1);
  if (!PATH_AFTER_DOMAIN.test(rest)) {
    const message = patternMessage("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+");
    errors.push(invalid(path, rest, message));
  }
}
