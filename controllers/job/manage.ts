import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action } from "../runner/controller.ts";
import { removeFinalizerOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";
import { BURST_PODS, burstOf, createPod, deletePod, slowStart } from "../workload/create-pod.ts";
import { podsToDelete } from "../workload/deletion-order.ts";
import { isReady, isTerminating } from "../workload/pods.ts";
import { jobPod } from "./create.ts";
import { allFailures, type Facts } from "./facts.ts";
import { IndexSet } from "./index-set.ts";
import {
  backoffUntilMs,
  finishedMs,
  hasLimitPerIndex,
  indexOf,
  isIndexed,
  isSuspended,
  isTracked,
  jobBackoffUntilMs,
  onlyReplacesFailed,
  TRACKING_FINALIZER,
} from "./job-pods.ts";

export interface Managed {
  actions: Action[];
  /** Pods there will be after the actions. */
  active: number;
  ready: number;
  terminating: number;
  againAtMs?: number;
}

export interface ManageOptions {
  /** The attempt before could not make all pods that it wanted: none is counted before it is there. */
  wasRefused: boolean;
  nowMs: number;
  random: () => number;
}

/** Brings the number of running pods to what the Job wants now. */
export function manage(facts: Facts, options: ManageOptions): Managed {
  const { nowMs } = options;
  const { job, active, terminating } = facts;
  const unchanged: Managed = {
    actions: [],
    active: active.length,
    ready: active.filter(isReady).length,
    terminating,
  };
  if (isSuspended(job)) return remove(facts, unchanged, surplusOf(facts, active.length, nowMs));
  const wanted = wantedOf(facts);
  const surplus = surplusOf(facts, Math.max(0, active.length - wanted), nowMs).slice(0, BURST_PODS);
  // Deleting comes first; what is missing then is made when that shows.
  if (surplus.length > 0) return remove(facts, unchanged, surplus);
  const missing = wanted - active.length - (onlyReplacesFailed(job) ? terminating : 0);
  return missing > 0 ? create(facts, unchanged, { ...options, missing }) : unchanged;
}

function wantedOf({ job: { spec }, succeeded, active }: Facts): number {
  const parallelism = spec.parallelism ?? 1;
  // Without completions, one success is enough, and what runs may end by itself.
  if (spec.completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(spec.completions - succeeded, parallelism));
}

/** At least `atLeast` active pods, and any that share an index or have none that counts. */
function surplusOf({ job, active }: Facts, atLeast: number, nowMs: number): Pod[] {
  const surplus: Pod[] = [];
  let left: Pod[] = [...active];
  const order = (pods: readonly Pod[], count: number) => podsToDelete({ pods, count, related: [], nowMs });
  if (isIndexed(job)) {
    left = [];
    const byIndex = new Map<number, Pod[]>();
    for (const pod of active) {
      const index = indexOf(pod, job);
      if (index === undefined) surplus.push(pod);
      else byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
    }
    for (const pods of byIndex.values()) {
      const extra = pods.length > 1 ? order(pods, pods.length - 1) : [];
      surplus.push(...extra);
      left.push(...pods.filter((pod) => !extra.includes(pod)));
    }
  }
  const more = Math.min(left.length, atLeast - surplus.length);
  return more > 0 ? [...surplus, ...order(left, more)] : surplus;
}

/** These do not count as failures: their finalizer goes with them. */
function remove({ job }: Facts, before: Managed, pods: readonly Pod[]): Managed {
  const actions: Action[] = [];
  for (const pod of pods.slice(0, BURST_PODS)) {
    if (isTracked(pod)) actions.push({ op: removeFinalizerOp(PODS, pod, TRACKING_FINALIZER) });
    actions.push({ ...deletePod(job, pod), ...(isTracked(pod) && { needs: actions.length - 1 }) });
  }
  const removed = pods.slice(0, BURST_PODS);
  return {
    actions,
    active: before.active - removed.length,
    ready: before.ready - removed.filter(isReady).length,
    terminating: before.terminating + removed.length,
  };
}

function create(
  facts: Facts,
  before: Managed,
  { missing, wasRefused, nowMs, random }: ManageOptions & { missing: number },
): Managed {
  const { job, pods } = facts;
  if (!hasLimitPerIndex(job)) {
    const untilMs = jobBackoffUntilMs(pods, job);
    if (untilMs > nowMs) return { ...before, againAtMs: untilMs };
  }
  const count = Math.min(missing, burstOf(job.spec.template));
  const { indexes, againAtMs } = isIndexed(job)
    ? indexesToCreate(facts, count, nowMs)
    : { indexes: Array.from({ length: count }, () => undefined), againAtMs: undefined };
  const actions = indexes.map((index) => {
    const replaces = index === undefined ? undefined : facts.toReplace.get(index);
    return createPod(job, jobPod({ job, index, replaces, random }));
  });
  return {
    ...before,
    actions: slowStart(actions, 0),
    active: before.active + (wasRefused ? 0 : actions.length),
    ...(againAtMs !== undefined && { againAtMs }),
  };
}

/** The lowest indexes that need a pod now; with a limit for each index, those whose own back-off is over. */
function indexesToCreate(
  facts: Facts,
  count: number,
  nowMs: number,
): { indexes: number[]; againAtMs: number | undefined } {
  const { job, pods, active, succeededIndexes, failedIndexes, toReplace } = facts;
  const indexesOf = (some: readonly Pod[]) =>
    IndexSet.of(some.map((pod) => indexOf(pod, job)).filter((index) => index !== undefined));
  let taken = succeededIndexes.with(indexesOf(active));
  if (onlyReplacesFailed(job)) taken = taken.with(indexesOf(pods.filter(isTerminating)));
  if (failedIndexes) taken = taken.with(failedIndexes);
  const candidates = taken.missing(count, job.spec.completions ?? 0);
  if (!hasLimitPerIndex(job)) return { indexes: candidates, againAtMs: undefined };
  const untilMs = (index: number): number => {
    const failed = toReplace.get(index);
    return failed ? backoffUntilMs(allFailures(failed) + 1, finishedMs(failed)) : 0;
  };
  const waiting = candidates.map(untilMs).filter((ms) => ms > nowMs);
  return {
    indexes: candidates.filter((index) => untilMs(index) <= nowMs),
    againAtMs: waiting.length > 0 ? Math.min(...waiting) : undefined,
  };
}
