/**
 * The whole API as one OpenAPI 2.0 (Swagger) document, made from the 3.0 documents of its group versions. It is large
 * and seldom asked for: made when asked for, and not kept.
 */
import type { Descriptions } from "../../../kinds/descriptions.ts";
import type { Registry } from "../../../kinds/kind.ts";
import type { TypeTable } from "../../../machinery/schema/types.ts";
import { servedGroups } from "../discovery/documents.ts";
import { versionInfo } from "../discovery/version.ts";
import { contentOf } from "./document.ts";
import { indexDocuments } from "./index-documents.ts";
import { type JsonSchema, schemasFor } from "./schemas.ts";

type Fields = { [name: string]: unknown };

export interface SwaggerDocument {
  swagger: "2.0";
  info: { title: string; version: string };
  paths: { [path: string]: Fields };
  definitions: { [name: string]: JsonSchema };
  securityDefinitions: Fields;
  security: Fields[];
}

export function swaggerDocument(
  env: { registry: Registry; types: TypeTable },
  descriptions: Descriptions,
): SwaggerDocument {
  const groups = servedGroups(env.registry);
  const parts = [
    ...indexDocuments(groups.map(({ group }) => group)).map(({ paths, type }) => ({
      paths,
      roots: type ? [type] : [],
    })),
    ...groups.flatMap(({ versions }) => versions.map((served) => contentOf(served, env.registry))),
  ];
  const roots = new Set(parts.flatMap((part) => [...part.roots]));
  const paths = parts.flatMap((part) =>
    Object.entries(part.paths).map(([path, item]) => [path, pathItem(item)] as const),
  );
  const schemas = Object.entries(schemasFor(env.types, roots, descriptions));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths: Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1))),
    definitions: Object.fromEntries(schemas.map(([name, schema]) => [name, toV2(schema)])),
    securityDefinitions: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
    security: [{ BearerToken: [] }],
  };
}

const V3_REF = "#/components/schemas/";

/** A schema of 3.0 as one of 2.0, which knows neither oneOf nor a $ref in a list of its own, and has no defaults. */
export function toV2(schema: JsonSchema): JsonSchema {
  const made: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$ref") made.$ref = (value as string).replace(V3_REF, "#/definitions/");
    else if (keyword === "allOf") Object.assign(made, toV2((value as JsonSchema[])[0]!));
    else if (keyword === "oneOf") made.type = "string";
    else if (keyword === "default") continue;
    else if (keyword === "items" || keyword === "additionalProperties") made[keyword] = toV2(value as JsonSchema);
    else if (keyword === "properties") {
      const properties = Object.entries(value as { [name: string]: JsonSchema });
      made.properties = Object.fromEntries(properties.map(([name, property]) => [name, toV2(property)]));
    } else made[keyword] = value;
  }
  return made;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: JsonSchema;
}

interface Body {
  content: { [mediaType: string]: { schema?: JsonSchema } };
  required?: boolean;
}

function pathItem(item: Fields): Fields {
  return Object.fromEntries(
    Object.entries(item).map(([method, value]) =>
      method === "parameters"
        ? [method, (value as Parameter[]).map(parameter)]
        : [method, operation(value as unknown as Operation)],
    ),
  );
}

const parameter = ({ schema, ...rest }: Parameter): Fields => ({ ...rest, ...toV2(schema) });

interface Operation extends Fields {
  parameters?: Parameter[];
  requestBody?: Body;
  responses: { [code: string]: { description: string; content?: Body["content"] } };
}

function operation({ requestBody, parameters, responses, ...rest }: Operation): Fields {
  const given = (parameters ?? []).map(parameter);
  const media = requestBody ? Object.keys(requestBody.content) : [];
  const body = requestBody && {
    name: "body",
    in: "body",
    ...(requestBody.required && { required: true }),
    schema: toV2(requestBody.content[media[0]!]?.schema ?? {}),
  };
  const answers = Object.entries(responses);
  const produces = Object.keys(answers[0]?.[1].content ?? {});
  return {
    ...rest,
    consumes: media.length > 1 ? media : ["*/*"],
    produces,
    schemes: ["https"],
    ...((body || given.length > 0) && { parameters: [...(body ? [body] : []), ...given] }),
    responses: Object.fromEntries(
      answers.map(([code, { description, content }]) => {
        const schema = content?.[produces[0] ?? ""]?.schema;
        return [code, { description, ...(schema && { schema: toV2(schema) }) }];
      }),
    ),
  };
}
