/**
 * What has changed between two versions of an object, as sets of field paths.
 * Source: behaviour of sigs.k8s.io/structured-merge-diff/typed (Compare).
 */
import { deepEqual } from "../meta/equality.ts";
import { fieldElement, SELF } from "./element.ts";
import { type FieldSet, isEmpty, LEAF, type MutableFieldSet, sortedNode } from "./field-set.ts";
import { type ApplyType, DEDUCED, type ListType, type MapType } from "./schema.ts";
import { encodedField, type Fields, isMap, itemElement } from "./value.ts";

export interface Comparison {
  /** Fields that are new or have another value, and containers that are new. */
  changed: FieldSet;
  /** Fields and containers that are gone. */
  removed: FieldSet;
}

export interface CompareOptions {
  type: ApplyType;
  /** Members of this set, and what is below them, count as unchanged. */
  excluded?: FieldSet;
  /**
   * "encoded": fields count as Kubernetes' encoder would write them (see encodedField). "literal": as they stand, null
   * and empty ones too.
   */
  reading: "encoded" | "literal";
}

/** Arguments are only read. @throws ElementError when a list's elements cannot be told apart */
export function compareObjects(before: Fields, after: Fields, options: CompareOptions): Comparison {
  const difference = new Comparer(options.reading === "encoded").compare(before, after, options.type, options.excluded);
  return { changed: difference?.changed ?? LEAF, removed: difference?.removed ?? LEAF };
}

/** Of two values as Kubernetes' encoder would write them; undefined: no difference. @throws ElementError */
export const compareValues = (before: unknown, after: unknown, type: ApplyType): Difference | undefined =>
  new Comparer(true).compare(before, after, type, undefined);

/** Every field of an object, containers included, as if all of it were new. @throws ElementError */
export function allFields(object: Fields, type: ApplyType): FieldSet {
  const { [SELF]: _self, ...fields } = new Comparer(true).whole(object, type);
  return fields;
}

/** Undefined parts are empty. Two values without difference give undefined as a whole. */
export interface Difference {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

const CHANGED: Difference = { changed: LEAF, removed: undefined };
const NO_FIELDS: Fields = {};
const NO_ITEMS: readonly unknown[] = [];

class Comparer {
  readonly #encoded: boolean;

  constructor(encoded: boolean) {
    this.#encoded = encoded;
  }

  /** Both sides are there; null is a value. */
  compare(before: unknown, after: unknown, type: ApplyType, excluded: FieldSet | undefined): Difference | undefined {
    if (before === after) return undefined;
    switch (type.kind) {
      case "scalar":
        return deepEqual(before, after) ? undefined : CHANGED;
      case "untyped":
        return type.deduced ? this.#compareDeduced(before, after) : deepEqual(before, after) ? undefined : CHANGED;
      case "map":
        if (type.atomic) return this.#isSame(before, after, type) ? undefined : CHANGED;
        return this.#compareMaps(before, after, type, excluded);
      case "list":
        if (type.relation === "atomic") return this.#isSame(before, after, type) ? undefined : CHANGED;
        return this.#compareLists(before, after, type);
    }
  }

  /** Of values of one piece. */
  #isSame(before: unknown, after: unknown, type: ApplyType): boolean {
    return deepEqual(before, after) || (this.#encoded && isSameEncoded(before, after, type));
  }

  #compareDeduced(before: unknown, after: unknown): Difference | undefined {
    if (isMap(before) && isMap(after)) return this.#compareMaps(before, after, DEDUCED_MAP, undefined);
    if (!isMap(before) && !isMap(after)) return deepEqual(before, after) ? undefined : CHANGED;
    if (isMap(after)) return { changed: this.whole(after, DEDUCED), removed: undefined };
    const { [SELF]: _self, ...removed } = this.whole(before, DEDUCED);
    return { changed: LEAF, removed: isEmpty(removed) ? undefined : removed };
  }

  #compareMaps(before: unknown, after: unknown, type: MapType, excluded: FieldSet | undefined): Difference | undefined {
    const left = isMap(before) ? before : NO_FIELDS;
    const right = isMap(after) ? after : NO_FIELDS;
    let changed: MutableFieldSet | undefined;
    let removed: MutableFieldSet | undefined;
    let isLeaf = true;
    const visit = (name: string): void => {
      const field = type.fields.get(name);
      let was = left[name];
      let is = right[name];
      if (was === is && was !== undefined) {
        isLeaf = false;
        return;
      }
      if (field !== undefined && this.#encoded) {
        was = encodedField(was, field);
        is = encodedField(is, field);
      }
      if (was === undefined && is === undefined) return;
      isLeaf = false;
      const element = field === undefined ? fieldElement(name) : field.pathElement;
      const left_out = excluded?.[element];
      if (left_out !== undefined && (left_out[SELF] !== undefined || isEmpty(left_out))) return;
      const itemType = field?.type ?? type.element ?? DEDUCED;
      if (was === undefined) {
        changed ??= {};
        changed[element] = this.whole(is, itemType);
      } else if (is === undefined) {
        removed ??= {};
        removed[element] = this.whole(was, itemType);
      } else {
        const difference = this.compare(was, is, itemType, left_out);
        if (difference === undefined) return;
        if (difference.changed !== undefined) {
          changed ??= {};
          changed[element] = difference.changed;
        }
        if (difference.removed !== undefined) {
          removed ??= {};
          removed[element] = difference.removed;
        }
      }
    };
    for (const name in right) visit(name);
    for (const name in left) if (right[name] === undefined) visit(name);
    if (changed === undefined && removed === undefined) {
      // Nothing in either: only null and {} can differ.
      return isLeaf && isMap(before) !== isMap(after) ? CHANGED : undefined;
    }
    return { changed: changed && sortedNode(changed), removed: removed && sortedNode(removed) };
  }

  #compareLists(before: unknown, after: unknown, type: ListType): Difference | undefined {
    const left = Array.isArray(before) ? before : NO_ITEMS;
    const right = Array.isArray(after) ? after : NO_ITEMS;
    if (left.length === 0 && right.length === 0) {
      return Array.isArray(before) !== Array.isArray(after) ? CHANGED : undefined;
    }
    // Most lists are what they were.
    if (left.length === right.length && deepEqual(left, right)) return undefined;
    const was = groupItems(left, type);
    const is = groupItems(right, type);
    let changed: MutableFieldSet | undefined;
    let removed: MutableFieldSet | undefined;
    const add = (element: string, difference: Difference | undefined): void => {
      if (difference?.changed !== undefined) {
        changed ??= {};
        changed[element] = difference.changed;
      }
      if (difference?.removed !== undefined) {
        removed ??= {};
        removed[element] = difference.removed;
      }
    };
    for (const [element, items] of is) add(element, this.#compareItems(was.get(element) ?? NO_ITEMS, items, type));
    for (const [element, items] of was) {
      if (!is.has(element)) add(element, this.#compareItems(items, NO_ITEMS, type));
    }
    if (changed === undefined && removed === undefined) return undefined;
    return { changed: changed && sortedNode(changed), removed: removed && sortedNode(removed) };
  }

  /** Items that share an element; several of them count as one value. */
  #compareItems(left: readonly unknown[], right: readonly unknown[], type: ListType): Difference | undefined {
    if (left.length > 1 && right.length > 1) return this.#isSame(left, right, type) ? undefined : CHANGED;
    if (left.length > 1) {
      return { changed: right.length === 1 ? this.whole(right[0], type.element) : undefined, removed: LEAF };
    }
    if (right.length > 1) {
      return { changed: LEAF, removed: left.length === 1 ? this.whole(left[0], type.element) : undefined };
    }
    if (left.length === 0) return { changed: this.whole(right[0], type.element), removed: undefined };
    if (right.length === 0) return { changed: undefined, removed: this.whole(left[0], type.element) };
    return this.compare(left[0], right[0], type.element, undefined);
  }

  /** The node of a value that has nothing to be compared with: itself and all below it. */
  whole(value: unknown, type: ApplyType): FieldSet {
    switch (type.kind) {
      case "scalar":
        return LEAF;
      case "untyped":
        return type.deduced && isMap(value) ? this.#wholeMap(value, DEDUCED_MAP) : LEAF;
      case "map":
        return type.atomic || !isMap(value) ? LEAF : this.#wholeMap(value, type);
      case "list":
        return type.relation === "atomic" || !Array.isArray(value) ? LEAF : this.#wholeList(value, type);
    }
  }

  #wholeMap(value: Fields, type: MapType): FieldSet {
    const node: MutableFieldSet = { [SELF]: LEAF };
    let count = 0;
    for (const name in value) {
      const field = type.fields.get(name);
      let item = value[name];
      if (field !== undefined && this.#encoded) item = encodedField(item, field);
      if (item === undefined) continue;
      node[field === undefined ? fieldElement(name) : field.pathElement] = this.whole(
        item,
        field?.type ?? type.element ?? DEDUCED,
      );
      count++;
    }
    if (this.#encoded) {
      for (const { name, pathElement, absent, type: itemType } of type.always) {
        if (value[name] !== undefined && value[name] !== null) continue;
        node[pathElement] = this.whole(absent, itemType);
        count++;
      }
    }
    return count === 0 ? LEAF : sortedNode(node);
  }

  #wholeList(value: readonly unknown[], type: ListType): FieldSet {
    if (value.length === 0) return LEAF;
    const node: MutableFieldSet = { [SELF]: LEAF };
    for (const item of value) {
      const element = itemElement(item, type);
      // Several that share an element count as one value.
      node[element] = node[element] === undefined ? this.whole(item, type.element) : LEAF;
    }
    return sortedNode(node);
  }
}

const DEDUCED_MAP: MapType = { kind: "map", atomic: false, fields: new Map(), always: [], element: DEDUCED };

/** Whether Kubernetes' encoder would write the same. */
function isSameEncoded(a: unknown, b: unknown, type: ApplyType): boolean {
  if (type.kind === "list" && Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => isSameEncoded(item, b[i], type.element));
  }
  if (type.kind !== "map" || !isMap(a) || !isMap(b)) return deepEqual(a, b);
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const field = type.fields.get(name);
    const left = field === undefined ? a[name] : encodedField(a[name], field);
    const right = field === undefined ? b[name] : encodedField(b[name], field);
    if (!isSameEncoded(left, right, field?.type ?? type.element ?? DEDUCED)) return false;
  }
  return true;
}

function groupItems(items: readonly unknown[], type: ListType): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(item, type);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}
