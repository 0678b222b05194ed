/** NodeGateway in workerd, with the daemon's own tunnel client on the other side of a socket. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../machinery/clock.ts";
import { CallError, type CallHandler } from "../../node-daemon/link/call.ts";
import { TunnelClient } from "../../node-daemon/link/tunnel-client.ts";
import { dialWebSocket, type WebSocketClient } from "../../node-daemon/link/websocket.ts";
import { startTunnelWorker, type TunnelWorker } from "../fakes/tunnel-worker.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const text = (value: string): Uint8Array => Buffer.from(value);

/** What the node of these tests answers. */
const handler: CallHandler = async (call) => {
  const { pathname, searchParams } = new URL(call.request.path, "http://node");
  if (call.request.protocols) {
    const socket = await call.upgrade(call.request.protocols[0]);
    for (let message = await socket.receive(); message !== undefined; message = await socket.receive()) {
      if (message === "close") return socket.close(4001, "as asked");
      await socket.send(message);
    }
    return;
  }
  if (pathname === "/proxy/echo") {
    call.respond({
      status: 201,
      headers: [
        ["x-method", call.request.method],
        ["connection", "close"],
      ],
    });
    for await (const chunk of call.body()) if (!(await call.write(chunk))) return;
    return;
  }
  if (pathname === "/proxy/stream") {
    call.respond({ status: 200, headers: [["content-type", "text/plain"]] });
    const size = Number(searchParams.get("bytes"));
    for (let sent = 0; sent < size; sent += 32_768)
      if (!(await call.write(new Uint8Array(Math.min(32_768, size - sent))))) return;
    return;
  }
  if (pathname.startsWith("/containerLogs/")) throw new CallError(400, "container is waiting to start");
  throw new CallError(404, "no such path");
};

let worker: TunnelWorker;

async function startNode(name = "n1", answer: CallHandler = handler): Promise<TunnelClient> {
  let opened!: () => void;
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const client = new TunnelClient({
    dial: (path, how) => dialWebSocket({ url: worker.url + path, timeoutMs: 30_000, ...how }),
    nodeName: name,
    handler: answer,
    clock: systemClock,
    random: Math.random,
    log: silent,
    onState: (up) => up && opened(),
  });
  client.start();
  await open;
  return client;
}

const dialClient = (path: string, protocol = "v5.channel.k8s.io"): Promise<WebSocketClient> =>
  dialWebSocket({ url: worker.url + path, protocols: [protocol], timeoutMs: 30_000 });

const nextMessage = (socket: WebSocketClient): Promise<string | Uint8Array> =>
  new Promise((resolve, reject) => {
    socket.onMessage = resolve;
    socket.onClose = (code, reason) => reject(new Error(`closed ${code} ${reason}`));
  });

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

beforeAll(async () => {
  worker = await startTunnelWorker();
});
afterAll(() => worker?.stop());

describe("a client of a connected node", () => {
  let node: TunnelClient;
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(() => node.stop());

  it("[G1] gets the node's answer, body and status, hop-by-hop headers left out", async () => {
    const answer = await fetch(`${worker.url}/proxy/echo`, { method: "POST", body: "hello" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-method")).toBe("POST");
    expect(answer.headers.get("content-encoding")).toBe("identity");
    expect(await answer.text()).toBe("hello");
  });

  it("[G2] streams large bodies both ways", async () => {
    const body = Buffer.alloc(5_000_000, "kedge");
    const answer = await fetch(`${worker.url}/proxy/echo`, { method: "POST", body });
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  });

  it("[G3] is told of a log that cannot be had as kube-apiserver tells it", async () => {
    const answer = await fetch(`${worker.url}/containerLogs/ns/web/c`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      kind: "Status",
      reason: "BadRequest",
      message: "container is waiting to start",
      code: 400,
    });
  });

  it.each([
    { name: "[G4] a terminal, on the tunnel", path: "/exec/ns/web/c?tty=1" },
    { name: "[G5] bulk, on a channel", path: "/exec/ns/web/c?input=1" },
  ])("$name: messages pass untouched, either way, and closes too", async ({ path }) => {
    const socket = await dialClient(path);
    expect(socket.protocol).toBe("v5.channel.k8s.io");
    for (const message of ["text", text("\0binary"), new Uint8Array(0), Buffer.alloc(300_000, "x")]) {
      socket.send(message);
      const echo = await nextMessage(socket);
      expect(typeof echo).toBe(typeof message);
      expect(Buffer.from(echo as string).equals(Buffer.from(message as string))).toBe(true);
    }
    const closed = new Promise((resolve) => {
      socket.onClose = (code, reason) => resolve([code, reason]);
    });
    socket.send("close");
    expect(await closed).toEqual([4001, "as asked"]);
  });

  it("[G6] an idle terminal survives hibernation, with its flow control", async () => {
    const socket = await dialClient("/exec/ns/web/c?tty=1");
    const chunk = Buffer.alloc(20_000, "y");
    for (let round = 0; round < 10; round++) {
      socket.send(chunk);
      expect((await nextMessage(socket)).length).toBe(chunk.length);
      // The state is written into the attachment within a tick of 20 ms.
      await new Promise((resolve) => setTimeout(resolve, 60));
      await worker.hibernate();
    }
    socket.close();
  });

  it("[G7] gets the kubelet's refusal of an upgrade as it is", async () => {
    node.stop();
    node = await startNode("n1", async () => {
      throw new CallError(500, 'container not found ("x")');
    });
    await expect(dialClient("/exec/ns/web/x")).rejects.toMatchObject({
      status: 500,
      body: 'container not found ("x")',
    });
    node.stop();
    node = await startNode();
  });

  it("[G8] leaving in the middle of an answer resets the stream at the node", async () => {
    let aborted!: (value: unknown) => void;
    const left = new Promise((resolve) => {
      aborted = resolve;
    });
    node.stop();
    node = await startNode("n1", async (call) => {
      call.signal.addEventListener("abort", () => aborted("aborted"));
      call.respond({ status: 200, headers: [] });
      while (await call.write(Buffer.alloc(1000)));
    });
    const aborter = new AbortController();
    const answer = await fetch(`${worker.url}/proxy/endless`, { signal: aborter.signal });
    await answer.body!.getReader().read();
    aborter.abort();
    expect(await left).toBe("aborted");
    node.stop();
    node = await startNode();
  });

  it("[G9] a second tunnel of the node replaces the first", async () => {
    const socket = await dialClient("/exec/ns/web/c?tty=1");
    const lost = new Promise((resolve) => {
      socket.onClose = (code) => resolve(code);
    });
    const second = await startNode();
    expect(await lost).toBe(1011);
    const answer = await fetch(`${worker.url}/proxy/echo`, { method: "POST", body: "second" });
    expect(await answer.text()).toBe("second");
    second.stop();
    node.stop();
    node = await startNode();
  });
});

describe("a node that cannot be reached", () => {
  it.each([
    {
      name: "[G10] kubelet paths",
      path: "/containerLogs/a/b/c",
      code: 500,
      reason: undefined,
      starts: "error dialing backend: ",
    },
    {
      name: "[G11] proxies",
      path: "/proxy/http/10.244.0.2:80/",
      code: 503,
      reason: "ServiceUnavailable",
      starts: "error trying to reach service: ",
    },
  ])("$name fail at once, in kube-apiserver's words", async ({ path, code, reason, starts }) => {
    const answer = await fetch(worker.url + path, { headers: { "x-test-node": "nobody" } });
    expect(answer.status).toBe(code);
    const status = (await answer.json()) as { message: string; reason?: string };
    expect(status.reason).toBe(reason);
    expect(status.message).toBe(`${starts}node "nobody" is not connected`);
  });

  it("[G12] a request waits for a node that has just lost its tunnel", async () => {
    const node = await startNode("n12");
    node.stop();
    const answer = fetch(`${worker.url}/proxy/stream?bytes=7`, { headers: { "x-test-node": "n12" } });
    const again = await startNode("n12");
    expect((await (await answer).arrayBuffer()).byteLength).toBe(7);
    again.stop();
  });
});

describe("the store", () => {
  const told = async (name: string) => (await worker.notes()).filter(([node]) => node === name).map(([, up]) => up);

  it("[G13] hears of a node that connects, and of one that is gone for 3 s", async () => {
    const node = await startNode("n13");
    await until(async () => (await told("n13")).length === 1);
    node.stop();
    const sinceMs = Date.now();
    await until(async () => (await told("n13")).length === 2);
    expect(await told("n13")).toEqual([true, false]);
    expect(Date.now() - sinceMs).toBeGreaterThan(2_500);
  });

  it("[G14] hears nothing of a node that comes back in time, though the gateway crashed meanwhile", async () => {
    const node = await startNode("n14");
    await until(async () => (await told("n14")).length === 1);
    await worker.crash();
    await until(async () => node.connected);
    const answer = await fetch(`${worker.url}/proxy/echo`, {
      method: "POST",
      body: "x",
      headers: { "x-test-node": "n14" },
    });
    expect(await answer.text()).toBe("x");
    expect(await told("n14")).toEqual([true]);
    node.stop();
  });

  it("[G15] is told again until it has heard", async () => {
    await worker.notes(1);
    const node = await startNode("n15");
    await until(async () => (await told("n15")).length === 1);
    expect(await told("n15")).toEqual([true]);
    node.stop();
  });
});
