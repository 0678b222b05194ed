import type { Job, JobCondition, JobStatus } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Action, EventDraft, Failure, Plan } from "../runner/controller.ts";
import { controllerReference, patchOp, removeFinalizerOp, statusOp } from "../runner/ops.ts";
import { JOBS, PODS } from "../view/resources.ts";
import { claim } from "../workload/claim.ts";
import { BURST_PODS, deletePod } from "../workload/create-pod.ts";
import { isReady } from "../workload/pods.ts";
import { type Conditions, condition, ensure, findTrue, isFinished } from "./conditions.ts";
import { type Facts, factsOf } from "./facts.ts";
import { isFailed, isIndexed, isSuspended, isTracked, TRACKING_FINALIZER } from "./job-pods.ts";
import { type Managed, manage } from "./manage.ts";
import { judgeFailure, matchSuccessPolicy } from "./policies.ts";
import { type Ending, track } from "./track.ts";

export interface SeenJob {
  job: Job;
  controlled: readonly Pod[];
  orphans: Iterable<Pod>;
  failures: readonly Failure[];
  nowMs: number;
  random: () => number;
}

/** Upstream's own name for the Job controller in spec.managedBy. */
const OURSELVES = "kubernetes.io/job-controller";

export const isManagedElsewhere = ({ spec: { managedBy } }: Job): boolean =>
  managedBy !== undefined && managedBy !== OURSELVES;

/** Decides what one Job needs now: pods, counts, and whether it has come to its end. */
export function planJob(seen: SeenJob): Plan {
  const { job, nowMs } = seen;
  if (isManagedElsewhere(job) || isFinished(job)) return { actions: [] };
  const { owned, actions } = claimPods(seen);
  const facts = factsOf(job, owned);
  const start = job.status?.startTime ?? (isSuspended(job) ? undefined : formatTime(nowMs));
  const draft: Draft = {
    facts,
    conditions: job.status?.conditions ?? [],
    startTime: start,
    ending: endingOf(facts, start, nowMs),
    managed: {
      actions: [],
      active: facts.active.length,
      ready: facts.active.filter(isReady).length,
      terminating: facts.terminating,
    },
    events: [],
  };
  if (draft.ending) deleteActive(draft);
  else goOn(draft, seen);
  return finish(draft, actions, nowMs);
}

interface Draft {
  facts: Facts;
  conditions: Conditions;
  startTime: string | undefined;
  /** The condition that the Job is about to end with: Failed or Complete. */
  ending: JobCondition | undefined;
  managed: Managed;
  events: EventDraft[];
}

/** Adopted pods are tracked from then on, released ones no longer. */
function claimPods({ job, controlled, orphans }: SeenJob): { owned: Pod[]; actions: Action[] } {
  const claimed = claim({ owner: job, selector: job.spec.selector, resource: PODS, controlled, orphans });
  const uid = job.metadata.uid;
  const before = new Map([...controlled, ...claimed.owned].map((pod) => [pod.metadata.name, pod]));
  const actions = claimed.actions.map((action): Action => {
    const pod = "name" in action.op ? before.get(action.op.name) : undefined;
    if (!pod) return action;
    const others = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING_FINALIZER);
    const isOurs = pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
    const owners = (pod.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    const ownerReferences = isOurs ? owners : [...owners, controllerReference(job)];
    const finalizers = isOurs ? others : [...others, TRACKING_FINALIZER];
    const orNull = <T>(list: T[]) => (list.length > 0 ? list : null);
    return {
      op: patchOp(PODS, pod, {
        metadata: { ownerReferences: orNull(ownerReferences), finalizers: orNull(finalizers) },
      }),
    };
  });
  return { owned: claimed.owned, actions };
}

/** Why the Job ends now, if it does; reasons and messages as upstream's. */
function endingOf(facts: Facts, startTime: string | undefined, nowMs: number): JobCondition | undefined {
  const { job, pods, failedIndexes, succeededIndexes, failed } = facts;
  const conditions = job.status?.conditions ?? [];
  const fail = (reason: string, message: string) => condition("Failed", { reason, message, nowMs });
  const decided = findTrue(conditions, "SuccessCriteriaMet");
  if (decided) return condition("Complete", { reason: decided.reason ?? "", message: decided.message ?? "", nowMs });
  const target = findTrue(conditions, "FailureTarget");
  if (target) return fail(target.reason ?? "", target.message ?? "");
  for (const pod of pods) {
    const message = isFailed(pod, job) ? judgeFailure(job, pod).failJobMessage : undefined;
    if (message) return fail("PodFailurePolicy", message);
  }
  const limit = job.spec.backoffLimit ?? 6;
  if (failed > limit || isPastRestarts(job, pods)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  const deadline = deadlineMs(job, startTime);
  if (deadline !== undefined && deadline <= nowMs) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  if (!isIndexed(job)) return undefined;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (failedIndexes && maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failedIndexes && failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) {
    return fail("FailedIndexes", "Job has failed indexes");
  }
  const message = matchSuccessPolicy(job, succeededIndexes);
  return message === undefined ? undefined : condition("Complete", { reason: "SuccessPolicy", message, nowMs });
}

/** With restartPolicy OnFailure it is containers that fail, not pods. */
function isPastRestarts({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec?.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== "Running" && status?.phase !== "Pending") continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += restartCount ?? 0;
    }
  }
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** When the Job has been active for too long; undefined when there is no limit, or while it is suspended. */
function deadlineMs(job: Job, startTime: string | undefined): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds;
  return seconds === undefined || !startTime || isSuspended(job) ? undefined : Date.parse(startTime) + seconds * 1_000;
}

/** A Job that ends takes its running pods with it. They keep their finalizers: they have yet to be counted. */
function deleteActive(draft: Draft): void {
  const { facts, managed } = draft;
  const pods = facts.active.slice(0, BURST_PODS);
  managed.actions.push(...pods.map((pod) => deletePod(facts.job, pod)));
  managed.active -= pods.length;
  managed.ready -= pods.filter(isReady).length;
  managed.terminating += pods.length;
  // Not all at once: the end is declared when the last are gone.
  if (managed.active > 0) draft.ending = undefined;
}

function goOn(draft: Draft, { failures, nowMs, random }: SeenJob): void {
  const { facts } = draft;
  const { job } = facts;
  if (job.metadata.deletionTimestamp) return;
  const wasRefused = failures.some(({ op }) => op.resource === PODS && op.verb === "create");
  draft.managed = manage(facts, { wasRefused, nowMs, random });
  const { completions } = job.spec;
  const isEnough = completions === undefined ? facts.succeeded > 0 : facts.succeeded >= completions;
  if (isEnough && draft.managed.active === 0) {
    const why = { reason: "CompletionsReached", message: "Reached expected number of succeeded pods", nowMs };
    draft.ending = condition("Complete", why);
    return;
  }
  const suspended = isSuspended(job);
  const next = suspended
    ? condition("Suspended", { reason: "JobSuspended", message: "Job suspended", nowMs })
    : condition("Suspended", { status: "False", reason: "JobResumed", message: "Job resumed", nowMs });
  const conditions = ensure(draft.conditions, next);
  if (conditions === draft.conditions) return;
  draft.conditions = conditions;
  const [reason, message] = suspended ? ["Suspended", "Job suspended"] : ["Resumed", "Job resumed"];
  draft.events.push({ about: job, type: "Normal", reason, message });
  // Time that a Job was suspended does not count against its deadline; meanwhile it has not started.
  draft.startTime = suspended ? undefined : formatTime(nowMs);
}

function finish(
  { facts, conditions: before, startTime, ending, managed, events }: Draft,
  claims: readonly Action[],
  nowMs: number,
): Plan {
  const { job } = facts;
  const kind: Ending = ending && (ending.type === "Failed" ? "failure" : "success");
  const tracked = track(facts, kind);
  let conditions = before;
  if (ending) {
    // What is decided is written down before the last finalizers go.
    const interim = ending.type === "Failed" ? "FailureTarget" : "SuccessCriteriaMet";
    if (!findTrue(conditions, interim)) conditions = [...conditions, { ...ending, type: interim }];
  }
  const isCounted = tracked.uncounted.succeeded.length + tracked.uncounted.failed.length === 0;
  const isOver = ending !== undefined && !tracked.isPartial && isCounted && managed.terminating === 0;
  if (ending && isOver) conditions = ensure(conditions, ending);
  const { uncounted } = tracked;
  const status: JobStatus = {
    ...(managed.active > 0 && { active: managed.active }),
    ready: managed.ready,
    terminating: managed.terminating,
    ...tracked.counters,
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length > 0 && { failed: uncounted.failed }),
    },
    ...(startTime && { startTime }),
    ...(conditions.length > 0 && { conditions: [...conditions] }),
    ...(isOver && ending?.type === "Complete" && { completionTime: formatTime(nowMs) }),
  };
  const actions: Action[] = [...claims];
  const base = actions.length;
  for (const action of managed.actions) {
    actions.push(action.needs === undefined ? action : { ...action, needs: action.needs + base });
  }
  const write = statusOp(JOBS, job, status);
  const finished: EventDraft | undefined = isOver && ending ? finishedEvent(job, ending) : undefined;
  const statusAt = write ? actions.push({ op: write, ...(finished && { event: finished }) }) - 1 : undefined;
  for (const pod of tracked.release) {
    const op = removeFinalizerOp(PODS, pod, TRACKING_FINALIZER);
    actions.push({ op, ...(statusAt !== undefined && { needs: statusAt }) });
  }
  const tooMany =
    isOver &&
    ending?.type === "Complete" &&
    (status.succeeded ?? 0) > (job.spec.completions ?? Number.POSITIVE_INFINITY);
  const told = tooMany
    ? [
        ...events,
        {
          about: job,
          type: "Warning",
          reason: "TooManySucceededPods",
          message: "Too many succeeded pods running after completion count reached",
        } as const,
      ]
    : events;
  const waits = [managed.againAtMs, ending ? undefined : deadlineMs(job, startTime)].filter((ms) => ms !== undefined);
  return { actions, events: told, ...(waits.length > 0 && { againAtMs: Math.min(...waits) }) };
}

const finishedEvent = (job: Job, ending: JobCondition): EventDraft =>
  ending.type === "Complete"
    ? { about: job, type: "Normal", reason: "Completed", message: "Job completed" }
    : { about: job, type: "Warning", reason: ending.reason ?? "", message: ending.message ?? "" };

/** A pod that nobody will count any more: its Job is gone or has ended. */
export const planOrphan = (pod: Pod): Plan =>
  isTracked(pod) ? { actions: [{ op: removeFinalizerOp(PODS, pod, TRACKING_FINALIZER) }] } : { actions: [] };
