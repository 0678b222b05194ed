/**
 * Documents of OpenAPI 3.0 as protobuf.
 * Source: https://github.com/google/gnostic-models/blob/main/openapiv3/OpenAPIv3.proto
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

const reference = messageOf({ fields: { $ref: [1, text] } });

/** A schema, or a reference to one. */
const schemaField: FieldEncoder = (writer, number, value: object) => {
  const encode = Object.hasOwn(value, "$ref") ? inside(2, nested(reference)) : inside(1, nested(schema));
  encode(writer, number, value as never);
};

/** Only plain values have a form; of others it is said that there is one. */
const defaultField: FieldEncoder = nested((writer, value: unknown) => {
  if (typeof value === "number") {
    writer.double(value);
    writer.varint(1 * 8 + 1);
  } else if (typeof value === "boolean") {
    writer.varint(value ? 1 : 0);
    writer.varint(2 * 8);
  } else if (typeof value === "string") text(writer, 3, value as never);
});

const schema: Message = messageOf({
  fields: {
    uniqueItems: [20, flag],
    required: [23, each(text)],
    enum: [24, each(yaml)],
    type: [25, text],
    allOf: [26, each(schemaField)],
    oneOf: [27, each(schemaField)],
    items: [30, inside(1, schemaField)],
    properties: [31, inside(1, named(schemaField))],
    additionalProperties: [32, inside(1, schemaField)],
    default: [33, defaultField],
    description: [34, text],
    format: [35, text],
  },
  extensions: 36,
});

const mediaType = messageOf({ fields: { schema: [1, schemaField] } });
const content: FieldEncoder = inside(1, named(nested(mediaType)));
const parameter = messageOf({
  fields: { name: [1, text], in: [2, text], description: [3, text], required: [4, flag], schema: [10, schemaField] },
});
const parameters: FieldEncoder = each(inside(1, nested(parameter)));
const requestBody = messageOf({ fields: { content: [2, content], required: [3, flag] } });
const response = messageOf({ fields: { description: [1, text], content: [3, content] } });

const operation = messageOf({
  fields: {
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    parameters: [6, parameters],
    requestBody: [7, inside(1, nested(requestBody))],
    responses: [8, inside(2, named(inside(1, nested(response))))],
    deprecated: [10, flag],
  },
  extensions: 13,
});
const operationField = nested(operation);

const pathItem = messageOf({
  fields: {
    get: [4, operationField],
    put: [5, operationField],
    post: [6, operationField],
    delete: [7, operationField],
    options: [8, operationField],
    head: [9, operationField],
    patch: [10, operationField],
    parameters: [13, parameters],
  },
});

const scheme = messageOf({ fields: { type: [1, text], description: [2, text], name: [3, text], in: [4, text] } });
const components = messageOf({
  fields: {
    schemas: [1, inside(1, named(schemaField))],
    securitySchemes: [7, inside(1, named(inside(1, nested(scheme))))],
  },
});

const document = messageOf({
  fields: {
    openapi: [1, text],
    info: [2, nested(messageOf({ fields: { title: [1, text], version: [6, text] } }))],
    paths: [4, inside(1, named(nested(pathItem)))],
    components: [5, nested(components)],
  },
});

/** @param openapi as it goes as JSON */
export const openapiProtobuf = (openapi: object): Uint8Array<ArrayBuffer> => encoded(document, openapi);
