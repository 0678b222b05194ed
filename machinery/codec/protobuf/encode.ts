/**
 * Kubernetes' protobuf encoding, written from the JSON form of the same object: the very bytes of upstream's generated
 * marshalers. They write fields by number, maps by key, and whatever is no pointer even when it is zero.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { encodeSpecial } from "./encode-special.ts";
import { type MessageField, messageOf } from "./table.ts";
import { BackwardWriter } from "./writer.ts";

type Fields = { readonly [key: string]: unknown };

/** A message's fields from the last to the first. */
interface Plan {
  name: string;
  fields: readonly PlannedField[];
  /** The message with nothing set, which is most of many objects. */
  zero: Uint8Array | undefined;
}

interface PlannedField extends MessageField {
  number: number;
}

const plans = new Map<string, Plan>();
const writer = new BackwardWriter();
const EMPTY: Fields = Object.freeze({});

function planOf(name: string): Plan {
  let plan = plans.get(name);
  if (!plan) {
    const message = messageOf(name);
    if (!message) throw new Error(`no protobuf message ${name}`);
    const fields = [...message].map(([number, field]) => ({ number, ...field })).sort((a, b) => b.number - a.number);
    plan = { name, fields, zero: undefined };
    plans.set(name, plan);
  }
  return plan;
}

/** The message's bytes. @throws TypeError for values that are not what the message has there */
export function encodeMessage(value: object, messageName: string): Uint8Array {
  const plan = planOf(messageName);
  writer.begin();
  writeMessage(value as Fields, plan);
  return writer.take();
}

function writeMessage(object: Fields, plan: Plan): void {
  for (const field of plan.fields) {
    if (field.inline) writeInline(object, field);
    else {
      const value = object[field.jsonName];
      if (field.shape === "single") writeSingle(value, field);
      else if (value === undefined || value === null) continue;
      else if (field.shape === "map") writeMap(value as Fields, field);
      else writeRepeated(value as unknown[], field);
    }
  }
}

function writeInline(object: Fields, field: PlannedField): void {
  const plan = planOf(field.type);
  // A pointer to an inlined struct is set when any of its fields is.
  if (field.pointer && !plan.fields.some(({ jsonName }) => Object.hasOwn(object, jsonName))) return;
  const before = writer.length;
  writeMessage(object, plan);
  writer.closeField(field.number, before);
}

function writeSingle(value: unknown, field: PlannedField): void {
  if (value === undefined || value === null) {
    if (!field.pointer) writeZero(field);
  } else writeValue(value, field.type, field.number);
}

function writeZero({ type, number }: PlannedField): void {
  switch (type) {
    case "string":
      writer.varint(0);
      writer.varint(number * 8 + 2);
      return;
    case "bytes":
      return;
    case "bool":
    case "int32":
    case "int64":
      writer.varint(0);
      writer.varint(number * 8);
      return;
    case "double":
      writer.double(0);
      writer.varint(number * 8 + 1);
      return;
    default: {
      const before = writer.length;
      writeNothing(type);
      writer.closeField(number, before);
    }
  }
}

function writeNothing(type: string): void {
  if (encodeSpecial(type, undefined, writer, writeNamed)) return;
  const plan = planOf(type);
  if (plan.zero) writer.bytes(plan.zero);
  else {
    const before = writer.length;
    writeMessage(EMPTY, plan);
    plan.zero = writer.since(before);
  }
}

function writeNamed(value: object, messageName: string): void {
  writeMessage(value as Fields, planOf(messageName));
}

function writeRepeated(list: readonly unknown[], { type, number }: PlannedField): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const value = list[i];
    if (value === undefined || value === null) writeZero({ type, number } as PlannedField);
    else writeValue(value, type, number);
  }
}

function writeMap(map: Fields, { type, number }: PlannedField): void {
  const keys = sortedKeys(map);
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i]!;
    const before = writer.length;
    const value = map[key];
    if (value === undefined || value === null) writeZero({ type, number: 2 } as PlannedField);
    else writeValue(value, type, 2);
    const beforeKey = writer.length;
    writer.string(key);
    writer.closeField(1, beforeKey);
    writer.closeField(number, before);
  }
}

const BEYOND_BASIC_PLANE = /[\ud800-\udfff]/;

/** As Go sorts them: by their UTF-8 bytes, which is by code points. */
function sortedKeys(map: Fields): string[] {
  const keys = Object.keys(map);
  if (keys.length < 2) return keys;
  if (!keys.some((key) => BEYOND_BASIC_PLANE.test(key))) return keys.sort();
  return keys.sort((a, b) => {
    const [left, right] = [Array.from(a), Array.from(b)];
    const at = left.findIndex((char, i) => char !== right[i]);
    return at < 0 ? left.length - right.length : left[at]!.codePointAt(0)! - (right[at]?.codePointAt(0) ?? -1);
  });
}

function writeValue(value: unknown, type: string, number: number): void {
  const before = writer.length;
  switch (type) {
    case "bool":
      writer.varint(value === true ? 1 : 0);
      writer.varint(number * 8);
      break;
    case "int32":
    case "int64":
      writer.varint(value as number);
      writer.varint(number * 8);
      break;
    case "double":
      writer.double(value as number);
      writer.varint(number * 8 + 1);
      break;
    case "string":
      writer.string(value as string);
      writer.closeField(number, before);
      break;
    case "bytes":
      writer.bytes(Uint8Array.from(atob(value as string), (char) => char.charCodeAt(0)));
      writer.closeField(number, before);
      break;
    default:
      if (!encodeSpecial(type, value, writer, writeNamed)) writeMessage(value as Fields, planOf(type));
      writer.closeField(number, before);
  }
}
