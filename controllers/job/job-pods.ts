/** What a Job asks of its pods and of its own spec. */
import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { createdMs, podCondition } from "../workload/pods.ts";

/** While a pod has it, the Job has not counted it yet: nothing may make it disappear. */
export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
export const INDEX_KEY = "batch.kubernetes.io/job-completion-index";
export const INDEX_FAILURES = "batch.kubernetes.io/job-index-failure-count";
export const INDEX_IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed";
export const hasLimitPerIndex = (job: Job): boolean => isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined;
export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true;

/** A pod is replaced only when it has failed, not already while it is on its way out. */
export const onlyReplacesFailed = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;

export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === "Failed") return true;
  if (onlyReplacesFailed(job)) return false;
  // One that was deleted may never get to say that it failed.
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== "Succeeded";
}

/** Undefined for a pod without an index, or with one that the Job does not have (any more). */
export function indexOf(pod: Pod, job: Job): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_KEY] ?? "";
  if (!/^[0-9]{1,9}$/.test(text)) return undefined;
  const index = Number(text);
  return index < (job.spec.completions ?? 0) ? index : undefined;
}

/** A count kept in an annotation; 0 when there is none. */
export function countIn({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? "";
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}

/** When a pod ended, as well as can be told, epoch ms. */
export function finishedMs(pod: Pod): number {
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    // A pod has not ended before its sidecars have.
    ...(pod.status?.initContainerStatuses ?? []).filter((one) => sidecars.some(({ name }) => name === one.name)),
  ];
  const ends = statuses.map(({ state }) => state?.terminated?.finishedAt);
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends.map((end) => Date.parse(end)));
  const ready = podCondition(pod, "Ready");
  if (ready?.status === "False" && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
  return createdMs(pod);
}

const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;

/** When a replacement may be made after `failures` failures in a row, the last at `lastMs`; epoch ms. */
export const backoffUntilMs = (failures: number, lastMs: number): number =>
  failures === 0 ? 0 : lastMs + Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 16));

/**
 * When the Job as a whole may make another pod: counts the failures since the last success. Read from the pods there
 * are, so it survives whoever counts; what somebody has deleted is forgotten.
 */
export function jobBackoffUntilMs(pods: readonly Pod[], job: Job): number {
  let lastSuccessMs = 0;
  for (const pod of pods) {
    if (pod.status?.phase === "Succeeded") lastSuccessMs = Math.max(lastSuccessMs, finishedMs(pod));
  }
  const failures = pods.filter((pod) => isFailed(pod, job)).map(finishedMs);
  const recent = failures.filter((ms) => ms > lastSuccessMs);
  return recent.length === 0 ? 0 : backoffUntilMs(recent.length, Math.max(...recent));
}
