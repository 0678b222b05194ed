/** Small documents beside the bytes that gnostic-models v0.7.1 makes of the same JSON. */
import { describe, expect, it } from "vitest";
import { swaggerProtobuf } from "./protobuf-v2.ts";
import { openapiProtobuf } from "./protobuf-v3.ts";
import type { SwaggerDocument } from "./v2.ts";

const V3 = {
  openapi: "3.0.0",
  info: { title: "T", version: "1" },
  paths: {
    "/a/{name}": {
      parameters: [{ name: "name", in: "path", required: true, schema: { type: "string", uniqueItems: true } }],
      post: {
        tags: ["t"],
        description: "d",
        operationId: "o",
        parameters: [{ name: "q", in: "query", schema: { type: "integer" } }],
        requestBody: { content: { "*/*": { schema: { $ref: "#/components/schemas/A" } } }, required: true },
        responses: {
          "200": { description: "OK", content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } } },
        },
      },
    },
  },
  components: {
    schemas: {
      A: {
        description: "a",
        type: "object",
        required: ["b"],
        properties: {
          b: { type: "string", default: "" },
          c: { allOf: [{ $ref: "#/components/schemas/A" }], default: {} },
          d: { type: "array", items: { type: "integer", format: "int32", default: 0 } },
          e: { type: "object", additionalProperties: { type: "boolean", default: false } },
          f: { oneOf: [{ type: "integer" }, { type: "string" }], format: "int-or-string", default: "x" },
        },
      },
    },
    securitySchemes: { B: { type: "apiKey", description: "s", name: "authorization", in: "header" } },
  },
};
const V3_BYTES =
  "CgUzLjAuMBIGCgFUMgExIs0BCsoBCgkvYS97bmFtZX0SvAEylwEKAXQaAWQqAW8yGgoYCgFxEgVxdWVyeVIMCgrKAQdpbnRlZ2VyOisKKRIlCiMKAyovKhIcChoSGAoWIy9jb21wb25lbnRzL3NjaGVtYXMvQRgBQkMSQQoDMjAwEjoKOAoCT0saMgowChBhcHBsaWNhdGlvbi9qc29uEhwKGhIYChYjL2NvbXBvbmVudHMvc2NoZW1hcy9BaiAKHgoEbmFtZRIEcGF0aCABUg4KDKABAcoBBnN0cmluZyqrAgr7AQr4AQoBQRLyAQrvAboBAWLKAQZvYmplY3T6AdoBChUKAWISEAoOygEGc3RyaW5nigICGgAKJwoBYxIiCiDSARoSGAoWIy9jb21wb25lbnRzL3NjaGVtYXMvQYoCAAo0CgFkEi8KLcoBBWFycmF58gEiCiAKHsoBB2ludGVnZXKKAgkJAAAAAAAAAACaAgVpbnQzMgomCgFlEiEKH8oBBm9iamVjdIICEwoRCg/KAQdib29sZWFuigICEAAKOgoBZhI1CjPaAQwKCsoBB2ludGVnZXLaAQsKCcoBBnN0cmluZ4oCAxoBeJoCDWludC1vci1zdHJpbmeSAgFhOisKKQoBQhIkCiIKBmFwaUtleRIBcxoNYXV0aG9yaXphdGlvbiIGaGVhZGVy";

const V2 = {
  swagger: "2.0",
  info: { title: "T", version: "1" },
  paths: {
    "/a/{name}": {
      parameters: [{ name: "name", in: "path", required: true, type: "string", uniqueItems: true }],
      post: {
        tags: ["t"],
        description: "d",
        operationId: "o",
        produces: ["application/json"],
        consumes: ["*/*"],
        parameters: [
          { name: "body", in: "body", required: true, schema: { $ref: "#/definitions/A" } },
          { name: "q", in: "query", type: "integer", uniqueItems: true },
        ],
        responses: { "200": { description: "OK", schema: { $ref: "#/definitions/A" } } },
        schemes: ["https"],
      },
    },
  },
  definitions: {
    A: {
      description: "a",
      type: "object",
      required: ["b"],
      properties: {
        b: { type: "string" },
        c: { $ref: "#/definitions/A" },
        d: { type: "array", items: { type: "integer", format: "int32" } },
        e: { type: "object", additionalProperties: { type: "boolean" } },
      },
    },
  },
  security: [{ B: [] }],
  securityDefinitions: { B: { type: "apiKey", name: "authorization", in: "header" } },
};
const V2_BYTES =
  "CgMyLjASBgoBVBIBMULHARLEAQoJL2Eve25hbWV9ErYBIpIBCgF0GgFkKgFvMhBhcHBsaWNhdGlvbi9qc29uOgMqLypCJQojCiESBGJvZHkaBGJvZHkgASoRCg8jL2RlZmluaXRpb25zL0FCHAoaEhgaFhIFcXVlcnkiAXEyB2ludGVnZXKgAQFKJAoiCgMyMDASGwoZCgJPSxITChEKDyMvZGVmaW5pdGlvbnMvQVIFaHR0cHNKHwodEhsiGQgBEgRwYXRoIgRuYW1lKgZzdHJpbmeYAQFKlAEKkQEKAUESiwEiAWGaAQFisgEICgZvYmplY3TKAXYKEAoBYhILsgEICgZzdHJpbmcKFgoBYxIRCg8jL2RlZmluaXRpb25zL0EKJwoBZBIisgEHCgVhcnJheboBFQoTEgVpbnQzMrIBCQoHaW50ZWdlcgohCgFlEhyqAQ4KDLIBCQoHYm9vbGVhbrIBCAoGb2JqZWN0YgcKBQoBQhIAaigKJgoBQhIhEh8KBmFwaUtleRINYXV0aG9yaXphdGlvbhoGaGVhZGVy";

describe("OpenAPI documents as protobuf", () => {
  it("[OP1] 3.0", () => {
    expect(Buffer.from(openapiProtobuf(V3)).toString("base64")).toBe(V3_BYTES);
  });

  it("[OP2] 2.0", () => {
    expect(Buffer.from(swaggerProtobuf(V2 as unknown as SwaggerDocument)).toString("base64")).toBe(V2_BYTES);
  });

  it("[OP3] extensions go as YAML, whatever they are", () => {
    const bytes = openapiProtobuf({ components: { schemas: { A: { "x-list": ["a"], "x-one": true } } } });
    const text = Buffer.from(bytes).toString("latin1");
    expect(text).toContain('x-list\x12\x07\x12\x05["a"]');
    expect(text).toContain("x-one\x12\x06\x12\x04true");
  });
});
