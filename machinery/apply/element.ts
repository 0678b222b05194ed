/**
 * Elements of field paths, in the text form that FieldsV1 uses as keys: `f:replicas` (a field or map key),
 * `k:{"name":"web"}` (a list element by its key fields), `v:"x"` (an element of a set), `i:0` (an index).
 * Source: sigs.k8s.io/structured-merge-diff/fieldpath (forms and order).
 */

/** Marks, among the keys of a node, that the node itself belongs to the set. */
export const SELF = ".";

export const fieldElement = (name: string): string => `f:${name}`;

/** Key fields must come in alphabetical order. */
export function keyElement(names: readonly string[], values: readonly unknown[]): string {
  let text = "k:{";
  for (let i = 0; i < names.length; i++) {
    text += `${i === 0 ? "" : ","}${JSON.stringify(names[i])}:${JSON.stringify(values[i])}`;
  }
  return `${text}}`;
}

export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

const FIELD = 102; // f
const COLON = 58;
/** Elements come in this order: fields, keys, values, indexes. */
const RANKS = new Map([
  ["f", 0],
  ["k", 1],
  ["v", 2],
  ["i", 3],
]);

const isField = (element: string): boolean => element.charCodeAt(0) === FIELD;

/** Canonical order. "." comes first of all. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (isField(a) && isField(b)) return compareTexts(a, b);
  if (a === SELF) return -1;
  if (b === SELF) return 1;
  const rank = (RANKS.get(a[0]!) ?? 4) - (RANKS.get(b[0]!) ?? 4);
  return rank !== 0 ? rank : compareValues(sortValue(a), sortValue(b));
}

/** What an element is sorted by: of a key the names and values in turn. */
function sortValue(element: string): unknown {
  const known = sortValues.get(element);
  if (known !== undefined) return known;
  const parsed = parsedElement(element);
  const value = element[0] === "k" ? sortedEntries(parsed as object) : parsed;
  if (sortValues.size >= MAX_SORT_VALUES) sortValues.clear();
  sortValues.set(element, value);
  return value;
}

/** Kept for a while, as sorting asks again and again. */
const sortValues = new Map<string, unknown>();
const MAX_SORT_VALUES = 2000;

/** From here on UTF-16 code units and UTF-8 bytes may not sort alike. */
const BEYOND_BMP = /[\ud800-\uffff]/;

/** As Go compares strings: by UTF-8 bytes. */
export function compareTexts(a: string, b: string): number {
  if (BEYOND_BMP.test(a) && BEYOND_BMP.test(b)) return compareCodePoints(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Numbers, then texts, booleans, lists, maps, null. */
function kindRank(value: unknown): number {
  if (typeof value === "number") return 0;
  if (typeof value === "string") return 1;
  if (typeof value === "boolean") return 2;
  if (Array.isArray(value)) return 3;
  return value === null ? 5 : 4;
}

/** Total order over JSON values. */
function compareValues(a: unknown, b: unknown): number {
  const rank = kindRank(a) - kindRank(b);
  if (rank !== 0) return rank;
  if (typeof a === "number") return a - (b as number);
  if (typeof a === "string") return compareTexts(a, b as string);
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (Array.isArray(a)) return compareLists(a, b as unknown[]);
  return a === null ? 0 : compareLists(sortedEntries(a as object), sortedEntries(b as object));
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = compareValues(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Names and values in turn, so that two lists of them compare first by name. */
const sortedEntries = (fields: object): unknown[] =>
  Object.entries(fields)
    .sort(([a], [b]) => compareTexts(a, b))
    .flat();

/** The JSON value in an element that is no field. */
const parsedElement = (element: string): unknown => JSON.parse(element.slice(2));

/**
 * The canonical form of an element that a client sent; undefined for a kind of element we do not know, which is to be
 * left out. @throws SyntaxError for what is no element
 */
export function canonicalElement(element: string): string | undefined {
  if (element.length < 2) throw new SyntaxError("key must be 2 characters long:");
  if (element.charCodeAt(1) !== COLON) throw new SyntaxError(`missing colon: ${element}`);
  if (isField(element)) return element;
  if (!RANKS.has(element[0]!)) return undefined;
  const value: unknown = JSON.parse(element.slice(2));
  if (element[0] === "v") return valueElement(value);
  if (element[0] === "i") {
    if (!Number.isSafeInteger(value)) throw new SyntaxError(`invalid index: ${element}`);
    return `i:${String(value)}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`invalid key: ${element}`);
  }
  const names = Object.keys(value).sort(compareTexts);
  return keyElement(
    names,
    names.map((name) => (value as { [key: string]: unknown })[name]),
  );
}

/** As errors and conflicts show it: `.spec`, `[name="web"]`, `[="x"]`, `[0]`. */
export function showElement(element: string): string {
  if (isField(element)) return `.${element.slice(2)}`;
  const value = parsedElement(element);
  if (element[0] === "v") return `[=${showValue(value)}]`;
  if (element[0] === "i") return `[${String(value)}]`;
  const fields = Object.entries(value as object).map(([name, field]) => `${name}=${showValue(field)}`);
  return `[${fields.join(",")}]`;
}

function showValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, field]) => `${name}=${showValue(field)}`)
    .join("");
}
