/** API types as OpenAPI 3.0 schemas. */
import type { FieldSchema, TypeSchema, TypeTable } from "../../../machinery/schema/types.ts";

export type JsonSchema = { [keyword: string]: unknown };

const REF = "#/components/schemas/";

/** Schemas of `roots` and of all they refer to, by name. */
export function schemasFor(types: TypeTable, roots: Iterable<string>): { [name: string]: JsonSchema } {
  const schemas: { [name: string]: JsonSchema } = {};
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(schemas, name)) continue;
    const type = types.resolve(name);
    if (type) schemas[name] = namedSchema(type, (referred) => waiting.push(referred));
  }
  return schemas;
}

/** Types that have a name of their own in the document; the others are written where they are used. */
const isNamed = ({ name }: TypeSchema): boolean => name.startsWith("io.k8s.");

function namedSchema(type: TypeSchema, refer: (name: string) => void): JsonSchema {
  if (type.form !== "struct") return formSchema(type, refer);
  const required = [...type.fields.values()].filter((field) => field.required).map((field) => field.name);
  const properties: { [name: string]: JsonSchema } = {};
  for (const field of type.fields.values()) properties[field.name] = fieldSchema(field, refer);
  return {
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

function fieldSchema(field: FieldSchema, refer: (name: string) => void): JsonSchema {
  return {
    ...typeSchema(field.type, refer),
    ...(field.default !== undefined && { default: field.default }),
    ...(field.enum && { enum: field.enum }),
    ...(field.listType && { "x-kubernetes-list-type": field.listType }),
    ...(field.listMapKeys.length > 0 && { "x-kubernetes-list-map-keys": field.listMapKeys }),
    ...(field.mapType && { "x-kubernetes-map-type": field.mapType }),
    ...(field.patchStrategy.length > 0 && { "x-kubernetes-patch-strategy": field.patchStrategy.join(",") }),
    ...(field.patchMergeKey && { "x-kubernetes-patch-merge-key": field.patchMergeKey }),
  };
}

function typeSchema(type: TypeSchema, refer: (name: string) => void): JsonSchema {
  if (!isNamed(type)) return formSchema(type, refer);
  refer(type.name);
  // Beside a $ref no other keyword counts, so that it stands in a list of its own.
  return { allOf: [{ $ref: REF + type.name }] };
}

const EITHER_NUMBER = [{ type: "string" }, { type: "number" }];
const EITHER_INTEGER = [{ type: "integer" }, { type: "string" }];

function formSchema(type: TypeSchema, refer: (name: string) => void): JsonSchema {
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
      return { type: "array", items: type.item ? typeSchema(type.item, refer) : {} };
    case "map":
      return { type: "object", additionalProperties: type.item ? typeSchema(type.item, refer) : {} };
    case "object":
    case "struct":
      return { type: "object" };
    case "any":
      return {};
  }
}
