import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { hasProgressDeadline, replicasOf } from "./limits.ts";

export type Conditions = readonly DeploymentCondition[];

interface New {
  type: "Available" | "Progressing" | "ReplicaFailure";
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

export const find = (conditions: Conditions, type: New["type"]): DeploymentCondition | undefined =>
  conditions.find((condition) => condition.type === type);

export const without = (conditions: Conditions, type: New["type"]): Conditions =>
  conditions.filter((condition) => condition.type !== type);

/** Sets a condition; nothing changes when its status and reason are the same already. */
export function set(conditions: Conditions, next: New, nowMs: number): Conditions {
  const current = find(conditions, next.type);
  if (current?.status === next.status && current.reason === next.reason) return conditions;
  const now = formatTime(nowMs);
  const lastTransitionTime = (current?.status === next.status && current.lastTransitionTime) || now;
  return [...without(conditions, next.type), { ...next, lastUpdateTime: now, lastTransitionTime }];
}

/** A pause stops the clock of the progress deadline; what has timed out stays so. */
export function pausedConditions(deployment: Deployment, conditions: Conditions, nowMs: number): Conditions {
  if (!hasProgressDeadline(deployment)) return conditions;
  const reason = find(conditions, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded") return conditions;
  const paused = deployment.spec.paused ?? false;
  if (paused === (reason === "DeploymentPaused")) return conditions;
  const next = paused
    ? { reason: "DeploymentPaused", message: "Deployment is paused" }
    : { reason: "DeploymentResumed", message: "Deployment is resumed" };
  return set(conditions, { type: "Progressing", status: "Unknown", ...next }, nowMs);
}

export function availableCondition(conditions: Conditions, hasMinimum: boolean, nowMs: number): Conditions {
  const next: New = hasMinimum
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
  return set(conditions, next, nowMs);
}

export const isComplete = (deployment: Deployment, status: DeploymentStatus): boolean =>
  (status.updatedReplicas ?? 0) === replicasOf(deployment) &&
  (status.replicas ?? 0) === replicasOf(deployment) &&
  (status.availableReplicas ?? 0) === replicasOf(deployment) &&
  (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);

const oldReplicas = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;

function hasProgressed(before: DeploymentStatus, next: DeploymentStatus): boolean {
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldReplicas(next) < oldReplicas(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** When the deadline passes unless there is progress, epoch ms; undefined: there is none, or it is over. */
export function deadlineMs(deployment: Deployment, conditions: Conditions): number | undefined {
  const progressing = find(conditions, "Progressing");
  if (!hasProgressDeadline(deployment) || !progressing?.lastUpdateTime) return undefined;
  if (progressing.reason === "NewReplicaSetAvailable" || progressing.reason === "ProgressDeadlineExceeded") {
    return undefined;
  }
  return Date.parse(progressing.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000;
}

/** The Progressing condition of a rollout with status `next`. */
export function progressCondition(options: {
  deployment: Deployment;
  conditions: Conditions;
  next: DeploymentStatus;
  newest: ReplicaSet | undefined;
  nowMs: number;
}): Conditions {
  const { deployment, conditions, next, newest, nowMs } = options;
  if (!hasProgressDeadline(deployment)) return without(conditions, "Progressing");
  const current = find(conditions, "Progressing");
  if ((next.replicas ?? 0) === (next.updatedReplicas ?? 0) && current?.reason === "NewReplicaSetAvailable") {
    return conditions;
  }
  const who = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const progressing = (status: "True" | "False", reason: string, what: string): New => ({
    type: "Progressing",
    status,
    reason,
    message: `${who} ${what}.`,
  });
  if (isComplete(deployment, next)) {
    return set(conditions, progressing("True", "NewReplicaSetAvailable", "has successfully progressed"), nowMs);
  }
  if (hasProgressed(deployment.status ?? {}, next)) {
    // Anew even with the same reason: lastUpdateTime is what the deadline counts from.
    const kept = current?.status === "True" ? current.lastTransitionTime : undefined;
    const now = formatTime(nowMs);
    const condition = progressing("True", "ReplicaSetUpdated", "is progressing");
    return [
      ...without(conditions, "Progressing"),
      { ...condition, lastUpdateTime: now, lastTransitionTime: kept ?? now },
    ];
  }
  const deadline = deadlineMs(deployment, conditions);
  if (deadline !== undefined && deadline < nowMs) {
    return set(conditions, progressing("False", "ProgressDeadlineExceeded", "has timed out progressing"), nowMs);
  }
  return conditions;
}

/** ReplicaFailure of the newest ReplicaSet, else of any, shows on the Deployment. */
export function failureCondition(
  conditions: Conditions,
  newest: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): Conditions {
  const failureOf = ({ status }: ReplicaSet) => status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const failure = (newest && failureOf(newest)) ?? all.map(failureOf).find((condition) => condition !== undefined);
  if (!failure) return without(conditions, "ReplicaFailure");
  const current = find(conditions, "ReplicaFailure");
  if (current?.status === failure.status && current.reason === failure.reason) return conditions;
  return [
    ...without(conditions, "ReplicaFailure"),
    { ...failure, ...(failure.lastTransitionTime && { lastUpdateTime: failure.lastTransitionTime }) },
  ];
}
