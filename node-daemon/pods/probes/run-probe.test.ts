import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Probe } from "../../../kinds/core/v1-types.ts";
import { systemClock } from "../../../machinery/clock.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import { makeContainer } from "../testing/build.ts";
import { runProbe } from "./run-probe.ts";

let http: Server;
let grpc: Http2Server;
let port: number;
let grpcPort: number;
const seen: { url: string; agent: string | undefined; host: string | undefined; custom: string | undefined }[] = [];

beforeAll(async () => {
  http = createHttpServer((request, response) => {
    const { url = "", headers } = request;
    seen.push({ url, agent: headers["user-agent"], host: headers.host, custom: headers["x-custom"] as string });
    if (url === "/slow") return;
    if (url === "/away") response.writeHead(302, { location: "http://other.invalid/" }).end("elsewhere");
    else if (url === "/near") response.writeHead(302, { location: "/ok" }).end();
    else if (url === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else response.writeHead(url === "/ok" ? 200 : 500).end("body");
  });
  grpc = createHttp2Server();
  grpc.on("stream", (stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const service = Buffer.concat(chunks).subarray(7).toString();
      stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": service === "none" ? "12" : "0" }));
      if (service === "none") stream.end();
      else stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === "down" ? 2 : 1]));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => grpc.listen(0, "127.0.0.1", resolve));
  port = (http.address() as AddressInfo).port;
  grpcPort = (grpc.address() as AddressInfo).port;
});
afterAll(async () => {
  http.closeAllConnections();
  http.close();
  grpc.close();
});

const run = (probe: Probe, runtime = new FakeRuntime(systemClock)) =>
  runProbe(runtime, probe, {
    container: makeContainer("main", { ports: [{ name: "web", containerPort: port }] }),
    containerId: "c",
    podIp: "127.0.0.1",
  });
const get = (path: string, fields: object = {}, probe: object = {}) =>
  run({ httpGet: { path, port: "web", ...fields }, ...probe });

describe("runProbe: http", () => {
  it("[PR1] succeeds from 200 to 399, with kubelet's user agent and the headers given", async () => {
    expect(
      await get("/ok", {
        httpHeaders: [
          { name: "X-Custom", value: "1" },
          { name: "Host", value: "named" },
        ],
      }),
    ).toEqual({ result: "success", message: "" });
    expect(seen.at(-1)).toEqual({ url: "/ok", agent: "kube-probe/1.36", host: "named", custom: "1" });
    expect(await get("/near")).toEqual({ result: "success", message: "" });
    const message = "Probe terminated redirects, Response body: elsewhere";
    expect(await get("/away")).toEqual({ result: "success", message });
  });

  it.each([
    ["[PR2] another status", "/bad", {}, "HTTP probe failed with statuscode: 500"],
    [
      "[PR3] no answer in time",
      "/slow",
      {},
      "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ],
    [
      "[PR4] nobody listens",
      "/ok",
      { port: 1 },
      'Get "http://127.0.0.1:1/ok": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    ["[PR5] redirects without end", "/loop", {}, "stopped after 10 redirects"],
  ])("%s is a failure", async (_, path, fields, message) => {
    const outcome = await get(path, fields);
    expect(outcome.result).toBe("failure");
    expect(outcome.message).toContain(message);
  });

  it("[PR6] a port that has no such name says nothing of the container", async () => {
    expect(await get("/ok", { port: "nothing" })).toEqual({
      result: "unknown",
      message: `couldn't find port: "nothing" in container "main"`,
    });
  });
});

describe("runProbe: tcp, grpc, exec", () => {
  it("[PR10] tcp", async () => {
    expect((await run({ tcpSocket: { port: "web" } })).result).toBe("success");
    expect(await run({ tcpSocket: { port: 1 } })).toEqual({
      result: "failure",
      message: "dial tcp 127.0.0.1:1: connect: connection refused",
    });
  });

  it.each([
    ["[PR11] serving", "", "success", ""],
    ["[PR12] not serving", "down", "failure", 'service unhealthy (responded with "NOT_SERVING")'],
    ["[PR13] no health service", "none", "failure", "does not implement the grpc health protocol"],
  ])("%s", async (_, service, result, message) => {
    const outcome = await run({ grpc: { port: grpcPort, service } });
    expect(outcome.result).toBe(result);
    expect(outcome.message).toContain(message);
  });

  it("[PR14] grpc: nobody listens", async () => {
    expect((await run({ grpc: { port: 1 } })).message).toContain("connection refused");
  });

  it("[PR15] exec: its code, its output, its time", async () => {
    const runtime = new FakeRuntime(systemClock);
    const sandboxId = await runtime.runSandbox({});
    const id = await runtime.createContainer({ sandboxId, config: { metadata: { name: "main" } } });
    await runtime.startContainer(id);
    const exec = (word: string) =>
      runProbe(
        runtime,
        { exec: { command: [word] } },
        { container: makeContainer("main"), containerId: id, podIp: "" },
      );
    runtime.commands.set("bad", { exitCode: 1, stdout: "out", stderr: "err" });
    runtime.commands.set("slow", { takesMs: 60_000 });
    expect((await exec("good")).result).toBe("success");
    expect(await exec("bad")).toEqual({ result: "failure", message: "outerr" });
    expect(await exec("slow")).toEqual({ result: "failure", message: 'command timed out: "slow" timed out after 1s' });
    runtime.exit(id, 0);
    expect((await exec("good")).result).toBe("unknown");
  });
});
