/**
 * The definitions of an OpenAPI 2.0 document as protobuf, which clients written in Go ask for.
 * Source: https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
import { BackwardWriter } from "../../../machinery/codec/protobuf/writer.ts";
import type { JsonSchema } from "./schemas.ts";
import type { SwaggerDocument } from "./v2.ts";

/** As asked for of old and of late; answered with the latter. */
export const SWAGGER_PROTOBUF_TYPES = [
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
] as const;

/** Fields are written last to first: see BackwardWriter. */
export function swaggerProtobuf({ swagger, info, definitions }: SwaggerDocument): Uint8Array {
  const writer = new BackwardWriter();
  message(writer, 9, () => namedSchemas(writer, 1, definitions));
  message(writer, 8, () => undefined);
  message(writer, 2, () => {
    text(writer, 2, info.version);
    text(writer, 1, info.title);
  });
  text(writer, 1, swagger);
  return writer.take();
}

function message(writer: BackwardWriter, field: number, write: () => void): void {
  const before = writer.length;
  write();
  writer.closeField(field, before);
}

function text(writer: BackwardWriter, field: number, value: string): void {
  message(writer, field, () => writer.string(value));
}

function namedSchemas(writer: BackwardWriter, field: number, schemas: { [name: string]: JsonSchema }): void {
  for (const [name, value] of Object.entries(schemas).reverse()) {
    message(writer, field, () => {
      message(writer, 2, () => schema(writer, value));
      text(writer, 1, name);
    });
  }
}

/** Any value goes as YAML, which JSON is. */
const anyValue = (writer: BackwardWriter, field: number, value: unknown): void =>
  message(writer, field, () => text(writer, 2, JSON.stringify(value)));

function schema(writer: BackwardWriter, value: JsonSchema): void {
  const { $ref, format, description, default: defaultValue, required, enum: values, type } = value;
  const { additionalProperties, items, properties } = value;
  for (const name of Object.keys(value).reverse()) {
    if (!name.startsWith("x-")) continue;
    message(writer, 31, () => {
      anyValue(writer, 2, value[name]);
      text(writer, 1, name);
    });
  }
  if (properties) message(writer, 25, () => namedSchemas(writer, 1, properties as { [name: string]: JsonSchema }));
  if (items) message(writer, 23, () => message(writer, 1, () => schema(writer, items as JsonSchema)));
  if (type) message(writer, 22, () => text(writer, 1, type as string));
  if (additionalProperties) {
    message(writer, 21, () => message(writer, 1, () => schema(writer, additionalProperties as JsonSchema)));
  }
  for (const one of ((values as unknown[] | undefined) ?? []).toReversed()) anyValue(writer, 20, one);
  for (const name of ((required as string[] | undefined) ?? []).toReversed()) text(writer, 19, name);
  if (defaultValue !== undefined) anyValue(writer, 5, defaultValue);
  if (description) text(writer, 4, description as string);
  if (format) text(writer, 2, format as string);
  if ($ref) text(writer, 1, $ref as string);
}
