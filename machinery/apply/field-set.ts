/**
 * Sets of field paths, kept in the very form in which they are stored: FieldsV1, a tree of objects keyed by path
 * elements (element.ts). `{}` below the root is a member without children; a member with children holds the key ".".
 * Keys stand in canonical order, "." first. Sets are never changed once made: operations give back their argument
 * itself when nothing changes, so that `===` tells an untouched set.
 */
import { canonicalElement, compareElements, SELF, showElement } from "./element.ts";

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export type MutableFieldSet = { [element: string]: FieldSet };

/** A member without children; as a whole set: the empty one. */
export const LEAF: FieldSet = Object.freeze({});

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Of a node below the root. */
export const isMember = (node: FieldSet): boolean => node[SELF] !== undefined || isEmpty(node);

/** A node with its keys in order; entries that are undefined do not count. */
export function sortedNode(node: MutableFieldSet): FieldSet {
  let last: string | undefined;
  let sorted = true;
  for (const element in node) {
    if (last !== undefined && compareElements(last, element) > 0) {
      sorted = false;
      break;
    }
    last = element;
  }
  if (sorted) return node;
  const result: MutableFieldSet = {};
  for (const element of Object.keys(node).sort(compareElements)) result[element] = node[element]!;
  return result;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionNodes(a, b, true);
}

function unionNodes(a: FieldSet, b: FieldSet, isRoot: boolean): FieldSet {
  if (a === b) return a;
  if (!isRoot && isEmpty(a)) return isEmpty(b) ? a : b[SELF] === undefined ? { [SELF]: LEAF, ...b } : b;
  let result: MutableFieldSet | undefined;
  const set = (element: string, node: FieldSet): void => {
    result ??= { ...a };
    result[element] = node;
  };
  let added = !isRoot && a[SELF] === undefined && isMember(b);
  if (added) set(SELF, LEAF);
  for (const element in b) {
    if (element === SELF) continue;
    const [left, right] = [a[element], b[element]!];
    if (left === undefined) {
      added = true;
      set(element, right);
      continue;
    }
    const both = unionNodes(left, right, false);
    if (both !== left) set(element, both);
  }
  if (result === undefined) return a;
  return added ? sortedNode(result) : result;
}

/** What is in both; members are compared, not trees: a child is not in a set that has only its parent. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersectNodes(a, b, true) ?? LEAF;
}

function intersectNodes(a: FieldSet, b: FieldSet, isRoot: boolean): FieldSet | undefined {
  const result: MutableFieldSet = {};
  let isAny = false;
  const both = !isRoot && isMember(a) && isMember(b);
  if (both) result[SELF] = LEAF;
  for (const element in a) {
    if (element === SELF) continue;
    const right = b[element];
    if (right === undefined) continue;
    const node = intersectNodes(a[element]!, right, false);
    if (node === undefined) continue;
    result[element] = node;
    isAny = true;
  }
  if (isAny) return result;
  return both ? LEAF : undefined;
}

/** `a` without the members of `b`. Children stay when only their parent is taken away. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, keepChildren) ?? LEAF;
}

/** `a` without the members of `b` and everything below them. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, dropMembers) ?? LEAF;
}

/** Whether what is taken away takes everything below it along. */
type Drops = (taken: FieldSet) => boolean;
const keepChildren: Drops = () => false;
const dropMembers: Drops = isMember;

/** Undefined when nothing is left of what was something. */
function subtract(a: FieldSet, b: FieldSet, drops: Drops): FieldSet | undefined {
  let result: MutableFieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const left = a[element];
    if (left === undefined) continue;
    const taken = b[element]!;
    const rest = drops(taken) ? undefined : subtractNode(left, taken, drops);
    if (rest === left) continue;
    result ??= { ...a };
    if (rest === undefined) delete result[element];
    else result[element] = rest;
  }
  if (result === undefined) return a;
  return isEmpty(result) ? undefined : result;
}

/** Of nodes below the root. */
function subtractNode(a: FieldSet, b: FieldSet, drops: Drops): FieldSet | undefined {
  if (isEmpty(a)) return isMember(b) ? undefined : a;
  const withoutSelf = a[SELF] !== undefined && isMember(b);
  const rest = subtract(a, b, drops);
  if (rest === undefined) return undefined;
  if (withoutSelf) {
    const { [SELF]: _self, ...children } = rest;
    return isEmpty(children) ? undefined : children;
  }
  // Only "." is left: a member without children now.
  if (rest !== a && rest[SELF] !== undefined && hasOnlySelf(rest)) return LEAF;
  return rest;
}

function hasOnlySelf(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return false;
  return true;
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  let node = set;
  for (const element of path) {
    const child = node[element];
    if (child === undefined) return false;
    node = child;
  }
  return path.length > 0 && isMember(node);
}

/** A set of one path. */
export function setOfPath(path: readonly string[]): FieldSet {
  let node: FieldSet = LEAF;
  for (let i = path.length - 1; i >= 0; i--) node = { [path[i]!]: node };
  return node;
}

/** Every member: those of a node in order, then what is below each. */
export function paths(set: FieldSet): string[][] {
  const found: string[][] = [];
  collect(set, [], found);
  return found;
}

function collect(node: FieldSet, prefix: readonly string[], found: string[][]): void {
  for (const element in node) if (element !== SELF && isMember(node[element]!)) found.push([...prefix, element]);
  for (const element in node) if (element !== SELF) collect(node[element]!, [...prefix, element], found);
}

export const showPath = (path: readonly string[]): string => path.map(showElement).join("");

export const sizeOf = (set: FieldSet): number => paths(set).length;

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const other = b[element];
    if (other === undefined || !equalSets(a[element]!, other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** Deeper than any API type; what strangers send may be deeper. */
const MAX_DEPTH = 200;

/**
 * The set in a FieldsV1 that a client sent, in canonical form. Elements of unknown kinds are left out.
 * @throws SyntaxError for what is no FieldsV1
 */
export function parseFieldSet(value: unknown): FieldSet {
  return parseNode(value, true, 0) ?? LEAF;
}

/** Undefined: neither a member nor anything below it. */
function parseNode(value: unknown, isRoot: boolean, depth: number): FieldSet | undefined {
  if (depth > MAX_DEPTH) throw new SyntaxError("managedFields are nested too deep");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("expected an object in managedFields");
  }
  const node: MutableFieldSet = {};
  let isSelf = false;
  let children = 0;
  for (const key of Object.keys(value)) {
    if (key === SELF) {
      isSelf = true;
      continue;
    }
    const element = canonicalElement(key);
    if (element === undefined) continue;
    const child = parseNode((value as { [key: string]: unknown })[key], false, depth + 1);
    if (child === undefined) continue;
    node[element] = child;
    children++;
  }
  if (children === 0) return isRoot ? undefined : LEAF;
  return sortedNode(isSelf && !isRoot ? { [SELF]: LEAF, ...node } : node);
}
