/** Reading parsed objects as their types have them. */
import { valueElement } from "./element.ts";
import type { ApplyField, ListType } from "./schema.ts";

export type Fields = { [key: string]: unknown };

export const isMap = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function isEmptyMap(value: Fields): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

/**
 * The field of a decoded object as Kubernetes' encoder would write it, undefined when it would not. That decides what
 * has an owner: `resources: {}` of a container has one though nobody wrote it, `stdin: false` has none.
 */
export function encodedField(value: unknown, field: ApplyField): unknown {
  if (value === undefined || value === null) return field.absent;
  return field.omitsEmpty && isZero(value) ? undefined : value;
}

function isZero(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return true;
  if (typeof value !== "object") return false;
  return Array.isArray(value) ? value.length === 0 : isEmptyMap(value as Fields);
}

/** A list's element cannot be told from others. */
export class ElementError extends Error {}

/** The path element of an item of a set or map list. @throws ElementError with upstream's message */
export function itemElement(item: unknown, type: ListType): string {
  if (type.relation === "set") return setElement(item);
  if (item === null || item === undefined) {
    throw new ElementError("associative list with keys may not have a null element");
  }
  if (!isMap(item)) throw new ElementError("associative list with keys may not have non-map elements");
  let text = "k:{";
  let separator = "";
  for (const { name, prefix, keyDefault } of type.keys) {
    const value = item[name] === undefined ? keyDefault : item[name];
    if (value === undefined) {
      throw new ElementError(
        `associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
      );
    }
    text += separator + prefix + JSON.stringify(value);
    separator = ",";
  }
  return `${text}}`;
}

function setElement(item: unknown): string {
  if (item === null || item === undefined) {
    throw new ElementError("associative list without keys has an element that's an explicit null");
  }
  if (typeof item === "object") {
    throw new ElementError(
      Array.isArray(item)
        ? "not supported: associative list with lists as elements"
        : "associative list without keys has an element that's a map type",
    );
  }
  return valueElement(item);
}
