/**
 * OpenAPI documents as protobuf, which clients written in Go ask for: the pieces both versions are written with. A
 * message is a table of its JSON fields with number and encoder; `x-` fields go where `extensions` says.
 */
import { BackwardWriter } from "../../../machinery/codec/protobuf/writer.ts";

/** Writes one value as the field `number`. Fields are written last to first: see BackwardWriter. */
export type FieldEncoder = (writer: BackwardWriter, number: number, value: never) => void;

/** Writes the inside of a message. */
export type Message = (writer: BackwardWriter, value: never) => void;

type Fields = { [name: string]: unknown };

export interface MessageTable {
  fields: { readonly [name: string]: readonly [number: number, encode: FieldEncoder] };
  /** Where what starts with "x-" goes. */
  extensions?: number;
}

export const text: FieldEncoder = (writer, number, value: string) => {
  const before = writer.length;
  writer.string(value);
  writer.closeField(number, before);
};

export const flag: FieldEncoder = (writer, number, value: boolean) => {
  if (!value) return;
  writer.varint(1);
  writer.varint(number * 8);
};

/** Any value goes as YAML, which JSON is. */
export const yaml: FieldEncoder = (writer, number, value: unknown) => {
  const before = writer.length;
  text(writer, 2, JSON.stringify(value) as never);
  writer.closeField(number, before);
};

export const nested =
  (message: Message): FieldEncoder =>
  (writer, number, value) => {
    const before = writer.length;
    message(writer, value);
    writer.closeField(number, before);
  };

/** A message of one field, or several of them, each in the one before. */
export const inside = (numbers: number | readonly number[], encode: FieldEncoder): FieldEncoder =>
  [numbers].flat().reduceRight((inner, own) => nested((writer, value) => inner(writer, own, value)), encode);

export const each =
  (encode: FieldEncoder): FieldEncoder =>
  (writer, number, values: never[]) => {
    for (let i = values.length - 1; i >= 0; i--) encode(writer, number, values[i]!);
  };

/** Each property of an object, as a message of its name and its value. */
export const named =
  (encode: FieldEncoder): FieldEncoder =>
  (writer, number, values: { [name: string]: never }) => {
    for (const [name, value] of Object.entries(values).reverse()) {
      const before = writer.length;
      encode(writer, 2, value);
      text(writer, 1, name as never);
      writer.closeField(number, before);
    }
  };

export function messageOf({ fields, extensions }: MessageTable): Message {
  const inOrder = Object.entries(fields).sort(([, [a]], [, [b]]) => b - a);
  return (writer, value: Fields) => {
    if (extensions !== undefined) {
      const own = Object.entries(value).filter(([name]) => name.startsWith("x-"));
      if (own.length > 0) named(yaml)(writer, extensions, Object.fromEntries(own) as never);
    }
    for (const [name, [number, encode]] of inOrder) {
      if (value[name] !== undefined) encode(writer, number, value[name] as never);
    }
  };
}

export function encoded(message: Message, value: object): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter();
  message(writer, value as never);
  return writer.take() as Uint8Array<ArrayBuffer>;
}
