/**
 * The fields that an applied configuration names: what its manager comes to own.
 * Source: behaviour of sigs.k8s.io/structured-merge-diff/typed (ToFieldSet).
 */
import { fieldElement, SELF } from "./element.ts";
import { type FieldSet, isEmpty, LEAF, type MutableFieldSet, sortedNode } from "./field-set.ts";
import { type ApplyType, DEDUCED, type ListType, type MapType } from "./schema.ts";
import { type Fields, isEmptyMap, isMap, itemElement } from "./value.ts";

/** @throws ElementError when a list's elements cannot be told apart */
export function configuredFields(object: Fields, type: ApplyType): FieldSet {
  return below(object, type) ?? LEAF;
}

/** What is named below a value, without itself; LEAF: the value is of one piece; undefined: nothing. */
function below(value: unknown, type: ApplyType): FieldSet | undefined {
  switch (type.kind) {
    case "scalar":
      return LEAF;
    case "untyped":
      if (!type.deduced) return value === null ? undefined : LEAF;
      if (value === null) return undefined;
      return isMap(value) ? fieldsOf(value, undefined) : LEAF;
    case "map":
      if (type.atomic) return LEAF;
      return isMap(value) ? fieldsOf(value, type) : undefined;
    case "list":
      if (type.relation === "atomic") return LEAF;
      return Array.isArray(value) ? itemsOf(value, type) : undefined;
  }
}

function fieldsOf(value: Fields, type: MapType | undefined): FieldSet | undefined {
  const node: MutableFieldSet = {};
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const field = type?.fields.get(name);
    const children = below(item, field?.type ?? type?.element ?? DEDUCED);
    const isSelf = field === undefined || item === null || (isMap(item) && isEmptyMap(item));
    add(node, field?.pathElement ?? fieldElement(name), { children, isSelf });
  }
  return isEmpty(node) ? undefined : sortedNode(node);
}

function itemsOf(items: readonly unknown[], type: ListType): FieldSet | undefined {
  const node: MutableFieldSet = {};
  const seen = new Set<string>();
  for (const item of items) {
    const element = itemElement(item, type);
    if (seen.has(element)) {
      // Several that share an element count as one value.
      node[element] = LEAF;
      continue;
    }
    seen.add(element);
    add(node, element, { children: below(item, type.element), isSelf: true });
  }
  return isEmpty(node) ? undefined : sortedNode(node);
}

function add(
  node: MutableFieldSet,
  element: string,
  { children, isSelf }: { children: FieldSet | undefined; isSelf: boolean },
): void {
  if (children === undefined) {
    if (isSelf) node[element] = LEAF;
  } else node[element] = isSelf && !isEmpty(children) ? { [SELF]: LEAF, ...children } : children;
}
