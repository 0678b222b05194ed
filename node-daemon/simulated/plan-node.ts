/** The Node objects of simulated nodes. Pure. */
import type { Node, NodeCondition } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { DECLARED_FEATURES, KUBELET_VERSION } from "../node-status/plan-node.ts";
import type { SimulationConfig } from "./config.ts";

/** By this label simulated nodes are told from real ones. */
export const SIMULATED_LABEL = "kedge.dev/simulated";
/** Names the node whose tunnel speaks for this one: when it is lost, so is this one. */
export const SPEAKER_LABEL = "kedge.dev/simulated-by";
/** On a Node, "true": it behaves as if its power had been cut. */
export const OUTAGE_ANNOTATION = "kedge.dev/simulated-outage";
const RUNTIME_VERSION = "simulated://0.1.0";

export const nodeNameOf = ({ namePrefix }: Pick<SimulationConfig, "namePrefix">, index: number): string =>
  `${namePrefix}${index}`;

/** Addresses of pods, 256 for each node: of 240.0.0.0/4, which nobody routes, so that they are known for what they are. */
export const podCidrOf = (index: number): string => `240.${index >> 8}.${index & 255}.0/24`;

/** @param slot of the pod on its node */
export const podIpOf = (index: number, slot: number): string => `240.${index >> 8}.${index & 255}.${1 + (slot % 254)}`;

/** Whether nothing answers at this address, because its pod is simulated. */
export const isSimulatedIp = (ip: string | undefined): boolean => ip?.startsWith("240.") === true;

export function simulatedNode(config: SimulationConfig, index: number, nowMs: number): Node {
  const name = nodeNameOf(config, index);
  const zone = config.zones > 0 && `zone-${index % config.zones}`;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        [SIMULATED_LABEL]: "true",
        [SPEAKER_LABEL]: nodeNameOf(config, 0),
        ...(zone && { "topology.kubernetes.io/region": "simulated", "topology.kubernetes.io/zone": zone }),
        ...config.labels,
      },
    },
    // Given here: the addresses the cluster deals out are for nodes that have some.
    spec: { podCIDR: podCidrOf(index), podCIDRs: [podCidrOf(index)] },
    status: {
      addresses: [{ type: "Hostname", address: name }],
      capacity: config.capacity,
      allocatable: config.capacity,
      declaredFeatures: [...DECLARED_FEATURES],
      conditions: readyConditions(undefined, nowMs),
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: RUNTIME_VERSION,
        kernelVersion: "simulated",
        kubeProxyVersion: "",
        kubeletVersion: KUBELET_VERSION,
        machineID: name,
        operatingSystem: "linux",
        osImage: "simulated",
        systemUUID: name,
      },
    },
  };
}

const HEALTHY: readonly (readonly [NodeCondition["type"], "True" | "False", string, string])[] = [
  ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
];

export const readyConditions = (before: readonly NodeCondition[] | undefined, nowMs: number): NodeCondition[] =>
  HEALTHY.map(([type, status, reason, message]) => conditionOf(before, nowMs, { type, status, reason, message }));

/** As the edge puts it of a node that has gone. */
export const lostConditions = (before: readonly NodeCondition[] | undefined, nowMs: number): NodeCondition[] =>
  HEALTHY.map(([type]) =>
    conditionOf(before, nowMs, {
      type,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    }),
  );

function conditionOf(
  before: readonly NodeCondition[] | undefined,
  nowMs: number,
  condition: Pick<NodeCondition, "type" | "status" | "reason" | "message">,
): NodeCondition {
  const now = formatTime(nowMs);
  const old = before?.find(({ type }) => type === condition.type);
  const isSame = old?.status === condition.status && old.lastTransitionTime;
  return { ...condition, lastHeartbeatTime: now, lastTransitionTime: isSame || now };
}

const isReady = ({ status }: Pick<Node, "status">): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

const isKnownLost = ({ status }: Pick<Node, "status">): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "Unknown") ?? false;

export const hasOutage = ({ metadata }: Pick<Node, "metadata">): boolean =>
  metadata.annotations?.[OUTAGE_ANNOTATION] === "true";

/** The conditions a node must be given, as it is now; undefined: it has them. */
export function wantedConditions(node: Pick<Node, "metadata" | "status">, nowMs: number): NodeCondition[] | undefined {
  if (hasOutage(node)) return isKnownLost(node) ? undefined : lostConditions(node.status?.conditions, nowMs);
  return isReady(node) ? undefined : readyConditions(node.status?.conditions, nowMs);
}

/** As kubelet, all of the capacity somebody else gives a node can be allocated. Undefined: it can already. */
export function wantedAllocatable({ status }: Pick<Node, "status">): { [resource: string]: string } | undefined {
  const { capacity = {}, allocatable = {} } = status ?? {};
  const missing = Object.entries(capacity).filter(
    ([name, amount]) => name.includes("/") && allocatable[name] !== amount,
  );
  return missing.length > 0 ? Object.fromEntries(missing) : undefined;
}
