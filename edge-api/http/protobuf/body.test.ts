import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { registry } from "../../../kinds/registry.ts";
import { types } from "../../../kinds/types.ts";
import { seededRandom } from "../../../machinery/meta/random.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import { decodeObject } from "../../../machinery/schema/decode.ts";
import { decodeProtobufBody } from "./body.ts";

/** Objects as the Go client encodes them, each in both forms. */
const golden = JSON.parse(fs.readFileSync(new URL("golden.json", import.meta.url), "utf8")) as {
  [name: string]: { protobuf: string; json: { kind: string; apiVersion: string } };
};

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

const typeOf = (object: { apiVersion: string; kind: string }): string =>
  registry.findKind(object.apiVersion, object.kind)?.type ?? "io.k8s.api.authentication.v1.TokenRequest";

/** What is stored of an object: without what says nothing. */
function stored(object: object): unknown {
  const typed = object as { apiVersion: string; kind: string };
  return bare(decodeObject({ types, type: typeOf(typed), value: structuredClone(object) }).value);
}

/** Go shows some fields that are empty, whether anybody set them or not: they are the same as none. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, bare(inner)] as const)
      .filter(([key, inner]) => !(ALWAYS_SHOWN.has(key) && isEmpty(inner))),
  );
}

const ALWAYS_SHOWN = new Set([
  "status",
  "resources",
  "strategy",
  "updateStrategy",
  "loadBalancer",
  "template",
  "metadata",
  "spec",
  "lastState",
  "targetPort",
]);
const isEmpty = (value: unknown): boolean =>
  value === 0 || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

describe("protobuf bodies", () => {
  it.each(Object.entries(golden))("[PB1] %s means what its JSON means", (_name, { protobuf, json }) => {
    const decoded = decodeProtobufBody(bytesOf(protobuf), registry);
    expect(stored(decoded)).toEqual(stored(json));
  });

  it("[PB2] every part cut off is refused, in words", () => {
    const bytes = bytesOf(golden.deployment!.protobuf);
    for (let length = 0; length < bytes.length; length += 7) {
      try {
        decodeProtobufBody(bytes.subarray(0, length), registry);
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError);
        expect((error as ApiError).code).toBe(400);
      }
    }
  });

  it("[PB3] whatever is broken in it, nothing but a refusal comes of it", () => {
    const seed = Number(process.env.KEDGE_SEED ?? 1);
    const random = seededRandom(seed);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const bytes = bytesOf(golden.pod!.protobuf);
      for (let i = 0; i < 4; i++) bytes[4 + Math.floor(random() * (bytes.length - 4))] = Math.floor(random() * 256);
      try {
        decodeProtobufBody(bytes, registry);
      } catch (error) {
        refused++;
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(ApiError);
      }
    }
    expect(refused, `seed ${seed}`).toBeGreaterThan(50);
  });

  it("[PB4] other bytes and unknown kinds are refused", () => {
    expect(() => decodeProtobufBody(new TextEncoder().encode("{}"), registry)).toThrow(
      "does not appear to be a protobuf",
    );
    const envelope = [0x6b, 0x38, 0x73, 0, 0x0a, 8, 0x0a, 2, 0x76, 0x31, 0x12, 2, 0x58, 0x59];
    expect(() => decodeProtobufBody(new Uint8Array(envelope), registry)).toThrow('no kind "XY" is registered');
  });
});
