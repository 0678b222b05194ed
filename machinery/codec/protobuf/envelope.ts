/** What Kubernetes puts around protobuf messages: `k8s`, a zero byte and a runtime.Unknown. Watches: WatchEvent frames. */
import { BackwardWriter } from "./writer.ts";

/** "k8s" and a zero byte: what every such body begins with. */
export const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
/** contentEncoding and contentType, which are never set and always written. */
const TAIL = Uint8Array.of(0x1a, 0, 0x22, 0);

const writer = new BackwardWriter();

export interface TypeMeta {
  apiVersion: string;
  kind: string;
}

/** What comes before the message's bytes. */
export function envelopeHead({ apiVersion, kind }: TypeMeta, rawLength: number): Uint8Array {
  writer.begin();
  writer.varint(rawLength);
  writer.varint(2 * 8 + 2);
  const before = writer.length;
  for (const [field, text] of [
    [2, kind],
    [1, apiVersion],
  ] as const) {
    const start = writer.length;
    writer.string(text);
    writer.closeField(field, start);
  }
  writer.closeField(1, before);
  writer.bytes(MAGIC);
  return writer.take();
}

/** What comes behind them. */
export const envelopeTail = (): Uint8Array => TAIL.slice();

export function envelope(type: TypeMeta, raw: Uint8Array): Uint8Array {
  return joinBytes([envelopeHead(type, raw.length), raw, TAIL]);
}

/** One length-delimited frame of a watch. @param object an envelope */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  writer.begin();
  // runtime.RawExtension
  writer.bytes(object);
  writer.closeField(1, 0);
  writer.closeField(2, 0);
  const before = writer.length;
  writer.string(type);
  writer.closeField(1, before);
  const { length } = writer;
  writer.bytes(Uint8Array.of(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255));
  return writer.take();
}

/** Tag and length of a list's item, then the item. */
export function fieldBytes(number: number, value: Uint8Array): Uint8Array {
  writer.begin();
  writer.bytes(value);
  writer.closeField(number, 0);
  return writer.take();
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
