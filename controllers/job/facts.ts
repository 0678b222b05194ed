import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { isActive, isTerminating } from "../workload/pods.ts";
import { failureCounts } from "./create.ts";
import { IndexSet } from "./index-set.ts";
import {
  countIn,
  hasLimitPerIndex,
  INDEX_FAILURES,
  INDEX_IGNORED_FAILURES,
  indexOf,
  isFailed,
  isIndexed,
  isTracked,
} from "./job-pods.ts";
import { judgeFailure } from "./policies.ts";

/** What a Job's pods and status say together. */
export interface Facts {
  job: Job;
  /** By index for an Indexed Job. */
  pods: readonly Pod[];
  active: readonly Pod[];
  terminating: number;
  /** Uids whose finalizer may be gone but whose count is not in the counters yet. */
  uncounted: { succeeded: ReadonlySet<string>; failed: ReadonlySet<string> };
  succeeded: number;
  /** Failures that count against backoffLimit. */
  failed: number;
  previouslySucceeded: IndexSet;
  succeededIndexes: IndexSet;
  /** Only with backoffLimitPerIndex. */
  failedIndexes: IndexSet | undefined;
  /**
   * By index, the failed pod that its replacement takes the count of failures over from; it stays until that exists.
   * Only with backoffLimitPerIndex.
   */
  toReplace: ReadonlyMap<number, Pod>;
}

export function factsOf(job: Job, owned: readonly Pod[]): Facts {
  const { status } = job;
  const pods = isIndexed(job) ? [...owned].sort((a, b) => (indexOf(a, job) ?? -1) - (indexOf(b, job) ?? -1)) : owned;
  const uncounted = {
    succeeded: new Set(status?.uncountedTerminatedPods?.succeeded),
    failed: new Set(status?.uncountedTerminatedPods?.failed),
  };
  const isNew = (pod: Pod, counted: ReadonlySet<string>) =>
    isTracked(pod) && !counted.has(pod.metadata.uid ?? "") && (!isIndexed(job) || indexOf(pod, job) !== undefined);
  const newlySucceeded = pods.filter((pod) => isNew(pod, uncounted.succeeded) && pod.status?.phase === "Succeeded");
  const newlyFailed = pods.filter((pod) => isNew(pod, uncounted.failed) && isFailed(pod, job));
  const countedFailures = newlyFailed.filter((pod) => judgeFailure(job, pod).counts).length;
  const previouslySucceeded = IndexSet.parse(status?.completedIndexes ?? "", job.spec.completions ?? 0);
  const facts: Facts = {
    job,
    pods,
    active: pods.filter(isActive),
    terminating: pods.filter(isTerminating).length,
    uncounted,
    succeeded: (status?.succeeded ?? 0) + newlySucceeded.length + uncounted.succeeded.size,
    failed: (status?.failed ?? 0) + countedFailures + uncounted.failed.size,
    previouslySucceeded,
    succeededIndexes: IndexSet.EMPTY,
    failedIndexes: undefined,
    toReplace: new Map(),
  };
  return isIndexed(job) ? withIndexes(facts) : facts;
}

function withIndexes(facts: Facts): Facts {
  const { job, pods, previouslySucceeded } = facts;
  const indexesOf = (some: readonly Pod[]) =>
    IndexSet.of(some.map((pod) => indexOf(pod, job)).filter((index) => index !== undefined));
  const succeededIndexes = previouslySucceeded.with(
    indexesOf(pods.filter((pod) => isTracked(pod) && pod.status?.phase === "Succeeded")),
  );
  const next = { ...facts, succeededIndexes, succeeded: succeededIndexes.size };
  if (!hasLimitPerIndex(job)) return next;
  const failedNow = pods.filter((pod) => isTracked(pod) && isFailed(pod, job) && isIndexFailed(job, pod));
  const failedIndexes = IndexSet.parse(job.status?.failedIndexes ?? "", job.spec.completions ?? 0).with(
    indexesOf(failedNow),
  );
  const activeIndexes = indexesOf(facts.active);
  const toReplace = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(pod, job);
    if (index === undefined || !isTracked(pod) || !isFailed(pod, job)) continue;
    if (succeededIndexes.has(index) || failedIndexes.has(index) || activeIndexes.has(index)) continue;
    const other = toReplace.get(index);
    if (!other || allFailures(pod) > allFailures(other)) toReplace.set(index, pod);
  }
  return { ...next, failedIndexes, toReplace };
}

/** Failures of the index before this pod's own. */
export const allFailures = (pod: Pod): number => countIn(pod, INDEX_FAILURES) + countIn(pod, INDEX_IGNORED_FAILURES);

const isIndexFailed = (job: Job, pod: Pod): boolean =>
  judgeFailure(job, pod).action === "FailIndex" ||
  failureCounts(job, pod).counted > (job.spec.backoffLimitPerIndex ?? 0);
