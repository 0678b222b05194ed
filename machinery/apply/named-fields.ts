/** Sets in which the fields of structs are members as soon as something below them is. */
import { SELF } from "./element.ts";
import { type FieldSet, isEmpty, LEAF, type MutableFieldSet } from "./field-set.ts";
import { type ApplyType, DEDUCED } from "./schema.ts";

/**
 * The set with every struct field added that has members below it: with `.spec.replicas` also `.spec`, but with
 * `.metadata.labels.app` not what is a map. Source: structured-merge-diff (EnsureNamedFieldsAreMembers).
 */
export function withNamedFields(set: FieldSet, type: ApplyType | undefined): FieldSet {
  const result: MutableFieldSet = {};
  for (const element in set) {
    const node = set[element]!;
    if (element === SELF || isEmpty(node)) {
      result[element] = node;
      continue;
    }
    const field = type?.kind === "map" ? type.fields.get(element.slice(2)) : undefined;
    const isField = element.startsWith("f:");
    const children = withNamedFields(node, isField ? (field?.type ?? elementOf(type)) : itemOf(element, type));
    result[element] =
      isField && field !== undefined && children[SELF] === undefined ? { [SELF]: LEAF, ...children } : children;
  }
  return result;
}

function elementOf(type: ApplyType | undefined): ApplyType | undefined {
  if (type?.kind === "map") return type.element;
  return type?.kind === "untyped" && type.deduced ? DEDUCED : undefined;
}

const itemOf = (element: string, type: ApplyType | undefined): ApplyType | undefined =>
  element.startsWith("k:") && type?.kind === "list" ? type.element : undefined;
