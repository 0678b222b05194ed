/**
 * Lays an applied configuration over the live object. Nothing is removed by that.
 * Source: behaviour of sigs.k8s.io/structured-merge-diff/typed (Merge).
 */
import { type ApplyType, DEDUCED, type ListType, type MapType } from "./schema.ts";
import { type Fields, isEmptyMap, isMap, itemElement } from "./value.ts";

/**
 * The merged object. It may share parts with both arguments, which are not changed.
 * @throws ElementError when a list's elements cannot be told apart
 */
export function mergeObjects(live: Fields, config: Fields, type: ApplyType): Fields {
  return merge(live, config, type) as Fields;
}

/** `right` wins where both are of one piece; undefined: no value. */
function merge(left: unknown, right: unknown, type: ApplyType): unknown {
  if (right === undefined) return left;
  if (left === undefined) return right;
  switch (type.kind) {
    case "scalar":
      return right;
    case "untyped":
      return type.deduced && isMap(left) && (isMap(right) || right === null)
        ? mergeMaps(left, right, undefined)
        : right;
    case "map":
      return type.atomic ? right : mergeMaps(left, right, type);
    case "list":
      return type.relation === "atomic" ? right : mergeLists(left, right, type);
  }
}

function mergeMaps(left: unknown, right: unknown, type: MapType | undefined): unknown {
  const before = isMap(left) ? left : {};
  const wanted = isMap(right) ? right : {};
  if (isEmptyMap(before) && isEmptyMap(wanted)) return right;
  const merged: Fields = {};
  const names = new Set([...Object.keys(before), ...Object.keys(wanted)]);
  for (const name of names) {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const is = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    const value = merge(was, is, type?.fields.get(name)?.type ?? type?.element ?? DEDUCED);
    if (value !== undefined) setField(merged, name, value);
  }
  return merged;
}

/** Sets a field whose name may be `__proto__`. */
function setField(target: Fields, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function mergeLists(left: unknown, right: unknown, type: ListType): unknown {
  const before: readonly unknown[] = Array.isArray(left) ? left : [];
  const wanted: readonly unknown[] = Array.isArray(right) ? right : [];
  if (before.length === 0 && wanted.length === 0) return right;
  const was = before.map((item) => itemElement(item, type));
  const is = wanted.map((item) => itemElement(item, type));
  const liveItems = itemsByElement(before, was);
  const wantedItems = new Map(is.map((element, i) => [element, wanted[i]]));
  const order = mergedOrder(was, is, wantedItems);
  return order.map((place) =>
    place.kept !== undefined
      ? before[place.kept]
      : merge(liveItems.get(place.element), wantedItems.get(place.element), type.element),
  );
}

/** Items that share an element are not merged with: they count as null. */
function itemsByElement(items: readonly unknown[], elements: readonly string[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (let i = 0; i < items.length; i++) found.set(elements[i]!, found.has(elements[i]!) ? null : items[i]);
  return found;
}

/** One item of the merged list: the live one at index `kept`, or what both sides have of `element`. */
interface Place {
  element: string;
  kept?: number;
}

/**
 * The configuration's items keep their order; what only the live list has stays behind the shared item that it stood
 * behind, as far as that goes.
 */
function mergedOrder(was: readonly string[], is: readonly string[], wanted: ReadonlyMap<string, unknown>): Place[] {
  const live = new Set(was);
  const shared = is.filter((element) => live.has(element));
  let nextShared = 0;
  const merged = new Set<string>();
  const order: Place[] = [];
  let left = 0;
  let right = 0;
  const take = (element: string): void => {
    merged.add(element);
    order.push({ element });
    right++;
  };
  while (left < was.length || right < is.length) {
    if (left < was.length && right < is.length) {
      const element = was[left]!;
      if (element === is[right]) {
        take(element);
        left++;
        nextShared++;
        continue;
      }
      // A shared item whose turn has not come: it will be placed by the configuration's order.
      if (wanted.has(element) && nextShared < shared.length && shared[nextShared] !== element) {
        left++;
        continue;
      }
    }
    if (left < was.length) {
      const element = was[left]!;
      if (!wanted.has(element)) {
        order.push({ element, kept: left });
        left++;
        continue;
      }
      if (merged.has(element)) left++;
    }
    if (right < is.length) {
      const element = is[right]!;
      take(element);
      if (nextShared < shared.length && shared[nextShared] === element) nextShared++;
    }
  }
  return order;
}
