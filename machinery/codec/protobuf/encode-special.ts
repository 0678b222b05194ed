/** Messages whose JSON form is not an object of their fields, written. */
import { parseGoDuration } from "./duration.ts";
import type { BackwardWriter } from "./writer.ts";

type WriteNamed = (value: object, messageName: string) => void;
/** @param value undefined: the field was not set */
type Write = (value: unknown, writer: BackwardWriter, named: WriteNamed) => void;

const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";
const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.";

const SPECIAL: ReadonlyMap<string, Write> = new Map<string, Write>([
  [`${META}Time`, (value, writer) => time(value, writer, 0)],
  [`${META}MicroTime`, (value, writer) => time(value, writer, microsOf(value) * 1000)],
  [`${META}FieldsV1`, raw],
  [`${META}Duration`, duration],
  ["k8s.io.apimachinery.pkg.runtime.RawExtension", raw],
  [`${META}Verbs`, (value, writer) => strings(value, writer, 1)],
  [`${EXTENSIONS}JSON`, raw],
  ["k8s.io.apimachinery.pkg.api.resource.Quantity", (value, writer) => text(String(value ?? "0"), 1, writer)],
  ["k8s.io.apimachinery.pkg.util.intstr.IntOrString", intOrString],
  ["k8s.io.api.authentication.v1.ExtraValue", (value, writer) => strings(value, writer, 1)],
  ["k8s.io.api.authorization.v1.ExtraValue", (value, writer) => strings(value, writer, 1)],
  ["k8s.io.api.certificates.v1.ExtraValue", (value, writer) => strings(value, writer, 1)],
  [`${EXTENSIONS}JSONSchemaPropsOrArray`, schemaOrArray],
  [`${EXTENSIONS}JSONSchemaPropsOrStringArray`, schemaOrStrings],
  [`${EXTENSIONS}JSONSchemaPropsOrBool`, schemaOrBool],
]);

/** Writes the fields of such a message; false when `type` is none. */
export function encodeSpecial(type: string, value: unknown, writer: BackwardWriter, named: WriteNamed): boolean {
  const write = SPECIAL.get(type);
  if (!write) return false;
  write(value, writer, named);
  return true;
}

function text(value: string, number: number, writer: BackwardWriter): void {
  const before = writer.length;
  writer.string(value);
  writer.closeField(number, before);
}

function number(value: number, field: number, writer: BackwardWriter): void {
  writer.varint(value);
  writer.varint(field * 8);
}

/** A time that is not set has no bytes. */
function time(value: unknown, writer: BackwardWriter, nanos: number): void {
  if (value === undefined) return;
  number(nanos, 2, writer);
  number(Math.floor(Date.parse(value as string) / 1000), 1, writer);
}

const microsOf = (value: unknown): number =>
  typeof value === "string" ? Number((/\.(\d+)/.exec(value)?.[1] ?? "0").padEnd(6, "0").slice(0, 6)) : 0;

function duration(value: unknown, writer: BackwardWriter): void {
  number(value === undefined ? 0 : parseGoDuration(value as string), 1, writer);
}

function raw(value: unknown, writer: BackwardWriter): void {
  if (value !== undefined) text(JSON.stringify(value), 1, writer);
}

function intOrString(value: unknown, writer: BackwardWriter): void {
  const isText = typeof value === "string";
  text(isText ? value : "", 3, writer);
  number(isText ? 0 : ((value as number | undefined) ?? 0), 2, writer);
  number(isText ? 1 : 0, 1, writer);
}

function strings(value: unknown, writer: BackwardWriter, field: number): void {
  const list = (value ?? []) as string[];
  for (let i = list.length - 1; i >= 0; i--) text(list[i]!, field, writer);
}

function schema(value: object, field: number, writer: BackwardWriter, named: WriteNamed): void {
  const before = writer.length;
  named(value, `${EXTENSIONS}JSONSchemaProps`);
  writer.closeField(field, before);
}

function schemaOrArray(value: unknown, writer: BackwardWriter, named: WriteNamed): void {
  if (Array.isArray(value)) for (let i = value.length - 1; i >= 0; i--) schema(value[i] as object, 2, writer, named);
  else if (value) schema(value, 1, writer, named);
}

function schemaOrStrings(value: unknown, writer: BackwardWriter, named: WriteNamed): void {
  if (Array.isArray(value)) strings(value, writer, 2);
  else if (value) schema(value, 1, writer, named);
}

function schemaOrBool(value: unknown, writer: BackwardWriter, named: WriteNamed): void {
  const isSchema = typeof value === "object" && value !== null;
  if (isSchema) schema(value, 2, writer, named);
  number(isSchema || value === true ? 1 : 0, 1, writer);
}
