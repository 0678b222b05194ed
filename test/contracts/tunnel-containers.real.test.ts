/** exec, attach, logs and port-forward of real containers, from a client's socket through workerd to containerd. */
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../machinery/clock.ts";
import { TunnelClient } from "../../node-daemon/link/tunnel-client.ts";
import { dialWebSocket, type WebSocketClient } from "../../node-daemon/link/websocket.ts";
import { createKubeletServer } from "../../node-daemon/streams/kubelet-server.ts";
import { SpdyConnection } from "../../node-daemon/streams/spdy/connection.ts";
import { containerdMissing } from "../fakes/runtime-containerd.ts";
import { startTestPod, type TestPod } from "../fakes/tunnel-pod.ts";
import { startTunnelWorker, type TunnelWorker } from "../fakes/tunnel-worker.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const missing = containerdMissing();
if (missing) console.warn(`skipped: ${missing}`);

let worker: TunnelWorker;
let pod: TestPod;
let node: TunnelClient;

/** Runs a command as a client would. `drive` may send input. */
async function exec(options: {
  command: string[];
  query?: string;
  protocol?: string;
  container?: string;
  verb?: string;
  drive?(socket: WebSocketClient, output: () => string): void | Promise<void>;
}) {
  const {
    command,
    query = "output=1&error=1",
    protocol = "v5.channel.k8s.io",
    container = "main",
    verb = "exec",
  } = options;
  const parameters = command.map((word) => `command=${encodeURIComponent(word)}`).join("&");
  const socket = await dialWebSocket({
    url: `${worker.url}/${verb}/ns/web/${container}?${parameters}&${query}`,
    protocols: [protocol],
    timeoutMs: 5_000,
  });
  const parts: Buffer[][] = [[], [], [], []];
  let bytes = 0;
  const output = (): string => Buffer.concat(parts[1]!).toString();
  const closed = new Promise<number>((resolve) => {
    socket.onClose = resolve;
  });
  socket.onMessage = (message) => {
    const data =
      typeof message === "string"
        ? Buffer.concat([Buffer.of(Number(message[0])), Buffer.from(message.slice(1), "base64")])
        : Buffer.from(message);
    bytes += data.length - 1;
    parts[data[0]!]!.push(data.subarray(1));
  };
  await options.drive?.(socket, output);
  const code = await closed;
  const [, stdout, stderr, status] = parts.map((part) => Buffer.concat(part).toString());
  return { code, stdout, stderr, status, bytes };
}

const message = (channel: number, data: string | Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.of(channel), Buffer.from(data as string)]);
const CLOSE_STDIN = Uint8Array.of(255, 0);
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe.skipIf(missing !== undefined)("streams of real containers", () => {
  beforeAll(async () => {
    [worker, pod] = await Promise.all([startTunnelWorker(), startTestPod(mkdtempSync(join(tmpdir(), "kt-")))]);
    await pod.run("main", { command: ["sh", "-c", "echo started; echo oops >&2; sleep 1000"] });
    let up!: () => void;
    const connected = new Promise<void>((resolve) => {
      up = resolve;
    });
    node = new TunnelClient({
      dial: (path, how) => dialWebSocket({ url: worker.url + path, timeoutMs: 5_000, ...how }),
      nodeName: "n1",
      handler: createKubeletServer({
        pods: pod.pods,
        streams: pod.streams,
        config: { nodeName: "n1", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16", nodeIp: "127.0.0.1" },
        log: silent,
      }),
      clock: systemClock,
      random: Math.random,
      log: silent,
      onState: (is) => is && up(),
    });
    node.start();
    await connected;
  }, 30_000);
  afterAll(async () => {
    node?.stop();
    await pod?.stop();
    await worker?.stop();
  }, 30_000);

  it("[S1] exec carries both outputs and success", async () => {
    const result = await exec({ command: ["sh", "-c", "echo out; echo err >&2"] });
    expect(result).toMatchObject({ code: 1000, stdout: "out\n", stderr: "err\n" });
    expect(JSON.parse(result.status!)).toEqual({ metadata: {}, status: "Success" });
  });

  it("[S2] exec tells the exit code", async () => {
    const { status } = await exec({ command: ["sh", "-c", "exit 3"] });
    expect(JSON.parse(status!)).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
    });
  });

  it("[S3] stdin ends when the client ends it, without the connection", async () => {
    const { stdout } = await exec({
      command: ["cat"],
      query: "input=1&output=1",
      drive(socket) {
        socket.send(message(0, "hello "));
        socket.send(message(0, "world"));
        socket.send(CLOSE_STDIN);
      },
    });
    expect(stdout).toBe("hello world");
  });

  it("[S4] 50 MB come out whole, on a channel and on the tunnel", async () => {
    const command = ["sh", "-c", "head -c 50000000 /dev/zero"];
    for (const query of ["output=1", "output=1&tty=1"]) {
      const sinceMs = Date.now();
      const { bytes, status } = await exec({ command, query });
      console.log(`exec ${query}: ${Math.round(50_000 / (Date.now() - sinceMs))} MB/s`);
      expect(bytes - status!.length).toBe(50_000_000);
    }
  }, 30_000);

  it("[S5] 50 MB go in whole", async () => {
    const block = message(0, Buffer.alloc(50_000, "k"));
    const sinceMs = Date.now();
    const { stdout } = await exec({
      command: ["wc", "-c"],
      query: "input=1&output=1",
      async drive(socket) {
        for (let sent = 0; sent < 1_000; sent++) if (!socket.send(block)) await socket.drained();
        socket.send(CLOSE_STDIN);
      },
    });
    console.log(`exec stdin: ${Math.round(50_000 / (Date.now() - sinceMs))} MB/s`);
    expect(stdout!.trim()).toBe("50000000");
  }, 30_000);

  it("[S6] a terminal has the client's size, and follows it", async () => {
    const { stdout } = await exec({
      command: ["sh"],
      query: "input=1&output=1&tty=1",
      async drive(socket, output) {
        socket.send(message(4, JSON.stringify({ Width: 91, Height: 33 })));
        await until(() => output().includes("#"));
        socket.send(message(0, "stty size\n"));
        await until(() => output().includes("33 91"));
        socket.send(message(4, JSON.stringify({ Width: 100, Height: 40 })));
        while (!output().includes("40 100")) {
          socket.send(message(0, "stty size\n"));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        socket.send(message(0, "exit 0\n"));
      },
    });
    expect(stdout).toContain("40 100");
  });

  it.each(["v4.channel.k8s.io", "v4.base64.channel.k8s.io"])("[S7] %s carries the status, too", async (protocol) => {
    const { stdout, status } = await exec({ command: ["sh", "-c", "echo x; exit 4"], protocol });
    expect(stdout).toBe("x\n");
    expect(JSON.parse(status!)).toMatchObject({ details: { causes: [{ message: "4" }] } });
  });

  it.each(["channel.k8s.io", "base64.channel.k8s.io"])(
    "[S8] %s says nothing of success, and why of failure",
    async (protocol) => {
      expect(await exec({ command: ["echo", "x"], protocol })).toMatchObject({ stdout: "x\n", status: "" });
      const { status } = await exec({ command: ["sh", "-c", "exit 5"], protocol });
      expect(status).toMatch(/^command terminated with non-zero exit code/);
    },
  );

  it.each([
    {
      name: "[S9] an unknown container",
      container: "none",
      query: "output=1",
      status: 500,
      body: 'container not found ("none")',
    },
    {
      name: "[S10] no stream at all",
      container: "main",
      query: "",
      status: 400,
      body: "you must specify at least 1 of stdin, stdout, stderr",
    },
    {
      name: "[S11] an unknown protocol",
      container: "main",
      query: "output=1",
      protocol: "v9",
      status: 400,
      body: "none of the subprotocols asked for is supported",
    },
  ])("$name is refused", async ({ container, query, protocol, status, body }) => {
    const refused = exec({ command: ["true"], container, query, ...(protocol && { protocol }) });
    await expect(refused).rejects.toMatchObject({ status, body });
  });

  it("[S12] a command that is not there fails with the runtime's words", async () => {
    const { status } = await exec({ command: ["no-such-command"] });
    expect(JSON.parse(status!)).toMatchObject({
      status: "Failure",
      message: expect.stringContaining("no-such-command"),
    });
  });

  it("[S13] a client that leaves is noticed: the command loses its input", async () => {
    await exec({
      command: ["sh", "-c", "cat; echo gone > /tmp/left"],
      query: "input=1&output=1",
      async drive(socket) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        socket.close();
      },
    });
    const { stdout } = await exec({
      command: ["sh", "-c", "until [ -s /tmp/left ]; do sleep 0.05; done; cat /tmp/left"],
    });
    expect(stdout).toBe("gone\n");
  });

  it("[S14] attach reaches the container's own streams", async () => {
    await pod.run("reader", { command: ["sh", "-c", "read line; echo got $line; sleep 1000"], stdin: true });
    const { stdout } = await exec({
      command: [],
      verb: "attach",
      container: "reader",
      query: "input=1&output=1&error=1",
      async drive(socket, output) {
        socket.send(message(0, "attached\n"));
        await until(() => output() !== "");
        socket.close();
      },
    });
    expect(stdout).toBe("got attached\n");
  });

  it("[S15] logs hold both streams, or the one asked for", async () => {
    const logs = async (query: string) => (await fetch(`${worker.url}/containerLogs/ns/web/main${query}`)).text();
    expect((await logs("")).split("\n").sort()).toEqual(["", "oops", "started"]);
    expect(await logs("?stream=Stderr")).toBe("oops\n");
    expect(await logs("?timestamps=true&stream=Stdout")).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d) started\n$/,
    );
  });

  it("[S16] following a log gives what comes, until the container ends", async () => {
    const instance = await pod.run("talker", { command: ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done"] });
    const answer = await fetch(`${worker.url}/containerLogs/ns/web/talker?follow=true`);
    const ended = pod.runtime.containerStatus(instance.id).then(async function ask(status): Promise<void> {
      if (status.state !== "exited") return pod.runtime.containerStatus(instance.id).then(ask);
      instance.state = "exited";
    });
    expect(await answer.text()).toBe("1\n2\n3\n");
    await ended;
  });

  describe("port-forward", () => {
    const server = createServer((socket) => socket.on("data", (data) => socket.write(`echo ${data}`)));
    let port = 0;
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      port = (server.address() as { port: number }).port;
    });
    afterAll(() => void server.close());

    it("[S17] passes SPDY through, streams and all", async () => {
      const socket = await dialWebSocket({
        url: `${worker.url}/portForward/ns/web`,
        protocols: ["SPDY/3.1+portforward.k8s.io"],
        timeoutMs: 5_000,
      });
      const raw = new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          socket.send(chunk as Uint8Array);
          done();
        },
      });
      socket.onMessage = (bytes) => void raw.push(bytes);
      const spdy = new SpdyConnection({ socket: raw, head: new Uint8Array(0) });
      const answers = await Promise.all(
        ["0", "1"].map((requestid) => {
          const common = { port: String(port), requestid };
          spdy.open({ streamtype: "error", ...common }).end();
          const data = spdy.open({ streamtype: "data", ...common });
          data.write(Buffer.from(`hello ${requestid}`));
          return new Promise((resolve) => {
            data.onData = (bytes) => resolve(Buffer.from(bytes).toString());
          });
        }),
      );
      expect(answers).toEqual(["echo hello 0", "echo hello 1"]);
      socket.close();
    });

    it("[S18] speaks the older channels", async () => {
      const socket = await dialWebSocket({
        url: `${worker.url}/portForward/ns/web?ports=${port}`,
        protocols: ["v4.channel.k8s.io"],
        timeoutMs: 5_000,
      });
      const got: Buffer[] = [];
      socket.onMessage = (bytes) => void got.push(Buffer.from(bytes as Uint8Array));
      await until(() => got.length >= 2);
      expect(got.map((bytes) => [bytes[0], bytes.readUInt16LE(1)])).toEqual([
        [0, port],
        [1, port],
      ]);
      socket.send(message(0, "hi"));
      await until(() => got.length >= 3);
      expect(got[2]!.toString()).toBe("\0echo hi");
      socket.close();
    });

    it("[S19] says why a port cannot be reached", async () => {
      const socket = await dialWebSocket({
        url: `${worker.url}/portForward/ns/web?ports=1`,
        protocols: ["v4.channel.k8s.io"],
        timeoutMs: 5_000,
      });
      const got: Buffer[] = [];
      socket.onMessage = (bytes) => void got.push(Buffer.from(bytes as Uint8Array));
      await until(() => got.length >= 3);
      expect(got[2]![0]).toBe(1);
      expect(got[2]!.toString()).toContain("connection refused");
      socket.close();
    });
  });

  it("[S20] proxies to the node's own address, and to nowhere outside the cluster", async () => {
    const refused = await fetch(`${worker.url}/proxy/http/127.0.0.1:1/`);
    expect(await refused.json()).toMatchObject({
      code: 503,
      reason: "ServiceUnavailable",
      message: "error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused",
    });
    expect((await fetch(`${worker.url}/proxy/http/8.8.8.8:53/`)).status).toBe(403);
    expect((await fetch(`${worker.url}/proxy/http/localhost:53/`)).status).toBe(400);
  });
});
