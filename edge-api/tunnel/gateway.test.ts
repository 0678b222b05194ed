import { describe, expect, it } from "vitest";
import { MAX_WINDOW_BYTES, TUNNEL_PROTOCOL, TunnelCloseCode } from "../../machinery/tunnel/contract.ts";
import { writeMessage } from "../../machinery/tunnel/message.ts";
import { TunnelMux } from "../../machinery/tunnel/mux.ts";
import type { TunnelStream } from "../../machinery/tunnel/stream.ts";
import { FakeHost, type FakeSocket, type Upgraded } from "../../test/fakes/tunnel-host.ts";
import { MAX_AHEAD_BYTES } from "./client-session.ts";
import { GRACE_MS, SILENCE_MS } from "./presence.ts";
import { gatewayRequest } from "./route.ts";

const upgradeHeaders = (protocol: string) => ({ upgrade: "websocket", "sec-websocket-protocol": protocol });

/** Lets what was promised come true; nothing here waits for real time. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function dialTunnel(host: FakeHost, node = "n1"): Promise<FakeSocket> {
  const request = new Request(`https://edge/kedge/v1/nodes/${node}/tunnel`, {
    headers: upgradeHeaders(TUNNEL_PROTOCOL),
  });
  const answer = (await host.gateway.fetch(gatewayRequest(request, { node }))) as unknown as Upgraded;
  expect(answer).toMatchObject({ status: 101, protocol: TUNNEL_PROTOCOL });
  await settle();
  return answer.socket;
}

const ask = (host: FakeHost, path: string, init: RequestInit = {}, node = "n1"): Promise<Response> =>
  host.gateway.fetch(gatewayRequest(new Request("https://edge/x", init), { node, path }));

/** The node's end of a tunnel, answering with `answer`. */
function nodeEnd(host: FakeHost, socket: FakeSocket, answer: (stream: TunnelStream, path: string) => void) {
  const state = { received: 0, ended: false, reset: "", stream: undefined as TunnelStream | undefined };
  const mux = new TunnelMux({
    // Not at once: a transport does not call back from within a call.
    send: (frame) => queueMicrotask(() => host.say(socket, frame)),
    failed: (error) => {
      throw error;
    },
    accept: (request, stream) => {
      state.stream = stream;
      queueMicrotask(() => answer(stream, request.path));
      return {
        data: (payload) => {
          state.received += payload.byteLength;
        },
        end: () => {
          state.ended = true;
        },
        reset: (message) => {
          state.reset = message;
        },
      };
    },
  });
  socket.onReceive = (message) => queueMicrotask(() => mux.receive(message as Uint8Array));
  return state;
}

const acceptTerminal = (stream: TunnelStream): void =>
  stream.head({ status: 101, headers: [], protocol: "v5.channel.k8s.io" });

async function terminal(host: FakeHost): Promise<FakeSocket> {
  const answer = await ask(host, "/exec/ns/web/c?tty=1", { headers: upgradeHeaders("v5.channel.k8s.io") });
  return (answer as unknown as Upgraded).socket;
}

describe("a node's presence", () => {
  it("[P1] is told once, and its end after the grace", async () => {
    const host = new FakeHost();
    const socket = await dialTunnel(host);
    expect(host.reports).toEqual([["n1", true]]);
    host.hangUp(socket, 1006);
    await host.passTo(host.clock.now() + GRACE_MS - 1);
    expect(host.reports).toHaveLength(1);
    await host.passTo(host.clock.now() + 1);
    expect(host.reports).toEqual([
      ["n1", true],
      ["n1", false],
    ]);
    expect([host.alarmMs, host.stored.size]).toEqual([undefined, 0]);
  });

  it("[P2] is not touched by a new connection within the grace", async () => {
    const host = new FakeHost();
    host.hangUp(await dialTunnel(host), 1001);
    await host.passTo(host.clock.now() + GRACE_MS - 1);
    await dialTunnel(host);
    await host.passTo(host.clock.now() + 10_000);
    expect(host.reports).toEqual([["n1", true]]);
  });

  it("[P3] ends after silence, with the connection", async () => {
    const host = new FakeHost();
    const socket = await dialTunnel(host);
    const sinceMs = host.clock.now();
    socket.peer.pingMs = sinceMs + 10_000;
    await host.passTo(sinceMs + SILENCE_MS + 9_999);
    expect(host.reports).toHaveLength(1);
    await host.passTo(sinceMs + SILENCE_MS + 10_000);
    expect(host.reports.at(-1)).toEqual(["n1", false]);
    expect(socket.closedWith?.code).toBe(TunnelCloseCode.SILENT);
    expect(host.alarmMs).toBeUndefined();
  });

  it("[P4] costs one alarm in 20 to 30 s, for any number of nodes", async () => {
    const host = new FakeHost();
    const sockets = [await dialTunnel(host, "a"), await dialTunnel(host, "b"), await dialTunnel(host, "c")];
    let rings = 0;
    const alarm = host.gateway.alarm.bind(host.gateway);
    host.gateway.alarm = () => {
      rings++;
      return alarm();
    };
    const startMs = host.clock.now();
    for (let nowMs = startMs; nowMs < startMs + 600_000; nowMs += 10_000) {
      for (const socket of sockets) socket.peer.pingMs = nowMs;
      await host.passTo(nowMs + 9_000);
    }
    expect(rings).toBeGreaterThanOrEqual(18);
    expect(rings).toBeLessThanOrEqual(30);
  });

  it("[P5] outlives a restart in which all sockets went unnoticed, if the node is back in time", async () => {
    const host = new FakeHost();
    for (const name of ["first", "late", "lost"]) await dialTunnel(host, name);
    host.restart();
    await host.passTo(host.clock.now() + 1_000);
    const first = await dialTunnel(host, "first");
    await host.passTo(host.clock.now() + 20_000);
    const late = await dialTunnel(host, "late");
    for (const socket of [first, late]) socket.peer.pingMs = host.clock.now() + SILENCE_MS;
    await host.passTo(host.clock.now() + SILENCE_MS);
    expect(host.reports).toEqual([
      ["first", true],
      ["late", true],
      ["lost", true],
      ["lost", false],
    ]);
  });

  it("[P6] is told again and again until the store has heard", async () => {
    const host = new FakeHost();
    host.storeFailures = 3;
    const socket = await dialTunnel(host);
    expect(host.reports).toEqual([]);
    for (let ring = 0; ring < 3; ring++) {
      socket.peer.pingMs = host.alarmMs!;
      await host.passTo(host.alarmMs!);
    }
    expect(host.reports).toEqual([["n1", true]]);
    host.storeFailures = 1;
    host.hangUp(socket, 1006);
    await host.passTo(host.clock.now() + 60_000);
    expect(host.reports.at(-1)).toEqual(["n1", false]);
    expect(host.logged).toHaveLength(4);
  });

  it("[P7] is not lost with the tunnel that a newer one replaces", async () => {
    const host = new FakeHost();
    const first = await dialTunnel(host);
    const second = await dialTunnel(host);
    expect(first.closedWith?.code).toBe(TunnelCloseCode.REPLACED);
    host.hangUp(first, TunnelCloseCode.REPLACED);
    for (let passed = 0; passed < 60; passed++) {
      second.peer.pingMs = host.clock.now();
      await host.passTo(host.clock.now() + 1_000);
    }
    expect(host.reports).toEqual([["n1", true]]);
  });
});

describe("a client", () => {
  it("[C1] that does not read holds the node up, not the gateway's memory", async () => {
    const host = new FakeHost();
    const socket = await dialTunnel(host);
    const node = nodeEnd(host, socket, acceptTerminal);
    const client = await terminal(host);
    client.peer.bufferedAmount = MAX_WINDOW_BYTES + 1;
    for (let count = 0; count < 100; count++) writeMessage(node.stream!, new Uint8Array(60_000));
    await settle();
    host.clock.advance(1_000);
    await settle();
    const held = node.stream!.queuedBytes;
    expect(held).toBeGreaterThan(5_000_000);
    client.peer.bufferedAmount = 0;
    for (let tick = 0; tick < 100; tick++) {
      host.clock.advance(20);
      await settle();
    }
    expect(node.stream!.queuedBytes).toBe(0);
    expect(client.received).toHaveLength(100);
  });

  it("[C2] that sends what the node does not take is cut off at a bound", async () => {
    const host = new FakeHost();
    const node = nodeEnd(host, await dialTunnel(host), acceptTerminal);
    const client = await terminal(host);
    const message = new Uint8Array(1_000_000);
    for (let count = 0; count <= MAX_AHEAD_BYTES / message.length + 1 && !client.closedWith; count++)
      host.say(client, message);
    expect(client.closedWith).toMatchObject({ code: 1008 });
    await settle();
    expect(node.reset).toBe("the client sent more than the node could take");
  });

  it("[C3] that leaves is gone for the node, too, also after hibernation", async () => {
    for (const asleep of [false, true]) {
      const host = new FakeHost();
      const node = nodeEnd(host, await dialTunnel(host), acceptTerminal);
      const client = await terminal(host);
      if (asleep) host.hibernate();
      host.hangUp(client, 1000);
      await settle();
      expect(node.ended).toBe(true);
    }
  });

  it("[C4] is told when the tunnel goes, also after hibernation", async () => {
    for (const asleep of [false, true]) {
      const host = new FakeHost();
      const socket = await dialTunnel(host);
      nodeEnd(host, socket, acceptTerminal);
      const client = await terminal(host);
      if (asleep) host.hibernate();
      host.hangUp(socket, 1006, "cable");
      expect(client.closedWith).toEqual({ code: 1011, reason: "the node closed its tunnel (1006 cable)" });
    }
  });

  it("[C5] of a node that breaks the protocol is told so", async () => {
    const host = new FakeHost();
    const socket = await dialTunnel(host);
    nodeEnd(host, socket, acceptTerminal);
    const client = await terminal(host);
    host.say(socket, Uint8Array.of(99, 0, 0, 0, 1));
    expect(socket.closedWith).toEqual({ code: TunnelCloseCode.PROTOCOL_ERROR, reason: "unknown frame type 99" });
    expect(client.closedWith?.code).toBe(1011);
  });

  it("[C6] is answered in time though the node says nothing", async () => {
    const host = new FakeHost();
    const node = nodeEnd(host, await dialTunnel(host), () => {});
    const answer = ask(host, "/containerLogs/ns/web/c");
    await settle();
    host.clock.advance(30_000);
    const status = (await (await answer).json()) as { code: number; message: string };
    expect(status).toMatchObject({ code: 500, message: "error dialing backend: the node did not answer within 30 s" });
    await settle();
    expect(node.reset).toBe("no answer in time");
  });

  it("[C7] waits for a node that may be back, and no longer", async () => {
    const host = new FakeHost();
    host.hangUp(await dialTunnel(host), 1001);
    const answer = ask(host, "/containerLogs/ns/web/c");
    await settle();
    host.clock.advance(5_000);
    expect(await (await answer).json()).toMatchObject({
      code: 500,
      message: 'error dialing backend: node "n1" is not connected',
    });
  });

  it("[C8] gets lengths and empty bodies right", async () => {
    const host = new FakeHost();
    nodeEnd(host, await dialTunnel(host), (stream, path) => {
      stream.head({ status: path === "/proxy/none" ? 204 : 200, headers: [["content-length", "5"]] });
      stream.end();
    });
    expect((await ask(host, "/proxy/none")).body).toBeNull();
    const head = await ask(host, "/proxy/head", { method: "HEAD" });
    expect([head.body, head.headers.get("content-length")]).toEqual([null, "5"]);
    const get = await ask(host, "/proxy/get");
    expect([await get.text(), get.headers.get("content-length")]).toEqual(["", null]);
  });

  it("[C9] whose answer breaks off half-way learns of it", async () => {
    const host = new FakeHost();
    nodeEnd(host, await dialTunnel(host), (stream) => {
      stream.head({ status: 200, headers: [] });
      stream.write(Uint8Array.of(1));
      stream.reset("the disk is gone");
    });
    const answer = await ask(host, "/proxy/x");
    await expect(answer.arrayBuffer()).rejects.toThrow("the disk is gone");
  });
});

describe("channels", () => {
  const join = (host: FakeHost, channel: string, node = "n1") => {
    const request = new Request(`https://edge/kedge/v1/nodes/${node}/channels/${channel}`, {
      headers: { upgrade: "websocket" },
    });
    return host.gateway.fetch(gatewayRequest(request, { node }));
  };

  async function bulk(host: FakeHost) {
    const socket = await dialTunnel(host);
    const node = nodeEnd(host, socket, (stream) => {
      stream.head({ status: 101, headers: [], protocol: "v5.channel.k8s.io" });
      stream.end();
    });
    const answer = await ask(host, "/exec/ns/web/c", { headers: upgradeHeaders("v5.channel.k8s.io") });
    return { node, socket, client: (answer as unknown as Upgraded).socket };
  }
  // The ids of a fake host count up; the tunnel has the first.
  const CHANNEL = "2".padStart(32, "0");

  it("[C10] join the client with the socket the node dials", async () => {
    const host = new FakeHost();
    const { client } = await bulk(host);
    const joined = (await join(host, CHANNEL)) as unknown as Upgraded;
    expect(joined.socket).toBe(client.peer);
    expect(joined.protocol).toBe("v5.channel.k8s.io");
  });

  it("[C11] are for the node they were asked of, once", async () => {
    const host = new FakeHost();
    await bulk(host);
    expect((await join(host, CHANNEL, "n2")).status).toBe(404);
    await join(host, CHANNEL);
    expect((await join(host, CHANNEL)).status).toBe(404);
  });

  it("[C12] end when the node does not dial", async () => {
    const host = new FakeHost();
    const { client } = await bulk(host);
    host.clock.advance(15_000);
    expect(client.closedWith).toEqual({ code: 1011, reason: "the node did not connect" });
    expect((await join(host, CHANNEL)).status).toBe(404);
  });

  it("[C13] end when the tunnel goes before the node has dialled", async () => {
    const host = new FakeHost();
    const socket = await dialTunnel(host);
    nodeEnd(host, socket, (stream) => stream.head({ status: 101, headers: [] }));
    const answer = await ask(host, "/portForward/ns/web", { headers: upgradeHeaders("x") });
    host.hangUp(socket, 1006);
    expect((answer as unknown as Upgraded).socket.closedWith?.code).toBe(1011);
  });

  it("[C15] join a node that dials before its answer is here", async () => {
    const host = new FakeHost();
    let head = (): void => {};
    nodeEnd(host, await dialTunnel(host), (stream) => {
      head = () => stream.head({ status: 101, headers: [], protocol: "v5.channel.k8s.io" });
    });
    const answer = ask(host, "/exec/ns/web/c", { headers: upgradeHeaders("v5.channel.k8s.io") });
    await settle();
    const joined = join(host, CHANNEL);
    expect((await join(host, CHANNEL, "n2")).status).toBe(404);
    await settle();
    head();
    const { socket } = (await answer) as unknown as Upgraded;
    expect(((await joined) as unknown as Upgraded).socket).toBe(socket.peer);
  });
});

describe("the audit log", () => {
  const AUDIT = JSON.stringify({ event: { auditID: "a-1", verb: "create" }, omitStages: [] });
  const start = async (host: FakeHost, path: string): Promise<FakeSocket> => {
    const request = new Request("https://edge/x", { headers: upgradeHeaders("v5.channel.k8s.io") });
    const answer = await host.gateway.fetch(gatewayRequest(request, { node: "n1", path, audit: AUDIT }));
    return (answer as unknown as Upgraded).socket;
  };
  const told = (host: FakeHost) => host.audited.map((line) => JSON.parse(line));
  const END = { auditID: "a-1", verb: "create", stage: "ResponseComplete", responseStatus: { code: 101 } };

  it("[C16] is told of a terminal's end, even when the memory of its beginning is gone", async () => {
    const host = new FakeHost();
    nodeEnd(host, await dialTunnel(host), acceptTerminal);
    const client = await start(host, "/exec/ns/web/c?tty=1");
    host.hibernate();
    expect(told(host)).toEqual([]);
    host.hangUp(client, 1000);
    expect(told(host)).toMatchObject([END]);
  });

  it("[C17] is told of what goes over a channel when the node is done with it", async () => {
    const host = new FakeHost();
    const node = nodeEnd(host, await dialTunnel(host), (stream) => {
      stream.head({ status: 101, headers: [], protocol: "v5.channel.k8s.io" });
    });
    await start(host, "/portForward/ns/web");
    expect(told(host)).toEqual([]);
    node.stream!.end();
    await settle();
    expect(told(host)).toMatchObject([END]);
  });
});

it("[C14] nobody gets in but through the Worker", async () => {
  const host = new FakeHost();
  expect((await host.gateway.fetch(new Request("https://edge/exec/x"))).status).toBe(400);
  const other = new Request("https://edge/kedge/v1/nodes/n2/tunnel", { headers: upgradeHeaders(TUNNEL_PROTOCOL) });
  expect((await host.gateway.fetch(gatewayRequest(other, { node: "n1" }))).status).toBe(400);
  const plain = new Request("https://edge/kedge/v1/nodes/n1/tunnel");
  expect((await host.gateway.fetch(gatewayRequest(plain, { node: "n1" }))).status).toBe(426);
});
