/**
 * Placement through the whole control plane: registers simulated nodes, then makes Deployments on them. Prints how long
 * the nodes took to be Ready, what the API answered with meanwhile, how long until all pods were bound and Running, and
 * the memory of the process.
 *
 *   node bench/scheduler/end-to-end.ts [--nodes 1000] [--pods 3000] [--deployments 1] [--port 17444] [--data DIR]
 *     [--objects]
 *
 * With --data the control plane that runs there on that port is used, and left as it is. With --objects it also says
 * what each Durable Object holds of the cluster: the programs are measured alone, on what the API then has; the rest of
 * workerd's memory is the ClusterStore's and the runtime's.
 */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Agent, request } from "undici";
import { projectDir } from "../../cli/layout.ts";
import { pidOf } from "../../test/e2e/harness.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000" },
    pods: { type: "string", default: "3000" },
    deployments: { type: "string", default: "1" },
    port: { type: "string", default: "17444" },
    data: { type: "string" },
    objects: { type: "boolean", default: false },
  },
});
const nodes = Number(values.nodes);
const deployments = Number(values.deployments);
const pods = Math.floor(Number(values.pods) / deployments) * deployments;
const home = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-bench-"));
const dataDir = values.data ?? path.join(home, "data");
const env = { ...process.env, HOME: home, KUBECONFIG: path.join(home, "kubeconfig") };
const server = `https://127.0.0.1:${values.port}`;
const kedge = (...args: string[]): void => {
  execFileSync(path.join(projectDir, "kedge"), [...args, "--data", dataDir], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
};
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

let agent: Agent;
let token: string;

async function call(method: "GET" | "POST" | "PATCH", url: string, body?: object): Promise<string> {
  const answer = await request(server + url, {
    dispatcher: agent,
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text.slice(0, 200)}`);
  return text;
}

/** Counts objects of a collection as they come into a selection, without reading them. */
async function counter(
  url: string,
): Promise<{ reached: (count: number, limitMs: number) => Promise<number>; stop(): void }> {
  const { metadata } = JSON.parse(await call("GET", `${url}&limit=1`)) as { metadata: { resourceVersion: string } };
  const abort = new AbortController();
  const answer = await request(`${server}${url}&watch=1&resourceVersion=${metadata.resourceVersion}`, {
    dispatcher: new Agent({ connect: { rejectUnauthorized: false }, bodyTimeout: 0 }),
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  let seen = 0;
  let look = (): void => undefined;
  const needle = Buffer.from('{"type":"ADDED"');
  void (async () => {
    let rest = Buffer.alloc(0);
    for await (const chunk of answer.body) {
      const data = Buffer.concat([rest, chunk as Buffer]);
      let at = data.indexOf(needle);
      let end = 0;
      while (at >= 0) {
        seen++;
        end = at + needle.length;
        at = data.indexOf(needle, end);
      }
      rest = data.subarray(Math.max(end, data.length - needle.length + 1));
      look();
    }
  })().catch(() => undefined);
  return {
    reached: (count, limitMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${url}: ${seen} of ${count}`)), limitMs);
        look = () => {
          if (seen < count) return;
          clearTimeout(timer);
          resolve(performance.now());
        };
        look();
      }),
    stop: () => abort.abort(),
  };
}

/** Asks the API for small things until told to stop; returns the time of each answer. */
function probe(): { stop(): Promise<number[]> } {
  const times: number[] = [];
  let isOn = true;
  const run = async (): Promise<void> => {
    for (let i = 0; isOn; i++) {
      const startMs = performance.now();
      if (i % 2 === 0) await call("GET", "/api/v1/namespaces/default/configmaps/probe");
      else await call("PATCH", "/api/v1/namespaces/default/configmaps/probe", { data: { at: String(i) } });
      times.push(performance.now() - startMs);
      await sleep(20);
    }
  };
  const running = run();
  return {
    async stop() {
      isOn = false;
      await running;
      return times.sort((a, b) => a - b);
    },
  };
}

const percentile = (times: number[], share: number): string =>
  `${(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN).toFixed(1)} ms`;

function memory(pid: number): string {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  return `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)} MB`;
}

/** CPU time a process has had, in ms: what it would take with nobody else on the machine. */
function cpuMs(pid: number): number {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const FOLLOWED: readonly [resource: string, path: string][] = [
  ["nodes", "/api/v1/nodes"],
  ["namespaces", "/api/v1/namespaces"],
  ["deployments.apps", "/apis/apps/v1/deployments"],
  ["replicasets.apps", "/apis/apps/v1/replicasets"],
  ["serviceaccounts", "/api/v1/serviceaccounts"],
  ["services", "/api/v1/services"],
  ["configmaps", "/api/v1/configmaps"],
  ["pods", "/api/v1/pods"],
];

/** What the programs hold of all that there is now. */
async function programs(workerdPid: number): Promise<void> {
  const file = path.join(home, "objects.tsv");
  const out = fs.createWriteStream(file);
  for (const [resource, url] of FOLLOWED) {
    let next = "";
    do {
      const text = await call("GET", `${url}?limit=500&continue=${encodeURIComponent(next)}`);
      const { metadata, items } = JSON.parse(text) as { metadata: { continue?: string }; items: object[] };
      for (const item of items) out.write(`${resource}\t${JSON.stringify(item)}\n`);
      next = metadata.continue ?? "";
    } while (next !== "");
  }
  await new Promise((resolve) => out.end(resolve));
  const measured = ["scheduler", "controllers"].map((program) => {
    const args = [path.join(projectDir, "bench/scheduler/programs.ts"), "--program", program, "--objects", file];
    const bytes = Number(execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", ...args]));
    return `${program} ${(bytes / 1_000_000).toFixed(1)} MB`;
  });
  console.log(
    `held in memory: ${measured.join(", ")}; workerd in all ${memory(workerdPid)}; on disk ${Math.round(storageBytes() / 1_000_000)} MB`,
  );
}

function storageBytes(): number {
  const dir = path.join(dataDir, "control-plane/storage");
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

function startSimulation(): ReturnType<typeof spawn> {
  const file = path.join(home, "simulation.json");
  const config = {
    serverUrl: server,
    serverCa: fs.readFileSync(path.join(dataDir, "pki/ca.crt"), "utf8"),
    tokenFile: path.join(dataDir, "pki/admin.token"),
    stateDir: path.join(home, "simulation"),
    count: nodes,
  };
  fs.writeFileSync(file, JSON.stringify(config));
  const program = path.join(projectDir, "node-daemon/simulated/main.ts");
  const log = fs.openSync(path.join(home, "simulation.log"), "w");
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, "--config", file], {
    stdio: ["ignore", log, log],
  });
}

const deployment = (name: string): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: pods / deployments,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: "web", image: "web", resources: { requests: { cpu: "100m", memory: "100Mi" } } }],
      },
    },
  },
});

async function main(): Promise<void> {
  if (!values.data) kedge("up", "--no-node", "--port", values.port);
  try {
    await measure();
  } finally {
    if (!values.data) kedge("down", "--purge");
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function measure(): Promise<void> {
  token = fs.readFileSync(path.join(dataDir, "pki/admin.token"), "utf8").trim();
  agent = new Agent({ connect: { ca: fs.readFileSync(path.join(dataDir, "pki/ca.crt"), "utf8") } });
  const workerd = pidOf(path.join(dataDir, "control-plane/workerd.pid"));
  await call("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "probe" } });

  const probing = probe();
  const registering = performance.now();
  const simulation = startSimulation();
  interface SeenNode {
    spec: { taints?: unknown[] };
    status?: { conditions?: { type: string; status: string }[] };
  }
  const isReady = ({ spec, status }: SeenNode): boolean =>
    !spec.taints?.length &&
    (status?.conditions?.some((each) => each.type === "Ready" && each.status === "True") ?? false);
  // Nodes register in order: a look at all of them, which costs the API more than anything else here, waits for the last.
  const isLastReady = (): Promise<boolean> =>
    call("GET", `/api/v1/nodes/simulated-${nodes - 1}`).then(
      (text) => isReady(JSON.parse(text) as SeenNode),
      () => false,
    );
  const ready = async (): Promise<number> => {
    if (!(await isLastReady())) return 0;
    const list = JSON.parse(await call("GET", "/api/v1/nodes?limit=20000")) as { items: SeenNode[] };
    return list.items.filter(isReady).length;
  };
  try {
    while ((await ready()) < nodes) {
      if (performance.now() - registering > 300_000) throw new Error(`only ${await ready()} nodes are ready`);
      await sleep(250);
    }
    const simulationPid = simulation.pid ?? 0;
    const cpu = (): string => `CPU: workerd ${seconds(cpuMs(workerd))}, simulation ${seconds(cpuMs(simulationPid))}`;
    console.log(`${nodes} nodes Ready after ${seconds(performance.now() - registering)}; ${cpu()} so far`);
    const times = await probing.stop();
    console.log(
      `API meanwhile (get, patch; ${times.length} calls): p50 ${percentile(times, 0.5)} p99 ${percentile(times, 0.99)}, workerd ${memory(workerd)}`,
    );

    const collection = "/api/v1/namespaces/default/pods";
    const bound = await counter(`${collection}?fieldSelector=${encodeURIComponent("spec.nodeName!=")}`);
    const running = await counter(`${collection}?fieldSelector=${encodeURIComponent("status.phase=Running")}`);
    const probingPods = probe();
    const started = performance.now();
    for (let i = 0; i < deployments; i++) {
      await call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment(`web-${i}`));
    }
    const limitMs = 1_800_000;
    const [boundMs, runningMs] = await Promise.all([bound.reached(pods, limitMs), running.reached(pods, limitMs)]);
    console.log(
      `${pods} pods bound after ${seconds(boundMs - started)}, Running after ${seconds(runningMs - started)}; ${cpu()} in all`,
    );
    const podTimes = await probingPods.stop();
    console.log(
      `API meanwhile (${podTimes.length} calls): p50 ${percentile(podTimes, 0.5)} p99 ${percentile(podTimes, 0.99)}, workerd ${memory(workerd)}, simulation ${memory(simulationPid)}`,
    );
    bound.stop();
    running.stop();
    if (values.objects) await programs(workerd);
  } finally {
    simulation.kill();
  }
}

await main();
process.exit(0);
