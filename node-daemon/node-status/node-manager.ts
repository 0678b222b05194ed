/** Registers this node and keeps the API told of how it is. */
import type { Node, NodeStatus } from "../../kinds/core/v1-types.ts";
import { type Clock, formatMicroTime } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiCallError, type ApiClient, type Informer, type Log, type NodeNetwork } from "../contracts.ts";
import type { EventRecorder } from "../pods/events.ts";
import type { Image, Runtime } from "../runtime/runtime.ts";
import { type Machine, measure } from "./machine.ts";
import { nodeStatusPatch } from "./node-patch.ts";
import { type NodeFactsInput, newNode, nodeEvents, nodeLabels, nodeStatus } from "./plan-node.ts";

/** How often the machine is looked at; the API hears of it only when something has changed. */
const LOOK_MS = 10_000;
/** Heartbeats travel through the tunnel; conditions and the lease are freshened this often. */
const HEARTBEAT_MS = 300_000;
const LEASE_SECONDS = 600;
const RETRY_MS = 1_000;
/** Images are listed every so many looks. */
const IMAGES_EVERY = 6;

export interface NodeManagerOptions {
  nodeName: string;
  labels?: { [key: string]: string } | undefined;
  nodeIps: readonly string[];
  /** Directory on the file system pods write to. */
  stateDir: string;
  machine: Machine;
  api: ApiClient;
  runtime: Runtime;
  network: NodeNetwork;
  /** All nodes, or at least this one. */
  nodes: Informer<Node>;
  events: Pick<EventRecorder, "node">;
  clock: Clock;
  log: Log;
}

export interface NodeManager {
  /** Resolves once the node is registered; tries until it is. */
  start(): Promise<void>;
  /** Looks now rather than at the next period; with `heartbeat` tells the API whatever it finds. */
  look(options?: { heartbeat?: boolean }): void;
  stop(): void;
}

export function createNodeManager(options: NodeManagerOptions): NodeManager {
  const { nodeName, nodeIps, stateDir, machine, api, runtime, network, nodes, clock, log } = options;
  const path = `/api/v1/nodes/${nodeName}`;
  let stopped = false;
  let registered = false;
  let cancel = (): void => {};
  let looks = 0;
  let images: Image[] = [];
  let version: NodeFactsInput["runtime"] = { name: "containerd", version: "unknown" };
  let heartbeatDueMs = 0;
  let looking: Promise<void> | undefined;
  let lookAgain: { heartbeat: boolean } | undefined;
  /** As the API answered last; the informer's, when that is newer. */
  let answered: Node | undefined;

  const known = (): Node | undefined => {
    const seen = nodes.get(nodeName);
    if (!seen || !answered) return seen ?? answered;
    return Number(seen.metadata.resourceVersion) >= Number(answered.metadata.resourceVersion) ? seen : answered;
  };

  async function observe(): Promise<NodeStatus> {
    const problems: string[] = [];
    try {
      const { runtime: condition, features, handlers } = await runtime.status();
      if (!condition.ok) problems.push(`container runtime is down: ${condition.reason} ${condition.message}`.trim());
      if (version.version === "unknown") {
        version = { ...(await runtime.version()), handlers, ...(features && { features }) };
      }
      if (looks++ % IMAGES_EVERY === 0) images = await runtime.listImages();
    } catch (error) {
      problems.push(`container runtime is down: ${(error as Error).message}`);
    }
    const ready = network.status();
    if (!ready.ready) {
      problems.push(
        `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: ${ready.reason}`,
      );
    }
    const measures = await measure(stateDir);
    const input = { nodeName, machine, measures, nodeIps, runtime: version, images, problems, nowMs: clock.now() };
    return nodeStatus(input, known()?.status);
  }

  async function register(): Promise<void> {
    const labels = nodeLabels(nodeName, machine, options.labels);
    const node = newNode(nodeName, labels, await observe());
    try {
      answered = await api.create<Node>("/api/v1/nodes", node);
      log.info("node registered", { node: nodeName });
    } catch (error) {
      if (!(error instanceof ApiCallError && error.code === 409)) throw error;
      answered = await api.get<Node>(path);
      const current = answered.metadata.labels ?? {};
      const differ = Object.entries(labels).filter(([key, value]) => current[key] !== value);
      if (differ.length > 0) {
        answered = await api.patch<Node>(path, "merge", { metadata: { labels: Object.fromEntries(differ) } });
      }
    }
  }

  async function renewLease(): Promise<void> {
    const collection = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    const spec = {
      holderIdentity: nodeName,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: formatMicroTime(clock.now()),
    };
    try {
      await api.patch(`${collection}/${nodeName}`, "merge", { spec });
    } catch (error) {
      if (!(error instanceof ApiCallError && error.code === 404)) throw error;
      const uid = known()?.metadata.uid;
      const owner = uid && { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }] };
      await api.create<KubeObject>(collection, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: nodeName, namespace: "kube-node-lease", ...owner },
        spec,
      });
    }
  }

  async function tell(force: boolean): Promise<void> {
    const heartbeat = force || clock.now() >= heartbeatDueMs;
    const next = await observe();
    // Told when the API has it: a node that it cannot reach has nobody to tell.
    const told = nodeEvents(nodeName, next, known()?.status);
    const patch = nodeStatusPatch(next, known()?.status, { heartbeat });
    if (patch) answered = await api.patch<Node>(`${path}/status`, "strategic", { status: patch });
    for (const { type, reason, message } of told) options.events.node(type, reason, message);
    if (heartbeat) {
      await renewLease();
      heartbeatDueMs = clock.now() + HEARTBEAT_MS;
    }
  }

  const look = ({ heartbeat = false }: { heartbeat?: boolean } = {}): void => {
    if (stopped || !registered) return;
    if (looking) {
      lookAgain = { heartbeat: heartbeat || lookAgain?.heartbeat === true };
      return;
    }
    cancel();
    let delayMs = LOOK_MS;
    looking = tell(heartbeat)
      .catch((error) => {
        const deleted = error instanceof ApiCallError && error.code === 404;
        // A deleted node stays deleted until its daemon is started again, as with kubelet.
        log.warn(deleted ? "this node was deleted from the API" : "node status not written", { error: String(error) });
        if (!deleted) delayMs = RETRY_MS;
        if (heartbeat) heartbeatDueMs = 0;
      })
      .finally(() => {
        looking = undefined;
        const again = lookAgain;
        lookAgain = undefined;
        if (again) look(again);
        else if (!stopped) cancel = clock.after(delayMs, () => look());
      });
  };

  return {
    async start() {
      while (!stopped) {
        try {
          await register();
          registered = true;
          break;
        } catch (error) {
          log.warn("node not registered", { error: String(error) });
          await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
        }
      }
      nodes.onChange((key, current, previous) => {
        if (key !== nodeName) return;
        const [isClosed, wasClosed] = [current, previous].map((node) => node?.spec?.unschedulable === true);
        if (current && previous && isClosed !== wasClosed) {
          const reason = isClosed ? "NodeNotSchedulable" : "NodeSchedulable";
          options.events.node("Normal", reason, `Node ${nodeName} status is now: ${reason}`);
        }
        // Taken for gone, or changed by somebody else: say at once how things are.
        if (current?.status?.conditions?.some(({ status }) => status === "Unknown")) look();
      });
      look({ heartbeat: true });
    },
    look,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
