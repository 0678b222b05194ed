/** Comparing and copying JSON values. */

/**
 * Same JSON value, whatever the order of keys. A field that is undefined equals one that is absent; null equals only
 * null.
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as { [key: string]: unknown };
  const right = b as { [key: string]: unknown };
  let count = 0;
  for (const key of Object.keys(left)) {
    if (left[key] === undefined) continue;
    count++;
    if (!Object.hasOwn(right, key) || !deepEqual(left[key], right[key])) return false;
  }
  for (const key of Object.keys(right)) if (right[key] !== undefined) count--;
  return count === 0;
}

/** A copy that shares nothing. For JSON values only. */
export function deepClone<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(deepClone) as T;
  const copy: { [key: string]: unknown } = {};
  for (const key of Object.keys(value)) {
    const field = deepClone((value as { [key: string]: unknown })[key]);
    if (key === "__proto__") setOwn(copy, key, field);
    else copy[key] = field;
  }
  return copy as T;
}

/** Sets a field by a name that may be `__proto__`, without touching the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
