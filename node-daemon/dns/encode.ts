/** Writing DNS messages. */
import { parseIpv4 } from "../network/address.ts";
import {
  type Answer,
  CLASS_IN,
  DNSSEC_OK,
  type DnsRecord,
  FLAG_AUTHORITATIVE,
  FLAG_CHECKING_DISABLED,
  FLAG_RECURSION_AVAILABLE,
  FLAG_RECURSION_DESIRED,
  FLAG_RESPONSE,
  HEADER_BYTES,
  OPCODE_MASK,
  type Query,
  Rcode,
  Type,
  UDP_PAYLOAD_BYTES,
} from "./message.ts";

/** Encodes our own answer to `query`, whole; see fitUdp for what UDP can carry. */
export function encodeAnswer(query: Query, answer: Answer): Buffer {
  const writer = new Writer();
  const flags =
    FLAG_RESPONSE |
    (query.flags & (OPCODE_MASK | FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED)) |
    (answer.authoritative ? FLAG_AUTHORITATIVE : 0) |
    FLAG_RECURSION_AVAILABLE |
    answer.rcode;
  const counts = [1, answer.answers.length, answer.authorities.length, answer.additionals.length];
  for (const value of [query.id, flags, ...counts]) writer.u16(value);
  writer.remember(query);
  writer.bytes(query.question);
  for (const record of [...answer.answers, ...answer.authorities, ...answer.additionals]) writer.record(record);
  return withEdns(writer.finish(), query);
}

/** Repeats EDNS to a client that used it. The message must have no OPT yet. */
export function withEdns(message: Buffer, query: Query): Buffer {
  if (!query.edns) return message;
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(Type.OPT, 1);
  opt.writeUInt16BE(UDP_PAYLOAD_BYTES, 3);
  // Version 0 is the only one there is; a higher one gets BADVERS (16, of which 1 goes here).
  opt.writeUInt8(query.edns.version > 0 ? 1 : 0, 5);
  if (query.edns.dnssecOk) opt.writeUInt16BE(DNSSEC_OK, 7);
  message.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return Buffer.concat([message, opt]);
}

/** A response without records. */
export const encodeEmpty = (query: Query, rcode: number): Buffer =>
  encodeAnswer(query, { rcode, authoritative: false, answers: [], authorities: [], additionals: [] });

/** FORMERR to a message whose question could not be read. */
export function encodeFormatError(id: number): Buffer {
  const message = Buffer.alloc(HEADER_BYTES);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(FLAG_RESPONSE | Rcode.FORMERR, 2);
  return message;
}

/** The query as we send it to another resolver: same question, our own id and EDNS. */
export function encodeForward(query: Pick<Query, "flags" | "question" | "edns">, id: number, edns: boolean): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(FLAG_RECURSION_DESIRED | (query.flags & FLAG_CHECKING_DISABLED), 2);
  header.writeUInt16BE(1, 4);
  if (!edns) return Buffer.concat([header, query.question]);
  header.writeUInt16BE(1, 10);
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(Type.OPT, 1);
  opt.writeUInt16BE(UDP_PAYLOAD_BYTES, 3);
  if (query.edns?.dnssecOk) opt.writeUInt16BE(DNSSEC_OK, 7);
  return Buffer.concat([header, query.question, opt]);
}

/** A question section in wire form. @throws RangeError for a name that cannot be asked */
export function encodeQuestion(name: string, type: number): Buffer {
  const writer = new Writer();
  writer.name(name);
  writer.u16(type);
  writer.u16(CLASS_IN);
  return writer.finish();
}

/** The bytes of an IPv4 or IPv6 address, undefined when it is neither. */
export function addressBytes(
  text: string,
): { type: typeof Type.A | typeof Type.AAAA; address: Uint8Array } | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) {
    return { type: Type.A, address: Uint8Array.of(v4 >>> 24, (v4 >>> 16) & 255, (v4 >>> 8) & 255, v4 & 255) };
  }
  const halves = text.toLowerCase().split("::");
  if (!/^[0-9a-f:]+$/i.test(text) || halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = groups.reduce((sum, g) => sum + g.length, 0);
  if (groups.flat().some((g) => !/^[0-9a-f]{1,4}$/.test(g))) return undefined;
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const full = [...(groups[0] as string[]), ...new Array<string>(8 - given).fill("0"), ...(groups[1] ?? [])];
  const address = new Uint8Array(16);
  full.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    address[i * 2] = value >> 8;
    address[i * 2 + 1] = value & 255;
  });
  return { type: Type.AAAA, address };
}

/** Builds a message; names that came before are pointed to. */
class Writer {
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;
  readonly #names = new Map<string, number>();

  /** Notes where the question's name, and each parent of it, will stand once the question is written here. */
  remember({ name, question }: Query): void {
    const labels = name === "" ? [] : name.split(".");
    let at = 0;
    for (let i = 0; i < labels.length; i++) {
      this.#names.set(labels.slice(i).join("."), this.#length + at);
      at += question.readUInt8(at) + 1;
    }
  }

  name(name: string): void {
    let rest = name;
    while (rest !== "") {
      const known = this.#names.get(rest);
      if (known !== undefined) {
        this.u16(0xc000 | known);
        return;
      }
      if (this.#length < 0x4000) this.#names.set(rest, this.#length);
      const dot = rest.indexOf(".");
      const label = dot < 0 ? rest : rest.slice(0, dot);
      if (label.length === 0 || label.length > 63) throw new RangeError(`${name} is not a DNS name`);
      this.u8(label.length);
      this.bytes(Buffer.from(label, "latin1"));
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    this.u8(0);
  }

  record(record: DnsRecord): void {
    this.name(record.name);
    this.u16(record.type);
    this.u16(CLASS_IN);
    this.u32(record.ttl);
    const lengthAt = this.#length;
    this.u16(0);
    this.#data(record);
    this.#buffer.writeUInt16BE(this.#length - lengthAt - 2, lengthAt);
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case Type.A:
      case Type.AAAA:
        this.bytes(record.address);
        break;
      case Type.CNAME:
      case Type.NS:
      case Type.PTR:
        this.name(record.target);
        break;
      case Type.TXT:
        this.u8(record.text.length);
        this.bytes(Buffer.from(record.text, "latin1"));
        break;
      case Type.SRV:
        for (const value of [record.priority, record.weight, record.port]) this.u16(value);
        this.name(record.target);
        break;
      case Type.SOA:
        this.name(record.primary);
        this.name(record.mailbox);
        for (const value of [record.serial, ...record.times]) this.u32(value);
    }
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(bigger, 0, 0, this.#length);
    this.#buffer = bigger;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
