/**
 * Counting finished pods without loss: a pod's uid is written into the status (uncountedTerminatedPods) before its
 * finalizer goes; only when the view shows it without one does it move into the counters. An Indexed Job's successes
 * need no uids: the index itself is proof.
 */
import type { Job, JobStatus } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Facts } from "./facts.ts";
import { IndexSet } from "./index-set.ts";
import { indexOf, isFailed, isIndexed, isTracked } from "./job-pods.ts";
import { judgeFailure } from "./policies.ts";

/** Uids in a status at once: keeps it below 20 KB. */
const MAX_UNCOUNTED = 500;

/** Why a Job is about to end. */
export type Ending = "failure" | "success" | undefined;

export interface Tracked {
  counters: Pick<JobStatus, "succeeded" | "failed" | "completedIndexes" | "failedIndexes">;
  uncounted: { succeeded: string[]; failed: string[] };
  /** Pods whose finalizer can go once the status is written. */
  release: Pod[];
  /** More is left for the next plan. */
  isPartial: boolean;
}

export function track(facts: Facts, ending: Ending): Tracked {
  const { job, pods, previouslySucceeded } = facts;
  const { status } = job;
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? ""));
  const before = status?.uncountedTerminatedPods;
  // A uid whose pod has no finalizer any more moves into the counters.
  const succeeded = (before?.succeeded ?? []).filter((uid) => held.has(uid));
  const failed = (before?.failed ?? []).filter((uid) => held.has(uid));
  const counted = {
    succeeded: (before?.succeeded?.length ?? 0) - succeeded.length,
    failed: (before?.failed?.length ?? 0) - failed.length,
  };
  const release: Pod[] = [];
  const newIndexes: number[] = [];
  let isPartial = false;
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(facts, pod, ending)) continue;
    release.push(pod);
    const uid = pod.metadata.uid ?? "";
    const index = indexOf(pod, job);
    if (pod.status?.phase === "Succeeded" && !facts.uncounted.failed.has(uid)) {
      if (isIndexed(job)) {
        if (index !== undefined && !previouslySucceeded.has(index)) newIndexes.push(index);
      } else if (!facts.uncounted.succeeded.has(uid)) succeeded.push(uid);
    } else if (isFailed(pod, job) || ending === "failure") {
      // Once the Job has failed, whatever had not ended counts as failed.
      const isOurs = !isIndexed(job) || index !== undefined;
      if (isOurs && !facts.uncounted.failed.has(uid) && judgeFailure(job, pod).counts) failed.push(uid);
    }
    if (newIndexes.length + succeeded.length + failed.length >= MAX_UNCOUNTED) {
      isPartial = true;
      break;
    }
  }
  return {
    counters: countersOf(facts, job, counted, newIndexes),
    uncounted: { succeeded, failed },
    release,
    isPartial,
  };
}

function countersOf(
  { previouslySucceeded, failedIndexes }: Facts,
  job: Job,
  counted: { succeeded: number; failed: number },
  newIndexes: readonly number[],
): Tracked["counters"] {
  const failed = (job.status?.failed ?? 0) + counted.failed;
  if (!isIndexed(job)) {
    const succeeded = (job.status?.succeeded ?? 0) + counted.succeeded;
    return { ...(succeeded > 0 && { succeeded }), ...(failed > 0 && { failed }) };
  }
  const indexes = previouslySucceeded.with(IndexSet.of(newIndexes));
  return {
    ...(indexes.size > 0 && { succeeded: indexes.size, completedIndexes: indexes.toString() }),
    ...(failed > 0 && { failed }),
    ...(failedIndexes && { failedIndexes: failedIndexes.toString() }),
  };
}

function mayRelease({ job, toReplace }: Facts, pod: Pod, ending: Ending): boolean {
  if (job.metadata.deletionTimestamp || ending || pod.status?.phase === "Succeeded") return true;
  if (!isFailed(pod, job)) return false;
  // It carries the count of its index's failures until its replacement does.
  const index = indexOf(pod, job);
  return index === undefined || toReplace.get(index)?.metadata.uid !== pod.metadata.uid;
}
