/**
 * The whole API as one OpenAPI 2.0 (Swagger) document, made from the 3.0 documents of its group versions. It is large
 * and seldom asked for: made when asked for, and not kept.
 */
import type { Descriptions } from "../../../kinds/descriptions.ts";
import type { Registry } from "../../../kinds/kind.ts";
import type { TypeTable } from "../../../machinery/schema/types.ts";
import { servedGroups } from "../discovery/documents.ts";
import { versionInfo } from "../discovery/version.ts";
import { openapiDocument } from "./document.ts";
import type { OpenApiDocument } from "./envelope.ts";
import { indexDocument, indexDocuments } from "./index-documents.ts";
import type { JsonSchema } from "./schemas.ts";

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
  const paths: { [path: string]: Fields } = {};
  const definitions: { [name: string]: JsonSchema } = {};
  const add = (document: OpenApiDocument): void => {
    for (const [path, item] of Object.entries(document.paths)) paths[path] = pathItem(item);
    for (const [name, schema] of Object.entries(document.components.schemas ?? {})) definitions[name] ??= toV2(schema);
  };
  const groups = servedGroups(env.registry);
  for (const index of indexDocuments(groups.map(({ group }) => group))) {
    add(indexDocument(index, env.types, descriptions));
  }
  for (const { versions } of groups) for (const served of versions) add(openapiDocument(served, env, descriptions));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths: sorted(paths),
    definitions: sorted(definitions),
    securityDefinitions: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
    security: [{ BearerToken: [] }],
  };
}

const sorted = <T>(entries: { [name: string]: T }): { [name: string]: T } =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

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
