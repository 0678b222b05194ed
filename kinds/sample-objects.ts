/** Objects made at random after the schema tables, for tests that hold for every kind. */
import type { KubeObject } from "../machinery/meta/object.ts";
import type { FieldSchema, TypeSchema } from "../machinery/schema/types.ts";
import type { Kind } from "./kind.ts";
import { types } from "./types.ts";

type Random = () => number;

const TEXTS = [
  "",
  "a",
  "web-1",
  "example.com/thing",
  "example.com",
  "10.0.0.1",
  "fd00::1",
  "10.0.0.0/24",
  "50%",
  "/var",
  "Always",
  "*",
];
const QUANTITIES = ["0", "1", "100m", "1Gi", "1.5", "-1", "3n", "2e3"];
const NUMBERS = [0, 1, 2, -1, 80, 443, 65_536, 2_147_483_647];
const MAX_DEPTH = 9;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

function scalar(type: TypeSchema, random: Random): unknown {
  switch (type.form) {
    case "boolean":
      return random() < 0.5;
    case "int32":
    case "int64":
    case "double":
      return pick(random, NUMBERS);
    case "quantity":
      return pick(random, QUANTITIES);
    case "intOrString":
      return random() < 0.5 ? pick(random, NUMBERS) : pick(random, TEXTS);
    case "time":
      return "2026-01-02T03:04:05Z";
    case "microTime":
      return "2026-01-02T03:04:05.000006Z";
    case "bytes":
      return pick(random, ["", "aGk=", "LS0tLS1CRUdJTg=="]);
    case "any":
    case "object":
      return { key: pick(random, TEXTS) };
    default:
      return pick(random, TEXTS);
  }
}

function make(type: TypeSchema, random: Random, depth: number): unknown {
  if (type.form === "struct") {
    const result: { [field: string]: unknown } = {};
    for (const field of type.fields.values()) {
      if (random() < (field.required ? 0.9 : 0.5 - depth * 0.04)) result[field.name] = ofField(field, random, depth);
    }
    return result;
  }
  if (type.form === "array" || type.form === "map") {
    const count = depth > MAX_DEPTH ? 0 : Math.floor(random() * 3);
    const items = Array.from({ length: count }, () => type.item && make(type.item, random, depth + 1));
    return type.form === "array"
      ? items
      : Object.fromEntries(items.map((item, i) => [`${pick(random, TEXTS)}${i}`, item]));
  }
  return scalar(type, random);
}

const ofField = (field: FieldSchema, random: Random, depth: number): unknown =>
  field.enum && random() < 0.9 ? pick(random, field.enum) : make(field.type, random, depth + 1);

/** Named and placed like a good object; the rest is anything that the schema lets through. */
export function sampleObject(kind: Kind, random: Random): KubeObject {
  const type = types.resolve(kind.type);
  if (!type) throw new Error(`no type ${kind.type}`);
  const object = make(type, random, 0) as KubeObject;
  object.apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  object.kind = kind.kind;
  object.metadata = {
    ...(random() < 0.3 ? { labels: { app: "web" }, annotations: { note: "x" } } : {}),
    name: "sample",
    uid: "6b3e0a5e-0000-4000-8000-000000000000",
    creationTimestamp: "2026-01-02T03:04:05Z",
    ...(kind.namespaced && { namespace: "default" }),
  };
  return object;
}
