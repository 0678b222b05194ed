/**
 * Fields of a custom resource that field selectors may use: paths of scalars in its schema.
 * Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation and pkg/apiserver/schema/cel.
 */
import { duplicate, type FieldError, invalid, required, tooMany } from "../../machinery/meta/field-error.ts";
import { same } from "../common/same.ts";
import type { CustomResourceDefinitionVersion, JSONSchemaProps, SelectableField } from "./v1-types.ts";

const MAX_SELECTABLE_FIELDS = 8;
const SCALARS = ["string", "boolean", "integer"];
const SCALAR_WANTED =
  "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";

type Found = { names: string[]; schema: JSONSchemaProps } | { problem: string };

/** What a schema says of its field or entry `name`; undefined: it knows none. */
function below(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  if (schema.properties) return Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  const rest = schema.additionalProperties;
  return typeof rest === "object" && rest !== null ? (rest as JSONSchemaProps) : undefined;
}

/** Follows a path such as ".spec.color". Names in brackets are not for selectors. */
function follow(path: string, root: JSONSchemaProps): Found {
  const tokens = path.match(/[.[\]]|[^.[\]]+/g) ?? [];
  const names: string[] = [];
  let schema = root;
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i];
    if (token === "[") return { problem: "array notation is not allowed" };
    if (token !== ".") return { problem: `expected [ or . but got: ${token}` };
    const name = tokens[i + 1];
    if (name === undefined) return { problem: "unexpected end of JSON path" };
    const next = below(schema, name);
    if (!next) return { problem: "does not refer to a valid field" };
    names.push(name);
    schema = next;
  }
  return { names, schema };
}

/** `settled`: the fields are those of before, of which there may be too many. */
export function checkSelectableFields(
  errors: FieldError[],
  fields: readonly SelectableField[],
  schema: JSONSchemaProps,
  path: string,
  settled: boolean,
): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = `${path}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      return;
    }
    const found = follow(jsonPath, schema);
    if ("problem" in found) {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found.problem}`));
      return;
    }
    if (found.names[0] === "metadata") errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    if (!SCALARS.includes(found.schema.type ?? "")) errors.push(invalid(at, jsonPath, SCALAR_WANTED));
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
  });
  if (seen.size > MAX_SELECTABLE_FIELDS && !settled) errors.push(tooMany(path, seen.size, MAX_SELECTABLE_FIELDS));
}

/** Whether a version's selectable fields are those it had. */
export const selectsAsBefore = (
  version: CustomResourceDefinitionVersion,
  prev: readonly CustomResourceDefinitionVersion[] | undefined,
): boolean =>
  prev?.some(
    ({ name, selectableFields }) => name === version.name && same(selectableFields, version.selectableFields),
  ) ?? false;
