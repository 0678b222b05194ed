/** Kubernetes' functions on lists. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library */
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, INT, listOf, param, STRING, TIMESTAMP, UINT } from "../types.ts";
import {
  CelError,
  compareBytes,
  compareNumbers,
  Duration,
  equals,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  Uint,
  type Value,
} from "../values.ts";
import { overElements } from "./cost.ts";
import { member, type Overload } from "./function.ts";
import { compareTexts } from "./standard.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const byNanos = (a: Any, b: Any): number => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0);

const ORDERED: readonly [CelType, (a: Any, b: Any) => number][] = [
  [INT, compareNumbers],
  [UINT, compareNumbers],
  [DOUBLE, compareNumbers],
  [BOOL, (a, b) => Number(a) - Number(b)],
  [DURATION, byNanos],
  [TIMESTAMP, byNanos],
  [STRING, compareTexts],
  [BYTES, compareBytes],
];

function overflow(): never {
  throw new CelError("integer overflow");
}

const SUMS: readonly [CelType, Value, (a: Any, b: Any) => Value][] = [
  [INT, 0n, (a, b) => (a + b > MAX_INT || a + b < MIN_INT ? overflow() : a + b)],
  [UINT, new Uint(0n), (a, b) => (a.value + b.value > MAX_UINT ? overflow() : new Uint(a.value + b.value))],
  [DOUBLE, 0, (a, b) => a + b],
  [DURATION, new Duration(0n), (a, b) => new Duration(a.nanos + b.nanos)],
];

const A = param("A");
const cost = { cost: overElements };

function best(name: string, list: readonly Value[], isBetter: (a: Value, b: Value) => boolean): Value {
  if (list.length === 0) throw new CelError(`${name} called on empty list`);
  return list.reduce((found, each) => (isBetter(each, found) ? each : found));
}

export const LISTS: readonly Overload[] = [
  ...ORDERED.flatMap(([type, compare]): Overload[] => [
    member(
      "isSorted",
      [listOf(type)],
      BOOL,
      (list: Any) => (list as Value[]).every((each, i) => i === 0 || compare(list[i - 1], each) <= 0),
      cost,
    ),
    member("min", [listOf(type)], type, (list: Any) => best("min", list, (a, b) => compare(a, b) < 0), cost),
    member("max", [listOf(type)], type, (list: Any) => best("max", list, (a, b) => compare(a, b) > 0), cost),
  ]),
  ...SUMS.map(([type, zero, add]) =>
    member("sum", [listOf(type)], type, (list: Any) => (list as Value[]).reduce(add, zero), cost),
  ),
  member(
    "indexOf",
    [listOf(A), A],
    INT,
    (list: Any, wanted) => BigInt((list as Value[]).findIndex((each) => equals(each, wanted))),
    cost,
  ),
  member(
    "lastIndexOf",
    [listOf(A), A],
    INT,
    (list: Any, wanted) => BigInt((list as Value[]).findLastIndex((each) => equals(each, wanted))),
    cost,
  ),
];
