import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "../../kinds/apps/v1-types.ts";
import type { Pod, ReplicationController } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import type { Action, Failure, Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { PODS, REPLICA_SETS, REPLICATION_CONTROLLERS } from "../view/resources.ts";
import { claim } from "../workload/claim.ts";
import { BURST_PODS, burstOf, createPod, deletePod, podFromTemplate, slowStart } from "../workload/create-pod.ts";
import { podsToDelete } from "../workload/deletion-order.ts";
import { isActive, isAvailable, isFinished, isReady, isTerminating, nextAvailableMs } from "../workload/pods.ts";

export interface SeenReplicaSet {
  /** A ReplicationController is an older ReplicaSet. */
  replicaSet: ReplicaSet | ReplicationController;
  /** Pods it controls. */
  controlled: readonly Pod[];
  /** Pods of its namespace that nobody controls. */
  orphans: Iterable<Pod>;
  /** Pods of all ReplicaSets of the same Deployment; only asked for when something is to be deleted. */
  related(): Iterable<Pod>;
  failures: readonly Failure[];
  nowMs: number;
  random: () => number;
}

/** A ReplicationController's selector is a plain map; a ReplicaSet's is not. */
const isOlder = (owner: ReplicaSet | ReplicationController): owner is ReplicationController =>
  owner.kind === "ReplicationController";

const selectorOf = (owner: ReplicaSet | ReplicationController): LabelSelector | undefined =>
  isOlder(owner) ? owner.spec.selector && { matchLabels: owner.spec.selector } : owner.spec.selector;

/** Decides what one ReplicaSet or ReplicationController needs now: adoptions and releases, pods created or deleted, and its status. */
export function planReplicaSet(seen: SeenReplicaSet): Plan {
  const { replicaSet, nowMs, failures } = seen;
  const { owned, actions } = claim({
    owner: replicaSet,
    selector: selectorOf(replicaSet),
    resource: PODS,
    controlled: seen.controlled.filter((pod) => !isFinished(pod)),
    orphans: seen.orphans,
    mayAdopt: isActive,
  });
  const active = owned.filter(isActive);
  const difference = (replicaSet.spec.replicas ?? 1) - active.length;
  const scaling = replicaSet.metadata.deletionTimestamp
    ? []
    : scale(seen, active, { difference, base: actions.length });
  const status = statusOf({ replicaSet, active, owned, difference, failures, nowMs });
  const resource = isOlder(replicaSet) ? REPLICATION_CONTROLLERS : REPLICA_SETS;
  const statusWrite = statusOp(resource, replicaSet, status);
  const againAtMs = nextAvailableMs(active, replicaSet.spec.minReadySeconds ?? 0, nowMs);
  return {
    actions: [...actions, ...scaling, ...(statusWrite ? [{ op: statusWrite }] : [])],
    ...(againAtMs !== undefined && { againAtMs }),
  };
}

/** @param of `base`: index in the plan that its first action will have */
function scale(seen: SeenReplicaSet, active: Pod[], of: { difference: number; base: number }): Action[] {
  const { replicaSet, related, nowMs, random } = seen;
  const { difference, base } = of;
  if (difference < 0) {
    const count = Math.min(-difference, BURST_PODS);
    return podsToDelete({ pods: active, count, related: related(), nowMs }).map((pod) => deletePod(replicaSet, pod));
  }
  const template = replicaSet.spec.template;
  if (difference === 0 || !template) return [];
  const creates = Array.from({ length: Math.min(difference, burstOf(template)) }, () =>
    createPod(replicaSet, podFromTemplate({ owner: replicaSet, template, random })),
  );
  return slowStart(creates, base);
}

function statusOf(options: {
  replicaSet: ReplicaSet | ReplicationController;
  active: readonly Pod[];
  owned: readonly Pod[];
  difference: number;
  failures: readonly Failure[];
  nowMs: number;
}): ReplicaSetStatus {
  const { replicaSet, active, owned, nowMs } = options;
  const templateLabels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const count = (test: (pod: Pod) => boolean) => active.reduce((sum, pod) => sum + (test(pod) ? 1 : 0), 0);
  const conditions = conditionsOf(options);
  // As Go writes it: counts of zero are left out, except replicas and terminatingReplicas.
  return {
    replicas: active.length,
    ...positive({
      fullyLabeledReplicas: count(({ metadata }) =>
        templateLabels.every(([key, value]) => metadata.labels?.[key] === value),
      ),
      readyReplicas: count(isReady),
      availableReplicas: count((pod) => isAvailable(pod, minReadySeconds, nowMs)),
    }),
    ...(!isOlder(replicaSet) && {
      terminatingReplicas: owned.reduce((sum, pod) => sum + (isTerminating(pod) ? 1 : 0), 0),
    }),
    ...(replicaSet.metadata.generation !== undefined && { observedGeneration: replicaSet.metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
}

/** Pods that could not be created or deleted make condition ReplicaFailure; it goes once they can. */
function conditionsOf(options: {
  replicaSet: ReplicaSet | ReplicationController;
  difference: number;
  failures: readonly Failure[];
  nowMs: number;
}): ReplicaSetCondition[] {
  const { replicaSet, difference, failures, nowMs } = options;
  const conditions = replicaSet.status?.conditions ?? [];
  const failed = failures.find(({ op }) => op.resource === PODS && (op.verb === "create" || op.verb === "delete"));
  if (!failed || difference === 0) return conditions.filter(({ type }) => type !== "ReplicaFailure");
  if (conditions.some(({ type }) => type === "ReplicaFailure")) return conditions;
  return [
    ...conditions,
    {
      type: "ReplicaFailure",
      status: "True",
      reason: difference > 0 ? "FailedCreate" : "FailedDelete",
      message: failed.status.message ?? "",
      lastTransitionTime: formatTime(nowMs),
    },
  ];
}

/** The counts above zero: a count that became zero is removed by the status patch. */
function positive<T extends { [field: string]: number }>(counts: T): Partial<T> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)) as Partial<T>;
}
