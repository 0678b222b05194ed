import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action, Failure, Plan } from "../runner/controller.ts";
import { deleteOp, mergeDifference, patchOp, statusOp } from "../runner/ops.ts";
import { DEPLOYMENTS, REPLICA_SETS } from "../view/resources.ts";
import { claim } from "../workload/claim.ts";
import { isActive as isActivePod, isFinished } from "../workload/pods.ts";
import { REVISION, revisionOf } from "./annotations.ts";
import {
  type Conditions,
  deadlineMs,
  failureCondition,
  find,
  isComplete,
  pausedConditions,
  progressCondition,
  set,
} from "./conditions.ts";
import { actualOf, byCreation, type Draft, draftOf, isActive, sum, writeOf } from "./draft.ts";
import { hasProgressDeadline, historyLimit, isRollingUpdate, replicasOf } from "./limits.ts";
import { draftNewest, findNewest, isTaken, nextRevision, syncNewest } from "./newest.ts";
import { planRollback, rollbackOf } from "./rollback.ts";
import { isScaling, resize, rollNewest, rollOld, scale } from "./scale.ts";
import { statusOf } from "./status.ts";

export interface SeenDeployment {
  deployment: Deployment;
  /** ReplicaSets it controls. */
  controlled: readonly ReplicaSet[];
  /** ReplicaSets of its namespace that nobody controls. */
  orphans: Iterable<ReplicaSet>;
  /** Any ReplicaSet of its namespace, by name. */
  replicaSetNamed(name: string): ReplicaSet | undefined;
  /** Pods of a ReplicaSet. */
  podsOf(replicaSet: ReplicaSet): readonly Pod[];
  failures: readonly Failure[];
  nowMs: number;
}

/** Conditions as a plan goes on, and whether it follows a rollout or only counts. */
interface Outcome {
  newest: Draft | undefined;
  old: readonly Draft[];
  conditions: Conditions;
  collisionCount: number | undefined;
  isRollout: boolean;
}

/** Decides what one Deployment needs now. One step of a rollout at a time: the next follows when this one shows. */
export function planDeployment(seen: SeenDeployment): Plan {
  const { deployment, nowMs } = seen;
  if (selectsAll(deployment)) return selectingAll(deployment);
  const { owned, actions } = claim({
    owner: deployment,
    selector: deployment.spec.selector,
    resource: REPLICA_SETS,
    controlled: seen.controlled,
    orphans: seen.orphans,
  });
  const all = owned.map((replicaSet) =>
    draftOf(replicaSet, { activePods: seen.podsOf(replicaSet).filter(isActivePod).length }),
  );
  const found = findNewest(deployment, all);
  const old = all.filter((draft) => draft !== found);
  const before: Outcome = {
    newest: found,
    old,
    conditions: deployment.status?.conditions ?? [],
    collisionCount: deployment.status?.collisionCount,
    isRollout: false,
  };
  const rollback = deployment.metadata.deletionTimestamp || deployment.spec.paused ? undefined : rollbackOf(deployment);
  if (rollback !== undefined) return rollBack(seen, before, rollback, actions);
  const outcome = deployment.metadata.deletionTimestamp ? before : follow(seen, before);
  return finish(seen, outcome, actions, nowMs);
}

/** Nothing else is done until the annotation that asks for it is gone. */
function rollBack(seen: SeenDeployment, before: Outcome, asked: bigint, claims: readonly Action[]): Plan {
  const { deployment } = seen;
  const { newest, old } = withNewest(seen, before);
  if (newest && !newest.isNew) syncNewest(deployment, newest, old);
  const all = newest ? [...old, newest] : [...old];
  const { actions, ...rest } = planRollback(deployment, all, asked);
  const create = newest && writeOf(deployment, newest);
  return { actions: [...claims, ...(create ? [create] : []), ...actions], ...rest };
}

/** Everything but writing it down. */
function follow(seen: SeenDeployment, before: Outcome): Outcome {
  const { deployment, nowMs } = seen;
  const { newest, old } = before;
  const conditions = pausedConditions(deployment, before.conditions, nowMs);
  const all = newest ? [...old, newest] : [...old];
  if (newest) syncNewest(deployment, newest, old);
  const step = { ...before, conditions: newest ? foundCondition(seen, conditions, newest) : conditions };
  if (deployment.spec.paused || isScaling(deployment, all)) {
    scale(deployment, newest, old);
    return step;
  }
  return isRollingUpdate(deployment) ? rolling(seen, step) : recreate(seen, step);
}

function rolling(seen: SeenDeployment, step: Outcome): Outcome {
  const { deployment } = seen;
  const next = withNewest(seen, { ...step, isRollout: true });
  const { newest, old } = next;
  // One that is created now is sized already; one whose name is taken comes with the next plan.
  if (!newest || newest.isNew) return next;
  const all = [...old, newest];
  if (!rollNewest(deployment, all, newest)) rollOld(deployment, all, old.filter(isActive), newest);
  return next;
}

function recreate(seen: SeenDeployment, before: Outcome): Outcome {
  const { deployment, podsOf } = seen;
  const step = { ...before, isRollout: true };
  const active = step.old.filter(isActive);
  for (const draft of active) resize(deployment, draft, 0);
  if (active.length > 0) return step;
  const running = ({ replicaSet }: Draft) => podsOf(replicaSet).some((pod) => !isFinished(pod));
  if (sum(step.old, actualOf) > 0 || step.old.some(running)) return step;
  const next = withNewest(seen, step);
  if (next.newest && !next.newest.isNew && next.newest.replicas !== replicasOf(deployment)) {
    resize(deployment, next.newest, replicasOf(deployment));
  }
  return next;
}

/** With a ReplicaSet for the template: the one there is, or a new one, unless its name is taken. */
function withNewest(seen: SeenDeployment, step: Outcome): Outcome {
  const { deployment, replicaSetNamed, failures, nowMs } = seen;
  if (step.newest) return step;
  const { old, collisionCount } = step;
  const newest = draftNewest({ deployment, old, collisionCount });
  const name = newest.replicaSet.metadata.name ?? "";
  if (isTaken(deployment, replicaSetNamed(name))) return { ...step, collisionCount: (collisionCount ?? 0) + 1 };
  if (!hasProgressDeadline(deployment)) return { ...step, newest };
  const failure = failures.find(
    ({ op, status }) => op.verb === "create" && op.resource === REPLICA_SETS && status.reason !== "AlreadyExists",
  );
  const condition = failure
    ? ({
        status: "False",
        reason: "ReplicaSetCreateError",
        message: `Failed to create new replica set "${name}": ${failure.status.message ?? ""}`,
      } as const)
    : ({ status: "True", reason: "NewReplicaSetCreated", message: `Created new replica set "${name}"` } as const);
  return { ...step, newest, conditions: set(step.conditions, { type: "Progressing", ...condition }, nowMs) };
}

function foundCondition({ deployment, nowMs }: SeenDeployment, conditions: Conditions, newest: Draft): Conditions {
  if (!hasProgressDeadline(deployment) || find(conditions, "Progressing")) return conditions;
  const message = `Found new replica set "${newest.replicaSet.metadata.name}"`;
  return set(conditions, { type: "Progressing", status: "True", reason: "FoundNewReplicaSet", message }, nowMs);
}

/** The writes that an outcome comes to. */
function finish(seen: SeenDeployment, outcome: Outcome, claims: readonly Action[], nowMs: number): Plan {
  const { deployment, failures } = seen;
  const { newest, old, collisionCount, isRollout } = outcome;
  const all = newest ? [...old, newest] : [...old];
  let { conditions } = outcome;
  if (isRollout) {
    const next = statusOf({ deployment, all, newest, conditions, collisionCount, nowMs });
    // The Available condition comes in front, as upstream computes it first.
    conditions = progressCondition({
      deployment,
      conditions: next.conditions ?? [],
      next,
      newest: newest?.replicaSet,
      nowMs,
    });
    conditions = failureCondition(
      conditions,
      newest?.replicaSet,
      all.map(({ replicaSet }) => replicaSet),
    );
  }
  const status = statusOf({ deployment, all, newest, conditions, collisionCount, nowMs });
  const actions: Action[] = [...claims];
  for (const draft of all) {
    const write = writeOf(deployment, draft);
    if (write) actions.push(write);
  }
  // What a status says of a ReplicaSet holds only if that was created; of a failure it tells in any case.
  const create = failures.length > 0 ? -1 : actions.findIndex(({ op }) => op.verb === "create");
  const statusWrite = writeStatus(deployment, status, revisionFor(deployment, outcome));
  if (statusWrite) actions.push({ op: statusWrite, ...(create >= 0 && { needs: create }) });
  if (!deployment.metadata.deletionTimestamp && (deployment.spec.paused || isComplete(deployment, status))) {
    actions.push(...cleanUp(deployment, old));
  }
  const deadline = isRollout && !isComplete(deployment, status) ? deadlineMs(deployment, conditions) : undefined;
  // A deadline counts as passed strictly after it; times have whole seconds.
  return { actions, ...(deadline !== undefined && { againAtMs: Math.max(deadline + 1_000, nowMs + 1_000) }) };
}

/** The revision annotation the Deployment should have; undefined: as it is. */
function revisionFor(deployment: Deployment, { newest, old }: Outcome): string | undefined {
  if (!newest || deployment.metadata.deletionTimestamp) return undefined;
  return newest.annotations[REVISION] ?? String(nextRevision(old));
}

/** Status and revision annotation go in one write, as upstream's. */
function writeStatus(deployment: Deployment, status: object, revision: string | undefined): Action["op"] | undefined {
  const write = statusOp(DEPLOYMENTS, deployment, status);
  const before = deployment.metadata.annotations ?? {};
  if (revision === undefined || before[REVISION] === revision) return write;
  const changes = mergeDifference((deployment.status ?? {}) as { [field: string]: unknown }, { ...status });
  const metadata = { annotations: { [REVISION]: revision } };
  return patchOp(
    DEPLOYMENTS,
    deployment,
    { metadata, ...(changes && { status: changes }) },
    { subresource: "status", version: "any" },
  );
}

/** Deletes what history keeps too many of, oldest revision first; never one that has or wants pods. */
function cleanUp(deployment: Deployment, old: readonly Draft[]): Action[] {
  const limit = historyLimit(deployment);
  if (limit === undefined) return [];
  const kept = old.filter(({ replicaSet }) => !replicaSet.metadata.deletionTimestamp);
  const surplus = Math.max(0, kept.length - limit);
  return kept
    .sort(byRevision)
    .slice(0, surplus)
    .filter(
      ({ replicas, replicaSet: { metadata, status } }) =>
        replicas === 0 && !status?.replicas && (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    )
    .map(({ replicaSet }) => ({ op: deleteOp(REPLICA_SETS, replicaSet) }));
}

/** Of two with the same revision, or none, the older first. */
function byRevision(a: Draft, b: Draft): number {
  const [revisionA, revisionB] = [revisionOf(a.replicaSet), revisionOf(b.replicaSet)];
  return revisionA === revisionB ? byCreation(a, b) : revisionA < revisionB ? -1 : 1;
}

const selectsAll = ({ spec: { selector } }: Deployment): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

function selectingAll(deployment: Deployment): Plan {
  const generation = deployment.metadata.generation;
  if (generation === undefined || (deployment.status?.observedGeneration ?? 0) >= generation) return { actions: [] };
  const status = { ...deployment.status, observedGeneration: generation };
  const write = statusOp(DEPLOYMENTS, deployment, status);
  return {
    actions: write ? [{ op: write }] : [],
    events: [
      {
        about: deployment,
        type: "Warning",
        reason: "SelectingAll",
        message: "This deployment is selecting all pods. A non-empty selector is required.",
      },
    ],
  };
}
