/** Reading DER, as much as certificate requests need. Bounded: nothing is read beyond what was given. Pure. */

export interface Element {
  tag: number;
  /** Content, without tag and length. */
  content: Uint8Array;
  /** With tag and length. */
  whole: Uint8Array;
}

export class DerError extends Error {}

export const TAG = { sequence: 0x30, set: 0x31, oid: 0x06, octets: 0x04, context0: 0xa0 } as const;

/** The element at the beginning of `bytes`. @throws DerError */
export function readElement(bytes: Uint8Array): Element {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new DerError("truncated");
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several bytes");
  let length = first;
  let start = 2;
  if (first & 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError("a length that is not DER");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError("truncated");
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(0, end) };
}

/** The elements that `bytes` consists of. @throws DerError */
export function readAll(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

/** The elements inside one of `tag`. @throws DerError */
export function readInside(element: Element | undefined, tag: number): Element[] {
  if (element?.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element?.tag}`);
  return readAll(element.content);
}

/** `1.2.840.113549.1.9.14` */
export function oidText({ content }: Element): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw new DerError("an arc that is too long");
    if (byte & 0x80) continue;
    if (arcs.length === 0)
      arcs.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
    else arcs.push(value);
    value = 0;
  }
  return arcs.join(".");
}

const LATIN1 = new Set([0x12, 0x13, 0x14, 0x16, 0x1a]);

/** A character string, whatever its type. @throws DerError */
export function stringText({ tag, content }: Element): string {
  if (tag === 0x0c) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  if (LATIN1.has(tag)) return [...content].map((byte) => String.fromCharCode(byte)).join("");
  if (tag === 0x1e) {
    let text = "";
    for (let i = 0; i + 1 < content.length; i += 2) text += String.fromCharCode(content[i]! * 256 + content[i + 1]!);
    return text;
  }
  throw new DerError(`no string: tag ${tag}`);
}
