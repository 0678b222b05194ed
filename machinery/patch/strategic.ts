/**
 * Strategic merge patch: merge patch that knows which lists are keyed, and takes directives.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ and the design
 * document "strategic merge patch" of sig-api-machinery; error texts as k8s.io/apimachinery's strategicpatch.
 *
 * Directives: `$patch: replace|delete|merge` in maps and list items, `$deleteFromPrimitiveList/<field>`,
 * `$setElementOrder/<field>`, `$retainKeys`.
 */
import { deepClone, deepEqual, setOwn } from "../meta/equality.ts";
import { badRequest } from "../meta/status.ts";
import type { FieldSchema, TypeSchema, TypeTable } from "../schema/types.ts";
import { sortByOrder } from "./element-order.ts";
import { unprocessable } from "./unprocessable.ts";

type Fields = { [key: string]: unknown };

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM = "$deleteFromPrimitiveList/";
const SET_ORDER = "$setElementOrder/";

const BAD_PRIMITIVE_LIST = "invalid patch format of primitive list";
const BAD_RETAIN_KEYS = "invalid patch format of retainKeys";
const BAD_ELEMENT_ORDER = "invalid patch format of setElementOrder list";

export interface StrategicPatchArguments {
  original: unknown;
  patch: unknown;
  types: TypeTable;
  /** Name of the object's type. */
  type: string;
}

/**
 * The patched object. Neither argument is changed.
 * @throws ApiError 400 for a patch that cannot be understood
 */
export function applyStrategicMergePatch({ original, patch, types, type }: StrategicPatchArguments): unknown {
  const schema = types.resolve(type);
  if (!schema) throw new Error(`no such type: ${type}`);
  if (!isFields(patch)) {
    throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeMap(isFields(original) ? deepClone(original) : {}, deepClone(patch), schema);
}

/** Merges `patch` into `original`; both belong to the callee. Fields of unknown types are merged as plain JSON. */
function mergeMap(original: Fields, patch: Fields, type: TypeSchema | undefined): Fields {
  const directive = own(patch, DIRECTIVE);
  if (directive !== undefined) {
    if (directive === "replace") {
      delete patch[DIRECTIVE];
      return withoutDirectives(patch) as Fields;
    }
    if (directive === "delete") return {};
    if (directive !== "merge") {
      throw badRequest(`unknown patch type: ${wordOf(directive)} in map: ${JSON.stringify(patch)}`);
    }
    delete patch[DIRECTIVE];
  }
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, type);
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (key.startsWith(DELETE_FROM)) deleteFromPrimitiveList(original, key.slice(DELETE_FROM.length), change);
    else if (change === null) delete original[key];
    else setOwn(original, key, mergeField(own(original, key), change, fieldOf(type, key)));
  }
  return original;
}

/** What a field becomes that was `before` and is patched with `change`. */
function mergeField(before: unknown, change: unknown, field: FieldPatch): unknown {
  if (isFields(change) && isFields(before) && !field.strategies.includes("replace")) {
    return mergeMap(before, change, field.type);
  }
  if (Array.isArray(change) && Array.isArray(before) && field.strategies.includes("merge")) {
    return mergeList(before, change, field);
  }
  return withoutDirectives(change);
}

/** What the type tables say of patching one field. */
interface FieldPatch {
  type: TypeSchema | undefined;
  strategies: readonly string[];
  mergeKey: string | undefined;
}

const UNKNOWN: FieldPatch = { type: undefined, strategies: [], mergeKey: undefined };

function fieldOf(type: TypeSchema | undefined, key: string): FieldPatch {
  if (type?.form === "map") return { type: type.item, strategies: [], mergeKey: undefined };
  const field: FieldSchema | undefined = type?.fields.get(key);
  return field ? { type: field.type, strategies: field.patchStrategy, mergeKey: field.patchMergeKey } : UNKNOWN;
}

/** `$retainKeys`: what it does not name goes; a patch of something it does not name is wrong. */
function applyRetainKeys(original: Fields, patch: Fields): void {
  const names = own(patch, RETAIN_KEYS);
  if (names === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(names)) throw badRequest(BAD_RETAIN_KEYS);
  const kept = new Set<unknown>(names);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER)) continue;
    if (!kept.has(key)) throw badRequest(BAD_RETAIN_KEYS);
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

/** `$setElementOrder/<field>`: merges the field's list, then brings it into the order given. */
function applyElementOrders(original: Fields, patch: Fields, type: TypeSchema | undefined): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const order = patch[directive];
    delete patch[directive];
    const key = directive.slice(SET_ORDER.length);
    if (!Array.isArray(order)) throw badRequest(BAD_ELEMENT_ORDER);
    const before = own(original, key);
    const change = own(patch, key);
    if (change === null || (before === undefined && change === undefined)) continue;
    for (const list of [before, change]) {
      if (list !== undefined && !Array.isArray(list)) throw badRequest(BAD_ELEMENT_ORDER);
    }
    const field = fieldOf(type, key);
    const changes = change as unknown[] | undefined;
    checkOrder(changes ?? [], order, field.mergeKey);
    const merged =
      before === undefined ? withoutDirectives(changes) : changes ? mergeField(before, changes, field) : before;
    setOwn(
      original,
      key,
      sortByOrder({ merged: merged as unknown[], order, live: (before as unknown[]) ?? [], mergeKey: field.mergeKey }),
    );
    delete patch[key];
  }
}

/** Items of the patch must be named in the order list, in the same order. */
function checkOrder(changes: unknown[], order: unknown[], mergeKey: string | undefined): void {
  if (changes.length === 0 || order.length === 0) return;
  let at = 0;
  for (const change of changes) {
    if (isFields(change) && own(change, DIRECTIVE) !== undefined) continue;
    const key = identity(change, mergeKey);
    while (at < order.length && !deepEqual(identity(order[at], mergeKey), key)) at++;
    if (at === order.length) {
      throw badRequest(
        `The order in patch list:\n${JSON.stringify(changes)}\n doesn't match ${SET_ORDER.slice(0, -1)} list:\n${JSON.stringify(order)}\n`,
      );
    }
    at++;
  }
}

function identity(item: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined) return item;
  if (!isFields(item)) throw badRequest(`expected a map[string]interface {}, but received a ${goType(item)}`);
  const value = own(item, mergeKey);
  if (value === undefined) throw noMergeKey(item, mergeKey);
  return value;
}

const noMergeKey = (item: Fields, mergeKey: string) =>
  badRequest(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`);

function deleteFromPrimitiveList(original: Fields, key: string, values: unknown): void {
  if (key === "" || !Array.isArray(values)) throw badRequest(BAD_PRIMITIVE_LIST);
  const before = own(original, key);
  if (before === undefined) return;
  if (!Array.isArray(before)) throw badRequest(BAD_PRIMITIVE_LIST);
  const gone = new Set<unknown>(values);
  original[key] = before.filter((item) => !gone.has(item));
}

function mergeList(before: unknown[], changes: unknown[], field: FieldPatch): unknown[] {
  const items = [...before, ...changes];
  if (items.length === 0) return before;
  checkSameKind(items);
  if (!isFields(items[0])) {
    const merged = [...new Set(items)];
    return sortByOrder({ merged, order: changes, live: before, mergeKey: undefined });
  }
  const mergeKey = field.mergeKey;
  if (mergeKey === undefined) throw badRequest("cannot merge lists without merge key for type struct");
  return mergeKeyedList(before as Fields[], changes as Fields[], { ...field, mergeKey });
}

function mergeKeyedList(before: Fields[], changes: Fields[], field: FieldPatch & { mergeKey: string }): unknown[] {
  const { mergeKey } = field;
  const itemType = field.type?.item;
  let list = before;
  let replaces = false;
  const merges: Fields[] = [];
  for (const change of changes) {
    const directive = own(change, DIRECTIVE);
    if (directive === undefined) {
      merges.push(change);
    } else if (directive === "delete") {
      const key = own(change, mergeKey);
      if (key === undefined) throw noMergeKey(change, mergeKey);
      list = list.filter((item) => !deepEqual(own(item, mergeKey), key));
    } else if (directive === "replace") {
      replaces = true;
    } else if (directive === "merge") {
      throw badRequest("merging lists cannot yet be specified in the patch");
    } else {
      throw badRequest(`unknown patch type: ${wordOf(directive)} in map: ${JSON.stringify(change)}`);
    }
  }
  if (replaces) return withoutDirectives(merges) as unknown[];
  const live = [...list];
  const merged = [...list];
  for (const change of merges) {
    const key = own(change, mergeKey);
    if (key === undefined) throw noMergeKey(change, mergeKey);
    const at = merged.findIndex((item) => deepEqual(own(item, mergeKey), key));
    if (at < 0) merged.push(withoutDirectives(change) as Fields);
    else merged[at] = mergeMap(merged[at]!, change, itemType);
  }
  return sortByOrder({ merged, order: merges, live, mergeKey });
}

function checkSameKind(items: readonly unknown[]): void {
  const first = goType(items[0]);
  if (first === "[]interface {}") throw unprocessable(new Error("lists of lists are not supported"));
  for (const item of items) {
    if (goType(item) !== first) {
      throw badRequest(`list element types are not identical: ${JSON.stringify(items)}`);
    }
  }
}

/** A value taken over as it is: its directives have nothing left to do, and its nulls nothing to delete. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => !isFields(item) || own(item, DIRECTIVE) === undefined);
    return kept.map(withoutDirectives);
  }
  if (!isFields(value)) return value;
  if (own(value, DIRECTIVE) === "delete") return {};
  for (const key of Object.keys(value)) {
    const field = value[key];
    const isDirective =
      key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
    if (isDirective || field === null) delete value[key];
    else if (typeof field === "object") setOwn(value, key, withoutDirectives(field));
  }
  return value;
}

const own = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined);

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (value === null) return "<nil>";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Go prints a map as map[a:1 b:x]. */
const goMap = (fields: Fields): string =>
  `map[${Object.keys(fields)
    .sort()
    .map((key) => `${key}:${typeof fields[key] === "object" ? JSON.stringify(fields[key]) : String(fields[key])}`)
    .join(" ")}]`;

/** A directive as Go prints it: what is no text by its type alone. */
const wordOf = (directive: unknown): string =>
  typeof directive === "object" && directive !== null ? (Array.isArray(directive) ? "list" : "map") : String(directive);
