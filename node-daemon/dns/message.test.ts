import dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import { addressBytes, encodeAnswer, encodeEmpty } from "./encode.ts";
import { type DnsRecord, parseQuery, type Query, Rcode, Type } from "./message.ts";
import { cacheSeconds, fitUdp, readAddresses, relayResponse, udpLimit } from "./relay.ts";
import { ask } from "./testing.ts";

const parse = (message: Buffer): Query => {
  const query = parseQuery(message);
  if ("unreadable" in query) throw new Error("unreadable");
  return query;
};

const many = (name: string, count: number): DnsRecord[] =>
  Array.from({ length: count }, (_, i) => ({ type: Type.A, name, ttl: 5, address: Uint8Array.of(10, 0, 0, i) }));

const respond = (query: Query, answers: DnsRecord[], additionals: DnsRecord[] = []): Buffer =>
  encodeAnswer(query, { rcode: Rcode.NOERROR, authoritative: true, answers, authorities: [], additionals });

describe("DNS messages", () => {
  it("[DM1] reads a question in any letter case and repeats it as asked", () => {
    const query = parse(ask("Web.Default.SVC", "A"));
    expect(query).toMatchObject({ id: 4711, name: "web.default.svc", type: 1, class: 1 });
    expect(dnsPacket.decode(encodeEmpty(query, Rcode.NXDOMAIN))).toMatchObject({
      id: 4711,
      rcode: "NXDOMAIN",
      flag_rd: true,
      flag_ra: true,
      questions: [{ name: "Web.Default.SVC" }],
    });
  });

  it("[DM2] compresses names", () => {
    const query = parse(ask("web.default.svc.cluster.local", "A"));
    const response = respond(query, many("web.default.svc.cluster.local", 20));
    expect(response.length).toBe(12 + query.question.length + 20 * 16);
    expect(dnsPacket.decode(response).answers.map((a) => a.name)).toEqual(
      new Array(20).fill("web.default.svc.cluster.local"),
    );
  });

  it("[DM3] a label with odd bytes matches nothing, and its answer is well formed", () => {
    const message = ask("we_ird.x.default", "A");
    message.write("we.ird", 13, "latin1");
    const query = parse(message);
    expect(query.name).toBe("\\77652e697264.x.default");
    const record: DnsRecord = { type: Type.CNAME, name: "x.default", ttl: 1, target: "default" };
    expect(dnsPacket.decode(respond(query, [record])).answers[0]).toMatchObject({ name: "x.default", data: "default" });
  });

  it.each([
    ["empty", Buffer.alloc(0), "ignore"],
    ["a response", Buffer.from(ask("a.b", "A")).fill(0x80, 2, 3), "ignore"],
    ["no question", Buffer.alloc(12), "format-error"],
    ["cut in the name", ask("web.default", "A").subarray(0, 16), "format-error"],
    ["cut after the name", ask("web.default", "A").subarray(0, -1), "format-error"],
    [
      "pointer to itself",
      Buffer.concat([ask("a", "A").subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      "format-error",
    ],
  ])("[DM4] unreadable: %s", (_title, message, outcome) => {
    expect(parseQuery(Buffer.from(message))).toMatchObject({ unreadable: outcome });
  });

  it("[DM4] random bytes never throw", () => {
    let seed = 12345;
    for (let round = 0; round < 5000; round++) {
      const message = ask("web.default.svc.cluster.local", "A", 1232);
      for (let i = 0; i < 4; i++) {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        message[seed % message.length] = (seed >>> 16) & 255;
      }
      const query = parseQuery(message);
      if (!("unreadable" in query)) encodeEmpty(query, Rcode.NXDOMAIN);
    }
  });

  it.each([
    [undefined, 512],
    [256, 512],
    [900, 900],
    [4096, 1232],
  ])("[DM5] with EDNS size %s a UDP answer has at most %s bytes", (edns, limit) => {
    const query = parse(ask("many.default", "A", edns));
    expect(udpLimit(query)).toBe(limit);
    const fitted = fitUdp(respond(query, many("many.default", 200)), limit);
    expect(fitted.length).toBeLessThanOrEqual(limit);
    expect(fitted.length).toBeGreaterThan(limit - 32);
    const decoded = dnsPacket.decode(fitted);
    expect(decoded.flag_tc).toBe(true);
    expect(decoded.additionals.map((r) => r.type)).toEqual(edns === undefined ? [] : ["OPT"]);
  });

  it("[DM6] additional records go first, and silently", () => {
    const query = parse(ask("many.default", "A"));
    const fitted = dnsPacket.decode(fitUdp(respond(query, many("many.default", 5), many("other.default", 100)), 512));
    expect(fitted.flag_tc).toBe(false);
    expect(fitted.answers).toHaveLength(5);
    expect(fitted.additionals.length).toBeLessThan(100);
  });

  it("[DM7] BADVERS for an unknown EDNS version", () => {
    const message = ask("a.b", "A", 1232);
    message[message.length - 5] = 1; // version, in the OPT record's TTL
    const decoded = dnsPacket.decode(encodeEmpty(parse(message), Rcode.NOERROR));
    expect(decoded.additionals[0]).toMatchObject({ type: "OPT", extendedRcode: 1 });
  });

  const upstream = (ttl: number, extra: object = {}): Buffer =>
    dnsPacket.encode({
      id: 1,
      type: "response",
      questions: [{ name: "example.com", type: "A" }],
      answers: [
        { name: "example.com", type: "CNAME", ttl: ttl + 60, data: "www.example.com" },
        { name: "www.example.com", type: "A", ttl, data: "192.0.2.1" },
      ],
      additionals: [{ name: ".", type: "OPT", udpPayloadSize: 4096, flags: 0, options: [] }],
      ...extra,
    });

  it("[DM8] relays: the client's id and letter case, TTLs lowered, EDNS as the client used it", () => {
    const plain = dnsPacket.decode(relayResponse(upstream(100), parse(ask("EXAMPLE.com", "A")), 30));
    expect(plain).toMatchObject({ id: 4711, questions: [{ name: "EXAMPLE.com" }], additionals: [], flag_ra: true });
    expect(plain.answers.map((a) => a.ttl)).toEqual([130, 70]);
    const edns = dnsPacket.decode(relayResponse(upstream(100), parse(ask("example.com", "A", 1232)), 200));
    expect(edns.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
    expect(edns.answers.map((a) => a.ttl)).toEqual([0, 0]);
  });

  it("[DM9] reads the addresses of a response", () => {
    expect(readAddresses(upstream(100))).toEqual([
      { type: Type.CNAME, name: "example.com", ttl: 160, target: "www.example.com" },
      { type: Type.A, name: "www.example.com", ttl: 100, address: Uint8Array.of(192, 0, 2, 1) },
    ]);
  });

  const soa = { mname: "a", rname: "b", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 7 };
  it.each([
    ["shortest TTL", upstream(100), 100],
    ["truncated", upstream(100, { flags: 0x0200 }), 0],
    ["server failure", upstream(100, { flags: 2 }), 0],
    ["negative without SOA", upstream(100, { flags: 3, answers: [] }), 0],
    [
      "negative: SOA minimum",
      upstream(0, { flags: 3, answers: [], authorities: [{ name: "com", type: "SOA", ttl: 60, data: soa }] }),
      7,
    ],
    [
      "no data: SOA TTL",
      upstream(0, { answers: [], authorities: [{ name: "com", type: "SOA", ttl: 3, data: soa }] }),
      3,
    ],
  ])("[DM10] cache time: %s", (_title, response, seconds) => {
    expect(cacheSeconds(response)).toBe(seconds);
  });

  it.each([
    ["10.0.0.1", "0a000001"],
    ["::1", "00000000000000000000000000000001"],
    ["fd00:10::7", "fd000010000000000000000000000007"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7", undefined],
    ["1::2::3", undefined],
    ["10.0.0", undefined],
    ["www.example.com", undefined],
  ])("[DM11] address %s", (text, hex) => {
    const bytes = addressBytes(text);
    expect(bytes && Buffer.from(bytes.address).toString("hex")).toBe(hex);
  });
});
