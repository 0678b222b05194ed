/** CRI messages → the shapes of runtime.ts. Pure. */

import type * as cri from "./generated/cri-v1-types.ts";
import { type ContainerState as CriContainerState, PodSandboxState, Signal } from "./generated/cri-v1-types.ts";
import type {
  Container,
  ContainerState,
  ContainerStatus,
  ContainerUsage,
  FilesystemUsage,
  Image,
  RuntimeCondition,
  Sandbox,
  SandboxStatus,
} from "./runtime.ts";

/** CRI times are nanoseconds since the epoch. */
const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

const STATES: readonly ContainerState[] = ["created", "running", "exited", "unknown"];
const stateOf = (state: CriContainerState): ContainerState => STATES[state] ?? "unknown";

const SIGNAL_NAMES = new Map<number, string>(Object.entries(Signal).map(([name, number]) => [number, name]));

export const toSandbox = (s: cri.PodSandbox | cri.PodSandboxStatus): Sandbox => ({
  id: s.id,
  name: s.metadata?.name ?? "",
  namespace: s.metadata?.namespace ?? "",
  uid: s.metadata?.uid ?? "",
  attempt: s.metadata?.attempt ?? 0,
  ready: s.state === PodSandboxState.SANDBOX_READY,
  createdAtMs: milliseconds(s.createdAt),
  labels: s.labels,
  annotations: s.annotations,
});

export const toSandboxStatus = (s: cri.PodSandboxStatus): SandboxStatus => ({
  ...toSandbox(s),
  ips: [s.network?.ip ?? "", ...(s.network?.additionalIps ?? []).map(({ ip }) => ip)].filter((ip) => ip !== ""),
});

export const toContainer = (c: cri.Container): Container => ({
  id: c.id,
  sandboxId: c.podSandboxId,
  name: c.metadata?.name ?? "",
  attempt: c.metadata?.attempt ?? 0,
  state: stateOf(c.state),
  createdAtMs: milliseconds(c.createdAt),
  image: c.image?.userSpecifiedImage || c.image?.image || "",
  imageRef: c.imageRef,
  labels: c.labels,
  annotations: c.annotations,
});

export const toContainerStatus = (c: cri.ContainerStatus): ContainerStatus => ({
  id: c.id,
  name: c.metadata?.name ?? "",
  attempt: c.metadata?.attempt ?? 0,
  state: stateOf(c.state),
  createdAtMs: milliseconds(c.createdAt),
  startedAtMs: milliseconds(c.startedAt),
  finishedAtMs: milliseconds(c.finishedAt),
  exitCode: c.exitCode,
  reason: c.reason,
  message: c.message,
  image: c.image?.userSpecifiedImage || c.image?.image || "",
  imageRef: c.imageRef,
  // containerd before 2.0 gives no image id; the reference serves.
  imageId: c.imageId || c.imageRef,
  labels: c.labels,
  annotations: c.annotations,
  mounts: c.mounts.map(({ containerPath, hostPath, readonly }) => ({ containerPath, hostPath, readonly })),
  logPath: c.logPath,
  resources: c.resources?.linux,
  user: c.user?.linux && {
    uid: c.user.linux.uid,
    gid: c.user.linux.gid,
    supplementalGroups: c.user.linux.supplementalGroups,
  },
  stopSignal: c.stopSignal === Signal.RUNTIME_DEFAULT ? undefined : SIGNAL_NAMES.get(c.stopSignal),
});

export const toImage = (i: cri.Image): Image => ({
  id: i.id,
  tags: i.repoTags,
  digests: i.repoDigests,
  sizeBytes: Number(i.size),
  uid: i.uid?.value,
  username: i.username,
  pinned: i.pinned,
});

export const toFilesystem = (f: cri.FilesystemUsage): FilesystemUsage => ({
  mountpoint: f.fsId?.mountpoint ?? "",
  usedBytes: Number(f.usedBytes?.value ?? 0n),
  inodesUsed: Number(f.inodesUsed?.value ?? 0n),
});

export const toUsage = (s: cri.ContainerStats): ContainerUsage => ({
  containerId: s.attributes?.id ?? "",
  timestampMs: milliseconds(s.cpu?.timestamp ?? 0n),
  cpuNanoseconds: s.cpu?.usageCoreNanoSeconds?.value ?? 0n,
  memoryWorkingSetBytes: s.memory?.workingSetBytes?.value ?? 0n,
  memoryUsageBytes: s.memory?.usageBytes?.value ?? 0n,
  memoryRssBytes: s.memory?.rssBytes?.value ?? 0n,
  writableLayerBytes: s.writableLayer?.usedBytes?.value ?? 0n,
  writableLayerInodes: s.writableLayer?.inodesUsed?.value ?? 0n,
});

export function toCondition(conditions: cri.RuntimeCondition[], type: string): RuntimeCondition {
  const found = conditions.find((condition) => condition.type === type);
  return found
    ? { ok: found.status, reason: found.reason, message: found.message }
    : { ok: false, reason: "Unknown", message: `the runtime says nothing of ${type}` };
}
