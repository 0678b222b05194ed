/**
 * Values of CEL. int: bigint; uint: Uint; double: number; list: an array; bytes: Uint8Array. JSON becomes values when it
 * is looked at, not before.
 */
import type { CelType, ObjectType } from "./types.ts";

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Duration
  | Timestamp
  | readonly Value[]
  | MapValue
  | ObjectValue
  | Optional
  | TypeValue
  | OpaqueValue;

export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);
export const MAX_UINT = 2n ** 64n - 1n;

/** What goes wrong in an evaluation: `no such key: a`. */
export class CelError extends Error {
  override name = "CelError";
}

/** The evaluation has cost more than it may, or taken too long; nothing in the expression can catch it. */
export class CelCancelled extends Error {
  override name = "CelCancelled";
}

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Timestamp {
  /** Since 1970-01-01T00:00:00Z. */
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;

  private constructor(value: Value | undefined) {
    this.value = value;
  }

  static of(value: Value): Optional {
    return new Optional(value);
  }
}

export class TypeValue {
  readonly type: CelType;
  readonly typeName: string;

  constructor(type: CelType, typeName: string) {
    this.type = type;
    this.typeName = typeName;
  }
}

/** Of libraries: a quantity, an address. Two are equal when their types are and `equals` says so. */
export interface OpaqueValue {
  readonly opaqueType: string;
  equals(other: OpaqueValue): boolean;
}

export const isOpaque = (value: Value): value is OpaqueValue =>
  typeof value === "object" && value !== null && "opaqueType" in value;

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Maps of keys that are bool, int, uint or string. Numbers are the same key when they are the same number. */
export interface MapValue {
  readonly isMap: true;
  readonly size: number;
  get(key: Value): Value | undefined;
  keys(): Iterable<Value>;
}

export const isMap = (value: Value): value is MapValue =>
  typeof value === "object" && value !== null && "isMap" in value;

function keyOf(key: Value): string | bigint | boolean | undefined {
  if (typeof key === "string" || typeof key === "boolean" || typeof key === "bigint") return key;
  if (key instanceof Uint) return key.value;
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : undefined;
}

export class EntryMap implements MapValue {
  readonly isMap = true;
  readonly #entries = new Map<string | bigint | boolean, { key: Value; value: Value }>();

  /** @throws CelError for a key that is there already, or can be none */
  add(key: Value, value: Value): void {
    const own = typeof key === "number" ? undefined : keyOf(key);
    if (own === undefined) throw new CelError(`unsupported key type: ${typeNameOf(key)}`);
    if (this.#entries.has(own)) throw new CelError(`insert failed: key ${String(own)} already exists`);
    this.#entries.set(own, { key, value });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    const own = keyOf(key);
    return own === undefined ? undefined : this.#entries.get(own)?.value;
  }

  *keys(): Iterable<Value> {
    for (const { key } of this.#entries.values()) yield key;
  }
}

export const mapWith = (base: MapValue, more: Iterable<readonly [Value, Value]>): MapValue => {
  const map = new EntryMap();
  for (const key of base.keys()) map.add(key, base.get(key)!);
  for (const [key, value] of more) map.add(key, value);
  return map;
};

type Json = { readonly [key: string]: unknown };

/** A JSON object as a map of strings. */
class JsonMap implements MapValue {
  readonly isMap = true;
  readonly #json: Json;
  readonly #type: CelType;

  constructor(json: Json, type: CelType) {
    this.#json = json;
    this.#type = type;
  }

  get size(): number {
    return Object.keys(this.#json).length;
  }

  get(key: Value): Value | undefined {
    return typeof key === "string" && Object.hasOwn(this.#json, key)
      ? fromJson(this.#json[key], this.#type)
      : undefined;
  }

  keys(): Iterable<Value> {
    return Object.keys(this.#json);
  }
}

/** An object of a declared type: only its fields can be asked for. */
export class ObjectValue {
  readonly json: Json;
  readonly type: ObjectType;

  constructor(json: Json, type: ObjectType) {
    this.json = json;
    this.type = type;
  }

  has(field: string): boolean {
    const declared = this.type.field(field);
    if (!declared) throw new CelError(`no such field '${field}'`);
    return Object.hasOwn(this.json, declared.jsonName ?? field);
  }

  /** Undefined: the object does not have the field. @throws CelError: its type does not */
  get(field: string): Value | undefined {
    const declared = this.type.field(field);
    if (!declared) throw new CelError(`no such field '${field}'`);
    const name = declared.jsonName ?? field;
    return Object.hasOwn(this.json, name) ? fromJson(this.json[name], declared.type) : undefined;
  }
}

const DYN: CelType = { kind: "dyn" };

/** A JSON value, or one of ours, as a value of a declared type. Numbers of unknown type are ints where they are whole. */
export function fromJson(json: unknown, type: CelType = DYN): Value {
  if (json === null || json === undefined) return null;
  switch (typeof json) {
    case "boolean":
    case "bigint":
      return json;
    case "number":
      if (type.kind === "uint") return new Uint(BigInt(json));
      return type.kind !== "double" && Number.isInteger(json) ? BigInt(json) : json;
    case "string":
      return textFromJson(json, type);
    case "object":
      return structureFromJson(json, type);
    default:
      throw new CelError(`a ${typeof json} is no value`);
  }
}

function textFromJson(text: string, type: CelType): Value {
  if (type.kind === "timestamp") return parseTimestamp(text) ?? text;
  if (type.kind === "duration") return parseDuration(text) ?? text;
  if (type.kind === "bytes") {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  }
  return text;
}

function structureFromJson(json: object, type: CelType): Value {
  if (Array.isArray(json)) {
    const element = type.kind === "list" ? type.element : DYN;
    return json.map((each) => fromJson(each, element));
  }
  const prototype = Object.getPrototypeOf(json) as unknown;
  if (prototype !== Object.prototype && prototype !== null) return json as Value;
  if ("opaqueType" in json || "isMap" in json) return json as Value;
  if (type.kind === "object") return new ObjectValue(json as Json, type);
  return new JsonMap(json as Json, type.kind === "map" ? type.value : DYN);
}

/** A value as JSON; ints beyond 2^53 lose digits, as numbers of JSON do. */
export function toJson(value: Value): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (value instanceof ObjectValue) return value.json;
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value);
  if (value instanceof TypeValue) return value.typeName;
  if (isList(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  if (!isMap(value)) throw new CelError(`a ${value.opaqueType} has no JSON`);
  const object: { [key: string]: unknown } = Object.create(null);
  for (const key of value.keys()) {
    object[key instanceof Uint ? String(key.value) : String(key)] = toJson(value.get(key)!);
  }
  return object;
}

/** As `type(value)` names it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value === null) return "null_type";
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Optional) return "optional_type";
  if (value instanceof TypeValue) return "type";
  if (value instanceof ObjectValue) return value.type.name;
  if (isList(value)) return "list";
  return isMap(value) ? "map" : (value as OpaqueValue).opaqueType;
}

/** Equality across types: unequal when they cannot be compared, but numbers by their value. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.typeName === b.typeName;
  if (a instanceof Optional) {
    if (!(b instanceof Optional)) return false;
    return a.value === undefined || b.value === undefined ? a.value === b.value : equals(a.value, b.value);
  }
  if (isList(a)) return isList(b) && a.length === b.length && a.every((each, i) => equals(each, b[i]!));
  if (a instanceof ObjectValue) {
    return b instanceof ObjectValue && equals(new JsonMap(a.json, DYN), new JsonMap(b.json, DYN));
  }
  if (isOpaque(a)) return isOpaque(b) && a.opaqueType === b.opaqueType && a.equals(b);
  return isMap(a) && isMap(b) && equalMaps(a, b);
}

function equalMaps(a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || !equals(a.get(key)!, other)) return false;
  }
  return true;
}

export type NumberValue = bigint | number | Uint;

export const isNumber = (value: Value): value is NumberValue =>
  typeof value === "bigint" || typeof value === "number" || value instanceof Uint;

/** Negative, zero, positive; NaN when one of them is NaN. Beside a double, a whole number is compared as a double. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  const isDouble = typeof a === "number" || typeof b === "number";
  const plain = (value: NumberValue): number | bigint => {
    const whole = value instanceof Uint ? value.value : value;
    return isDouble ? Number(whole) : whole;
  };
  const x = plain(a);
  const y = plain(b);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  return x < y ? -1 : x > y ? 1 : 0;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

const SECOND = 1_000_000_000n;
const UNITS: { readonly [unit: string]: bigint } = {
  ...{ ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n },
  ...{ s: SECOND, m: 60n * SECOND, h: 3600n * SECOND },
};

/** As Go writes them: "1h30m", "-1.5s". Undefined: it is none. */
export function parseDuration(text: string): Duration | undefined {
  const [, sign = "", body = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (body === "0") return new Duration(0n);
  let nanos = 0n;
  let rest = body;
  if (rest === "" || rest.length > 64) return undefined;
  while (rest !== "") {
    const part = /^([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    if (!part || (part[1] === "" && !part[2])) return undefined;
    const unit = UNITS[part[3]!]!;
    const fraction = part[2] ?? "";
    nanos += BigInt(part[1] || "0") * unit + (BigInt(fraction || "0") * unit) / 10n ** BigInt(fraction.length);
    rest = rest.slice(part[0].length);
  }
  if (nanos > MAX_INT) return undefined;
  return new Duration(sign === "-" ? -nanos : nanos);
}

/** In seconds: "5400s", "0.5s". */
export function formatDuration({ nanos }: Duration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  const fraction = String(magnitude % SECOND)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${magnitude / SECOND}${fraction && `.${fraction}`}s`;
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(Z|[-+]\d{2}:\d{2})$/;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z. */
const MIN_TIMESTAMP = -62_135_596_800n * SECOND;
const MAX_TIMESTAMP = 253_402_300_800n * SECOND - 1n;

export const isTimestampInRange = (nanos: bigint): boolean => nanos >= MIN_TIMESTAMP && nanos <= MAX_TIMESTAMP;

export function parseTimestamp(text: string): Timestamp | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  const nanos = BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  return isTimestampInRange(nanos) ? new Timestamp(nanos) : undefined;
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const seconds = (nanos - fraction) / SECOND;
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19).replace(/^\+00/, "");
  const digits = String(fraction).padStart(9, "0").replace(/0+$/, "");
  return `${text}${digits && `.${digits}`}Z`;
}
