/** What workload controllers ask of pods. Source: k8s.io/kubernetes/pkg/controller and pkg/api/v1/pod (behaviour). */
import type { Pod, PodCondition } from "../../kinds/core/v1-types.ts";

export const isFinished = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

/** Neither finished nor on its way out: what replica counts count. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !pod.metadata.deletionTimestamp;

/** Deleted, but its containers may still run. */
export const isTerminating = (pod: Pod): boolean => !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined;

export const podCondition = ({ status }: Pod, type: string): PodCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

export const isReady = (pod: Pod): boolean => podCondition(pod, "Ready")?.status === "True";

/** Since when it is ready, epoch ms; undefined when it is not, or has not said since when. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = podCondition(pod, "Ready");
  if (condition?.status !== "True" || !condition.lastTransitionTime) return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/** From when on it counts as available, epoch ms; undefined while it is not ready. */
export function availableFromMs(pod: Pod, minReadySeconds: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = readySinceMs(pod);
  return since === undefined ? undefined : since + minReadySeconds * 1_000;
}

export const isAvailable = (pod: Pod, minReadySeconds: number, nowMs: number): boolean =>
  (availableFromMs(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY) <= nowMs;

/** When the next pod becomes available just by time passing, epoch ms. */
export function nextAvailableMs(pods: readonly Pod[], minReadySeconds: number, nowMs: number): number | undefined {
  let next: number | undefined;
  if (minReadySeconds === 0) return undefined;
  for (const pod of pods) {
    const from = availableFromMs(pod, minReadySeconds);
    if (from !== undefined && from > nowMs && (next === undefined || from < next)) next = from;
  }
  return next;
}

/** The largest restart counts of its containers and of its sidecars (restartable init containers). */
export function maxRestarts({ spec, status }: Pod): { containers: number; sidecars: number } {
  const most = (counts: readonly { restartCount?: number }[]): number =>
    counts.reduce((max, { restartCount = 0 }) => Math.max(max, restartCount), 0);
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const ofSidecars = (status?.initContainerStatuses ?? []).filter((one) =>
    sidecars.some(({ name }) => name === one.name),
  );
  return { containers: most(status?.containerStatuses ?? []), sidecars: most(ofSidecars) };
}

export const createdMs = ({ metadata }: { metadata: { creationTimestamp?: string } }): number =>
  metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : 0;
