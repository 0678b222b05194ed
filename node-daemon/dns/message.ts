/** DNS messages (RFC 1035, RFC 6891): their parts, and reading a query. */

export const Type = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;
export const Rcode = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export const CLASS_IN = 1;

export const HEADER_BYTES = 12;
/** Header flags, in its third and fourth byte. */
export const FLAG_RESPONSE = 0x8000;
export const FLAG_AUTHORITATIVE = 0x0400;
export const FLAG_TRUNCATED = 0x0200;
export const FLAG_RECURSION_DESIRED = 0x0100;
export const FLAG_RECURSION_AVAILABLE = 0x0080;
export const FLAG_CHECKING_DISABLED = 0x0010;
export const OPCODE_MASK = 0x7800;
/** In the OPT record's TTL: the client wants DNSSEC records. */
export const DNSSEC_OK = 0x8000;
/** What we announce, and the most we send by UDP: fits any link without fragments. */
export const UDP_PAYLOAD_BYTES = 1232;
export const MIN_UDP_BYTES = 512;

export interface Query {
  id: number;
  flags: number;
  opcode: number;
  /** Lower case, without the last dot; "" is the root. Labels with odd bytes are escaped so that they match nothing. */
  name: string;
  type: number;
  class: number;
  /** The question section as asked, whose letter case the answer repeats. */
  question: Buffer;
  /** Absent when the client did not use EDNS. */
  edns?: { udpBytes: number; version: number; dnssecOk: boolean };
}

export type DnsRecord = { name: string; ttl: number } & (
  | { type: typeof Type.A | typeof Type.AAAA; address: Uint8Array }
  | { type: typeof Type.CNAME | typeof Type.NS | typeof Type.PTR; target: string }
  | { type: typeof Type.TXT; text: string }
  | { type: typeof Type.SRV; priority: number; weight: number; port: number; target: string }
  | { type: typeof Type.SOA; primary: string; mailbox: string; serial: number; times: [number, number, number, number] }
);

export interface Answer {
  rcode: number;
  authoritative: boolean;
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
}

/** Why a message is not a query we can answer; FORMERR is said to the sender, undefined is not answered at all. */
export type Unreadable = { unreadable: "ignore" } | { unreadable: "format-error"; id: number };

/** Reads a query with one question. Never throws. */
export function parseQuery(message: Buffer): Query | Unreadable {
  if (message.length < HEADER_BYTES) return { unreadable: "ignore" };
  const id = message.readUInt16BE(0);
  const flags = message.readUInt16BE(2);
  if (flags & FLAG_RESPONSE) return { unreadable: "ignore" };
  const opcode = (flags & OPCODE_MASK) >> 11;
  const bad: Unreadable = { unreadable: "format-error", id };
  if (message.readUInt16BE(4) !== 1) return bad;
  try {
    const { name, end } = readName(message, HEADER_BYTES);
    const question = message.subarray(HEADER_BYTES, end + 4);
    if (question.length !== end + 4 - HEADER_BYTES) return bad;
    const query: Query = {
      id,
      flags,
      opcode,
      name,
      type: message.readUInt16BE(end),
      class: message.readUInt16BE(end + 2),
      question,
    };
    const opt = walk(message).records.find((r) => r.type === Type.OPT && r.section === 3);
    if (opt) {
      const ttl = message.readUInt32BE(opt.ttlOffset);
      query.edns = {
        udpBytes: message.readUInt16BE(opt.ttlOffset - 2),
        version: (ttl >>> 16) & 255,
        dnssecOk: (ttl & DNSSEC_OK) !== 0,
      };
    }
    return query;
  } catch (error) {
    if (error instanceof RangeError) return bad;
    throw error;
  }
}

/** The name at `offset`, in lower case. @throws RangeError when it is malformed or runs over the end */
export function readName(message: Buffer, offset: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = offset;
  let end = -1;
  let bytes = 0;
  for (let hops = 0; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) break;
    if ((length & 0xc0) === 0xc0) {
      if (end < 0) end = at + 2;
      const pointer = message.readUInt16BE(at) & 0x3fff;
      // A pointer leads back; the limit ends loops.
      if (pointer >= at || ++hops > 127) throw new RangeError("bad compression pointer");
      at = pointer;
      continue;
    }
    bytes += length + 1;
    if (length > 63 || bytes > 254 || at + 1 + length > message.length) throw new RangeError("bad label");
    labels.push(readLabel(message, at + 1, length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: end < 0 ? at + 1 : end };
}

function readLabel(message: Buffer, start: number, length: number): string {
  const text = message.toString("latin1", start, start + length);
  return /^[\w-]+$/.test(text) ? text.toLowerCase() : `\\${message.toString("hex", start, start + length)}`;
}

export interface RawRecord {
  /** 1 answer, 2 authority, 3 additional. */
  section: 1 | 2 | 3;
  type: number;
  start: number;
  end: number;
  ttlOffset: number;
}

/** Where the records of a message lie. @throws RangeError when it is malformed */
export function walk(message: Buffer): { questionEnd: number; records: RawRecord[] } {
  let at = HEADER_BYTES;
  for (let i = message.readUInt16BE(4); i > 0; i--) at = skipName(message, at) + 4;
  const questionEnd = at;
  const records: RawRecord[] = [];
  for (const section of [1, 2, 3] as const) {
    for (let i = message.readUInt16BE(4 + section * 2); i > 0; i--) {
      const start = at;
      const fields = skipName(message, at);
      at = fields + 10 + message.readUInt16BE(fields + 8);
      if (at > message.length) throw new RangeError("record runs over the end");
      records.push({ section, type: message.readUInt16BE(fields), start, end: at, ttlOffset: fields + 4 });
    }
  }
  return { questionEnd, records };
}

function skipName(message: Buffer, offset: number): number {
  let at = offset;
  for (;;) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if ((length & 0xc0) === 0xc0) return at + 2;
    if (length > 63) throw new RangeError("bad label");
    at += 1 + length;
  }
}
