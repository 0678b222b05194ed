/**
 * What functions cost, in the units of cel-go's tracker, which Kubernetes counts its limits in.
 * Source: cel-go's runtime cost tracking, and k8s.io/apiserver's cost estimates of its own libraries
 */
import { isList, isMap, Uint, type Value } from "../values.ts";

const STRING_FACTOR = 0.1;
const REGEX_FACTOR = 0.25;

/** Code points, bytes, elements or entries; 1 for what has no size. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof Uint8Array) return value.length;
  if (value === undefined || value === null || typeof value !== "object" || value instanceof Uint) return 1;
  if (isList(value)) return value.length;
  return isMap(value) ? value.size : 1;
}

export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) {
      count--;
      i++;
    }
  }
  return count;
}

const traversal = (size: number): number => Math.ceil(size * STRING_FACTOR);

/** Walks over its first argument's text. */
export const overText = ([text]: readonly Value[]): number => traversal(sizeOf(text));
/** Walks over the first argument's text twice: once to read, once to write. */
export const overTextTwice = ([text]: readonly Value[]): number => traversal(2 * sizeOf(text));
export const overBoth = ([a, b]: readonly Value[]): number => traversal(sizeOf(a) + sizeOf(b));
export const overShorter = ([a, b]: readonly Value[]): number => traversal(Math.min(sizeOf(a), sizeOf(b)));
export const overProduct = ([a, b]: readonly Value[]): number => traversal(sizeOf(a)) * traversal(sizeOf(b));
export const overResult = (result: Value): number => traversal(2 * sizeOf(result));
export const matching = ([text, pattern]: readonly Value[]): number =>
  traversal(1 + sizeOf(text)) * Math.ceil(sizeOf(pattern) * REGEX_FACTOR);
/** Each element of a list once; of texts, their letters. */
export function overElements([list]: readonly Value[]): number {
  if (list === undefined || !isList(list)) return 1;
  let cost = 0;
  for (const each of list) cost += typeof each === "string" ? Math.max(1, traversal(codePoints(each))) : 1;
  return cost;
}
/** Looks for the second argument in the first, a list. */
export const overList = ([list]: readonly Value[]): number => sizeOf(list);
export const listTimesList = ([a, b]: readonly Value[]): number => sizeOf(a) * sizeOf(b);
