/** Types of CEL, as the checker knows them. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md */

export type CelType =
  | { readonly kind: Exclude<ScalarKind, "dyn"> }
  /** Known when it is evaluated. Messages call it "any" where it was declared so. */
  | { readonly kind: "dyn"; readonly isAny?: true }
  | { readonly kind: "list"; readonly element: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "optional"; readonly value: CelType }
  | { readonly kind: "type"; readonly of: CelType }
  /** A type variable of a declared function. */
  | { readonly kind: "param"; readonly name: string }
  /** Values only functions look into, such as "kubernetes.Quantity". */
  | { readonly kind: "opaque"; readonly name: string }
  | ObjectType;

type ScalarKind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "null"
  | "dyn"
  | "timestamp"
  | "duration"
  /** Of an expression that is wrong already: fits everywhere, so that nothing is told twice. */
  | "error";

/** An object with known fields. Read lazily, so that types may refer to themselves. */
export interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  field(name: string): ObjectField | undefined;
}

export interface ObjectField {
  readonly type: CelType;
  /** Its name in the JSON, when that is no identifier; absent: the same. */
  readonly jsonName?: string;
}

const scalar = (kind: ScalarKind): CelType => ({ kind });

export const BOOL = scalar("bool");
export const INT = scalar("int");
export const UINT = scalar("uint");
export const DOUBLE = scalar("double");
export const STRING = scalar("string");
export const BYTES = scalar("bytes");
export const NULL = scalar("null");
export const DYN = scalar("dyn");
export const ANY: CelType = { kind: "dyn", isAny: true };
export const TIMESTAMP = scalar("timestamp");
export const DURATION = scalar("duration");
export const ERROR = scalar("error");
export const listOf = (element: CelType): CelType => ({ kind: "list", element });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: "map", key, value });
export const optionalOf = (value: CelType): CelType => ({ kind: "optional", value });
export const typeOf = (of: CelType): CelType => ({ kind: "type", of });
export const param = (name: string): CelType => ({ kind: "param", name });
export const opaque = (name: string): CelType => ({ kind: "opaque", name });

/** An object type of a table of fields. */
export function objectOf(name: string, fields: { readonly [name: string]: CelType | ObjectField }): ObjectType {
  return {
    kind: "object",
    name,
    field(field) {
      const declared = Object.hasOwn(fields, field) ? fields[field]! : undefined;
      if (declared === undefined) return undefined;
      return "kind" in declared ? { type: declared } : declared;
    },
  };
}

/** Types an expression can name, as values: `type(x) == int`. */
export const NAMED_TYPES: ReadonlyMap<string, CelType> = new Map([
  ["bool", BOOL],
  ["int", INT],
  ["uint", UINT],
  ["double", DOUBLE],
  ["string", STRING],
  ["bytes", BYTES],
  ["null_type", NULL],
  ["list", listOf(DYN)],
  ["map", mapOf(DYN, DYN)],
  ["type", typeOf(DYN)],
  ["optional_type", optionalOf(DYN)],
  ["google.protobuf.Timestamp", TIMESTAMP],
  ["google.protobuf.Duration", DURATION],
]);

/** As messages show it: `map(string, list(int))`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "optional":
      return `optional_type(${formatType(type.value)})`;
    case "type":
      return type.of.kind === "dyn" ? "type" : `type(${formatType(type.of)})`;
    case "param":
    case "opaque":
    case "object":
      return type.name;
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "error":
      return "!error!";
    case "dyn":
      return type.isAny ? "any" : "dyn";
    default:
      return type.kind;
  }
}

/** What type variables stand for, as far as it is known. */
export type Substitution = Map<string, CelType>;

export function substitute(type: CelType, known: Substitution, unboundToDyn = false): CelType {
  const inner = (each: CelType): CelType => substitute(each, known, unboundToDyn);
  switch (type.kind) {
    case "param": {
      const bound = known.get(type.name);
      if (bound) return inner(bound);
      return unboundToDyn ? DYN : type;
    }
    case "list":
      return listOf(inner(type.element));
    case "map":
      return mapOf(inner(type.key), inner(type.value));
    case "optional":
      return optionalOf(inner(type.value));
    case "type":
      return typeOf(inner(type.of));
    default:
      return type;
  }
}

/** Whether a value of `from` may stand where `to` is wanted; extends `known` only when it may. */
export function isAssignable(to: CelType, from: CelType, known: Substitution): boolean {
  const trial = new Map(known);
  if (!unify(to, from, trial)) return false;
  for (const [name, type] of trial) known.set(name, type);
  return true;
}

function unify(to: CelType, from: CelType, known: Substitution): boolean {
  const a = resolved(to, known);
  const b = resolved(from, known);
  if (a.kind === "param" && b.kind === "param" && a.name === b.name) return true;
  if (a.kind === "param") return bind(a.name, b, known);
  if (b.kind === "param") return bind(b.name, a, known);
  if (isOpen(a) || isOpen(b)) return true;
  if (a.kind === "null" || b.kind === "null") {
    const other = a.kind === "null" ? b : a;
    return ["null", "object", "opaque", "timestamp", "duration", "optional"].includes(other.kind);
  }
  if (a.kind === "list" && b.kind === "list") return unify(a.element, b.element, known);
  if (a.kind === "map" && b.kind === "map") return unify(a.key, b.key, known) && unify(a.value, b.value, known);
  if (a.kind === "optional" && b.kind === "optional") return unify(a.value, b.value, known);
  if (a.kind === "type" && b.kind === "type") return true;
  if ((a.kind === "opaque" || a.kind === "object") && a.kind === b.kind) return a.name === b.name;
  return a.kind === b.kind;
}

const isOpen = ({ kind }: CelType): boolean => kind === "dyn" || kind === "error";

function resolved(type: CelType, known: Substitution): CelType {
  let current = type;
  while (current.kind === "param") {
    const bound = known.get(current.name);
    if (!bound) return current;
    current = bound;
  }
  return current;
}

function bind(name: string, type: CelType, known: Substitution): boolean {
  if (mentions(type, name, known)) return false;
  known.set(name, type);
  return true;
}

function mentions(type: CelType, name: string, known: Substitution): boolean {
  const inner = (each: CelType): boolean => mentions(each, name, known);
  switch (type.kind) {
    case "param": {
      const bound = known.get(type.name);
      return type.name === name || (bound !== undefined && inner(bound));
    }
    case "list":
      return inner(type.element);
    case "map":
      return inner(type.key) || inner(type.value);
    case "optional":
      return inner(type.value);
    case "type":
      return inner(type.of);
    default:
      return false;
  }
}

/** The common type of two that stand side by side; dyn when there is none. */
export function join(a: CelType, b: CelType, known: Substitution): CelType {
  if (isOpen(a) || isOpen(b)) return a.kind === "error" ? b : a.kind === "dyn" ? a : b;
  return isAssignable(a, b, known) ? (a.kind === "null" ? b : a) : DYN;
}
