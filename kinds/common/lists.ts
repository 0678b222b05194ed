/** Checks of lists with a limit, which keep one object from making thousands of errors. */
import { duplicate, type FieldError, tooMany } from "../../machinery/meta/field-error.ts";

type Each<T> = (errors: FieldError[], item: T, path: string) => void;

/** Of a list that is too long only that is said. */
export function checkList<T>(
  errors: FieldError[],
  items: readonly T[] | undefined,
  path: string,
  { max, each }: { max: number; each: Each<T> },
): boolean {
  if (!items) return true;
  if (items.length > max) {
    errors.push(tooMany(path, items.length, max));
    return false;
  }
  items.forEach((item, i) => {
    each(errors, item, `${path}[${i}]`);
  });
  return true;
}

/** As `checkList`; besides, no two items may have the same key. */
export function checkSet<T>(
  errors: FieldError[],
  items: readonly T[] | undefined,
  path: string,
  { max, each, key }: { max: number; each: Each<T>; key: (item: T) => string | undefined },
): void {
  if (!items || !checkList(errors, items, path, { max, each })) return;
  const seen = new Set<string>();
  items.forEach((item, i) => {
    const value = key(item) ?? "";
    if (seen.has(value)) errors.push(duplicate(`${path}[${i}]`, value));
    seen.add(value);
  });
}
