/**
 * API types as tables: fields, list types, patch strategies. One table serves decoding, patching, apply and explain.
 */

/** How a value looks in JSON and what checking it needs. */
export type Form =
  | "string"
  /** base64 */
  | "bytes"
  | "boolean"
  | "int32"
  | "int64"
  | "double"
  /** RFC 3339, whole seconds */
  | "time"
  /** RFC 3339, six fraction digits */
  | "microTime"
  | "quantity"
  | "intOrString"
  /** any JSON value, kept as it is */
  | "any"
  /** any JSON object, kept as it is */
  | "object"
  | "array"
  | "map"
  | "struct";

export interface TypeSchema {
  /** As in the tables: "io.k8s.api.core.v1.PodSpec", "array<string>". */
  readonly name: string;
  readonly form: Form;
  /** What Go calls it in errors: "v1.PodSpec", "[]string", "int32". */
  readonly goName: string;
  /** Of a struct. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Of an array or map. */
  readonly item: TypeSchema | undefined;
  /** Kinds it is: "apps/v1 Deployment". */
  readonly gvk: readonly string[];
  readonly mapType: "atomic" | "granular" | undefined;
}

export interface FieldSchema {
  readonly name: string;
  readonly type: TypeSchema;
  readonly required: boolean;
  readonly enum: readonly string[] | undefined;
  readonly default: unknown;
  readonly listType: "atomic" | "set" | "map" | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: "atomic" | "granular" | undefined;
  /** "merge", "replace", "retainKeys"; [] when the tables say nothing. */
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey: string | undefined;
  /** What Kubernetes' encoder writes when the field is not set: {}, null, "", 0 …; undefined: nothing. */
  readonly absent: unknown;
  /** Its encoder leaves the field out when it is "", 0 or false. */
  readonly omitsZero: boolean;
}

export interface TypeTable {
  /** Undefined when there is no such type. The same object every time. */
  resolve(name: string): TypeSchema | undefined;
}

export interface FieldFact {
  type: string;
  required?: boolean;
  enum?: string[];
  default?: unknown;
  listType?: "atomic" | "set" | "map";
  listMapKeys?: string[];
  mapType?: "atomic" | "granular";
  patchStrategy?: string;
  patchMergeKey?: string;
  absent?: unknown;
  omitsZero?: boolean;
}

export interface TypeFact {
  type?: string;
  fields?: { [name: string]: string | FieldFact };
  gvk?: string[];
  mapType?: "atomic" | "granular";
}

/** Types whose JSON form Go decodes with code of its own. */
const SPECIAL = new Map<string, Form>([
  ["io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.Time", "time"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "microTime"],
  ["io.k8s.apimachinery.pkg.util.intstr.IntOrString", "intOrString"],
  ["io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "object"],
  ["io.k8s.apimachinery.pkg.runtime.RawExtension", "any"],
]);

const PRIMITIVES = new Map<string, Form>([
  ["string", "string"],
  ["string(byte)", "bytes"],
  ["string(date-time)", "time"],
  ["string(int-or-string)", "intOrString"],
  ["boolean", "boolean"],
  ["integer", "int64"],
  ["integer(int32)", "int32"],
  ["integer(int64)", "int64"],
  ["number", "double"],
  ["number(double)", "double"],
  ["any", "any"],
]);

const GO_NAMES: { [form in Form]?: string } = {
  string: "string",
  bytes: "[]uint8",
  boolean: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  time: "string",
  microTime: "string",
  quantity: "string",
  intOrString: "int32",
  any: "interface {}",
  object: "map[string]interface {}",
};

const NO_FIELDS: ReadonlyMap<string, FieldSchema> = new Map();

/** "v1.PodSpec" of "io.k8s.api.core.v1.PodSpec". */
const shortName = (name: string): string => name.split(".").slice(-2).join(".");

/** Reads the tables lazily: a type costs nothing until it is first asked for. */
class LazyTypeTable implements TypeTable {
  readonly #facts: { [name: string]: TypeFact };
  readonly #resolved = new Map<string, TypeSchema>();

  constructor(facts: { [name: string]: TypeFact }) {
    this.#facts = facts;
  }

  resolve(name: string): TypeSchema | undefined {
    const known = this.#resolved.get(name);
    if (known) return known;
    const made = this.#make(name);
    if (made) this.#resolved.set(name, made);
    return made;
  }

  #make(name: string): TypeSchema | undefined {
    const primitive = PRIMITIVES.get(name) ?? SPECIAL.get(name);
    if (primitive) return schema(name, primitive, GO_NAMES[primitive] ?? primitive);
    const container = /^(array|map)<(.*)>$/.exec(name);
    if (container) {
      const item = this.#mustResolve(container[2]!, name);
      return container[1] === "array"
        ? { ...schema(name, "array", `[]${item.goName}`), item }
        : { ...schema(name, "map", item.form === "quantity" ? "v1.ResourceList" : `map[string]${item.goName}`), item };
    }
    const fact = Object.hasOwn(this.#facts, name) ? this.#facts[name] : undefined;
    if (!fact) return undefined;
    if (!fact.fields) {
      const form: Form = fact.type === "any" ? "any" : fact.type === "object" ? "struct" : "string";
      return { ...schema(name, form, shortName(name)), gvk: fact.gvk ?? [], mapType: fact.mapType };
    }
    return this.#makeStruct(name, fact);
  }

  /** Types refer to each other in circles, so the fields of a struct are made when first read. */
  #makeStruct(name: string, fact: TypeFact): TypeSchema {
    let fields: ReadonlyMap<string, FieldSchema> | undefined;
    const makeFields = () =>
      new Map(Object.entries(fact.fields ?? {}).map(([field, spec]) => [field, this.#field(name, field, spec)]));
    return {
      ...schema(name, "struct", shortName(name)),
      get fields() {
        if (fields === undefined) {
          fields = makeFields();
          // From now on a plain property: this is read for every object decoded.
          Object.defineProperty(this, "fields", { value: fields });
        }
        return fields;
      },
      gvk: fact.gvk ?? [],
      mapType: fact.mapType,
    };
  }

  #field(owner: string, name: string, spec: string | FieldFact): FieldSchema {
    const fact = typeof spec === "string" ? { type: spec } : spec;
    return {
      name,
      type: this.#mustResolve(fact.type, `${owner}.${name}`),
      required: fact.required ?? false,
      enum: fact.enum,
      default: fact.default,
      listType: fact.listType,
      listMapKeys: fact.listMapKeys ?? [],
      mapType: fact.mapType,
      patchStrategy: fact.patchStrategy?.split(",") ?? [],
      patchMergeKey: fact.patchMergeKey,
      absent: fact.absent,
      omitsZero: fact.omitsZero ?? false,
    };
  }

  #mustResolve(name: string, where: string): TypeSchema {
    const found = this.resolve(name);
    if (!found) throw new Error(`type tables: ${where} refers to unknown type ${name}`);
    return found;
  }
}

const schema = (name: string, form: Form, goName: string): TypeSchema => ({
  name,
  form,
  goName,
  fields: NO_FIELDS,
  item: undefined,
  gvk: [],
  mapType: undefined,
});

/** @param facts type name → {fields: {name: type or {type, required, patchStrategy, …}}, gvk, mapType} */
export const createTypeTable = (facts: object): TypeTable => new LazyTypeTable(facts as { [name: string]: TypeFact });
