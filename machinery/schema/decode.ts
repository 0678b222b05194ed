/**
 * Turns a parsed JSON value into an object of an API type: drops what the type does not know, checks the rest, and
 * brings times, quantities and base64 into the form in which Kubernetes shows them.
 * Source: behaviour and messages of Go's encoding/json as used by apimachinery (sigs.k8s.io/json).
 */
import { canonicalQuantity } from "../meta/quantity.ts";
import { ApiError } from "../meta/status.ts";
import { base64Error } from "./base64.ts";
import { parseMicroTime, parseTime } from "./time.ts";
import type { FieldSchema, TypeSchema, TypeTable } from "./types.ts";

export interface Decoded {
  value: unknown;
  /** Paths of fields that were dropped: "spec.containers[0].imgae". At most MAX_UNKNOWN_FIELDS. */
  unknownFields: string[];
}

type Fields = { [key: string]: unknown };

/** Of one object; what comes after is dropped all the same, unreported. */
const MAX_UNKNOWN_FIELDS = 100;

/** Marks a map's key in a path; no field name begins so. */
const MAP_KEY = "\u0000";

const INT32_LIMIT = 2 ** 31;
const INT64_LIMIT = 2 ** 63;

/**
 * Decodes `value`, which belongs to the callee: it is changed in place, and returned. Null fields, empty
 * optional lists and maps, and zeroes that are no pointers in Go go, as they would be absent from what Go writes.
 * @throws ApiError 400 "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
 */
export function decodeObject({ types, type, value }: { types: TypeTable; type: string; value: unknown }): Decoded {
  const schema = types.resolve(type);
  if (!schema) throw new Error(`no such type: ${type}`);
  const decoder = new Decoder();
  return { value: decoder.value(value, schema, ""), unknownFields: decoder.unknownFields };
}

class Decoder {
  readonly unknownFields: string[] = [];
  /** Names of the struct fields, map keys (marked) and list indexes we are in. */
  readonly #path: (string | number)[] = [];
  /** Go name of the innermost struct, for messages: "PodSpec". */
  #struct: TypeSchema | undefined;

  /** @param key name of the struct field the value is in, "" when it is not directly in one */
  value(value: unknown, type: TypeSchema, key: string): unknown {
    switch (type.form) {
      case "string":
        if (typeof value !== "string") throw this.#mismatch(value, type, key);
        return value;
      case "boolean":
        if (typeof value !== "boolean") throw this.#mismatch(value, type, key);
        return value;
      case "int32":
        return this.#integer(value, INT32_LIMIT, type, key);
      case "int64":
        return this.#integer(value, INT64_LIMIT, type, key);
      case "struct":
        return this.#structValue(value, type, key);
      case "array":
        return this.#array(value, type, key);
      case "map":
        return this.#map(value, type, key);
      case "quantity":
        return this.#quantity(value);
      case "intOrString":
        return typeof value === "string" ? value : this.#integer(value, INT32_LIMIT, type, key);
      case "time":
        if (typeof value !== "string") throw this.#mismatch(value, type, key);
        return rethrown(parseTime, value);
      case "microTime":
        if (typeof value !== "string") throw this.#mismatch(value, type, key);
        return rethrown(parseMicroTime, value);
      case "bytes":
        return this.#bytes(value, type, key);
      case "double":
        if (typeof value !== "number") throw this.#mismatch(value, type, key);
        return value;
      case "object":
        if (!isFields(value)) throw this.#mismatch(value, type, key);
        return value;
      case "any":
        return value;
    }
  }

  #integer(value: unknown, limit: number, type: TypeSchema, key: string): number {
    if (typeof value !== "number") throw this.#mismatch(value, type, key);
    if (!Number.isInteger(value) || value >= limit || value < -limit) {
      throw this.#failure(`number ${value}`, type, key);
    }
    return value;
  }

  #quantity(value: unknown): string {
    // Go reads the text of whatever JSON value stands here.
    const text = typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value);
    return rethrown(canonicalQuantity, typeof text === "string" ? text.trim() : text);
  }

  #bytes(value: unknown, type: TypeSchema, key: string): string {
    if (typeof value !== "string") throw this.#mismatch(value, type, key);
    const error = base64Error(value);
    if (error) throw badJson(error);
    return value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
  }

  #structValue(value: unknown, type: TypeSchema, key: string): unknown {
    if (!isFields(value)) throw this.#mismatch(value, type, key);
    const outer = this.#struct;
    if (key !== "") this.#path.push(key);
    this.#struct = type;
    for (const name of Object.keys(value)) {
      const field = type.fields.get(name);
      if (field === undefined) {
        this.#reportUnknown(name);
        delete value[name];
        continue;
      }
      const before = value[name];
      if (before === null || before === undefined) {
        delete value[name];
        continue;
      }
      const after = this.value(before, field.type, name);
      if (isLeftOut(after, field)) {
        delete value[name];
      } else if (after !== before) value[name] = after;
    }
    this.#struct = outer;
    if (key !== "") this.#path.pop();
    return value;
  }

  #array(value: unknown, type: TypeSchema, key: string): unknown {
    if (!Array.isArray(value)) throw this.#mismatch(value, type, key);
    const item = type.item!;
    if (key !== "") this.#path.push(key);
    for (let i = 0; i < value.length; i++) {
      const before: unknown = value[i];
      if (item.form === "struct") this.#path.push(i);
      const after = before === null ? this.#zero(item) : this.value(before, item, "");
      if (item.form === "struct") this.#path.pop();
      if (after !== before) value[i] = after;
    }
    if (key !== "") this.#path.pop();
    return value;
  }

  #map(value: unknown, type: TypeSchema, key: string): unknown {
    if (!isFields(value)) throw this.#mismatch(value, type, key);
    const item = type.item!;
    if (key !== "") this.#path.push(key);
    for (const name of Object.keys(value)) {
      const before = value[name];
      if (item.form === "struct") this.#path.push(MAP_KEY + name);
      const after = before === null ? this.#zero(item) : this.value(before, item, "");
      if (item.form === "struct") this.#path.pop();
      if (after !== before) value[name] = after;
    }
    if (key !== "") this.#path.pop();
    return value;
  }

  /** What Go puts where a list or map holds null: the type's zero value. */
  #zero(type: TypeSchema): unknown {
    switch (type.form) {
      case "boolean":
        return false;
      case "int32":
      case "int64":
      case "double":
      case "intOrString":
        return 0;
      case "quantity":
        return "0";
      case "array":
        return [];
      case "struct":
      case "map":
      case "object":
        return {};
      case "any":
        return null;
      default:
        return "";
    }
  }

  #reportUnknown(name: string): void {
    if (this.unknownFields.length < MAX_UNKNOWN_FIELDS) this.unknownFields.push(joinPath([...this.#path, name]));
  }

  #mismatch(value: unknown, type: TypeSchema, key: string): ApiError {
    return this.#failure(goKind(value), type, key);
  }

  #failure(what: string, type: TypeSchema, key: string): ApiError {
    // Go's path has neither list indexes nor map keys.
    const names = this.#path.filter((part) => typeof part === "string" && !part.startsWith(MAP_KEY));
    if (key !== "") names.push(key);
    if (this.#struct === undefined || names.length === 0) {
      return badJson(`json: cannot unmarshal ${what} into Go value of type ${type.goName}`);
    }
    const struct = this.#struct.name.slice(this.#struct.name.lastIndexOf(".") + 1);
    return badJson(
      `json: cannot unmarshal ${what} into Go struct field ${struct}.${names.join(".")} of type ${type.goName}`,
    );
  }
}

const badJson = (message: string): ApiError => new ApiError(400, "BadRequest", message);

/** Format errors of single values become errors of the request. */
function rethrown<T>(parse: (text: T) => string, text: T): string {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw badJson(error.message);
    throw error;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether Go would not write the field: an empty list or map of an optional one, "", 0 and false of what is no pointer. */
function isLeftOut(value: unknown, { required, absent, omitsZero, type }: FieldSchema): boolean {
  if (omitsZero && (value === "" || value === 0 || value === false)) return true;
  return !required && absent === undefined && isEmptyCollection(value, type);
}

function isEmptyCollection(value: unknown, type: TypeSchema): boolean {
  if (type.form === "array") return (value as unknown[]).length === 0;
  if (type.form !== "map") return false;
  for (const name in value as Fields) if (Object.hasOwn(value as Fields, name)) return false;
  return true;
}

function goKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** `spec.containers[0].image` */
function joinPath(parts: readonly (string | number)[]): string {
  let path = "";
  for (const part of parts) {
    if (typeof part === "number") path += `[${part}]`;
    else path += `${path === "" ? "" : "."}${part.startsWith(MAP_KEY) ? part.slice(1) : part}`;
  }
  return path;
}
