import type { StatefulSet, StatefulSetStatus } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { isAvailable, isReady } from "../workload/pods.ts";
import { replicasOf, revisionOf } from "./identity.ts";

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === "Running" && isReady(pod);

export const isRunningAndAvailable = (pod: Pod, minReadySeconds: number, nowMs: number): boolean =>
  isRunningAndReady(pod) && isAvailable(pod, minReadySeconds, nowMs);

export const isUnavailable = (pod: Pod, minReadySeconds: number, nowMs: number): boolean =>
  pod.metadata.deletionTimestamp !== undefined || !isRunningAndAvailable(pod, minReadySeconds, nowMs);

/** What a StatefulSet's pods come to. A rolling update that is complete makes the update revision the current one. */
export function statusOf(options: {
  set: StatefulSet;
  pods: readonly Pod[];
  currentRevision: string;
  updateRevision: string;
  collisionCount: number;
  nowMs: number;
}): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision, collisionCount, nowMs } = options;
  const count = (test: (pod: Pod) => boolean): number => pods.filter(test).length;
  const lives = ({ metadata }: Pod) => metadata.deletionTimestamp === undefined;
  const updated = count((pod) => lives(pod) && revisionOf(pod) === updateRevision);
  const ready = count(isRunningAndReady);
  const counts = {
    observedGeneration: set.metadata.generation ?? 0,
    readyReplicas: ready,
    currentReplicas: count((pod) => lives(pod) && revisionOf(pod) === currentRevision),
    updatedReplicas: updated,
  };
  const wanted = replicasOf(set);
  const isRolling = (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  const isComplete = isRolling && updated === wanted && ready === wanted && pods.length === wanted;
  if (isComplete) counts.currentReplicas = updated;
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)),
    replicas: pods.length,
    availableReplicas: count((pod) => isRunningAndAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)),
    currentRevision: isComplete ? updateRevision : currentRevision,
    updateRevision,
    collisionCount,
    ...(set.status?.conditions && { conditions: set.status.conditions }),
  };
}
