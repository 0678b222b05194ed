/** Amounts by resource name, as quotas count them. Pure. */
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  subtractQuantities,
} from "../../../machinery/meta/quantity.ts";

export interface ResourceList {
  [resource: string]: string;
}

export const has = (list: ResourceList, name: string): boolean => Object.hasOwn(list, name);

/** Changes `list`. */
export function addTo(list: ResourceList, more: ResourceList): void {
  for (const name of Object.keys(more))
    list[name] = has(list, name) ? addQuantities(list[name]!, more[name]!) : more[name]!;
}

/** Only these names. */
export const mask = (list: ResourceList, names: Iterable<string>): ResourceList => {
  const result: ResourceList = {};
  for (const name of names) if (has(list, name)) result[name] = list[name]!;
  return result;
};

/** Of each name the larger amount. */
export function largest(...lists: (ResourceList | undefined)[]): ResourceList {
  const result: ResourceList = {};
  for (const list of lists)
    for (const name of Object.keys(list ?? {}))
      if (!has(result, name) || compareQuantities(list![name]!, result[name]!) > 0) result[name] = list![name]!;
  return result;
}

/** a − b, without what is zero; below zero where b is more. */
export function difference(a: ResourceList, b: ResourceList): ResourceList {
  const result: ResourceList = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const amount = subtractQuantities(has(a, name) ? a[name]! : "0", has(b, name) ? b[name]! : "0");
    if (amount !== "0") result[name] = amount;
  }
  return result;
}

/** `cpu=1,pods=2` */
export const listText = (list: ResourceList): string =>
  Object.keys(list)
    .sort()
    .map((name) => `${name}=${canonicalQuantity(list[name]!)}`)
    .join(",");
