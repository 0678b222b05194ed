/**
 * Documents of OpenAPI 2.0 as protobuf.
 * Source: https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
import {
  each,
  encoded,
  type FieldEncoder,
  flag,
  inside,
  type Message,
  messageOf,
  named,
  nested,
  text,
  yaml,
} from "./protobuf.ts";
import type { SwaggerDocument } from "./v2.ts";

/** Schemas hold schemas. */
const schemaField: FieldEncoder = (writer, number, value) => nested(schema)(writer, number, value);

const schema: Message = messageOf({
  fields: {
    $ref: [1, text],
    format: [2, text],
    description: [4, text],
    default: [5, yaml],
    required: [19, each(text)],
    enum: [20, each(yaml)],
    additionalProperties: [21, inside(1, schemaField)],
    type: [22, inside(1, text)],
    items: [23, inside(1, schemaField)],
    properties: [25, inside(1, named(schemaField))],
  },
  extensions: 31,
});

const bodyParameter = messageOf({
  fields: { name: [2, text], in: [3, text], required: [4, flag], schema: [5, schemaField] },
});
const queryParameter = messageOf({
  fields: { in: [2, text], description: [3, text], name: [4, text], type: [6, text], uniqueItems: [20, flag] },
});
const pathParameter = messageOf({
  fields: {
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    uniqueItems: [19, flag],
  },
});

/** Nested in the messages that stand for a choice between kinds of parameters. */
const inQuery = inside([1, 2, 3], nested(queryParameter));
const inPath = inside([1, 2, 4], nested(pathParameter));
const inBody = inside([1, 1], nested(bodyParameter));

const parameter: FieldEncoder = (writer, number, value: { in: string }) => {
  const encode = value.in === "body" ? inBody : value.in === "path" ? inPath : inQuery;
  encode(writer, number, value as never);
};

const response = messageOf({ fields: { description: [1, text], schema: [2, inside(1, schemaField)] } });

const operation = messageOf({
  fields: {
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, inside(1, named(inside(1, nested(response))))],
    schemes: [10, each(text)],
    deprecated: [11, flag],
  },
  extensions: 13,
});
const operationField = nested(operation);

const pathItem = messageOf({
  fields: {
    get: [2, operationField],
    put: [3, operationField],
    post: [4, operationField],
    delete: [5, operationField],
    options: [6, operationField],
    head: [7, operationField],
    patch: [8, operationField],
    parameters: [9, each(parameter)],
  },
});

const apiKey = messageOf({ fields: { type: [1, text], name: [2, text], in: [3, text], description: [4, text] } });
const requirement: FieldEncoder = inside(1, each(text));

const document = messageOf({
  fields: {
    swagger: [1, text],
    info: [2, nested(messageOf({ fields: { title: [1, text], version: [2, text] } }))],
    paths: [8, inside(2, named(nested(pathItem)))],
    definitions: [9, inside(1, named(schemaField))],
    security: [12, each(inside(1, named(requirement)))],
    securityDefinitions: [13, inside(1, named(inside(2, nested(apiKey))))],
  },
});

export const swaggerProtobuf = (swagger: SwaggerDocument): Uint8Array<ArrayBuffer> => encoded(document, swagger);
