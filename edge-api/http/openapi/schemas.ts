/** API types as OpenAPI 3.0 schemas. */
import type { Descriptions } from "../../../kinds/descriptions.ts";
import type { FieldSchema, Form, TypeSchema, TypeTable } from "../../../machinery/schema/types.ts";

export type JsonSchema = { [keyword: string]: unknown };

const REF = "#/components/schemas/";

/** Schemas of `roots` and of all they refer to, by name: of what the tables lack a bare one, as references must lead somewhere. */
export function schemasFor(
  types: TypeTable,
  roots: Iterable<string>,
  descriptions: Descriptions,
): { [name: string]: JsonSchema } {
  const schemas: { [name: string]: JsonSchema } = {};
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(schemas, name)) continue;
    const type = types.resolve(name);
    const refer = (referred: string): unknown => waiting.push(referred);
    schemas[name] = type ? namedSchema(type, { descriptions, refer }) : { type: "object" };
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Types that have a name of their own in the document; the others are written where they are used. */
const isNamed = ({ name }: TypeSchema): boolean => name.startsWith("io.k8s.");

type Refer = (name: string) => unknown;

function namedSchema(
  type: TypeSchema,
  { descriptions, refer }: { descriptions: Descriptions; refer: Refer },
): JsonSchema {
  const { text, fields: texts } = (Object.hasOwn(descriptions, type.name) && descriptions[type.name]) || {};
  const description = text !== undefined && { description: text };
  if (type.form !== "struct") return { ...description, ...formSchema(type, refer) };
  const required = [...type.fields.values()].filter((field) => field.required).map((field) => field.name);
  const properties: { [name: string]: JsonSchema } = {};
  for (const field of type.fields.values()) {
    properties[field.name] = fieldSchema(field, refer, texts?.[field.name]);
  }
  return {
    ...description,
    type: "object",
    ...(type.fields.size > 0 && { properties }),
    ...(required.length > 0 && { required }),
    ...(type.mapType && { "x-kubernetes-map-type": type.mapType }),
    ...(type.gvk.length > 0 && { "x-kubernetes-group-version-kind": type.gvk.map(parseGvk) }),
  };
}

/** Of "apps/v1 Deployment". */
function parseGvk(text: string): { group: string; kind: string; version: string } {
  const [apiVersion = "", kind = ""] = text.split(" ");
  const slash = apiVersion.indexOf("/");
  return { group: apiVersion.slice(0, Math.max(slash, 0)), kind, version: apiVersion.slice(slash + 1) };
}

function fieldSchema(field: FieldSchema, refer: Refer, description: string | undefined): JsonSchema {
  const zero = zeroOf(field);
  return {
    ...(description !== undefined && { description }),
    ...typeSchema(field.type, refer),
    ...(zero !== undefined && { default: zero }),
    ...(field.enum && { enum: field.enum }),
    ...(field.listType && { "x-kubernetes-list-type": field.listType }),
    ...(field.listMapKeys.length > 0 && { "x-kubernetes-list-map-keys": field.listMapKeys }),
    ...(field.mapType && { "x-kubernetes-map-type": field.mapType }),
    ...(field.patchStrategy.length > 0 && { "x-kubernetes-patch-strategy": field.patchStrategy.join(",") }),
    ...(field.patchMergeKey && { "x-kubernetes-patch-merge-key": field.patchMergeKey }),
  };
}

/** The documented default; else what Go holds where the field is not set and not left out. */
function zeroOf({ default: documented, absent }: FieldSchema): unknown {
  if (documented !== undefined) return documented;
  return absent === null || absent === "0" ? undefined : absent;
}

function typeSchema(type: TypeSchema, refer: Refer): JsonSchema {
  if (!isNamed(type)) return formSchema(type, refer);
  refer(type.name);
  // Beside a $ref no other keyword counts, so that it stands in a list of its own.
  return { allOf: [{ $ref: REF + type.name }] };
}

/** Of an array or map: Go has no elements that are not set. */
function itemSchema(type: TypeSchema | undefined, refer: Refer): JsonSchema {
  if (!type) return {};
  const zero = ZERO_ITEMS[type.form];
  return { ...typeSchema(type, refer), ...(zero !== undefined && { default: zero }) };
}

const ZERO_ITEMS: { readonly [form in Form]?: unknown } = {
  string: "",
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  struct: {},
};

const EITHER_NUMBER = [{ type: "string" }, { type: "number" }];
const EITHER_INTEGER = [{ type: "integer" }, { type: "string" }];

function formSchema(type: TypeSchema, refer: Refer): JsonSchema {
  switch (type.form) {
    case "string":
      return { type: "string" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "boolean":
      return { type: "boolean" };
    case "int32":
    case "int64":
      return { type: "integer", format: type.form };
    case "double":
      return { type: "number", format: "double" };
    case "time":
    case "microTime":
      return { type: "string", format: "date-time" };
    case "quantity":
      return { oneOf: EITHER_NUMBER };
    case "intOrString":
      return { oneOf: EITHER_INTEGER, format: "int-or-string" };
    case "array":
      return { type: "array", items: itemSchema(type.item, refer) };
    case "map":
      return { type: "object", additionalProperties: itemSchema(type.item, refer) };
    case "object":
    case "struct":
      return { type: "object" };
    case "any":
      return {};
  }
}
