/**
 * Kubernetes' protobuf encoding, read into the JSON form of the same object.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { formatMicroTime, formatTime } from "../../clock.ts";
import { badRequest } from "../../meta/status.ts";
import { MAGIC } from "./envelope.ts";
import { type Message, type MessageField, messageOf } from "./table.ts";
import { ProtobufError, WireReader, WireType } from "./wire.ts";

const MAX_DEPTH = 100;

export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

type Fields = { [key: string]: unknown };

/** @throws ApiError 400 for bytes that are not Kubernetes' protobuf */
export function openEnvelope(body: Uint8Array): Envelope {
  if (MAGIC.some((byte, i) => body[i] !== byte)) {
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  return reading(() => {
    const envelope: Envelope = { apiVersion: "", kind: "", raw: new Uint8Array(0) };
    const reader = new WireReader(body.subarray(MAGIC.length));
    while (!reader.done) {
      const { field, wire } = reader.tag();
      if (field === 1 && wire === WireType.bytes) Object.assign(envelope, typeMeta(reader.bytes()));
      else if (field === 2 && wire === WireType.bytes) envelope.raw = reader.bytes();
      else reader.skip(wire);
    }
    return envelope;
  });
}

function typeMeta(bytes: Uint8Array): { apiVersion?: string; kind?: string } {
  const reader = new WireReader(bytes);
  const meta: { apiVersion?: string; kind?: string } = {};
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1 && wire === WireType.bytes) meta.apiVersion = reader.string();
    else if (field === 2 && wire === WireType.bytes) meta.kind = reader.string();
    else reader.skip(wire);
  }
  return meta;
}

/** The message as the JSON object of the same meaning. @throws ApiError 400 for bytes that are no such message */
export function decodeMessage(bytes: Uint8Array, messageName: string): Fields {
  return reading(() => readMessage(bytes, messageName, 0));
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

function readMessage(bytes: Uint8Array, name: string, depth: number): Fields {
  if (depth > MAX_DEPTH) throw new ProtobufError("proto: nested too deeply");
  const message = messageOf(name);
  if (!message) throw new ProtobufError(`proto: no message ${name}`);
  const object: Fields = {};
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field: number, wire } = reader.tag();
    const field = message.get(number);
    if (!field) reader.skip(wire);
    else if (field.shape === "map") readMapEntry(reader, field, object, depth);
    else if (field.shape === "repeated") readRepeated({ reader, field, wire, object, depth });
    else readSingle({ reader, field, wire, object, depth });
  }
  fillRequired(object, message);
  return object;
}

/** What Go would show even when the other side left it out. */
function fillRequired(object: Fields, message: Message): void {
  for (const { always, pointer, shape, jsonName, type, inline } of message.values()) {
    if (!always || pointer || inline || shape !== "single" || Object.hasOwn(object, jsonName)) continue;
    if (type === "bool") object[jsonName] = false;
    else if (type === "int32" || type === "int64") object[jsonName] = 0;
  }
}

interface FieldRead {
  reader: WireReader;
  field: MessageField;
  wire: WireType;
  object: Fields;
  depth: number;
}

function readSingle({ reader, field, wire, object, depth }: FieldRead): void {
  const value = readValue(reader, field.type, wire, depth);
  if (field.inline) Object.assign(object, value);
  else if (isWorthShowing(value, field)) setOwn(object, field.jsonName, value);
}

/** Zero values are what Go sends of a field nobody set, unless the field is a pointer. */
function isWorthShowing(value: unknown, { pointer, always }: MessageField): boolean {
  if (value === undefined) return false;
  if (pointer || always) return true;
  if (value === "" || value === 0 || value === false) return false;
  return typeof value !== "object" || value === null || Object.keys(value).length > 0;
}

function readRepeated({ reader, field, wire, object, depth }: FieldRead): void {
  const list = (object[field.jsonName] ?? []) as unknown[];
  object[field.jsonName] = list;
  const packed = wire === WireType.bytes && (field.type === "bool" || field.type.startsWith("int"));
  if (!packed) {
    list.push(readValue(reader, field.type, wire, depth) ?? null);
    return;
  }
  const inner = new WireReader(reader.bytes());
  while (!inner.done) list.push(readValue(inner, field.type, WireType.varint, depth));
}

function readMapEntry(reader: WireReader, field: MessageField, object: Fields, depth: number): void {
  const entry = new WireReader(reader.bytes());
  let key = "";
  let value: unknown;
  while (!entry.done) {
    const { field: number, wire } = entry.tag();
    if (number === 1) key = entry.string();
    else if (number === 2) value = readValue(entry, field.type, wire, depth);
    else entry.skip(wire);
  }
  const map = (object[field.jsonName] ?? {}) as Fields;
  object[field.jsonName] = map;
  setOwn(map, key, value ?? (field.type === "string" || field.type === "bytes" ? "" : {}));
}

/** Also for keys such as `__proto__`. */
function setOwn(object: Fields, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function readValue(reader: WireReader, type: string, wire: WireType, depth: number): unknown {
  switch (type) {
    case "string":
      expect(wire, WireType.bytes);
      return reader.string();
    case "bytes":
      expect(wire, WireType.bytes);
      return toBase64(reader.bytes());
    case "bool":
      expect(wire, WireType.varint);
      return reader.varint() !== 0;
    case "int32":
      expect(wire, WireType.varint);
      return reader.varint() | 0;
    case "int64":
      expect(wire, WireType.varint);
      return reader.varint();
    case "double":
      expect(wire, WireType.fixed64);
      return reader.double();
    default: {
      expect(wire, WireType.bytes);
      const bytes = reader.bytes();
      const special = SPECIAL.get(type);
      return special ? special(bytes, depth) : readMessage(bytes, type, depth + 1);
    }
  }
}

function expect(wire: WireType, wanted: WireType): void {
  if (wire !== wanted) throw new ProtobufError(`proto: wrong wireType = ${wire}`);
}

const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";
const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.";

/** Messages whose JSON form is not an object of their fields. Undefined: nothing was said. */
const SPECIAL: ReadonlyMap<string, (bytes: Uint8Array, depth: number) => unknown> = new Map<
  string,
  (bytes: Uint8Array, depth: number) => unknown
>([
  [`${META}Time`, (bytes) => time(bytes, formatTime)],
  [`${META}MicroTime`, (bytes) => time(bytes, formatMicroTime)],
  [`${META}FieldsV1`, (bytes) => rawJson(bytes, 1)],
  [`${META}Duration`, (bytes) => duration(numbers(bytes).get(1) ?? 0)],
  ["k8s.io.apimachinery.pkg.runtime.RawExtension", (bytes) => rawJson(bytes, 1)],
  [`${EXTENSIONS}JSON`, (bytes) => rawJson(bytes, 1)],
  ["k8s.io.apimachinery.pkg.api.resource.Quantity", (bytes) => firstString(bytes) || "0"],
  ["k8s.io.apimachinery.pkg.util.intstr.IntOrString", intOrString],
  ["k8s.io.api.authentication.v1.ExtraValue", strings],
  ["k8s.io.api.authorization.v1.ExtraValue", strings],
  ["k8s.io.api.certificates.v1.ExtraValue", strings],
  [`${EXTENSIONS}JSONSchemaPropsOrArray`, (bytes, depth) => schemaOr(bytes, depth, () => ({}))],
  [`${EXTENSIONS}JSONSchemaPropsOrStringArray`, (bytes, depth) => schemaOr(bytes, depth, strings)],
  [`${EXTENSIONS}JSONSchemaPropsOrBool`, (bytes, depth) => schemaOr(bytes, depth, () => numbers(bytes).get(1) === 1)],
]);

function numbers(bytes: Uint8Array): Map<number, number> {
  const found = new Map<number, number>();
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === WireType.varint) found.set(field, reader.varint());
    else reader.skip(wire);
  }
  return found;
}

/** An empty time is Go's zero time: not set. */
function time(bytes: Uint8Array, format: (ms: number) => string): string | undefined {
  if (bytes.length === 0) return undefined;
  const fields = numbers(bytes);
  const ms = (fields.get(1) ?? 0) * 1000 + Math.floor((fields.get(2) ?? 0) / 1e6);
  if (!Number.isFinite(new Date(ms).getTime())) throw new ProtobufError("proto: time out of range");
  if (format === formatTime) return formatTime(ms);
  const micros = Math.floor((fields.get(2) ?? 0) / 1000) % 1000;
  return `${formatMicroTime(ms).slice(0, -4)}${String(micros).padStart(3, "0")}Z`;
}

/** As Go prints a time.Duration of whole seconds: "1h0m5s". */
function duration(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds === 0) return "0s";
  const whole = Math.trunc(Math.abs(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = Math.round((Math.abs(seconds) - hours * 3600 - minutes * 60) * 1e9) / 1e9;
  const text = hours > 0 ? `${hours}h${minutes}m${rest}s` : minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
  return seconds < 0 ? `-${text}` : text;
}

function rawJson(bytes: Uint8Array, number: number): unknown {
  const reader = new WireReader(bytes);
  let raw: Uint8Array | undefined;
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === number && wire === WireType.bytes) raw = reader.bytes();
    else reader.skip(wire);
  }
  if (!raw || raw.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(raw)) as unknown;
  } catch {
    throw new ProtobufError("proto: embedded value is not JSON");
  }
}

function intOrString(bytes: Uint8Array): string | number {
  const reader = new WireReader(bytes);
  let isText = false;
  let number = 0;
  let text = "";
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1 && wire === WireType.varint) isText = reader.varint() === 1;
    else if (field === 2 && wire === WireType.varint) number = reader.varint() | 0;
    else if (field === 3 && wire === WireType.bytes) text = reader.string();
    else reader.skip(wire);
  }
  return isText ? text : number;
}

function strings(bytes: Uint8Array): string[] {
  const found: string[] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { wire } = reader.tag();
    if (wire === WireType.bytes) found.push(reader.string());
    else reader.skip(wire);
  }
  return found;
}

const firstString = (bytes: Uint8Array): string => strings(bytes)[0] ?? "";

/** A schema where there is one, else what `otherwise` says of the same bytes. */
function schemaOr(bytes: Uint8Array, depth: number, otherwise: (bytes: Uint8Array) => unknown): unknown {
  const schemaField = otherwise === strings ? 1 : undefined;
  const schemas: Fields[] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === WireType.bytes && (schemaField === undefined || field === schemaField)) {
      schemas.push(readMessage(reader.bytes(), `${EXTENSIONS}JSONSchemaProps`, depth + 1));
    } else reader.skip(wire);
  }
  if (schemas.length === 1) return schemas[0];
  return schemas.length > 1 ? schemas : otherwise(bytes);
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
