/** Reading a configuration document: every value is checked, what is wrong is told by its path. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
}

export const fail = (path: string, what: string): never => {
  throw new ConfigurationError(`scheduler configuration: ${path}: ${what}`);
};

export type Fields = { readonly [key: string]: unknown };

/** An object with only these keys; undefined stands for an empty one. */
export function fieldsOf(value: unknown, path: string, known: readonly string[]): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) return fail(path, "must be an object");
  for (const key of Object.keys(value)) if (!known.includes(key)) fail(`${path}.${key}`, "is not known");
  return value as Fields;
}

export function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : fail(path, "must be a list");
}

export function textOf(value: unknown, path: string): string {
  return typeof value === "string" && value !== "" ? value : fail(path, "must be a text");
}

export function textsOf(value: unknown, path: string): string[] {
  return listOf(value, path).map((each, i) => textOf(each, `${path}[${i}]`));
}

export function oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  return allowed.includes(value as T) ? (value as T) : fail(path, `must be one of ${allowed.join(", ")}`);
}

/** A whole number in the range; `otherwise` when it is absent. */
export function wholeOf(
  value: unknown,
  path: string,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  if (value === undefined || value === null) return otherwise;
  const isFine = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  return isFine ? (value as number) : fail(path, `must be a whole number from ${least} to ${most}`);
}

export function flagOf(value: unknown, path: string, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  return typeof value === "boolean" ? value : fail(path, "must be true or false");
}

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** A duration as Go writes them ("1m30s"), in ms; `otherwise` when it is absent. */
export function durationOf(value: unknown, path: string, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const text = typeof value === "string" ? value : "";
  if (!/^(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+$/.test(text) && text !== "0") return fail(path, "must be a duration");
  let totalMs = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNITS_MS.get(unit) ?? 0);
  }
  return totalMs;
}
