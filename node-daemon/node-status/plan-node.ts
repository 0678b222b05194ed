/** The Node object as this machine should look. Pure. */
import type { Node, NodeCondition, NodeRuntimeHandler, NodeStatus } from "../../kinds/core/v1-types.ts";
import { GUARANTEED_CPU_RESIZE, POD_LEVEL_RESIZE, RESTART_ALL } from "../../kinds/scheduling/declared-features.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Image, RuntimeState } from "../runtime/runtime.ts";
import type { Machine, Measures } from "./machine.ts";

export const KUBELET_VERSION = "v1.36.0+kedge.0.1.0";
/** What this daemon does of what not every kubelet can; sorted. */
export const DECLARED_FEATURES: readonly string[] = [GUARANTEED_CPU_RESIZE, POD_LEVEL_RESIZE, RESTART_ALL];
const MAX_PODS = 110;
/** kubelet's hard eviction thresholds. */
const MEMORY_RESERVE_BYTES = 100 * 1024 * 1024;
const DISK_RESERVE_SHARE = 0.1;
const INODES_RESERVE_SHARE = 0.05;
const PIDS_RESERVE_SHARE = 0.05;
const MAX_IMAGES = 50;

export interface NodeFactsInput {
  nodeName: string;
  machine: Machine;
  measures: Measures;
  /** First InternalIP. */
  nodeIps: readonly string[];
  runtime: { name: string; version: string } & Partial<Pick<RuntimeState, "features" | "handlers">>;
  images: readonly Image[];
  /** Why pods cannot be run; empty: they can. */
  problems: readonly string[];
  nowMs: number;
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`;

export function nodeLabels(
  nodeName: string,
  machine: Machine,
  configured: { [key: string]: string } = {},
): { [key: string]: string } {
  return {
    "beta.kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.architecture,
    "kubernetes.io/hostname": nodeName,
    "kubernetes.io/os": "linux",
    ...configured,
  };
}

/** A node that has just arrived: nothing is placed on it until it is ready. */
export function newNode(nodeName: string, labels: { [key: string]: string }, status: NodeStatus): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodeName,
      labels,
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] },
    status,
  };
}

/** @param before the status the API has: its transition times are kept where nothing has changed */
export function nodeStatus(input: NodeFactsInput, before: NodeStatus | undefined): NodeStatus {
  const { machine, measures, nodeIps, runtime, images } = input;
  const { disk } = measures;
  const capacity = {
    cpu: String(machine.cpus),
    "ephemeral-storage": kibibytes(disk.capacityBytes),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: kibibytes(machine.memoryBytes),
    pods: String(MAX_PODS),
  };
  return {
    addresses: [
      ...nodeIps.map((address) => ({ type: "InternalIP", address }) as const),
      { type: "Hostname", address: input.nodeName },
    ],
    capacity,
    allocatable: {
      ...capacity,
      "ephemeral-storage": String(Math.floor(disk.capacityBytes * (1 - DISK_RESERVE_SHARE))),
      memory: kibibytes(Math.max(0, machine.memoryBytes - MEMORY_RESERVE_BYTES)),
    },
    conditions: nodeConditions(input, before?.conditions),
    declaredFeatures: [...DECLARED_FEATURES],
    ...(runtime.features && { features: { supplementalGroupsPolicy: runtime.features.supplementalGroupsPolicy } }),
    ...(runtime.handlers?.length && { runtimeHandlers: runtime.handlers.map(handlerOf) }),
    images: imageList(images),
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootId,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: "",
      kubeletVersion: KUBELET_VERSION,
      machineID: machine.machineId,
      operatingSystem: "linux",
      osImage: machine.osImage,
      systemUUID: machine.systemUuid,
      ...(machine.swapBytes > 0 && { swap: { capacity: machine.swapBytes } }),
    },
  };
}

/** Names are "" for the one that is taken where a pod names none. */
const handlerOf = ({ name, features }: RuntimeState["handlers"][number]): NodeRuntimeHandler => ({
  name,
  // Of user namespaces this daemon makes no use.
  ...(features && {
    features: { recursiveReadOnlyMounts: features.recursiveReadOnlyMounts, userNamespaces: false },
  }),
});

/** What a kubelet calls the states of its conditions. */
const STATES: { readonly [type: string]: { readonly [status: string]: string } } = {
  MemoryPressure: { True: "NodeHasInsufficientMemory", False: "NodeHasSufficientMemory" },
  DiskPressure: { True: "NodeHasDiskPressure", False: "NodeHasNoDiskPressure" },
  PIDPressure: { True: "NodeHasInsufficientPID", False: "NodeHasSufficientPID" },
  Ready: { True: "NodeReady", False: "NodeNotReady" },
};

/** The events that tell of what has changed. */
export function nodeEvents(
  nodeName: string,
  next: NodeStatus,
  before: NodeStatus | undefined,
): { type: "Normal" | "Warning"; reason: string; message: string }[] {
  const old = new Map(before?.conditions?.map(({ type, status }) => [type, status]));
  const events: ReturnType<typeof nodeEvents> = (next.conditions ?? [])
    .filter(({ type, status }) => old.get(type) !== status)
    .flatMap(({ type, status }) => STATES[type]?.[status] ?? [])
    .map((reason) => ({ type: "Normal", reason, message: `Node ${nodeName} status is now: ${reason}` }));
  const boots = [before?.nodeInfo?.bootID, next.nodeInfo?.bootID];
  if (boots[0] && boots[1] && boots[0] !== boots[1]) {
    const message = `Node ${nodeName} has been rebooted, boot id: ${boots[1]}`;
    events.push({ type: "Warning", reason: "Rebooted", message });
  }
  return events;
}

/** The largest first. */
const imageList = (images: readonly Image[]): NonNullable<NodeStatus["images"]> =>
  [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_IMAGES)
    .map(({ digests, tags, id, sizeBytes }) => {
      const names = [...digests, ...tags].sort();
      return { names: names.length > 0 ? names : [id], sizeBytes };
    });

interface Wanted {
  type: NodeCondition["type"];
  status: "True" | "False";
  reason: string;
  message: string;
}

/** Reason and message of each pressure, when there is some and when there is none. */
const PRESSURES: { readonly [type: string]: readonly [[string, string], [string, string]] } = {
  MemoryPressure: [
    ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
    ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ],
  DiskPressure: [
    ["KubeletHasDiskPressure", "kubelet has disk pressure"],
    ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ],
  PIDPressure: [
    ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
    ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ],
};

function pressure(type: "MemoryPressure" | "DiskPressure" | "PIDPressure", { high }: { high: boolean }): Wanted {
  const [some, none] = PRESSURES[type] as (typeof PRESSURES)[string];
  const [reason, message] = high ? some : none;
  return { type, status: high ? "True" : "False", reason, message };
}

function nodeConditions(
  { measures, problems, nowMs }: NodeFactsInput,
  before: readonly NodeCondition[] | undefined,
): NodeCondition[] {
  const { memoryAvailableBytes, disk, pids } = measures;
  const wanted: Wanted[] = [
    pressure("MemoryPressure", { high: memoryAvailableBytes < MEMORY_RESERVE_BYTES }),
    pressure("DiskPressure", {
      high:
        disk.availableBytes < disk.capacityBytes * DISK_RESERVE_SHARE ||
        // Some file systems count no inodes.
        (disk.inodes > 0 && disk.inodesFree < disk.inodes * INODES_RESERVE_SHARE),
    }),
    pressure("PIDPressure", { high: pids.max > 0 && pids.max - pids.running < pids.max * PIDS_RESERVE_SHARE }),
    problems.length === 0
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : {
          type: "Ready",
          status: "False",
          reason: "KubeletNotReady",
          message: problems.length === 1 ? (problems[0] as string) : `[${problems.join(", ")}]`,
        },
  ];
  const now = formatTime(nowMs);
  return wanted.map((condition) => {
    const old = before?.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastHeartbeatTime: now,
      lastTransitionTime: old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now,
    };
  });
}
