/**
 * Sets that were written when the schema was another.
 * Source: structured-merge-diff (ReconcileFieldSetWithSchema).
 */
import { SELF } from "./element.ts";
import { type FieldSet, isEmpty, LEAF, type MutableFieldSet } from "./field-set.ts";
import type { ApplyType } from "./schema.ts";

/**
 * `set` brought in line with the schema where `changes` touches it: elsewhere it does not matter, and walking whole
 * sets would cost every write.
 */
export function reconcileTouched(set: FieldSet, changes: FieldSet, type: ApplyType): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in changes) {
    const node = set[element];
    if (element === SELF || node === undefined || isEmpty(node)) continue;
    const itemType = typeBelow(type, element);
    if (itemType === undefined) continue;
    const fitting = isOfOnePiece(itemType) ? LEAF : reconcileTouched(node, changes[element]!, itemType);
    if (fitting === node) continue;
    result ??= { ...set };
    result[element] = fitting;
  }
  return result ?? set;
}

/** Whoever owned parts of what is of one piece now, owns the whole. Gives back `set` itself when it fits. */
export function reconcileWithSchema(set: FieldSet, type: ApplyType): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in set) {
    const node = set[element]!;
    if (element === SELF || isEmpty(node)) continue;
    const itemType = typeBelow(type, element);
    if (itemType === undefined) continue;
    const fitting = isOfOnePiece(itemType) ? LEAF : reconcileWithSchema(node, itemType);
    if (fitting === node) continue;
    result ??= { ...set };
    result[element] = fitting;
  }
  return result ?? set;
}

const isOfOnePiece = (type: ApplyType): boolean =>
  (type.kind === "map" && type.atomic) || (type.kind === "list" && type.relation === "atomic");

function typeBelow(type: ApplyType, element: string): ApplyType | undefined {
  if (type.kind === "list") return type.element;
  if (type.kind !== "map") return undefined;
  return type.fields.get(element.slice(2))?.type ?? type.element;
}
