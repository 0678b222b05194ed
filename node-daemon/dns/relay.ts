/** Whole responses as bytes: other resolvers' answers are passed on so, and types unknown here survive. */
import { withEdns } from "./encode.ts";
import {
  type DnsRecord,
  FLAG_AUTHORITATIVE,
  FLAG_RECURSION_AVAILABLE,
  FLAG_RECURSION_DESIRED,
  FLAG_RESPONSE,
  FLAG_TRUNCATED,
  HEADER_BYTES,
  MIN_UDP_BYTES,
  type Query,
  Rcode,
  readName,
  Type,
  UDP_PAYLOAD_BYTES,
  walk,
} from "./message.ts";

/** The most a UDP answer to this query may have. */
export const udpLimit = (query: Query): number =>
  query.edns ? Math.min(Math.max(query.edns.udpBytes, MIN_UDP_BYTES), UDP_PAYLOAD_BYTES) : MIN_UDP_BYTES;

/**
 * Cuts a response to `limitBytes` at a record's end: additional records go without a word, the rest with the
 * truncation flag, so that the client asks again by TCP; resolvers that never do (musl before 1.2.4) use what is left.
 */
export function fitUdp(response: Buffer, limitBytes: number): Buffer {
  if (response.length <= limitBytes) return response;
  const { questionEnd, records } = walk(response);
  const opt = records.find((r) => r.type === Type.OPT);
  const room = limitBytes - (opt ? opt.end - opt.start : 0);
  const counts = [0, 0, 0, 0];
  let end = questionEnd;
  for (const record of records) {
    if (record === opt) continue;
    if (record.end > room) break;
    end = record.end;
    counts[record.section] = (counts[record.section] as number) + 1;
  }
  const lost = [1, 2].some((section) => counts[section] !== response.readUInt16BE(4 + section * 2));
  const parts = [response.subarray(0, end)];
  if (opt) {
    parts.push(response.subarray(opt.start, opt.end));
    counts[3] = (counts[3] as number) + 1;
  }
  const cut = Buffer.concat(parts);
  for (const section of [1, 2, 3]) cut.writeUInt16BE(counts[section] as number, 4 + section * 2);
  if (lost) cut.writeUInt16BE(cut.readUInt16BE(2) | FLAG_TRUNCATED, 2);
  return cut;
}

export const isTruncated = (response: Buffer): boolean => (response.readUInt16BE(2) & FLAG_TRUNCATED) !== 0;
export const rcodeOf = (response: Buffer): number => response.readUInt16BE(2) & 15;

/** Whether `response` answers exactly this question under this id. */
export function answersQuestion(response: Buffer, id: number, question: Buffer): boolean {
  if (response.length < HEADER_BYTES || response.readUInt16BE(0) !== id) return false;
  if (!(response.readUInt16BE(2) & FLAG_RESPONSE) || response.readUInt16BE(4) !== 1) return false;
  const echoed = response.subarray(HEADER_BYTES, HEADER_BYTES + question.length);
  return (
    echoed.equals(question) || echoed.toString("latin1").toLowerCase() === question.toString("latin1").toLowerCase()
  );
}

/** Another resolver's response, made one to `query`: its id, its question's letter case, its EDNS, TTLs `ageSeconds` older. */
export function relayResponse(response: Buffer, query: Query, ageSeconds: number): Buffer {
  const { records } = walk(response);
  const opt = records.find((r) => r.type === Type.OPT);
  // Nothing follows the OPT record but, rarely, a TSIG, which would not be valid any more.
  const copy = Buffer.from(opt ? response.subarray(0, opt.start) : response);
  if (opt) {
    const kept = records.filter((r) => r.section === 3 && r.start < opt.start).length;
    copy.writeUInt16BE(kept, 10);
  }
  for (const record of records) {
    if (ageSeconds === 0 || (opt && record.start >= opt.start)) continue;
    copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(record.ttlOffset) - ageSeconds), record.ttlOffset);
  }
  copy.writeUInt16BE(query.id, 0);
  query.question.copy(copy, HEADER_BYTES);
  const flags = copy.readUInt16BE(2) & ~(FLAG_AUTHORITATIVE | FLAG_RECURSION_DESIRED);
  copy.writeUInt16BE(flags | FLAG_RECURSION_AVAILABLE | (query.flags & FLAG_RECURSION_DESIRED), 2);
  return withEdns(copy, query);
}

/**
 * For how long a response may be kept, in seconds: the shortest TTL of its records; of a negative one the SOA's
 * (RFC 2308). 0: not at all.
 */
export function cacheSeconds(response: Buffer): number {
  const rcode = rcodeOf(response);
  if ((rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) || isTruncated(response)) return 0;
  const records = walk(response).records.filter((r) => r.type !== Type.OPT);
  const negative = rcode === Rcode.NXDOMAIN || !records.some((r) => r.section === 1);
  if (negative) {
    const soa = records.find((r) => r.section === 2 && r.type === Type.SOA);
    return soa ? Math.min(response.readUInt32BE(soa.ttlOffset), response.readUInt32BE(soa.end - 4)) : 0;
  }
  return Math.min(...records.map((r) => response.readUInt32BE(r.ttlOffset)));
}

/** The address and CNAME records of a response's answer section, in order. @throws RangeError when it is malformed */
export function readAddresses(response: Buffer): DnsRecord[] {
  const found: DnsRecord[] = [];
  for (const record of walk(response).records) {
    if (record.section !== 1) continue;
    const { name } = readName(response, record.start);
    const ttl = response.readUInt32BE(record.ttlOffset);
    const start = record.ttlOffset + 6;
    if (record.type === Type.CNAME) {
      found.push({ type: Type.CNAME, name, ttl, target: readName(response, start).name });
    } else if (record.type === Type.A || record.type === Type.AAAA) {
      const address = Uint8Array.from(response.subarray(start, record.end));
      if (address.length === (record.type === Type.A ? 4 : 16)) found.push({ type: record.type, name, ttl, address });
    }
  }
  return found;
}
