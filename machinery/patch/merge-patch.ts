/** JSON merge patch, RFC 7386. */
import { setOwn } from "../meta/equality.ts";

type Fields = { [key: string]: unknown };

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The patched value. Neither argument is changed; the result may share parts with both. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === null) delete result[key];
    else setOwn(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, change));
  }
  return result;
}

/**
 * The merge patch that turns `from` into `to`; undefined when nothing differs. Null fields of `to` cannot be said and
 * count as absent.
 */
export function createMergePatch(from: unknown, to: unknown): unknown {
  if (!isFields(from) || !isFields(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to;
  const patch: Fields = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key) || to[key] === undefined) setOwn(patch, key, null);
  for (const key of Object.keys(to)) {
    if (to[key] === undefined) continue;
    const change = Object.hasOwn(from, key) ? createMergePatch(from[key], to[key]) : to[key];
    if (change !== undefined) setOwn(patch, key, change);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
