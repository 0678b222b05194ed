import { describe, expect, it } from "vitest";
import { ApiError } from "../meta/status.ts";
import { decodeObject } from "./decode.ts";
import { createTypeTable } from "./types.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const testTypes = createTypeTable({
  "t.v1.Pod": {
    gvk: ["v1 Pod"],
    fields: { apiVersion: "string", kind: "string", metadata: `${META}.ObjectMeta`, spec: "t.v1.PodSpec", raw: "any" },
  },
  [`${META}.ObjectMeta`]: {
    fields: {
      name: { type: "string", omitsZero: true },
      labels: "map<string>",
      creationTimestamp: `${META}.Time`,
      generation: "integer(int64)",
      extra: "map<array<string>>",
      fieldsV1: `${META}.FieldsV1`,
    },
  },
  "t.v1.PodSpec": {
    fields: {
      containers: { type: "array<t.v1.Container>", required: true },
      replicas: "integer(int32)",
      hostNetwork: "boolean",
      hostPID: { type: "boolean", omitsZero: true },
      priority: { type: "integer(int32)", omitsZero: true },
      always: { type: "array<string>", absent: null },
      nodeSelector: "map<string>",
      renewTime: `${META}.MicroTime`,
      data: "map<string(byte)>",
      ratio: "number(double)",
      volumes: "array<t.v1.Volume>",
      byName: "map<t.v1.Volume>",
      empty: "t.v1.Empty",
      child: "t.v1.PodSpec",
    },
  },
  "t.v1.Container": {
    fields: {
      image: "string",
      command: "array<string>",
      requests: "map<io.k8s.apimachinery.pkg.api.resource.Quantity>",
      port: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    },
  },
  "t.v1.Volume": { fields: { name: "string" } },
  "t.v1.Empty": { type: "object" },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "string(int-or-string)" },
  [`${META}.Time`]: { type: "string(date-time)" },
  [`${META}.MicroTime`]: { type: "string(date-time)" },
  [`${META}.FieldsV1`]: { type: "object" },
});

const decode = (value: unknown) => decodeObject({ types: testTypes, type: "t.v1.Pod", value });

function messageOf(value: unknown): string {
  try {
    decode(value);
  } catch (error) {
    if (error instanceof ApiError && error.code === 400) return error.message;
    throw error;
  }
  return "no error";
}

describe("decodeObject", () => {
  it("[DC1] leaves a well-formed object alone, down to the references", () => {
    const value = {
      apiVersion: "v1",
      metadata: { name: "a", labels: { x: "y" }, creationTimestamp: "2026-01-31T12:00:00Z" },
      spec: {
        containers: [{ image: "i", requests: { cpu: "100m" }, port: 80 }],
        renewTime: "2026-01-31T12:00:00.123456Z",
      },
      raw: { anything: [1, null] },
    };
    const { containers } = value.spec;
    const text = JSON.stringify(value);
    const decoded = decode(value);
    expect(decoded.value).toBe(value);
    expect((decoded.value as typeof value).spec.containers).toBe(containers);
    expect(JSON.stringify(decoded.value)).toBe(text);
    expect(decoded.unknownFields).toEqual([]);
  });

  it.each([
    ["unknown fields", { spec: { containers: [{ imgae: "x" }], foo: 1 }, bar: 1 }, { spec: { containers: [{}] } }],
    ["empty texts of metadata", { metadata: { name: "" }, kind: "" }, { metadata: {}, kind: "" }],
    ["nulls", { metadata: { name: null, labels: null }, spec: null }, { metadata: {} }],
    [
      "null in maps and lists",
      { metadata: { labels: { a: null } }, spec: { containers: [null] } },
      { metadata: { labels: { a: "" } }, spec: { containers: [{}] } },
    ],
    [
      "empty optional lists and maps",
      { metadata: { labels: {} }, spec: { containers: [], volumes: [] } },
      { metadata: {}, spec: { containers: [] } },
    ],
    ["empty structs stay", { spec: { empty: {}, containers: [] } }, { spec: { empty: {}, containers: [] } }],
    ["fields of empty structs", { spec: { empty: { a: 1 }, containers: [] } }, { spec: { empty: {}, containers: [] } }],
    [
      "quantities",
      { spec: { containers: [{ requests: { cpu: 0.5, memory: "1024Mi", x: null } }] } },
      { spec: { containers: [{ requests: { cpu: "500m", memory: "1Gi", x: "0" } }] } },
    ],
    [
      "times",
      { metadata: { creationTimestamp: "2026-01-31T12:00:00.9+02:00" } },
      { metadata: { creationTimestamp: "2026-01-31T10:00:00Z" } },
    ],
    [
      "micro times",
      { spec: { containers: [], renewTime: "2026-01-31T12:00:00.000001-01:30" } },
      { spec: { containers: [], renewTime: "2026-01-31T13:30:00.000001Z" } },
    ],
    [
      "base64 with line breaks",
      { spec: { containers: [], data: { a: "aGV\nsbG8=\r\n" } } },
      { spec: { containers: [], data: { a: "aGVsbG8=" } } },
    ],
    [
      "int or string",
      { spec: { containers: [{ port: "http" }, { port: 80 }] } },
      { spec: { containers: [{ port: "http" }, { port: 80 }] } },
    ],
    [
      "zeroes, where Go would not write them",
      { spec: { containers: [], hostPID: false, priority: 0, hostNetwork: false, replicas: 0 } },
      { spec: { containers: [], hostNetwork: false, replicas: 0 } },
    ],
    [
      "an empty list that Go always writes",
      { spec: { containers: [], always: [] } },
      { spec: { containers: [], always: [] } },
    ],
    [
      "a field called __proto__",
      JSON.parse('{"__proto__":{"spec":1},"metadata":{"labels":{"__proto__":"x"}}}'),
      JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'),
    ],
  ])("[DC2] %s", (_name, value, expected) => {
    const { value: result } = decode(value);
    expect(JSON.stringify(result)).toBe(JSON.stringify(expected));
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it("[DC3] reports where unknown fields were", () => {
    const { unknownFields } = decode({
      bar: 1,
      constructor: 1,
      spec: { containers: [{}, { imgae: "x" }], byName: { k: { nam: 1 } }, child: { child: { toString: 1 } } },
    });
    expect(unknownFields).toEqual([
      "bar",
      "constructor",
      "spec.containers[1].imgae",
      "spec.byName.k.nam",
      "spec.child.child.toString",
    ]);
  });

  const field = (what: string, path: string, type: string) =>
    `json: cannot unmarshal ${what} into Go struct field ${path} of type ${type}`;
  it.each([
    ["x", "json: cannot unmarshal string into Go value of type v1.Pod"],
    [[], "json: cannot unmarshal array into Go value of type v1.Pod"],
    [{ spec: { replicas: "3" } }, field("string", "PodSpec.spec.replicas", "int32")],
    [{ spec: { replicas: 1.5 } }, field("number 1.5", "PodSpec.spec.replicas", "int32")],
    [{ spec: { replicas: 2 ** 31 } }, field("number 2147483648", "PodSpec.spec.replicas", "int32")],
    [{ spec: { hostNetwork: "yes" } }, field("string", "PodSpec.spec.hostNetwork", "bool")],
    [{ spec: { containers: {} } }, field("object", "PodSpec.spec.containers", "[]v1.Container")],
    [{ spec: { containers: ["x"] } }, field("string", "PodSpec.spec.containers", "v1.Container")],
    [{ spec: { containers: [{ image: 1 }] } }, field("number", "Container.spec.containers.image", "string")],
    [{ spec: { containers: [{ command: [true] }] } }, field("bool", "Container.spec.containers.command", "string")],
    [{ spec: { containers: [{ port: true }] } }, field("bool", "Container.spec.containers.port", "int32")],
    [
      { spec: { containers: [{ requests: [] }] } },
      field("array", "Container.spec.containers.requests", "v1.ResourceList"),
    ],
    [{ spec: { byName: { k: { name: 1 } } } }, field("number", "Volume.spec.byName.name", "string")],
    [{ metadata: { labels: { a: 1 } } }, field("number", "ObjectMeta.metadata.labels", "string")],
    [{ metadata: { labels: "a" } }, field("string", "ObjectMeta.metadata.labels", "map[string]string")],
    [{ metadata: { creationTimestamp: 5 } }, field("number", "ObjectMeta.metadata.creationTimestamp", "string")],
    [
      { metadata: { creationTimestamp: "yesterday" } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      { metadata: { creationTimestamp: "2026-02-30T00:00:00Z" } },
      'parsing time "2026-02-30T00:00:00Z": day out of range',
    ],
    [
      { spec: { renewTime: "2026-01-31T12:00:00Z" } },
      'parsing time "2026-01-31T12:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
    [
      { spec: { containers: [{ requests: { cpu: "lots" } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [{ spec: { data: { a: "a$==" } } }, "illegal base64 data at input byte 1"],
    [{ spec: { data: { a: "aGVsbG8" } } }, "illegal base64 data at input byte 4"],
    [{ spec: { data: { a: "aGVsbG8=x" } } }, "illegal base64 data at input byte 8"],
    [{ spec: { data: { a: "aG=x" } } }, "illegal base64 data at input byte 2"],
  ])("[DC4] %j: %s", (value, message) => {
    expect(messageOf(value)).toBe(message);
  });
});
