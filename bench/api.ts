/**
 * The API server over https, with the load generator on the same machine, beside the floors of the same run (a Worker
 * that forwards to an object that reads one row, or writes one row in a grouped commit) and the reference figures of
 * kube-apiserver + etcd on the same kind of machine.
 *
 *   node bench/api.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Figures, type Load, load, quantiles, requestText, show, type Target } from "./lib/load.ts";
import { cpuMs, memoryMb, type Server, startFloor, startKedge } from "./lib/servers.ts";

const WRITES = 12_000;
const READS = 30_000;
const LISTED = 37_000;
const collection = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, bytes: number): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: "x".repeat(bytes) } });

const row = (what: string, ...columns: string[]) => console.log(what.padEnd(34), ...columns);
/** Figures of a load with the processor time that the server took for each request. */
type Costed = Figures & { cpuUs: number };
const ratio = (ours: Costed, floor: Costed) =>
  `${ours.cpuUs.toFixed(0)} µs of CPU; ${(ours.perSecond / floor.perSecond).toFixed(2)} of the floor`;

async function costed(server: Server, options: Omit<Load, "target">): Promise<Costed> {
  const before = cpuMs(server.pid);
  const figures = await load({ target: server.target, ...options });
  return { ...figures, cpuUs: ((cpuMs(server.pid) - before) / figures.count) * 1000 };
}

const floor = await startFloor(17_501);
const body = configMap("floor", 1_000);
const floorWrite = await costed(floor, {
  connections: 64,
  requests: WRITES,
  request: () => requestText(floor.target, "POST", "/", body),
  expect: 201,
});
const floorRead = await costed(floor, {
  connections: 16,
  requests: READS,
  request: () => requestText(floor.target, "GET", "/"),
  expect: 200,
});
await floor.stop();
row("floor: one row, grouped commit, 64", show(floorWrite), `${floorWrite.cpuUs.toFixed(0)} µs of CPU`);
row("floor: read one row, 16", show(floorRead), `${floorRead.cpuUs.toFixed(0)} µs of CPU`);

const kedge = await startKedge(17_502);
const { target } = kedge;
row("memory, idle", `${memoryMb(kedge.pid).toFixed(0)} MB`);

let made = 0;
const create = (connections: number, requests: number) =>
  costed(kedge, {
    connections,
    requests,
    request: () => requestText(target, "POST", collection, configMap(`c-${made++}`, 1_000)),
    expect: 201,
  });
const warm = await create(16, 3_000);
row("create ConfigMap 1 KB, 16, warm-up", show(warm));
const create16 = await create(16, WRITES);
row("create ConfigMap 1 KB, 16", show(create16), ratio(create16, floorWrite), "(theirs 2,342/s p99 20 ms)");
const create64 = await create(64, WRITES);
row("create ConfigMap 1 KB, 64", show(create64), ratio(create64, floorWrite), "(theirs 2,308/s p99 90 ms)");
const get = await costed(kedge, {
  connections: 16,
  requests: READS,
  request: (i) => requestText(target, "GET", `${collection}/c-${i % made}`),
  expect: 200,
});
row("get ConfigMap, 16", show(get), ratio(get, floorRead), "(theirs 6,757/s p99 9.7 ms)");
row(`memory with ${made} ConfigMaps`, `${memoryMb(kedge.pid).toFixed(0)} MB`);

await create(64, LISTED - made);
const connection = await connect(target);
const timed = async (path: string) => {
  const started = performance.now();
  const { status, bytes } = await connection.send(requestText(target, "GET", path));
  if (status !== 200) throw new Error(`GET ${path}: HTTP ${status}`);
  return { ms: performance.now() - started, bytes };
};
await timed(collection);
const before = memoryMb(kedge.pid);
const lists = [await timed(collection), await timed(collection), await timed(collection)];
const list = lists.toSorted((a, b) => a.ms - b.ms)[1]!;
row(
  `list ${LISTED} ConfigMaps`,
  `${(list.ms / 1000).toFixed(2)} s, ${(list.bytes / 1e6).toFixed(1)} MB; memory ${before.toFixed(0)} → ${memoryMb(kedge.pid).toFixed(0)} MB`,
  "(theirs 1.0–1.9 s)",
);

row("pages of 500, 4 connections", await pages(4, 400), "(theirs 138/s)");
connection.close();

row("one writer: create round trip", ...(await oneWriter()));
row("one write to 1,000 watchers", await fanOut(1_000));
row(`memory with ${made} ConfigMaps`, `${memoryMb(kedge.pid).toFixed(0)} MB (theirs 1.3 GB)`);
await kedge.stop();

await manyObjects(100_000);

/** The memory of a control plane that holds this many ConfigMaps of 2 KB, made at 64 connections. */
async function manyObjects(count: number): Promise<void> {
  const fresh = await startKedge(17_504);
  const figures = await costed(fresh, {
    connections: 64,
    requests: count,
    request: (i) => requestText(fresh.target, "POST", collection, configMap(`m-${i}`, 1_750)),
    expect: 201,
  });
  row(`create ${count} of 2 KB, 64`, show(figures));
  await sleep(3_000);
  row(`memory with ${count} of 2 KB`, `${memoryMb(fresh.pid).toFixed(0)} MB (theirs 1.3 GB at 37,000)`);
  await fresh.stop();
}

async function pages(connections: number, count: number): Promise<string> {
  let left = count;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const own = await connect(target);
      let token = "";
      while (left-- > 0) {
        const path = `${collection}?limit=500${token && `&continue=${encodeURIComponent(token)}`}`;
        const { body: page } = await own.send(requestText(target, "GET", path), "body");
        token = /"continue":"([^"]*)"/.exec(page?.toString("latin1", 0, 4_096) ?? "")?.[1] ?? lastToken(page);
      }
      own.close();
    }),
  );
  return `${((count / (performance.now() - started)) * 1000).toFixed(0)} pages/s`;
}

/** The continue token where the list's metadata stands behind its items. */
function lastToken(page: Buffer | undefined): string {
  return /"continue":"([^"]*)"/.exec(page?.toString("latin1", page.length - 4_096) ?? "")?.[1] ?? "";
}

async function watchers(count: number, onEvent: (index: number, text: string) => void): Promise<() => void> {
  const open = await Promise.all(
    Array.from({ length: count }, (_, index) => watchOnce(target, (text) => onEvent(index, text))),
  );
  return () => {
    for (const close of open) close();
  };
}

async function oneWriter(): Promise<string[]> {
  const seen = new Map<string, number>();
  const close = await watchers(1, (_, text) => {
    for (const [, name] of text.matchAll(/"name":"(one-\d+)"/g))
      if (name && !seen.has(name)) seen.set(name, performance.now());
  });
  const writer = await connect(target);
  const count = 500;
  const round = new Float64Array(count);
  const event = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const sent = performance.now();
    await writer.send(requestText(target, "POST", collection, configMap(`one-${i}`, 1_000)));
    round[i] = performance.now() - sent;
    while (!seen.has(`one-${i}`)) await new Promise(setImmediate);
    event[i] = (seen.get(`one-${i}`) as number) - sent;
  }
  made += count;
  writer.close();
  close();
  const text = (f: { p50Ms: number; p99Ms: number }) => `p50 ${f.p50Ms.toFixed(1)} p99 ${f.p99Ms.toFixed(1)} ms`;
  return [`${text(quantiles(round))} (theirs 2.0, 3.1);`, `to watch event ${text(quantiles(event))} (theirs 2.0, 3.5)`];
}

async function fanOut(count: number): Promise<string> {
  let got = 0;
  let last = 0;
  const close = await watchers(count, (_, text) => {
    if (!text.includes('"name":"fan-')) return;
    got++;
    last = performance.now();
  });
  const writer = await connect(target);
  const worst: number[] = [];
  for (let i = 0; i < 5; i++) {
    got = 0;
    const sent = performance.now();
    await writer.send(requestText(target, "POST", collection, configMap(`fan-${i}`, 1_000)));
    while (got < count) await sleep(1);
    worst.push(last - sent);
  }
  writer.close();
  close();
  return `all have it after ${worst.toSorted((a, b) => a - b)[2]?.toFixed(0)} ms (median of 5)`;
}

/** One watch from now on; calls back with what arrives. */
async function watchOnce(to: Target, onText: (text: string) => void): Promise<() => void> {
  const tls = await import("node:tls");
  const socket = tls.connect({ port: to.port, host: "127.0.0.1", ca: to.ca, servername: "localhost" });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const version = await latestVersion();
  socket.write(requestText(to, "GET", `${collection}?watch=1&resourceVersion=${version}`));
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.on("data", (data) => onText(data.toString("latin1")));
  return () => socket.destroy();
}

async function latestVersion(): Promise<string> {
  const own = await connect(target);
  const { body: page } = await own.send(requestText(target, "GET", `${collection}?limit=1`), "body");
  own.close();
  return /"metadata":\{[^}]*"resourceVersion":"(\d+)"/.exec(page?.toString("latin1") ?? "")?.[1] ?? "";
}
