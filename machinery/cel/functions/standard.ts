/** Operators and functions every expression has. Source: langdef.md#list-of-standard-definitions */
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  formatType,
  INT,
  listOf,
  mapOf,
  NAMED_TYPES,
  param,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
} from "../types.ts";
import {
  CelError,
  compareBytes,
  compareNumbers,
  Duration,
  equals,
  isList,
  isMap,
  isTimestampInRange,
  MAX_INT,
  MAX_UINT,
  type MapValue,
  MIN_INT,
  type NumberValue,
  ObjectValue,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from "../values.ts";
import { CONVERSIONS } from "./conversions.ts";
import { codePoints, matching, overBoth, overList, overProduct, overShorter, overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";
import { matches } from "./pattern.ts";
import { TIME_FUNCTIONS } from "./time.ts";

const A = param("A");
const B = param("B");

function int(value: bigint): bigint {
  if (value > MAX_INT || value < MIN_INT) throw new CelError("integer overflow");
  return value;
}

function uint(value: bigint): Uint {
  if (value > MAX_UINT || value < 0n) throw new CelError("unsigned integer overflow");
  return new Uint(value);
}

function duration(nanos: bigint): Duration {
  if (nanos > MAX_INT || nanos < MIN_INT) throw new CelError("duration overflow");
  return new Duration(nanos);
}

function timestamp(nanos: bigint): Timestamp {
  if (!isTimestampInRange(nanos)) throw new CelError("timestamp overflow");
  return new Timestamp(nanos);
}

const nonZero = (value: bigint, message: string): bigint => {
  if (value === 0n) throw new CelError(message);
  return value;
};

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const difference = (a: { nanos: bigint }, b: { nanos: bigint }): bigint => a.nanos - b.nanos;

/** What costs 1 must not cost a gigabyte. */
const MAX_LIST = 1_000_000;

function joined(a: Any, b: Any): Value {
  if (a.length + b.length > MAX_LIST) throw new CelError("the list would be too long");
  return [...a, ...b];
}

const arithmetic = (): Overload[] => {
  const of = (name: string, type: CelType, call: (a: Any, b: Any) => Value, cost?: Overload["cost"]): Overload =>
    global(name, [type, type], type, call, cost ? { cost } : {});
  return [
    of("_+_", INT, (a: bigint, b: bigint) => int(a + b)),
    of("_+_", UINT, (a: Uint, b: Uint) => uint(a.value + b.value)),
    of("_+_", DOUBLE, (a, b) => a + b),
    of("_+_", STRING, (a, b) => a + b, overBoth),
    of("_+_", BYTES, (a, b) => Uint8Array.from([...a, ...b]), overBoth),
    of("_+_", listOf(A), joined),
    of("_+_", DURATION, (a: Duration, b: Duration) => duration(a.nanos + b.nanos)),
    global("_+_", [TIMESTAMP, DURATION], TIMESTAMP, (a: Any, b: Any) => timestamp(a.nanos + b.nanos)),
    global("_+_", [DURATION, TIMESTAMP], TIMESTAMP, (a: Any, b: Any) => timestamp(a.nanos + b.nanos)),
    of("_-_", INT, (a: bigint, b: bigint) => int(a - b)),
    of("_-_", UINT, (a: Uint, b: Uint) => uint(a.value - b.value)),
    of("_-_", DOUBLE, (a, b) => a - b),
    of("_-_", DURATION, (a: Duration, b: Duration) => duration(a.nanos - b.nanos)),
    global("_-_", [TIMESTAMP, TIMESTAMP], DURATION, (a: Any, b: Any) => duration(difference(a, b))),
    global("_-_", [TIMESTAMP, DURATION], TIMESTAMP, (a: Any, b: Any) => timestamp(difference(a, b))),
    of("_*_", INT, (a: bigint, b: bigint) => int(a * b)),
    of("_*_", UINT, (a: Uint, b: Uint) => uint(a.value * b.value)),
    of("_*_", DOUBLE, (a, b) => a * b),
    of("_/_", INT, (a: bigint, b: bigint) => int(a / nonZero(b, "division by zero"))),
    of("_/_", UINT, (a: Uint, b: Uint) => uint(a.value / nonZero(b.value, "division by zero"))),
    of("_/_", DOUBLE, (a, b) => a / b),
    of("_%_", INT, (a: bigint, b: bigint) => a % nonZero(b, "modulus by zero")),
    of("_%_", UINT, (a: Uint, b: Uint) => uint(a.value % nonZero(b.value, "modulus by zero"))),
    global("-_", [INT], INT, (a: Any) => int(0n - (a as bigint))),
    global("-_", [DOUBLE], DOUBLE, (a: Any) => -a),
    global("-_", [DURATION], DURATION, (a: Any) => duration(0n - (a.nanos as bigint))),
    global("!_", [BOOL], BOOL, (a: Any) => !a),
  ];
};

/** By code point, not by UTF-16 unit. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const x = new TextEncoder().encode(a);
  return compareBytes(x, new TextEncoder().encode(b));
}

const ORDERS: readonly { type: CelType; compare(a: Any, b: Any): number; cost?: Overload["cost"] }[] = [
  { type: BOOL, compare: (a, b) => Number(a) - Number(b) },
  { type: INT, compare: compareNumbers },
  { type: UINT, compare: compareNumbers },
  { type: DOUBLE, compare: compareNumbers },
  { type: STRING, compare: compareTexts, cost: overShorter },
  { type: BYTES, compare: compareBytes, cost: overShorter },
  { type: TIMESTAMP, compare: (a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0) },
  { type: DURATION, compare: (a, b) => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0) },
];

const comparisons = (): Overload[] => {
  const tests: [string, (order: number) => boolean][] = [
    ["_<_", (order) => order < 0],
    ["_<=_", (order) => order <= 0],
    ["_>_", (order) => order > 0],
    ["_>=_", (order) => order >= 0],
  ];
  const numbers = [INT, UINT, DOUBLE];
  return tests.flatMap(([name, test]) => [
    ...ORDERS.map(({ type, compare, cost }) =>
      global(name, [type, type], BOOL, (a, b) => test(compare(a, b)), cost ? { cost } : {}),
    ),
    ...numbers.flatMap((x) =>
      numbers
        .filter((y) => y !== x)
        .map((y) => global(name, [x, y], BOOL, (a, b) => test(compareNumbers(a as NumberValue, b as NumberValue)))),
    ),
  ]);
};

function elementAt(list: readonly Value[], index: Value): Value {
  const at =
    index instanceof Uint ? index.value : typeof index === "number" && Number.isInteger(index) ? BigInt(index) : index;
  if (typeof at !== "bigint") throw new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
  if (at < 0n || at >= BigInt(list.length)) throw new CelError(`index out of bounds: ${at}`);
  return list[Number(at)]!;
}

/** What stands at an index, a key or a field; undefined: nothing. @throws CelError: there can be nothing */
export function lookUp(container: Value, key: Value): Value | undefined {
  if (isList(container)) {
    const at = key instanceof Uint ? key.value : key;
    const isOutside = typeof at === "bigint" && (at < 0n || at >= BigInt(container.length));
    return isOutside ? undefined : elementAt(container, key);
  }
  if (container instanceof ObjectValue) return typeof key === "string" ? container.get(key) : undefined;
  if (isMap(container)) return container.get(key);
  throw new CelError(`no such overload: ${typeNameOf(container)}[${typeNameOf(key)}]`);
}

export const keyText = (key: Value): string => (key instanceof Uint ? String(key.value) : String(key));

const containers = (): Overload[] => [
  global("_[_]", [listOf(A), INT], A, (list: Any, index) => elementAt(list, index)),
  global("_[_]", [mapOf(A, B), A], B, (map: Any, key) => {
    const value = (map as MapValue).get(key);
    if (value === undefined) throw new CelError(`no such key: ${keyText(key)}`);
    return value;
  }),
  global("@in", [A, listOf(A)], BOOL, (each, list: Any) => (list as Value[]).some((other) => equals(each, other)), {
    cost: ([, list]) => overList([list!]),
  }),
  global("@in", [A, mapOf(A, B)], BOOL, (key, map: Any) => (map as MapValue).get(key) !== undefined),
  ...[STRING, BYTES, listOf(A), mapOf(A, B)].flatMap((type) => {
    const size = (value: Any): bigint =>
      BigInt(typeof value === "string" ? codePoints(value) : (value.size ?? value.length));
    return [global("size", [type], INT, size), member("size", [type], INT, size)];
  }),
];

const texts = (): Overload[] => [
  member("contains", [STRING, STRING], BOOL, (a: Any, b: Any) => a.includes(b), { cost: overProduct }),
  member("startsWith", [STRING, STRING], BOOL, (a: Any, b: Any) => a.startsWith(b), { cost: overText }),
  member("endsWith", [STRING, STRING], BOOL, (a: Any, b: Any) => a.endsWith(b), { cost: overText }),
  member("matches", [STRING, STRING], BOOL, (a: Any, b: Any) => matches(a, b), { cost: matching }),
  global("matches", [STRING, STRING], BOOL, (a: Any, b: Any) => matches(a, b), { cost: matching }),
];

/** The type of a value, as a value. */
export function typeOfValue(value: Value): TypeValue {
  const name = typeNameOf(value);
  const named = NAMED_TYPES.get(name);
  return new TypeValue(named ?? { kind: "opaque", name }, named?.kind === "null" ? "null_type" : name);
}

export const STANDARD: readonly Overload[] = [
  ...arithmetic(),
  ...comparisons(),
  global("_==_", [A, A], BOOL, equals, { cost: overShorter }),
  global("_!=_", [A, A], BOOL, (a, b) => !equals(a, b), { cost: overShorter }),
  ...containers(),
  ...texts(),
  ...CONVERSIONS,
  ...TIME_FUNCTIONS,
  global("type", [A], typeOf(A), typeOfValue),
  global("dyn", [A], DYN, (value) => value),
];

export const describeType = formatType;
