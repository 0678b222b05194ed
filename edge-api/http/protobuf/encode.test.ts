/**
 * Answers as protobuf against what k8s.io/apimachinery's own serializer makes of the same objects. The vectors are
 * objects made up here; to make them again: unmarshal each `json` into its Go type, and encode it with
 * protobuf.NewSerializer(scheme, scheme) of k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
 */
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { registry } from "../../../kinds/registry.ts";
import { openEnvelope } from "../../../machinery/codec/protobuf/decode.ts";
import { envelope, watchFrame } from "../../../machinery/codec/protobuf/envelope.ts";
import { decodeProtobufBody } from "./body.ts";
import { protobufItems, toProtobuf } from "./encode.ts";
import { protobufList } from "./list.ts";

type Vectors = { [name: string]: { protobuf: string; json: { kind: string; apiVersion: string } } };
const read = (file: string): Vectors => JSON.parse(fs.readFileSync(new URL(file, import.meta.url), "utf8")) as Vectors;
const golden: Vectors = { ...read("golden.json"), ...read("golden-answers.json") };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Every object's fields the other way round; embedded JSON is kept as it came. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, ["fieldsV1", "default"].includes(key) ? inner : reversed(inner)]),
  );
}

describe("answers as protobuf", () => {
  it.each(Object.entries(golden))("[PE1] %s is encoded to upstream's bytes", (_name, { protobuf, json }) => {
    expect(base64(toProtobuf(json, registry))).toBe(protobuf);
  });

  it("[PE9] what could not be written leaves nothing in the next answer", () => {
    const [{ protobuf, json }] = Object.values(golden) as [Vectors[string]];
    expect(() => envelope({ apiVersion: "v1", kind: undefined as never }, new Uint8Array(14))).toThrow(TypeError);
    expect(base64(toProtobuf(json, registry))).toBe(protobuf);
  });

  it.each(Object.entries(golden))(
    "[PE6] %s, its fields in any order, is the same bytes",
    (_name, { protobuf, json }) => {
      expect(base64(toProtobuf(reversed(json) as object, registry))).toBe(protobuf);
    },
  );

  it("[PE2] an object that is no message is refused, and the next is whole", () => {
    const broken = { kind: "ConfigMap", apiVersion: "v1", binaryData: { a: "AA==", b: "%%%" } };
    expect(() => toProtobuf(broken, registry)).toThrow();
    const { json, protobuf } = golden.podList!;
    expect(base64(toProtobuf(json, registry))).toBe(protobuf);
  });

  it("[PE3] a table has no protobuf form", () => {
    expect(() => toProtobuf({ kind: "Table", apiVersion: "meta.k8s.io/v1" }, registry)).toThrow(
      "object *v1.Table does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message",
    );
  });

  it("[PE4] a frame is the event behind its length", () => {
    const object = toProtobuf(golden.lease!.json, registry);
    const frame = watchFrame("ADDED", object);
    expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
    expect([...frame.subarray(4, 11)]).toEqual([0x0a, 5, ...new TextEncoder().encode("ADDED")]);
    expect(base64(frame.subarray(frame.length - object.length))).toBe(base64(object));
    const long = watchFrame("ADDED", new Uint8Array(0x01020304));
    expect(new DataView(long.buffer).getUint32(0)).toBe(long.length - 4);
  });

  it("[PE5] a list longer than may be kept is gone through twice and is the same", () => {
    const kind = registry.findKind("v1", "ConfigMap")!;
    const value = "x".repeat(100_000);
    const texts = Array.from({ length: 120 }, (_, i) =>
      JSON.stringify({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: `c${i}` }, data: { value } }),
    );
    const runs: unknown[] = [];
    const chunks = [
      ...protobufList(protobufItems(kind, "Object"), function* (renderer, again) {
        runs.push(again);
        renderer.listHead({ resourceVersion: "5" });
        for (let i = 0; i < texts.length; i += 10)
          yield texts
            .slice(i, i + 10)
            .map(renderer.item)
            .join(",");
      }),
    ];
    expect(runs).toEqual([undefined, { resourceVersion: "5" }]);
    const whole = Buffer.concat(chunks);
    const items = texts.map((text) => JSON.parse(text) as object);
    const list = { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "5" }, items };
    expect(whole.equals(toProtobuf(list, registry))).toBe(true);
    expect(openEnvelope(whole).kind).toBe("ConfigMapList");
    expect((decodeProtobufBody(whole, registry) as { items: unknown[] }).items).toHaveLength(120);
  });
});
