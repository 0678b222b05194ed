/**
 * What server-side apply must know of a type: where ownership is per field and where it is of the whole, and what
 * identifies the elements of lists. Compiled once per type from the type tables.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy and kube-openapi's schemaconv.
 */
import type { FieldSchema, TypeSchema, TypeTable } from "../schema/types.ts";
import { fieldElement } from "./element.ts";

export type ApplyType = ScalarType | MapType | ListType | UntypedType;

export interface ScalarType {
  readonly kind: "scalar";
  readonly scalar: "string" | "numeric" | "boolean" | "untyped";
}

/** A struct or a map. */
export interface MapType {
  readonly kind: "map";
  readonly atomic: boolean;
  /** Of a struct, by name; empty for a map. */
  readonly fields: ReadonlyMap<string, ApplyField>;
  /** Fields that Kubernetes' encoder always writes. */
  readonly always: readonly ApplyField[];
  /** Of what is in no field; undefined: there may be nothing else. */
  readonly element: ApplyType | undefined;
}

export interface ApplyField {
  readonly name: string;
  /** `f:name` */
  readonly pathElement: string;
  readonly type: ApplyType;
  /** What stands for the field when it is not set; undefined: nothing. */
  readonly absent: unknown;
  /** "", 0, false, an empty list or an empty map count as not set. */
  readonly omitsEmpty: boolean;
  /** Default of a field that is a list's key. */
  readonly keyDefault: unknown;
}

export interface ListType {
  readonly kind: "list";
  readonly relation: "atomic" | "set" | "map";
  /** Of relation "map": names of the key fields in alphabetical order, with their defaults. */
  readonly keys: readonly ListKey[];
  readonly element: ApplyType;
}

export interface ListKey {
  readonly name: string;
  /** `"name":` */
  readonly prefix: string;
  readonly keyDefault: unknown;
}

/** Any JSON value. Lists and scalars are of one piece; maps are too, unless `deduced`. */
export interface UntypedType {
  readonly kind: "untyped";
  readonly deduced: boolean;
}

const ANY: UntypedType = { kind: "untyped", deduced: false };
/** The type of objects without schema, and of what a schema lets through unchecked. */
export const DEDUCED: UntypedType = { kind: "untyped", deduced: true };

const NO_FIELDS: ReadonlyMap<string, ApplyField> = new Map();

/** A map whose values may be anything. */
const FREE_FORM: MapType = { kind: "map", atomic: false, fields: NO_FIELDS, always: [], element: DEDUCED };

const RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension";

const scalar = (of: ScalarType["scalar"]): ScalarType => ({ kind: "scalar", scalar: of });
const STRING = scalar("string");
const NUMERIC = scalar("numeric");
const BOOLEAN = scalar("boolean");
const UNTYPED_SCALAR = scalar("untyped");

const compiled = new WeakMap<TypeSchema, ApplyType>();

/** The same object every time. @throws Error for a type the table does not have */
export function applyTypeOf(types: TypeTable, name: string): ApplyType {
  const schema = types.resolve(name);
  if (!schema) throw new Error(`no such type: ${name}`);
  return compile(schema);
}

/** For a type that is made elsewhere: from the schema of a custom resource. */
export function compile(schema: TypeSchema): ApplyType {
  const known = compiled.get(schema);
  if (known) return known;
  const made = make(schema, undefined);
  compiled.set(schema, made);
  return made;
}

/** @param field where the type stands; it may say how its list or map is to be merged */
function make(schema: TypeSchema, field: FieldSchema | undefined): ApplyType {
  switch (schema.form) {
    case "string":
    case "bytes":
      return STRING;
    case "boolean":
      return BOOLEAN;
    case "int32":
    case "int64":
    case "double":
      return NUMERIC;
    case "time":
    case "microTime":
    case "quantity":
    case "intOrString":
      return UNTYPED_SCALAR;
    case "any":
      return schema.name === RAW_EXTENSION ? FREE_FORM : ANY;
    case "object":
      return FREE_FORM;
    case "array":
      return new LazyList(schema, field);
    case "map":
      return new LazyMap(schema, (field?.mapType ?? schema.mapType) === "atomic");
    case "struct":
      if (schema.fields.size === 0) return FREE_FORM;
      return new LazyStruct(schema, (field?.mapType ?? schema.mapType) === "atomic");
  }
}

/** A field's type; one that stands as such, without the field saying more, is shared. */
function typeOfField(field: FieldSchema): ApplyType {
  if (field.listType === undefined && field.mapType === undefined) return compile(field.type);
  return make(field.type, field);
}

function compileField(field: FieldSchema): ApplyField {
  return {
    name: field.name,
    pathElement: fieldElement(field.name),
    type: typeOfField(field),
    absent: field.absent,
    omitsEmpty: omitsEmpty(field),
    keyDefault: keyDefaultOf(field),
  };
}

const omitsEmpty = ({ type, absent, omitsZero }: FieldSchema): boolean =>
  omitsZero || (absent === undefined && (type.form === "array" || type.form === "map"));

function keyDefaultOf({ default: given, absent }: FieldSchema): unknown {
  if (given !== undefined) return given;
  return typeof absent === "object" ? undefined : absent;
}

/** Types refer to each other in circles: what a struct holds is made when first asked for. */
class LazyStruct implements MapType {
  readonly kind = "map";
  readonly atomic: boolean;
  readonly element = undefined;
  readonly #schema: TypeSchema;
  #fields: ReadonlyMap<string, ApplyField> | undefined;
  #always: readonly ApplyField[] | undefined;

  constructor(schema: TypeSchema, atomic: boolean) {
    this.#schema = schema;
    this.atomic = atomic;
  }

  get fields(): ReadonlyMap<string, ApplyField> {
    this.#fields ??= new Map([...this.#schema.fields].map(([name, field]) => [name, compileField(field)]));
    return this.#fields;
  }

  get always(): readonly ApplyField[] {
    this.#always ??= [...this.fields.values()].filter(({ absent }) => absent !== undefined);
    return this.#always;
  }
}

class LazyMap implements MapType {
  readonly kind = "map";
  readonly atomic: boolean;
  readonly fields = NO_FIELDS;
  readonly always: readonly ApplyField[] = [];
  readonly element: ApplyType;

  constructor(schema: TypeSchema, atomic: boolean) {
    this.atomic = atomic;
    this.element = compile(schema.item!);
  }
}

class LazyList implements ListType {
  readonly kind = "list";
  readonly relation: "atomic" | "set" | "map";
  readonly #item: TypeSchema;
  readonly #keyNames: readonly string[];
  #keys: readonly ListKey[] | undefined;
  #element: ApplyType | undefined;

  constructor(schema: TypeSchema, field: FieldSchema | undefined) {
    this.#item = schema.item!;
    this.relation = field?.listType ?? "atomic";
    this.#keyNames = [...(field?.listMapKeys ?? [])].sort();
  }

  get keys(): readonly ListKey[] {
    this.#keys ??= this.#keyNames.map((name) => {
      const field = this.#item.fields.get(name);
      return { name, prefix: `${JSON.stringify(name)}:`, keyDefault: field && keyDefaultOf(field) };
    });
    return this.#keys;
  }

  get element(): ApplyType {
    this.#element ??= compile(this.#item);
    return this.#element;
  }
}
