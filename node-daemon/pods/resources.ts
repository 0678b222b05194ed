/** Requests and limits → what the kernel is told. Formulas: k8s.io/kubernetes/pkg/kubelet/cm and qos. Pure. */
import type { Container, ResourceRequirements } from "../../kinds/core/v1-types.ts";
import { milliValue, parseQuantity, wholeValue } from "../../machinery/meta/quantity.ts";
import type { LinuxContainerResources } from "../runtime/runtime.ts";
import { type AnyContainer, isSidecar, type NodePod } from "./pod.ts";
import { qosClass } from "./qos.ts";

const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
const QUOTA_PERIOD_US = 100_000;
/** The kernel refuses less. */
const MIN_QUOTA_US = 1_000;

export function cpuShares(milliCpu: number): number {
  if (milliCpu === 0) return MIN_SHARES;
  const shares = Math.floor((milliCpu * SHARES_PER_CPU) / 1000);
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, shares));
}

/** Microseconds per period; 0: no limit. */
export function cpuQuotaUs(milliCpu: number): number {
  if (milliCpu === 0) return 0;
  return Math.max(MIN_QUOTA_US, Math.floor((milliCpu * QUOTA_PERIOD_US) / 1000));
}

const milli = (quantity: string | undefined): number => (quantity === undefined ? 0 : milliValue(quantity));
const whole = (quantity: string | undefined): number => (quantity === undefined ? 0 : wholeValue(quantity));

/** How willing the kernel's out-of-memory killer is to take it: -997 (never, nearly) to 1000 (first). */
export function oomScoreAdjust(pod: NodePod, container: AnyContainer, memoryCapacityBytes: number): number {
  // system-node-critical
  if ((pod.spec.priority ?? 0) >= 2_000_001_000) return -997;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const extra = unsharedMemoryBytes(pod);
  const shareOf = ({ resources }: Container): number =>
    1000 - Math.floor((1000 * (whole(resources?.requests?.memory) + extra)) / memoryCapacityBytes);
  const share = shareOf(container as Container);
  // A sidecar must not be killed before the containers it serves.
  const score = isSidecar(container) ? Math.min(share, ...pod.spec.containers.map(shareOf)) : share;
  if (score < 3) return 3;
  return score === 1000 ? 999 : score;
}

/** What a pod asks for as a whole beyond what its containers do: each container counts as having an equal share of it. */
function unsharedMemoryBytes({ spec }: NodePod): number {
  const together = spec.resources?.requests?.memory;
  if (together === undefined) return 0;
  const containers = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  const own = containers.reduce((sum, { resources }) => sum + whole(resources?.requests?.memory), 0);
  return Math.max(0, Math.floor((whole(together) - own) / containers.length));
}

export function linuxResources(
  pod: NodePod,
  container: AnyContainer,
  host: { memoryCapacityBytes: number },
): LinuxContainerResources {
  const { requests } = (container as Container).resources ?? {};
  const limits = limitsOf(pod, container);
  const cpuRequest = requests?.cpu === undefined ? milli(limits.cpu) : milli(requests.cpu);
  const memoryLimit = whole(limits.memory);
  const quota = cpuQuotaUs(milli(limits.cpu));
  return {
    cpuShares: BigInt(cpuShares(cpuRequest)),
    ...(quota > 0 && { cpuQuota: BigInt(quota), cpuPeriod: BigInt(QUOTA_PERIOD_US) }),
    ...(memoryLimit > 0 && { memoryLimitInBytes: BigInt(memoryLimit) }),
    oomScoreAdj: BigInt(oomScoreAdjust(pod, container, host.memoryCapacityBytes)),
    ...hugepages(limits),
  };
}

/** A container's limits; of cpu and memory its pod's, where it has none of its own. */
function limitsOf({ spec }: NodePod, container: AnyContainer): { [resource: string]: string } {
  const { cpu, memory } = spec.resources?.limits ?? {};
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(container as Container).resources?.limits,
  };
}

/** What may change in a running container, as text to compare; written on the container when it is made. */
export function resizable(pod: NodePod, container: AnyContainer): string {
  const { requests } = (container as Container).resources ?? {};
  return asText(requests, limitsOf(pod, container));
}

/** What may change of a running pod as a whole, as text to compare. */
export const podResizable = ({ spec }: NodePod): string =>
  asText(spec.resources?.requests, spec.resources?.limits ?? {});

function asText(requests: { [resource: string]: string } | undefined, limits: { [resource: string]: string }): string {
  const cpuRequest = requests?.cpu === undefined ? milli(limits.cpu) : milli(requests.cpu);
  return `cpu=${cpuRequest}/${milli(limits.cpu)} memory=${whole(requests?.memory ?? limits.memory)}/${whole(limits.memory)}`;
}

/** The memory limit in a `resizable`; none is without end. */
export const memoryLimitOf = (text: string): number =>
  Number(/ memory=\d+\/(\d+)$/.exec(text)?.[1] ?? 0) || Number.POSITIVE_INFINITY;

/** Whether a change from one `resizable` to the other must restart the container, by its resizePolicy. */
export function resizeRestarts(container: AnyContainer, before: string, after: string): boolean {
  const parts = (text: string): string[] => text.split(" ");
  return ["cpu", "memory"].some(
    (resource, index) =>
      parts(before)[index] !== parts(after)[index] &&
      (container.resizePolicy ?? []).some(
        ({ resourceName, restartPolicy }) => resourceName === resource && restartPolicy === "RestartContainer",
      ),
  );
}

function hugepages(limits: { [name: string]: string } | undefined): LinuxContainerResources {
  const sizes = Object.entries(limits ?? {}).filter(([name]) => name.startsWith("hugepages-"));
  if (sizes.length === 0) return {};
  return {
    hugepageLimits: sizes.map(([name, quantity]) => ({
      pageSize: name.slice("hugepages-".length).replace(/i$/, "B"),
      limit: BigInt(whole(quantity)),
    })),
  };
}

export interface PodCgroup {
  cpuShares: number;
  /** 0: no limit. */
  cpuQuotaUs: number;
  cpuPeriodUs: number;
  /** 0: no limit. */
  memoryLimitBytes: number;
}

/** Limits of the cgroup around all containers: a limit only where every container has one, or the pod itself. */
export function podCgroup(pod: NodePod): PodCgroup {
  const requests = podTotal(pod, "requests");
  const cpuLimit = podLimit(pod, "cpu");
  const memoryLimit = podLimit(pod, "memory");
  return {
    cpuShares: cpuShares(Number(requests.cpu / 1_000_000n)),
    cpuQuotaUs: cpuLimit === undefined ? 0 : cpuQuotaUs(Number(cpuLimit / 1_000_000n)),
    cpuPeriodUs: QUOTA_PERIOD_US,
    memoryLimitBytes: memoryLimit === undefined ? 0 : Number(memoryLimit / 1_000_000_000n),
  };
}

function podLimit(pod: NodePod, name: "cpu" | "memory"): bigint | undefined {
  if (pod.spec.resources?.limits?.[name] === undefined) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    if (containers.some(({ resources }) => resources?.limits?.[name] === undefined)) return undefined;
  }
  return podTotal(pod, "limits")[name];
}

type Totals = { cpu: bigint; memory: bigint; [resource: string]: bigint };

/**
 * What a pod asks for in all, in nano units: the sum of containers and sidecars, or the largest init container with the
 * sidecars before it, whichever is more; plus overhead.
 */
export function podTotal({ spec }: NodePod, side: "requests" | "limits"): Totals {
  const nanos = (resources: ResourceRequirements | undefined): Map<string, bigint> => {
    const given = side === "requests" ? { ...resources?.limits, ...resources?.requests } : (resources?.limits ?? {});
    return new Map(Object.entries(given).map(([name, quantity]) => [name, parseQuantity(quantity)]));
  };
  const total = new Map<string, bigint>();
  const add = (to: Map<string, bigint>, from: Map<string, bigint>): void => {
    for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0n) + amount);
  };
  const raise = (to: Map<string, bigint>, from: Map<string, bigint>): void => {
    for (const [name, amount] of from) if (amount > (to.get(name) ?? 0n)) to.set(name, amount);
  };

  for (const { resources } of spec.containers) add(total, nanos(resources));
  const sidecars = new Map<string, bigint>();
  const initPeak = new Map<string, bigint>();
  for (const container of spec.initContainers ?? []) {
    const own = nanos(container.resources);
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(initPeak, sidecars);
    } else {
      const together = new Map(sidecars);
      add(together, own);
      raise(initPeak, together);
    }
  }
  raise(total, initPeak);
  for (const [name, amount] of nanos(spec.resources)) total.set(name, amount);
  if (side === "requests" || spec.overhead) {
    for (const [name, quantity] of Object.entries(spec.overhead ?? {})) {
      if (side === "requests" || total.has(name)) total.set(name, (total.get(name) ?? 0n) + parseQuantity(quantity));
    }
  }
  return { cpu: 0n, memory: 0n, ...Object.fromEntries(total) };
}
