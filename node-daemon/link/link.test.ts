import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/fakes/cluster-clock.ts";
import { startWebSocketServer, type WebSocketServer } from "../../test/fakes/tunnel-websocket-server.ts";
import { ApiCallError } from "../contracts.ts";
import { Credentials, tokenLife } from "./credentials.ts";
import { createHttpClient } from "./http-client.ts";
import { createLink, type Link } from "./link.ts";
import { renewalDelayMs, TokenRenewal } from "./token-renewal.ts";
import { Opcode } from "./websocket-frame.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  method: string;
  url: string;
  token: string;
  type: string | undefined;
  body: string;
}

let directory: string;
let tokenFile: string;
let server: WebSocketServer;
let asked: Asked[];
/** Answers in order of requests; undefined lets an upgrade through. */
let answers: ((request: Asked) => { status: number; body: string } | undefined)[];

const json = (status: number, value: unknown) => () => ({ status, body: JSON.stringify(value) });
const failure = (code: number, reason: string) =>
  json(code, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    reason,
    message: `it is ${reason}`,
    code,
  });
const pod = (name: string, version: number) => ({
  metadata: { name, namespace: "ns", uid: name, resourceVersion: `${version}` },
});
const jwt = (claims: object): string => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "kedge-link-"));
  tokenFile = join(directory, "token");
  writeFileSync(tokenFile, "first\n");
  asked = [];
  answers = [];
  server = await startWebSocketServer((request, body) => {
    const token = request.headers.authorization ?? "";
    const one = { method: request.method!, url: request.url!, token, type: request.headers["content-type"], body };
    asked.push(one);
    return answers.shift()?.(one);
  });
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const linkTo = (): Link =>
  createLink({ nodeName: "n1", serverUrl: server.url, tokenFile }, silent, { random: () => 0 });

describe("the API", () => {
  it("[A1] is asked with the token, and answers objects", async () => {
    const link = linkTo();
    answers = [
      json(200, pod("a", 1)),
      json(201, pod("b", 2)),
      json(200, pod("b", 3)),
      json(200, pod("b", 4)),
      json(200, {}),
    ];
    expect(await link.api.get("/api/v1/x")).toEqual(pod("a", 1));
    await link.api.create("/c", { spec: 1 });
    await link.api.update("/u", {});
    await link.api.patch("/p", "strategic", { a: 1 });
    await link.api.delete("/d", { gracePeriodSeconds: 0 });
    expect(asked.map(({ method, url, type, body }) => [method, url, type, body])).toEqual([
      ["GET", "/api/v1/x", undefined, ""],
      ["POST", "/c", "application/json", '{"spec":1}'],
      ["PUT", "/u", "application/json", "{}"],
      ["PATCH", "/p", "application/strategic-merge-patch+json", '{"a":1}'],
      ["DELETE", "/d", "application/json", '{"gracePeriodSeconds":0}'],
    ]);
    expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(["Bearer first"]));
    await link.close();
  });

  it("[A2] refuses with its Status", async () => {
    const link = linkTo();
    answers = [failure(409, "Conflict")];
    const error = await link.api.get("/x").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiCallError);
    expect(error).toMatchObject({ code: 409, message: "it is Conflict", status: { reason: "Conflict" } });
    await link.close();
  });

  it("[A3] that is not there is an error with code 0", async () => {
    const link = createLink({ nodeName: "n1", serverUrl: "http://127.0.0.1:1", tokenFile }, silent);
    expect(await link.api.get("/x").catch((e: unknown) => e)).toMatchObject({ code: 0 });
    await link.close();
  });

  it("[A4] is asked again with the token that is in the file by then", async () => {
    const link = linkTo();
    const refuse = (): { status: number; body: string } => {
      writeFileSync(tokenFile, "second\n");
      return failure(401, "Unauthorized")();
    };
    answers = [refuse, json(200, {})];
    await link.api.get("/x");
    expect(asked.map(({ token }) => token)).toEqual(["Bearer first", "Bearer second"]);
    await link.close();
  });

  it("[A5] that is busy is asked again, a few times", async () => {
    const http = createHttpClient({
      serverUrl: server.url,
      ca: undefined,
      credentials: new Credentials(tokenFile),
      userAgent: "t",
      pause: async () => {},
    });
    answers = [failure(429, "TooManyRequests"), json(200, { ok: 1 })];
    expect(await http.json("GET", "/x")).toEqual({ ok: 1 });
    answers = Array(9).fill(failure(429, "TooManyRequests"));
    await expect(http.json("GET", "/x")).rejects.toMatchObject({ code: 429 });
    expect(asked).toHaveLength(2 + 4);
    await http.close();
  });
});

describe("an informer", () => {
  it("[A6] lists, watches over a WebSocket, and goes on behind the last event", async () => {
    const link = linkTo();
    const list = { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "5" }, items: [pod("a", 1)] };
    answers = [json(200, list)];
    const told: string[] = [];
    const informer = link.api.informer({ path: "/api/v1/pods", fieldSelector: "spec.nodeName=n1" });
    informer.onChange((key, current, previous) => told.push(`${key} ${previous ? "had" : ""}${current ? "has" : ""}`));
    await informer.synced;
    expect(informer.get("ns/a")).toMatchObject({ kind: "Pod", apiVersion: "v1" });
    const first = await server.accepted();
    const query = new URL(first.request.url!, "http://x").searchParams;
    expect(Object.fromEntries(query)).toEqual({
      fieldSelector: "spec.nodeName=n1",
      watch: "1",
      resourceVersion: "5",
      allowWatchBookmarks: "true",
    });
    first.send(Opcode.TEXT, JSON.stringify({ type: "ADDED", object: pod("b", 6) }));
    first.send(Opcode.TEXT, JSON.stringify({ type: "DELETED", object: pod("a", 7) }));
    while (told.length < 3) await settle();
    expect(told).toEqual(["ns/a has", "ns/b has", "ns/a had"]);
    first.raw.destroy();
    const second = await server.accepted();
    expect(new URL(second.request.url!, "http://x").searchParams.get("resourceVersion")).toBe("7");
    informer.stop();
    await link.close();
  });

  it("[A7] lists again when the watch is refused as too old", async () => {
    const link = linkTo();
    const list = (version: string, ...items: object[]) =>
      json(200, { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: version }, items });
    answers = [list("5", pod("a", 1)), failure(410, "Expired"), list("9", pod("c", 8))];
    const informer = link.api.informer({ path: "/api/v1/pods" });
    const socket = await server.accepted();
    expect(new URL(socket.request.url!, "http://x").searchParams.get("resourceVersion")).toBe("9");
    expect([...informer.values()].map(({ metadata }) => metadata.name)).toEqual(["c"]);
    informer.stop();
    await link.close();
  });

  it("[A11] that keeps nothing tells lists and events, and goes on behind the last", async () => {
    const link = linkTo();
    answers = [json(200, { kind: "PodList", metadata: { resourceVersion: "5" }, items: [pod("a", 1)] })];
    const told: string[] = [];
    const following = link.api.follow("/kedge/v1/nodes/n1/configmaps", {
      listed: (items, version) => told.push(`${items.map(({ metadata }) => metadata.name)} at ${version}`),
      changed: (type, { metadata }) => told.push(`${type} ${metadata.name}`),
    });
    const first = await server.accepted();
    expect(first.request.url).toContain("/kedge/v1/nodes/n1/configmaps?watch=1&resourceVersion=5");
    first.send(Opcode.TEXT, JSON.stringify({ type: "DELETED", object: pod("b", 6) }));
    first.send(Opcode.TEXT, JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "8" } } }));
    while (told.length < 2) await settle();
    first.raw.destroy();
    const second = await server.accepted();
    expect(second.request.url).toContain("resourceVersion=8");
    expect(told).toEqual(["a at 5", "DELETED b"]);
    following.stop();
    await link.close();
  });

  it("[A8] survives what its listeners do wrong", async () => {
    const link = linkTo();
    answers = [json(200, { kind: "PodList", metadata: { resourceVersion: "5" }, items: [pod("a", 1), pod("b", 2)] })];
    const told: string[] = [];
    const informer = link.api.informer({ path: "/api/v1/pods" });
    informer.onChange(() => {
      throw new Error("oops");
    });
    informer.onChange((key) => told.push(key));
    await informer.synced;
    expect(told).toEqual(["ns/a", "ns/b"]);
    informer.stop();
    await link.close();
  });
});

describe("the node's token", () => {
  it("[A9] is renewed at two thirds of its life, in place and for its owner's eyes only", async () => {
    const clock = new ManualClock();
    const seconds = clock.now() / 1000;
    writeFileSync(tokenFile, jwt({ iat: seconds, exp: seconds + 3_600 }));
    const next = jwt({ iat: seconds + 2_400, exp: seconds + 6_000 });
    answers = [json(201, { token: next, expirationTimestamp: "" })];
    const credentials = new Credentials(tokenFile);
    const http = createHttpClient({ serverUrl: server.url, ca: undefined, credentials, userAgent: "t" });
    const renewal = new TokenRenewal({ http, credentials, nodeName: "n1", clock, log: silent });
    renewal.start();
    while (clock.waiting === 0) await settle();
    clock.advance(2_399_000);
    await settle();
    expect(asked).toEqual([]);
    clock.advance(1_000);
    while (readFileSync(tokenFile, "utf8").trim() !== next) await settle();
    expect(asked[0]).toMatchObject({ method: "POST", url: "/kedge/v1/nodes/n1/token" });
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    while ((await credentials.token()) !== next) await settle();
    renewal.stop();
    await http.close();
  });

  it("[A10] without an end is none to renew", () => {
    expect(tokenLife("opaque")).toBeUndefined();
    expect(tokenLife("a.b.c")).toBeUndefined();
    expect(tokenLife(jwt({ iat: 1 }))).toBeUndefined();
    expect(renewalDelayMs({ issuedMs: 0, expiresMs: 900 }, 1_000)).toBe(0);
  });
});
