/**
 * What operations and an idle cluster cost on Cloudflare: rows, requests and the time objects are awake, counted in
 * workerd, times the prices of the paid plan beyond what it includes
 * (https://developers.cloudflare.com/durable-objects/platform/pricing/, …/workers/platform/pricing/).
 *
 *   node bench/cost.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, requestText } from "./lib/load.ts";
import { startCounted } from "./lib/servers.ts";

/** Dollars for one. */
const PRICE = {
  workerRequest: 0.3e-6,
  objectRequest: 0.15e-6,
  rowRead: 0.001e-6,
  rowWritten: 1e-6,
  /** Of an object's 128 MB. */
  awakeMs: (12.5e-6 * 0.128) / 1000,
};
const MONTH_SECONDS = 30 * 24 * 3600;
/** As the node daemon does (node-daemon/node-status). */
const LEASE_SECONDS = 300;
const TIMES = 100;
/** Followers of the change feed put their alarms in order two seconds after their work. */
const SETTLE_MS = 2_500;

interface Counts {
  workerRequests: number;
  objectRequests: number;
  rowsRead: number;
  rowsWritten: number;
  awakeMs: number;
}

const server = await startCounted(17_503);
const { target } = server;
/** workerd closes a connection on which nothing comes for five seconds: each part opens its own. */
let connection = await connect(target);

async function send(method: string, path: string, body?: object): Promise<string> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { status, body: answer } = await connection.send(requestText(target, method, path, text), "body");
  if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status} ${answer?.toString()}`);
  return String(answer);
}

async function counts(): Promise<Counts> {
  connection.close();
  connection = await connect(target);
  const { body } = await connection.send(requestText(target, "GET", "/bench/cost"), "body");
  return JSON.parse(String(body)) as Counts;
}

/** What one operation costs, with all that follows from it; one after the other, so that no two share a commit. */
async function measure(operation: (i: number) => Promise<unknown>, times = TIMES): Promise<Counts> {
  await sleep(SETTLE_MS);
  await counts();
  for (let i = 0; i < times; i++) await operation(i);
  await sleep(SETTLE_MS);
  const all = await counts();
  return {
    workerRequests: all.workerRequests / times,
    objectRequests: all.objectRequests / times,
    rowsRead: all.rowsRead / times,
    rowsWritten: all.rowsWritten / times,
    awakeMs: all.awakeMs / times,
  };
}

const dollars = (c: Counts): number =>
  c.workerRequests * PRICE.workerRequest +
  c.objectRequests * PRICE.objectRequest +
  c.rowsRead * PRICE.rowRead +
  c.rowsWritten * PRICE.rowWritten +
  c.awakeMs * PRICE.awakeMs;

const columns = (cells: (string | number)[]) =>
  console.log(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(34) : String(cell).padStart(13))).join(""));

async function show(what: string, operation: (i: number) => Promise<unknown>, times = TIMES): Promise<Counts> {
  const c = await measure(operation, times);
  const cells = [c.workerRequests, c.objectRequests, c.rowsRead, c.rowsWritten, c.awakeMs].map((n) => n.toFixed(1));
  columns([what, ...cells, (dollars(c) * 1e6).toFixed(2)]);
  return c;
}

const configMaps = "/api/v1/namespaces/default/configmaps";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const configMap = (i: number, value: string) => ({ metadata: { name: `c-${i}` }, data: { key: value.repeat(1_000) } });
const lease = (i: number, resourceVersion?: string) => ({
  metadata: { name: "n1", resourceVersion },
  spec: { holderIdentity: "n1", renewTime: new Date(1.7e12 + i).toISOString().replace("Z", "000Z") },
});

columns(["one operation", "Worker req.", "object req.", "rows read", "rows written", "awake ms", "$ a million"]);
await show("create a ConfigMap of 1 KB", (i) => send("POST", configMaps, configMap(i, "x")));
await show("get it", (i) => send("GET", `${configMaps}/c-${i}`));
await show("replace it", (i) => send("PUT", `${configMaps}/c-${i}`, configMap(i, "y")));
await show(`list ${TIMES} of them`, () => send("GET", configMaps));
await show("delete it", (i) => send("DELETE", `${configMaps}/c-${i}`));
const versionOf = (text: string) =>
  (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
let version = versionOf(await send("POST", leases, lease(0)));
const renewal = await show("renew a node's lease", async (i) => {
  version = versionOf(await send("PUT", `${leases}/n1`, lease(i + 1, version)));
});
const deployments = "/apis/apps/v1/namespaces/default/deployments";
await show("create a Deployment of one pod", (i) => send("POST", deployments, deployment(i)), 20);

// Until the last alarms have rung, and watched for a while then.
await sleep(35_000);
await counts();
const IDLE_SECONDS = 30;
await sleep(IDLE_SECONDS * 1000);
const idle = await counts();
const bytes = server.storedBytes();
connection.close();
await server.stop();

const perNode = (MONTH_SECONDS / LEASE_SECONDS) * dollars(renewal);
const idleMonth = (MONTH_SECONDS / IDLE_SECONDS) * dollars(idle);
const awakeMonth = MONTH_SECONDS * 1000 * PRICE.awakeMs;
console.log();
console.log(
  `an idle cluster without nodes, a month: $${idleMonth.toFixed(2)} (${JSON.stringify(idle)} in ${IDLE_SECONDS} s)`,
);
console.log(
  `each node of it: $${perNode.toFixed(3)} (a lease every ${LEASE_SECONDS} s; heartbeats are answered without waking anything)`,
);
console.log(`an object that never sleeps, as one does with a watch over plain HTTP: $${awakeMonth.toFixed(2)}`);
console.log(`stored now: ${(bytes / 1e6).toFixed(1)} MB ($0.20 a GB and month beyond 5 GB)`);

function deployment(i: number): object {
  const labels = { app: `d-${i}` };
  return {
    metadata: { name: `d-${i}` },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "registry.k8s.io/pause:3.10" }] } },
    },
  };
}
