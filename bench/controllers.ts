/**
 * The controllers through the whole control plane in workerd, with the load generator on the same machine: how long a
 * Deployment, its end, a rolling update and a namespace's end take, beside the floor of the same run (a Worker that
 * writes as many rows, one a request, at 64 connections); how often the store is written for one pod; and what a
 * cluster with 100 Deployments does while nothing changes.
 *
 *   node bench/controllers.ts [--pods 3000] [--idle-seconds 120] [--only NAME]
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { projectDir } from "../cli/layout.ts";
import { connect, load, requestText } from "./lib/load.ts";
import { cpuMs, memoryMb, type Server, startCounted, startFloor, startKedge } from "./lib/servers.ts";
import { type Api, apiOf } from "./lib/watching.ts";

const { values } = parseArgs({
  options: {
    pods: { type: "string", default: "3000" },
    "idle-seconds": { type: "string", default: "120" },
    only: { type: "string" },
  },
});
const PODS = Number(values.pods);
const IDLE_SECONDS = Number(values["idle-seconds"]);
const UPDATED_PODS = 1_000;
const NODES = 50;
const CONTENT = 5_000;
const POD_BYTES = 2_300;

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const PODS_OF = "/api/v1/namespaces/default/pods";
const row = (what: string, ...columns: string[]) => console.log(what.padEnd(52), ...columns);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

const deployment = (name: string, replicas: number, more: object = {}): object => {
  const labels = { app: name };
  return {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: "a",
              image: "registry.k8s.io/pause:3.10",
              resources: { requests: { cpu: "10m", memory: "10Mi" } },
            },
          ],
          ...more,
          terminationGracePeriodSeconds: 0,
        },
      },
    },
  };
};

const revisionOf = (text: string): number =>
  Number((JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);

/** Revisions of the store: one for each write. */
const storeRevision = async (api: Api): Promise<number> => revisionOf(await api.call("GET", "/api/v1/nodes?limit=1"));
const eventRevision = async (api: Api): Promise<number> => revisionOf(await api.call("GET", "/api/v1/events?limit=1"));

/** Until the store has not been written for a second. */
async function settled(api: Api): Promise<void> {
  for (let before = -1; ; ) {
    const now = (await storeRevision(api)) + (await eventRevision(api));
    if (now === before) return;
    before = now;
    await sleep(1_000);
  }
}

const isOnly = (name: string): boolean => values.only === undefined || values.only === name;

async function floor(): Promise<void> {
  const server = await startFloor(17_601);
  const { perSecond } = await load({
    target: server.target,
    connections: 64,
    requests: CONTENT,
    request: () => requestText(server.target, "POST", "/", "x".repeat(POD_BYTES)),
    expect: 201,
  });
  await server.stop();
  row(`floor: ${PODS} rows of ${POD_BYTES} B, a request each`, seconds((PODS / perSecond) * 1_000));
  row(`floor: ${CONTENT} rows`, seconds((CONTENT / perSecond) * 1_000));
}

/** Nobody places these pods: what is measured is the controllers' work, not the scheduler's search in vain. */
const UNPLACED = { schedulerName: "none" };

/** Creates pods and takes them away again, without nodes. */
async function scaling(server: Server): Promise<void> {
  const api = apiOf(server.target);
  await api.call("POST", DEPLOYMENTS, deployment("warm", 500, UNPLACED));
  await settled(api);
  await api.call("DELETE", `${DEPLOYMENTS}/warm`);
  await settled(api);
  const watch = await api.watch(PODS_OF);
  let cpu = cpuMs(server.pid);
  let startedMs = performance.now();
  await api.call("POST", DEPLOYMENTS, deployment("big", PODS, UNPLACED));
  const createdMs = (await watch.reached("ADDED", PODS)) - startedMs;
  row(
    `Deployment to ${PODS} pods created`,
    seconds(createdMs),
    `${seconds(cpuMs(server.pid) - cpu)} of CPU`,
    "(theirs 5 s)",
  );
  await settled(api);
  cpu = cpuMs(server.pid);
  startedMs = performance.now();
  await api.call("PATCH", `${DEPLOYMENTS}/big`, { spec: { replicas: 0 } });
  const deletedMs = (await watch.reached("DELETED", PODS)) - startedMs;
  row(`scaled to 0`, seconds(deletedMs), `${seconds(cpuMs(server.pid) - cpu)} of CPU`);
  watch.stop();
  await settled(api);
  row("memory of the control plane", `${memoryMb(server.pid).toFixed(0)} MB`);
}

async function namespaceEnd({ target, pid }: Server): Promise<void> {
  const api = apiOf(target);
  await api.call("POST", "/api/v1/namespaces", { metadata: { name: "full" } });
  await load({
    target,
    connections: 16,
    requests: CONTENT,
    request: (i) => {
      const kind = i % 2 === 0 ? "configmaps" : "secrets";
      const body = JSON.stringify({ metadata: { name: `o-${i}` }, ...(i % 2 === 0 ? { data: { a: "b" } } : {}) });
      return requestText(target, "POST", `/api/v1/namespaces/full/${kind}`, body);
    },
    expect: 201,
  });
  await settled(api);
  const watch = await api.watch("/api/v1/namespaces?fieldSelector=metadata.name%3Dfull");
  const cpu = cpuMs(pid);
  const startedMs = performance.now();
  await api.call("DELETE", "/api/v1/namespaces/full");
  const goneMs = (await watch.reached("DELETED", 1)) - startedMs;
  row(`namespace with ${CONTENT} objects deleted`, seconds(goneMs), `${seconds(cpuMs(pid) - cpu)} of CPU`);
  watch.stop();
}

/** Simulated nodes; resolves when all are Ready. */
async function startNodes(server: Server, api: Api, count: number): Promise<() => Promise<void>> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-bench-nodes-"));
  const tokenFile = path.join(home, "token");
  fs.writeFileSync(tokenFile, server.target.token ?? "", { mode: 0o600 });
  const config = path.join(home, "simulation.json");
  const { ca, port } = server.target;
  fs.writeFileSync(
    config,
    JSON.stringify({
      serverUrl: `https://127.0.0.1:${port}`,
      serverCa: ca,
      tokenFile,
      stateDir: path.join(home, "state"),
      count,
    }),
  );
  const program = path.join(projectDir, "node-daemon/simulated/main.ts");
  const log = fs.openSync(path.join(home, "log"), "w");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, "--config", config], {
    stdio: ["ignore", log, log],
  });
  const isReady = async (): Promise<boolean> => {
    const { items } = JSON.parse(await api.call("GET", "/api/v1/nodes")) as { items: { spec: { taints?: unknown } }[] };
    return items.filter(({ spec }) => !spec.taints).length === count;
  };
  for (const untilMs = performance.now() + 60_000; !(await isReady()); await sleep(100)) {
    if (performance.now() > untilMs) throw new Error(`nodes are not ready: ${fs.readFileSync(path.join(home, "log"))}`);
  }
  return async () => {
    child.kill();
    await new Promise((resolve) => child.on("exit", resolve));
    fs.rmSync(home, { recursive: true });
  };
}

const isRolledOut = (generation: number) => (event: string) => {
  if (event === "") return false;
  const { object } = JSON.parse(event) as {
    object: { status?: { [count: string]: number | undefined } };
  };
  const { observedGeneration = 0, updatedReplicas, replicas, availableReplicas } = object.status ?? {};
  return (
    observedGeneration >= generation &&
    updatedReplicas === UPDATED_PODS &&
    replicas === UPDATED_PODS &&
    availableReplicas === UPDATED_PODS
  );
};

async function rollout(server: Server): Promise<void> {
  const api = apiOf(server.target);
  const stopNodes = await startNodes(server, api, NODES);
  try {
    await settled(api);
    const watch = await api.watch(`${DEPLOYMENTS}?fieldSelector=metadata.name%3Drolled`);
    const before = [await storeRevision(api), await eventRevision(api)] as const;
    let cpu = cpuMs(server.pid);
    const cost = () => `${seconds(cpuMs(server.pid) - cpu)} of CPU`;
    let startedMs = performance.now();
    await api.call("POST", DEPLOYMENTS, deployment("rolled", UPDATED_PODS));
    const runningMs = (await watch.saw(isRolledOut(1))) - startedMs;
    row(`Deployment to ${UPDATED_PODS} pods Running on ${NODES} simulated nodes`, seconds(runningMs), cost());
    await settled(api);
    const perPod = (now: number, then: number) => ((now - then) / UPDATED_PODS).toFixed(2);
    row(
      "writes for each pod from creation to Running",
      `${perPod(await storeRevision(api), before[0])} to the store,`,
      `${perPod(await eventRevision(api), before[1])} events`,
      "(theirs 4 and more, 6 events)",
    );
    cpu = cpuMs(server.pid);
    startedMs = performance.now();
    const text = await api.call("PATCH", `${DEPLOYMENTS}/rolled`, {
      spec: { template: { metadata: { annotations: { version: "2" } } } },
    });
    const { metadata } = JSON.parse(text) as { metadata: { generation: number } };
    const rolledMs = (await watch.saw(isRolledOut(metadata.generation))) - startedMs;
    row(`rolling update of ${UPDATED_PODS} pods (25 %, 25 %)`, seconds(rolledMs), cost());
    watch.stop();
  } finally {
    await stopNodes();
  }
}

/** Counts what is done while nothing changes. */
async function idle(): Promise<void> {
  const server = await startCounted(17_603);
  const api = apiOf(server.target);
  const stopNodes = await startNodes(server, api, 3);
  try {
    for (let i = 0; i < 100; i++) await api.call("POST", DEPLOYMENTS, deployment(`d-${i}`, 1));
    await settled(api);
    const counts = async (): Promise<unknown> => {
      const connection = await connect(server.target);
      const { body } = await connection.send(requestText(server.target, "GET", "/bench/cost"), "body");
      connection.close();
      return JSON.parse(String(body));
    };
    // Until the last alarms of the work have rung.
    await sleep(35_000);
    await counts();
    const before = await storeRevision(api);
    await counts();
    await sleep(IDLE_SECONDS * 1_000);
    const after = await counts();
    const written = (await storeRevision(api)) - before;
    row(`idle for ${IDLE_SECONDS} s: 100 Deployments, 3 nodes`, `${written} store writes,`, JSON.stringify(after));
  } finally {
    await stopNodes();
    await server.stop();
  }
}

if (isOnly("floor")) await floor();
const parts = { scaling, namespace: namespaceEnd, rollout };
for (const [name, part] of Object.entries(parts)) {
  if (!isOnly(name)) continue;
  const server = await startKedge(17_602);
  try {
    await part(server);
  } finally {
    await server.stop();
  }
}
if (isOnly("idle")) await idle();
process.exit(0);
