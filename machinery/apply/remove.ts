/**
 * Takes fields out of an object.
 * Source: behaviour of sigs.k8s.io/structured-merge-diff/typed (RemoveItems).
 */
import { fieldElement, SELF } from "./element.ts";
import { type FieldSet, isEmpty } from "./field-set.ts";
import { type ApplyType, DEDUCED, type ListType } from "./schema.ts";
import { type Fields, isMap, itemElement } from "./value.ts";

/**
 * The object without the members of `set`: a copy that shares what is untouched. A container that lost what was in it
 * stays, empty; so does what is of one piece when the set has something below it.
 */
export function removeFields(object: Fields, set: FieldSet, type: ApplyType): Fields {
  return isEmpty(set) ? object : (remove(object, set, type) as Fields);
}

function remove(value: unknown, set: FieldSet, type: ApplyType): unknown {
  if (Array.isArray(value)) {
    return type.kind === "list" && type.relation !== "atomic" ? removeFromList(value, set, type) : [];
  }
  if (!isMap(value)) return value;
  const isOfOnePiece = type.kind === "map" ? type.atomic : !(type.kind === "untyped" && type.deduced);
  return isOfOnePiece ? {} : removeFromMap(value, set, type);
}

const isTaken = (node: FieldSet | undefined): boolean =>
  node !== undefined && (node[SELF] !== undefined || isEmpty(node));

function removeFromMap(value: Fields, set: FieldSet, type: ApplyType): Fields {
  const kept: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const field = type.kind === "map" ? type.fields.get(name) : undefined;
    const node = set[field?.pathElement ?? fieldElement(name)];
    if (isTaken(node)) continue;
    const itemType = field?.type ?? (type.kind === "map" ? type.element : undefined) ?? DEDUCED;
    kept.push([name, node === undefined ? value[name] : remove(value[name], node, itemType)]);
  }
  return Object.fromEntries(kept);
}

function removeFromList(items: readonly unknown[], set: FieldSet, type: ListType): unknown[] {
  const kept: unknown[] = [];
  for (const item of items) {
    const node = set[itemElement(item, type)];
    if (isTaken(node)) continue;
    kept.push(node === undefined ? item : remove(item, node, type.element));
  }
  return kept;
}
