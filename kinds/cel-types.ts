/** API types as types of expressions, so that a field that does not exist is found before anything is evaluated. */
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
} from "../machinery/cel/types.ts";
import type { TypeSchema } from "../machinery/schema/types.ts";

const known = new WeakMap<TypeSchema, CelType>();

export function celTypeOf(schema: TypeSchema): CelType {
  let type = known.get(schema);
  if (!type) {
    type = made(schema);
    known.set(schema, type);
  }
  return type;
}

function made(schema: TypeSchema): CelType {
  switch (schema.form) {
    case "string":
    case "quantity":
      return STRING;
    case "bytes":
      return BYTES;
    case "boolean":
      return BOOL;
    case "int32":
    case "int64":
      return INT;
    case "double":
      return DOUBLE;
    case "time":
    case "microTime":
      return TIMESTAMP;
    case "array":
      return listOf(schema.item ? celTypeOf(schema.item) : DYN);
    case "map":
      return mapOf(STRING, schema.item ? celTypeOf(schema.item) : DYN);
    case "struct":
      return {
        kind: "object",
        name: schema.name,
        field(name) {
          const jsonName = unescaped(name);
          const field = schema.fields.get(jsonName);
          return field && { type: celTypeOf(field.type), ...(jsonName !== name && { jsonName }) };
        },
      };
    default:
      return DYN;
  }
}

/** What is no identifier is written with escapes: `__dot__`, `__dash__`, and reserved words between underscores. */
const ESCAPES: readonly [string, string][] = [
  ["__underscores__", "__"],
  ["__dot__", "."],
  ["__dash__", "-"],
  ["__slash__", "/"],
];

function unescaped(name: string): string {
  const word = /^__([a-z]+)__$/.exec(name)?.[1];
  if (word && !ESCAPES.some(([text]) => text === name)) return word;
  return ESCAPES.reduce((text, [from, to]) => text.replaceAll(from, to), name);
}
