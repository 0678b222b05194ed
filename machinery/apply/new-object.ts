/**
 * Who owns what of an object that is just made: its maker, all of it. Written as text at once, since creates are many
 * and nothing is compared. The text is the one that the sets of compare.ts would give (properties.test.ts).
 */
import { compareValues } from "./compare.ts";
import { compareElements, fieldElement, SELF } from "./element.ts";
import { type FieldSet, isEmpty } from "./field-set.ts";
import { UNOWNED } from "./managers.ts";
import { type ApplyField, type ApplyType, DEDUCED, type ListType, type MapType } from "./schema.ts";
import { encodedField, type Fields, isEmptyMap, isMap, itemElement } from "./value.ts";

const LEAF = "{}";

/**
 * FieldsV1 of all fields of `object`, but those that nobody owns; undefined: there is none.
 *
 * @param excluded top-level fields that the endpoint does not let through @throws ElementError
 */
export function fieldsOfNew(object: Fields, type: MapType, excluded: FieldSet): string | undefined {
  const node = new Node();
  addSet(node, object, type, [UNOWNED, excluded]);
  return node.count === 0 ? undefined : node.text();
}

/** Fields that do not count: below these elements, all; undefined: nothing there is left out. */
type LeftOut = readonly (FieldSet | undefined)[];

/** Adds what is set of a map in which nothing was. */
function addSet(node: Node, value: Fields, type: MapType, leftOut: LeftOut | undefined): void {
  for (const name in value) {
    const field = type.fields.get(name);
    const is = field === undefined ? value[name] : encodedField(value[name], field);
    if (is === undefined) continue;
    const element = field?.pathElement ?? fieldElement(name);
    const below = leftOut?.map((set) => set?.[element]);
    // Of metadata only some of what is in it has no owner, and itself.
    if (below?.some((set) => set !== undefined && (isEmpty(set) || (set[SELF] !== undefined && set !== METADATA))))
      continue;
    const itemType = field?.type ?? type.element ?? DEDUCED;
    const was = field?.absent === undefined && below?.[0] === METADATA ? NOTHING : field?.absent;
    const text = was === undefined ? whole(is, itemType) : setSince(was, is, itemType, below);
    if (text !== undefined) node.add(element, field, text);
  }
}

const METADATA = UNOWNED["f:metadata"];
const NOTHING: Fields = {};

/** What is set of a value where Kubernetes' encoder would have written `was`; undefined: nothing, it is the same. */
function setSince(was: unknown, is: unknown, type: ApplyType, leftOut: LeftOut | undefined): string | undefined {
  if (was === is) return undefined;
  if (type.kind === "map" && !type.atomic && isMap(is) && (was === null || (isMap(was) && isEmptyMap(was)))) {
    const node = new Node();
    addSet(node, is, type, leftOut?.some((set) => set !== undefined) ? leftOut : undefined);
    if (node.count > 0) return node.text();
    return isMap(was) ? undefined : comparedText(was, is, type);
  }
  if (type.kind === "list" && type.relation !== "atomic" && was === null && Array.isArray(is)) {
    return is.length === 0 ? LEAF : itemsOf(is, type).text();
  }
  return comparedText(was, is, type);
}

/** Where it takes looking at both. */
const comparedText = (was: unknown, is: unknown, type: ApplyType): string | undefined => {
  const changed = compareValues(was, is, type)?.changed;
  return changed && JSON.stringify(changed);
};

/** The text of a value and all that is below it. */
function whole(value: unknown, type: ApplyType): string {
  switch (type.kind) {
    case "scalar":
      return LEAF;
    case "untyped":
      return type.deduced && isMap(value) ? wholeMap(value, DEDUCED_MAP) : LEAF;
    case "map":
      return type.atomic || !isMap(value) ? LEAF : wholeMap(value, type);
    case "list":
      return type.relation === "atomic" || !Array.isArray(value) || value.length === 0 ? LEAF : wholeList(value, type);
  }
}

const DEDUCED_MAP: MapType = { kind: "map", atomic: false, fields: new Map(), always: [], element: DEDUCED };

function wholeMap(value: Fields, type: MapType): string {
  const node = new Node();
  for (const name in value) {
    const field = type.fields.get(name);
    const item = field === undefined ? value[name] : encodedField(value[name], field);
    if (item === undefined) continue;
    node.add(field?.pathElement ?? fieldElement(name), field, whole(item, field?.type ?? type.element ?? DEDUCED));
  }
  // Of a field that is there as null, encodedField has given this already.
  for (const field of type.always)
    if (!(field.name in value)) node.add(field.pathElement, field, whole(field.absent, field.type));
  return node.count === 0 ? LEAF : node.text(SELF_TEXT);
}

function wholeList(value: readonly unknown[], type: ListType): string {
  return itemsOf(value, type).text(SELF_TEXT);
}

function itemsOf(value: readonly unknown[], type: ListType): Node {
  const items = new Map<string, string>();
  for (const item of value) {
    const element = itemElement(item, type);
    // Several that share an element count as one value.
    items.set(element, items.has(element) ? LEAF : whole(item, type.element));
  }
  const node = new Node();
  for (const [element, text] of items) node.add(element, undefined, text);
  return node;
}

const SELF_TEXT = '".":{}';

/** The keys of schemas' fields as they stand in a text. */
const keys = new WeakMap<ApplyField, string>();

function keyOf(element: string, field: ApplyField | undefined): string {
  if (field === undefined) return `${JSON.stringify(element)}:`;
  let key = keys.get(field);
  if (key === undefined) {
    key = `${JSON.stringify(element)}:`;
    keys.set(field, key);
  }
  return key;
}

/** Children of one node, put in order when it is written. */
class Node {
  readonly #elements: string[] = [];
  readonly #texts: string[] = [];
  #isSorted = true;

  get count(): number {
    return this.#elements.length;
  }

  add(element: string, field: ApplyField | undefined, text: string): void {
    const last = this.#elements.at(-1);
    if (last !== undefined && compareElements(last, element) > 0) this.#isSorted = false;
    this.#elements.push(element);
    this.#texts.push(keyOf(element, field) + text);
  }

  /** @param first stands before all others */
  text(first?: string): string {
    let texts = this.#texts;
    if (!this.#isSorted) {
      const elements = this.#elements;
      const order = elements.map((_, i) => i).sort((a, b) => compareElements(elements[a]!, elements[b]!));
      texts = order.map((i) => this.#texts[i]!);
    }
    return `{${first === undefined ? "" : `${first},`}${texts.join(",")}}`;
  }
}
