import fs from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseCommandLine, wholeNumber } from "../arguments.ts";
import { controlPlaneDaemon, startControlPlane } from "../control-plane/start.ts";
import { createEdgeClient, type EdgeClient } from "../edge-client.ts";
import { Failure } from "../failure.ts";
import { CONTEXT_NAME, mergeKubeconfig, userKubeconfig, writeKubeconfig } from "../kubeconfig.ts";
import { type Layout, layoutOf } from "../layout.ts";
import { withLock } from "../lock.ts";
import { startContainerd } from "../nodes/containerd.ts";
import { startNodeDaemon } from "../nodes/daemon.ts";
import { type LocalNode, localNodes } from "../nodes/local-node.ts";
import { ensureBridge, ensureNamespace } from "../nodes/namespaces.ts";
import { refuseSecondNode } from "../nodes/neighbours.ts";
import { simulatedDaemon, startSimulatedNodes, waitSimulatedReady } from "../nodes/simulated.ts";
import { ensurePki } from "../pki/store.ts";
import { createProgress, type Progress } from "../progress.ts";
import { readRunFile, writeRunFile } from "../run-file.ts";
import { checkCgroups } from "../system/cgroups.ts";
import { ensureInstalled, KUBECTL, missing, NODE_NEEDS } from "../system/install.ts";
import { adviseOnKubectl } from "../system/kubectl.ts";
import { runningPid } from "../system/process.ts";
import { stay } from "./foreground.ts";

const LINE = {
  usage: "./kedge up [flags]",
  flags: {
    port: { type: "string", value: "PORT", help: "port of the API on this machine", default: "6443" },
    data: { type: "string", value: "DIR", help: "where the cluster lives", default: ".kedge" },
    nodes: {
      type: "string",
      value: "N",
      help: "nodes on this machine; those above 1 in network namespaces (default 1, or 0 with --simulated-nodes)",
    },
    "simulated-nodes": {
      type: "string",
      value: "N",
      help: "nodes that run pods in name only; needs no root",
      default: "0",
    },
    "simulation-config": {
      type: "string",
      value: "FILE",
      help: "JSON: capacity, zones, labels, delays and failure rates of simulated nodes",
    },
    "scheduler-config": {
      type: "string",
      value: "FILE",
      help: "KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) for the scheduler",
    },
    "authentication-config": {
      type: "string",
      value: "FILE",
      help: "AuthenticationConfiguration (apiserver.config.k8s.io/v1): identity providers, anonymous requests",
    },
    "audit-policy": { type: "string", value: "FILE", help: "Policy (audit.k8s.io/v1): what the audit log tells" },
    "no-node": { type: "boolean", help: "the control plane only; needs no root" },
    foreground: { type: "boolean", help: "stay, bring back what dies, and stop everything at Ctrl-C" },
    "no-install": { type: "boolean", help: "say what is missing instead of installing it" },
  },
} as const;

/** Flags that name a document for the control plane, and the binding it becomes. */
const DOCUMENTS = [
  ["scheduler-config", "KEDGE_SCHEDULER_CONFIG"],
  ["authentication-config", "KEDGE_AUTHENTICATION_CONFIG"],
  ["audit-policy", "KEDGE_AUDIT_POLICY"],
] as const;

const NODE_READY_TIMEOUT_MS = 60_000;

interface UpOptions {
  layout: Layout;
  port: number;
  nodes: number;
  simulatedNodes: number;
  /** Text of a file of JSON. */
  simulationConfig: string | undefined;
  install: boolean;
  progress: Progress;
}

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const { flags } = line;
  const simulatedNodes = wholeNumber("simulated-nodes", flags["simulated-nodes"], { least: 0, most: 15_000 });
  const options: UpOptions = {
    layout: layoutOf(flags.data),
    port: wholeNumber("port", flags.port, { least: 1, most: 65_535 }),
    nodes: nodeCount(flags["no-node"], flags.nodes, simulatedNodes),
    simulatedNodes,
    simulationConfig: readFlagFile("simulation-config", flags["simulation-config"]),
    install: !flags["no-install"],
    progress: createProgress(process.stderr),
  };
  for (const [flag, setting] of DOCUMENTS) {
    const text = readFlagFile(flag, flags[flag]);
    if (text === undefined) continue;
    refuseWhileRunning(options.layout);
    process.env[setting] = text;
  }
  const started = performance.now();
  await withLock(options.layout, () => bringUp(options));
  const elapsed = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(farewell(options, elapsed));
  if (flags.foreground)
    await stay(options.layout, () => withLock(options.layout, () => bringUp({ ...options, progress: quiet })));
}

/** @throws Failure naming the flag */
function readFlagFile(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(`--${flag}: ${(error as Error).message}`, 2);
  }
}

/** Documents are read when the control plane starts. */
function refuseWhileRunning(layout: Layout): void {
  if (runningPid(controlPlaneDaemon(layout)) === undefined) return;
  throw new Failure("the control plane runs already: run ./kedge down first (data is kept) to give it a configuration");
}

/** Without a word on it, this machine is a node, unless simulated ones are asked for. */
function nodeCount(noNode: boolean, nodes: string | undefined, simulatedNodes: number): number {
  if (noNode) return 0;
  if (nodes !== undefined) return wholeNumber("nodes", nodes, { least: 1, most: 100 });
  return simulatedNodes > 0 ? 0 : 1;
}

const quiet: Progress = { step: (_title, work) => work(() => {}), warn: () => {} };

/** Brings everything to where it should be; what runs already is left alone. */
async function bringUp(options: UpOptions): Promise<void> {
  const { layout, port, nodes, simulatedNodes, simulationConfig, progress } = options;
  checkSameFlags(layout, { port, nodes, simulatedNodes });
  if (nodes > 0) await checkNodeMachine(options);
  if (runningPid(controlPlaneDaemon(layout)) === undefined) await checkPortFree(port);

  writeRunFile(layout, { formatVersion: 1, port, nodes, simulatedNodes });
  const bridgeIp = nodes > 1 ? await progress.step("Bridge for the nodes", () => ensureBridge(layout)) : undefined;
  const serverUrl = `https://127.0.0.1:${port}`;
  const pki = await progress.step("Certificates", () =>
    ensurePki(layout, {
      dnsNames: [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
      ],
      ipAddresses: ["127.0.0.1", "10.96.0.1", ...(bridgeIp ? [bridgeIp] : [])],
    }),
  );
  const listen = ["127.0.0.1", ...(bridgeIp ? [bridgeIp] : [])].map((address) => `${address}:${port}`);
  await progress.step("Control plane", async (note) => {
    const { started, pid } = await startControlPlane({ layout, pki, listen, serverUrl });
    note(`${serverUrl} (workerd, pid ${pid}${started ? "" : ", was running"})`);
  });

  const access = { serverUrl, caPem: pki.authority.certificatePem, token: pki.adminToken };
  writeKubeconfig(layout.kubeconfig, access);
  try {
    mergeKubeconfig(userKubeconfig(), access);
  } catch (error) {
    progress.warn(`context ${CONTEXT_NAME} was not merged into your kubeconfig: ${(error as Error).message}`);
  }

  const edge = createEdgeClient(access);
  try {
    const all = localNodes(layout, nodes);
    const startedMs = new Map<string, number>();
    await Promise.all(
      all.map(async (node) => {
        const beforeMs = Date.now();
        const started = await startNode(node, { options, edge, bridgeIp, caPem: access.caPem });
        if (started) startedMs.set(node.name, beforeMs);
      }),
    );
    for (const node of all) {
      await progress.step(`Node ${node.name}`, async (note) => {
        await waitNodeReady(node, edge, startedMs.get(node.name));
        note("Ready");
      });
    }
    if (simulatedNodes > 0) {
      const simulated = { layout, count: simulatedNodes, settings: simulationConfig, serverUrl, caPem: access.caPem };
      await progress.step("Simulated nodes", async (note) => {
        await startSimulatedNodes(simulated);
        await waitSimulatedReady(simulated, edge, note);
      });
    }
  } finally {
    await edge.close();
  }
}

interface StartNode {
  options: UpOptions;
  edge: EdgeClient;
  bridgeIp: string | undefined;
  caPem: string;
}

/** Returns whether its daemon had to be started. */
async function startNode(node: LocalNode, { options, edge, bridgeIp, caPem }: StartNode): Promise<boolean> {
  const nodeIp = node.networkNamespace ? await ensureNamespace(options.layout, node) : bridgeIp;
  await options.progress.step(`containerd of ${node.name}`, async (note) => {
    const { started } = await startContainerd(node);
    if (!started) note("was running");
  });
  const host = node.networkNamespace && bridgeIp ? bridgeIp : "127.0.0.1";
  const { started } = await startNodeDaemon(
    { node, serverUrl: `https://${host}:${options.port}`, caPem, ...(nodeIp && { nodeIp }) },
    edge,
  );
  return started;
}

interface NodeAnswer {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

interface LeaseAnswer {
  spec?: { renewTime?: string };
}

/**
 * @param startedMs when its daemon was started just now: what the Node said before that does not count, and the daemon
 *   renews its Lease when it connects
 */
async function waitNodeReady(node: LocalNode, edge: EdgeClient, startedMs: number | undefined): Promise<void> {
  const deadline = performance.now() + NODE_READY_TIMEOUT_MS;
  let last = "it has not registered";
  for (;;) {
    try {
      const answer = (await edge.call("GET", `/api/v1/nodes/${node.name}`)) as NodeAnswer;
      const ready = answer.status?.conditions?.find((condition) => condition.type === "Ready");
      if (ready?.status === "True" && (await hasReported(node, edge, startedMs))) return;
      if (ready) last = ready.message ?? "it is not Ready";
    } catch (error) {
      last = (error as Error).message;
    }
    if (runningPid(node.daemon) === undefined) {
      throw new Failure(`the daemon of node ${node.name} ended. See ${node.daemon.logFile}`);
    }
    if (performance.now() > deadline) {
      throw new Failure(
        `node ${node.name} was not Ready within ${NODE_READY_TIMEOUT_MS / 1000} s: ${last}\nSee ${node.daemon.logFile}`,
      );
    }
    await sleep(50);
  }
}

async function hasReported(node: LocalNode, edge: EdgeClient, startedMs: number | undefined): Promise<boolean> {
  if (startedMs === undefined) return true;
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node.name}`;
  const lease = (await edge.call("GET", path)) as LeaseAnswer;
  return Date.parse(lease.spec?.renewTime ?? "") >= startedMs;
}

type Size = { port: number; nodes: number; simulatedNodes: number };

/** @throws Failure when this data directory's cluster runs with other flags */
function checkSameFlags(layout: Layout, wanted: Size): void {
  const file = readRunFile(layout);
  if (!file) return;
  const last: Size = { port: file.port, nodes: file.nodes, simulatedNodes: file.simulatedNodes ?? 0 };
  const anythingRuns =
    runningPid(controlPlaneDaemon(layout)) !== undefined ||
    runningPid(simulatedDaemon(layout)) !== undefined ||
    localNodes(layout, last.nodes).some((node) => runningPid(node.daemon) !== undefined);
  const flags = ({ port, nodes, simulatedNodes }: Size) =>
    [
      `--port ${port}`,
      nodes === 0 ? "--no-node" : `--nodes ${nodes}`,
      ...(simulatedNodes > 0 ? [`--simulated-nodes ${simulatedNodes}`] : []),
    ].join(" ");
  if (!anythingRuns || flags(last) === flags(wanted)) return;
  throw new Failure(
    `already running with ${flags(last)}, now asked for ${flags(wanted)}.\n` +
      `Run ./kedge down first (data is kept), or repeat the flags it runs with.`,
  );
}

async function checkNodeMachine({ layout, install, progress }: UpOptions): Promise<void> {
  if (process.platform !== "linux") throw new Failure("a node needs Linux; use --no-node for the control plane alone");
  if (process.getuid?.() !== 0) {
    throw new Failure(
      "joining this machine as a node needs root (containers, network rules).\nRun with sudo, or use --no-node for the control plane alone.",
    );
  }
  checkCgroups();
  refuseSecondNode(layout);
  await ensureInstalled([...NODE_NEEDS, ...(missing([KUBECTL]).length > 0 ? [KUBECTL] : [])], { install, progress });
  await adviseOnKubectl(progress);
}

/** @throws Failure when something else listens there */
async function checkPortFree(port: number): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE")
        reject(
          new Failure(
            `port ${port} is taken by another program.\nFind it with: ss -ltnp 'sport = :${port}', or choose another with --port.`,
          ),
        );
      else if (error.code === "EACCES")
        reject(new Failure(`this user may not listen on port ${port}: choose one above 1023 with --port`));
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve()));
  });
}

function farewell({ layout, nodes, simulatedNodes }: UpOptions, elapsed: string): string {
  const kubectl = fs.existsSync(userKubeconfig()) ? "kubectl" : `kubectl --kubeconfig ${layout.kubeconfig}`;
  const next =
    nodes > 0
      ? [
          `${kubectl} get nodes`,
          `./kedge image load my-image.tar`,
          `${kubectl} create deployment web --image=my-image --replicas=3`,
          `${kubectl} get pods -o wide`,
        ]
      : simulatedNodes > 0
        ? [`${kubectl} get nodes`, `${kubectl} create deployment web --image=any --replicas=100`]
        : [`${kubectl} get namespaces`];
  return `\nkedge is up after ${elapsed} s.\nkubeconfig: ${layout.kubeconfig} (context "${CONTEXT_NAME}" of ${userKubeconfig()})\nTry:\n${next.map((line) => `  ${line}\n`).join("")}Stop with: ./kedge down\n`;
}
