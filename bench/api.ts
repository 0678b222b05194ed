/**
 * The API server over https, with the load generator on the same machine, beside the floors of the same run (a Worker
 * that forwards to an object that reads one row, or writes one row in a grouped commit) and the reference figures of
 * kube-apiserver + etcd on the same kind of machine.
 *
 *   node bench/api.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Beside, beside, costed } from "./lib/beside.ts";
import { connect, quantiles, requestText, show, type Target } from "./lib/load.ts";
import { memoryMb, startFloor, startKedge } from "./lib/servers.ts";

/** Requests of one slice of a load. */
const SLICE = 1_500;
const LISTED = 37_000;
const collection = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, bytes: number): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: "x".repeat(bytes) } });

/** One that no scheduler looks after: its creation alone is measured. */
const pod = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "web" } },
    spec: {
      schedulerName: "nobody",
      containers: [{ name: "c", image: "nginx:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
    },
  });

const row = (what: string, ...columns: string[]) => console.log(what.padEnd(34), ...columns);
const show2 = ({ ours, floor, ratio }: Beside): string[] => [
  show(ours),
  `${ours.cpuUs.toFixed(0)} µs of CPU; ${ratio.toFixed(2)} of the floor's ${floor.perSecond.toFixed(0)}/s, ${floor.cpuUs.toFixed(0)} µs`,
];

const floor = await startFloor(17_501);
const kedge = await startKedge(17_502);
const { target } = kedge;
row("memory, idle", `${memoryMb(kedge.pid).toFixed(0)} MB`);

const body = configMap("floor", 1_000);
const floorWrite = (connections: number) => () =>
  costed(floor, {
    connections,
    requests: SLICE,
    request: () => requestText(floor.target, "POST", "/", body),
    expect: 201,
  });
const floorRead = () =>
  costed(floor, {
    connections: 16,
    requests: SLICE,
    request: () => requestText(floor.target, "GET", "/"),
    expect: 200,
  });

let made = 0;
const create = (connections: number, requests: number) =>
  costed(kedge, {
    connections,
    requests,
    request: () => requestText(target, "POST", collection, configMap(`c-${made++}`, 1_000)),
    expect: 201,
  });
const read =
  (nameOf: (index: number) => string, from = target) =>
  () =>
    costed(kedge, {
      target: from,
      connections: 16,
      requests: SLICE,
      request: (i) => requestText(from, "GET", `${collection}/${nameOf(i)}`),
      expect: 200,
    });
// Both get warm.
await create(16, SLICE);
await floorWrite(16)();
await floorRead();
const create16 = await beside(() => create(16, SLICE), floorWrite(16));
row("create ConfigMap 1 KB, 16", ...show2(create16), "(theirs 2,342/s p99 20 ms)");
const create64 = await beside(() => create(64, SLICE), floorWrite(64));
row("create ConfigMap 1 KB, 64", ...show2(create64), "(theirs 2,308/s p99 90 ms)");
let next = 0;
const get = await beside(
  read(() => `c-${next++ % made}`),
  floorRead,
);
row("get ConfigMaps in turn, 16", ...show2(get), "(theirs 6,757/s p99 9.7 ms)");
const account = { ...target, token: await accountToken() };
const asAccount = await beside(
  read(() => `c-${next++ % made}`, account),
  floorRead,
);
row("get in turn by an account, 16", ...show2(asAccount));
let podCount = 0;
const pods = await beside(
  () =>
    costed(kedge, {
      connections: 64,
      requests: 500,
      request: () => requestText(target, "POST", "/api/v1/namespaces/default/pods", pod(`p-${podCount++}`)),
      expect: 201,
    }),
  floorWrite(64),
);
row("create Pod, 64", ...show2(pods));
await floor.stop();
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

/** Of a service account that may view the namespace. */
async function accountToken(): Promise<string> {
  const own = await connect(target);
  const post = async (path: string, body: object): Promise<string> => {
    const { status, body: answer } = await own.send(requestText(target, "POST", path, JSON.stringify(body)), "body");
    if (status !== 201) throw new Error(`POST ${path}: HTTP ${status}`);
    return answer?.toString() ?? "";
  };
  await post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "viewer" } });
  await post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
    metadata: { name: "viewer" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "ServiceAccount", name: "viewer" }],
  });
  const answer = await post("/api/v1/namespaces/default/serviceaccounts/viewer/token", { spec: {} });
  own.close();
  return (JSON.parse(answer) as { status: { token: string } }).status.token;
}

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
