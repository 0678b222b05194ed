import "reflect-metadata"; // @peculiar/x509 needs it loaded first

import type { webcrypto } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type RequestOptions, request, type Server } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../machinery/clock.ts";
import type { Run } from "../network/run.ts";
import { collectingLog } from "../network/testing.ts";
import { type ApiEndpoint, createApiEndpoint } from "./api-endpoint.ts";
import { loadKeyPair, renewalMs } from "./certificate.ts";
import { RequestLimiter } from "./limits.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 3600_000;

let caKeys: webcrypto.CryptoKeyPair;
let ca: x509.X509Certificate;
let edge: Server;
let edgeUrl: string;
let stateDir: string;
let edgeHandler: (request: IncomingMessage, response: ServerResponse) => void;
const seen: IncomingMessage[] = [];
const endpoints: ApiEndpoint[] = [];

async function sign(publicKey: webcrypto.CryptoKey, sans: x509.Extension[]): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=test",
    issuer: ca.subject,
    publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 1000),
    notAfter: new Date(Date.now() + 3 * HOUR_MS),
    extensions: sans,
  });
  return `${certificate.toString("pem")}\n${ca.toString("pem")}\n`;
}

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "kedge-api-endpoint-"));
  caKeys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=ca",
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const cert = await sign(keys.publicKey, [
    new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
  ]);
  edge = createServer(
    { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert },
    (req, res) => {
      seen.push(req);
      if (req.url === "/kedge/v1/nodes/a/certificate") signRequest(req, res);
      else edgeHandler(req, res);
    },
  );
  edge.on("upgrade", (req, socket) => {
    seen.push(req);
    if (req.url === "/forbidden") {
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnope");
      return;
    }
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-protocol: v5\r\n\r\n",
    );
    socket.pipe(socket);
  });
  edge.listen(0, "127.0.0.1");
  await once(edge, "listening");
  edgeUrl = `https://127.0.0.1:${(edge.address() as { port: number }).port}`;
  await writeFile(join(stateDir, "token"), "node-token\n");
});

async function signRequest(req: IncomingMessage, res: ServerResponse): Promise<void> {
  expect(req.headers.authorization).toBe("Bearer node-token");
  let body = "";
  for await (const chunk of req) body += chunk;
  const csr = new x509.Pkcs10CertificateRequest(body);
  const sans = csr.extensions.filter((e) => e.type === "2.5.29.17");
  res.writeHead(201).end(await sign(await csr.publicKey.export(), sans));
}

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.stop();
  seen.length = 0;
});
afterAll(async () => {
  edge.closeAllConnections();
  edge.close();
  await rm(stateDir, { recursive: true });
});

const noCommands: Run = async () => "";

async function start(options: { clock?: Clock } = {}) {
  const log = collectingLog();
  const commands: string[] = [];
  const run: Run = async (command, args, o) => {
    commands.push([command, ...args, o?.input ?? ""].join(" "));
    return noCommands(command, args);
  };
  const config = {
    nodeName: "a",
    serverUrl: edgeUrl,
    serverCa: ca.toString("pem"),
    tokenFile: join(stateDir, "token"),
    stateDir,
    apiServiceIp: "127.0.0.1",
    clusterCidr: "10.244.0.0/16",
    clusterDomain: "cluster.local",
  };
  const endpoint = createApiEndpoint({ config, log, run, ...options });
  endpoints.push(endpoint);
  await endpoint.start();
  const listening = log.lines.find((l) => l.message.includes("is listening"));
  return { port: (listening?.fields as { port: number } | undefined)?.port ?? 0, log, commands };
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function call(port: number, path: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path,
      servername: "kubernetes.default.svc",
      ca: ca.toString("pem"),
      agent: false,
      ...options,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.end(options.body);
  });
}

describe("API endpoint for pods", () => {
  it("[AE1] gets a certificate for the API server's names, and passes requests on with the pod's own token", async () => {
    edgeHandler = (req, res) => {
      let body = "";
      req.on("data", (chunk: Buffer) => {
        body += chunk;
      });
      req.on("end", () =>
        res.writeHead(201, { "x-answer": "1", "content-type": "application/json" }).end(`got ${body}`),
      );
    };
    const { port, commands } = await start();
    const answer = await call(port, "/api/v1/pods?limit=1", {
      method: "POST",
      body: "hello",
      headers: { authorization: "Bearer pod-token", accept: "application/json", "x-hop": "1", connection: "x-hop" },
    });
    expect(answer).toMatchObject({ status: 201, body: "got hello", headers: { "x-answer": "1" } });
    const arrived = seen.at(-1)!;
    expect(arrived.url).toBe("/api/v1/pods?limit=1");
    expect(arrived.headers).toMatchObject({ authorization: "Bearer pod-token", accept: "application/json" });
    expect(arrived.headers["x-hop"]).toBeUndefined();
    expect(arrived.headers.host).toBe(new URL(edgeUrl).host);
    expect(commands[0]).toContain("addr replace 127.0.0.1/32 dev lo");
    expect(commands.at(-1)).toContain("ip saddr != 10.244.0.0/16 drop");
    expect((await stat(join(stateDir, "pki/api-endpoint.pem"))).mode & 0o777).toBe(0o600);
  });

  it("[AE2] keeps its certificate over a restart", async () => {
    await start();
    seen.length = 0;
    await start();
    expect(seen.some((r) => r.url?.endsWith("/certificate"))).toBe(false);
  });

  it("[AE3] a broken file is as good as none", async () => {
    const file = join(stateDir, "pki/api-endpoint.pem");
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.slice(0, whole.length / 2));
    expect(await loadKeyPair(stateDir, Date.now())).toBeUndefined();
    await start();
    expect(seen.filter((r) => r.url?.endsWith("/certificate"))).toHaveLength(1);
  });

  it("[AE4] renews after two thirds of the certificate's life", async () => {
    expect(renewalMs({ notBeforeMs: 0, notAfterMs: 90 })).toBe(60);
    let waiting: { delayMs: number; callback: () => void } | undefined;
    const clock: Clock = {
      now: () => Date.now(),
      after: (delayMs, callback) => {
        waiting = { delayMs, callback };
        return () => {};
      },
    };
    await start({ clock });
    expect(waiting!.delayMs).toBeGreaterThan(1.9 * HOUR_MS);
    expect(waiting!.delayMs).toBeLessThan(2.1 * HOUR_MS);
    const before = await readFile(join(stateDir, "pki/api-endpoint.pem"), "utf8");
    const first = waiting;
    waiting!.callback();
    await expect.poll(() => waiting !== first).toBe(true);
    expect(await readFile(join(stateDir, "pki/api-endpoint.pem"), "utf8")).not.toBe(before);
  });

  it("[AE5] a watch arrives piece by piece, and ends at the edge when the pod goes away", async () => {
    let edgeSide: ServerResponse | undefined;
    edgeHandler = (_req, res) => {
      edgeSide = res;
      res.writeHead(200, { "content-type": "application/json", "content-encoding": "identity" });
      res.flushHeaders();
    };
    const { port } = await start();
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path: "/api/v1/pods?watch=1",
      servername: "kubernetes",
      ca: ca.toString("pem"),
    });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(response.headers["content-encoding"]).toBe("identity");
    for (const event of ["one", "two"]) {
      edgeSide!.write(event);
      const [chunk] = await once(response, "data");
      expect(String(chunk)).toBe(event);
    }
    const gone = once(edgeSide!, "close");
    outgoing.destroy();
    await gone;
  });

  it("[AE6] WebSockets pass both ways, with their subprotocol", async () => {
    const { port } = await start();
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path: "//evil.example/exec?command=sh",
      servername: "kubernetes",
      ca: ca.toString("pem"),
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        authorization: "Bearer pod-token",
        "sec-websocket-protocol": "v5,v4",
      },
    });
    outgoing.end();
    const [response, socket] = (await once(outgoing, "upgrade")) as [IncomingMessage, Socket];
    expect(response.headers["sec-websocket-protocol"]).toBe("v5");
    expect(seen.at(-1)!.url).toBe("//evil.example/exec?command=sh");
    expect(seen.at(-1)!.headers).toMatchObject({
      authorization: "Bearer pod-token",
      "sec-websocket-protocol": "v5,v4",
    });
    socket.write("bytes");
    const [echo] = await once(socket, "data");
    expect(String(echo)).toBe("bytes");
    socket.destroy();
  });

  it("[AE7] a refused upgrade is told as it is", async () => {
    const { port } = await start();
    const answer = await call(port, "/forbidden", { headers: { connection: "Upgrade", upgrade: "websocket" } });
    expect(answer).toMatchObject({ status: 403, body: "nope" });
  });

  it("[AE8] SPDY goes on as an ordinary request, as it would at the edge", async () => {
    edgeHandler = (_req, res) => res.writeHead(400).end("Upgrade request required");
    const { port } = await start();
    const answer = await call(port, "/exec", {
      method: "POST",
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1" },
    });
    expect(answer).toMatchObject({ status: 400, body: "Upgrade request required" });
    expect(seen.at(-1)!.headers.upgrade).toBeUndefined();
  });

  it("[AE9] without the edge: 503 with a Status, and no token in the log", async () => {
    edgeHandler = (req) => req.socket.destroy();
    const { port, log } = await start();
    const answer = await call(port, "/api/v1/pods?token=secret", {
      method: "POST",
      body: "x",
      headers: { authorization: "Bearer pod-token" },
    });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", reason: "ServiceUnavailable", code: 503 });
    expect(answer.headers["retry-after"]).toBe("1");
    expect(JSON.stringify(log.lines)).not.toMatch(/pod-token|secret|node-token/);
  });

  it("[AE10] an answer that breaks off breaks off", async () => {
    edgeHandler = (req, res) => {
      res.writeHead(200, { "content-length": 100 }).write("half");
      setImmediate(() => req.socket.destroy());
    };
    const { port } = await start();
    await expect(call(port, "/api")).rejects.toThrow();
  });

  it("[AE11] places are limited in all and per pod", () => {
    const limiter = new RequestLimiter({ max: 3, maxPerClient: 2 });
    const leave = limiter.enter("a")!;
    expect(limiter.enter("a")).toBeTypeOf("function");
    expect(limiter.enter("a")).toBeUndefined();
    expect(limiter.enter("b")).toBeTypeOf("function");
    expect(limiter.enter("c")).toBeUndefined();
    leave();
    expect(limiter.enter("c")).toBeTypeOf("function");
  });

  it("[AE12] plain http is not answered", async () => {
    const { port } = await start();
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.write("GET / HTTP/1.1\r\nhost: kubernetes\r\n\r\n");
    await once(socket, "close");
    expect(received).not.toContain("HTTP");
  });
});
