import { createSocket, type Socket } from "node:dgram";
import dnsPacket from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { collectingLog } from "../network/testing.ts";
import { Forwarder } from "./forwarder.ts";
import { parseQuery, type Query } from "./message.ts";
import { QueryResolver } from "./resolve.ts";
import { listen } from "./server.ts";
import { ask, exampleCluster, zone } from "./testing.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

type Reply = (query: ReturnType<typeof dnsPacket.decode>) => Buffer | Buffer[] | undefined;

/** A resolver on loopback that answers as `reply` says, and counts questions. */
async function upstream(reply: Reply): Promise<{ ip: string; port: number; asked: () => number }> {
  const socket: Socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (message, from) => {
    asked++;
    const responses = reply(dnsPacket.decode(message)) ?? [];
    for (const response of Array.isArray(responses) ? responses : [responses]) {
      socket.send(response, from.port, from.address);
    }
  });
  await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  open.push(socket);
  return { ip: "127.0.0.1", port: socket.address().port, asked: () => asked };
}

const address =
  (ip: string, flags = 0) =>
  (query: Parameters<Reply>[0]): Buffer =>
    dnsPacket.encode({
      id: query.id,
      type: "response",
      flags,
      questions: query.questions,
      answers: [{ name: query.questions[0]!.name, type: "A", ttl: 20, data: ip }],
    });

let nextId = 100;
let nowMs = 1_000_000;
function forwarder(...resolvers: { ip: string; port: number }[]): Forwarder {
  const made = new Forwarder({ resolvers, randomId: () => nextId++ % 65_536, now: () => nowMs });
  open.push(made);
  return made;
}

const query = (name: string, type = "A"): Query => parseQuery(ask(name, type)) as Query;
const data = (response: Buffer): unknown[] => dnsPacket.decode(response).answers.map((a) => a.data);

describe("forwarding", () => {
  it("[DF1] passes a question on and keeps the answer for its TTL", async () => {
    const server = await upstream(address("192.0.2.1"));
    const f = forwarder(server);
    expect(data(await f.forward(query("example.com"), "udp"))).toEqual(["192.0.2.1"]);
    nowMs += 19_000;
    const cached = dnsPacket.decode(await f.forward(query("EXAMPLE.com"), "udp"));
    expect(cached.answers[0]).toMatchObject({ ttl: 1 });
    expect(cached.questions[0]?.name).toBe("EXAMPLE.com");
    expect(server.asked()).toBe(1);
    nowMs += 1_001;
    await f.forward(query("example.com"), "udp");
    expect(server.asked()).toBe(2);
  });

  it("[DF2] asks once what many ask at once", async () => {
    const server = await upstream(address("192.0.2.1"));
    const f = forwarder(server);
    await Promise.all(Array.from({ length: 50 }, () => f.forward(query("example.com"), "udp")));
    expect(server.asked()).toBe(1);
  });

  it("[DF3] a closed port: the next resolver is asked at once, and goes first after three failures", async () => {
    const second = await upstream(address("192.0.2.2"));
    const first = await upstream(() => undefined);
    await open.pop()?.close();
    const f = forwarder(first, second);
    for (const name of ["a", "b", "c", "d"]) {
      expect(data(await f.forward(query(`${name}.example`), "udp"))).toEqual(["192.0.2.2"]);
    }
    const revived = createSocket("udp4");
    let asked = 0;
    revived.on("message", () => {
      asked++;
    });
    await new Promise<void>((done) => revived.bind(first.port, "127.0.0.1", done));
    open.push(revived);
    await f.forward(query("e.example"), "udp");
    expect(asked).toBe(0);
  });

  it("[DF4] answers to another question or under another id are not believed", async () => {
    const server = await upstream((q) => [
      address("203.0.113.66")({ ...q, id: (q.id + 1) & 0xffff }),
      address("203.0.113.66")({ ...q, questions: [{ name: "other.example", type: "A" }] }),
      Buffer.from("x"),
      address("192.0.2.4")(q),
    ]);
    expect(data(await forwarder(server).forward(query("example.com"), "udp"))).toEqual(["192.0.2.4"]);
  });

  it("[DF5] a resolver from before EDNS is asked again without it", async () => {
    const server = await upstream((q) =>
      q.additionals.length > 0
        ? dnsPacket.encode({ id: q.id, type: "response", flags: 1, questions: q.questions })
        : address("192.0.2.5")(q),
    );
    expect(data(await forwarder(server).forward(query("old.example"), "udp"))).toEqual(["192.0.2.5"]);
  });

  it("[DF6] without resolvers it says so", async () => {
    await expect(forwarder().forward(query("example.com"), "udp")).rejects.toThrow("no resolver");
  });
});

describe("server", () => {
  async function server(reply: Reply, ready = true) {
    const { view } = exampleCluster();
    const log = collectingLog();
    const resolver = new QueryResolver({
      view,
      zone,
      ready: () => ready,
      forwarder: forwarder(await upstream(reply)),
      random: () => 0.5,
      log,
    });
    const listening = await listen({ ip: "127.0.0.1", port: 0, resolve: resolver.resolve.bind(resolver), log });
    open.push(listening);
    return { resolver, listening, log };
  }

  it("[DS1] answers by UDP and by TCP", async () => {
    const { listening } = await server(address("192.0.2.1"));
    const socket = createSocket("udp4");
    open.push(socket);
    const answered = new Promise<Buffer>((done) => socket.on("message", done));
    socket.send(ask("web.default.svc.cluster.local", "A"), listening.port, "127.0.0.1");
    expect(data(await answered)).toEqual(["10.96.0.20"]);

    const { connect } = await import("node:net");
    const tcp = connect(listening.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    const both = new Promise<void>((done) =>
      tcp.on("data", (chunk) => {
        chunks.push(chunk);
        if (Buffer.concat(chunks).length >= 2 * (2 + 63)) done();
      }),
    );
    const framed = dnsPacket.streamEncode({
      id: 7,
      type: "query",
      questions: [{ name: "web.default.svc.cluster.local", type: "A" }],
    });
    tcp.write(framed.subarray(0, 5));
    tcp.write(Buffer.concat([framed.subarray(5), framed]));
    await both;
    expect(dnsPacket.streamDecode(Buffer.concat(chunks))).toMatchObject({ id: 7, answers: [{ data: "10.96.0.20" }] });
    tcp.destroy();
  });

  it("[DS2] follows an alias outside", async () => {
    const { resolver } = await server((q) =>
      q.questions[0]?.name === "www.example.com" ? address("192.0.2.80")(q) : undefined,
    );
    const response = dnsPacket.decode((await resolver.resolve(ask("outside.default.svc.cluster.local", "A"), "udp"))!);
    expect(response.answers.map((a) => `${a.name} ${a.type} ${a.data}`)).toEqual([
      "outside.default.svc.cluster.local CNAME www.example.com",
      "www.example.com A 192.0.2.80",
    ]);
  });

  it("[DS3] before it knows the cluster, the cluster's names fail for now; others are forwarded", async () => {
    const { resolver } = await server(address("192.0.2.1"), false);
    const rcode = async (name: string) => dnsPacket.decode((await resolver.resolve(ask(name, "A"), "udp"))!).rcode;
    expect(await rcode("web.default.svc.cluster.local")).toBe("SERVFAIL");
    expect(await rcode("example.com")).toBe("NOERROR");
  });

  it("[DS4] spreads clients over the endpoints of a headless service", async () => {
    const { resolver } = await server(address("192.0.2.1"));
    const response = await resolver.resolve(ask("pets.default.svc.cluster.local", "A"), "udp");
    expect(data(response!)).toEqual(["10.244.0.8", "10.244.0.10", "10.244.0.7"]);
  });

  it.each([
    ["zone transfer", ask("cluster.local", "AXFR"), "REFUSED"],
    ["another opcode", Buffer.from(ask("a.b", "A")).fill(0x10, 2, 3), "NOTIMP"],
    ["nonsense", Buffer.alloc(12), "FORMERR"],
  ])("[DS5] %s", async (_title, message, rcode) => {
    const { resolver } = await server(address("192.0.2.1"));
    expect(dnsPacket.decode((await resolver.resolve(message, "udp"))!).rcode).toBe(rcode);
  });
});
