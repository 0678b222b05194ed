import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Status } from "../../machinery/meta/status.ts";
import type { Action } from "../runner/controller.ts";
import { createOp, mergeDifference, patchOp } from "../runner/ops.ts";
import { REPLICA_SETS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";
import { replicasOf } from "./limits.ts";

/** A ReplicaSet as it is, and as the plan wants it so far. */
export interface Draft {
  readonly replicaSet: ReplicaSet;
  readonly isNew: boolean;
  /** Its pods that are neither finished nor on their way out. */
  readonly activePods: number;
  replicas: number;
  annotations: { [key: string]: string };
  minReadySeconds: number;
}

export const draftOf = (replicaSet: ReplicaSet, more: { isNew?: boolean; activePods?: number } = {}): Draft => ({
  replicaSet,
  isNew: more.isNew ?? false,
  activePods: more.activePods ?? 0,
  replicas: replicasOf(replicaSet),
  annotations: { ...replicaSet.metadata.annotations },
  minReadySeconds: replicaSet.spec.minReadySeconds ?? 0,
});

export const availableOf = ({ replicaSet }: Draft): number => replicaSet.status?.availableReplicas ?? 0;

/** Pods there are, as its status says. */
export const actualOf = ({ replicaSet }: Draft): number => replicaSet.status?.replicas ?? 0;

export const isActive = ({ replicas }: Draft): boolean => replicas > 0;

export const sum = (drafts: readonly Draft[], of: (draft: Draft) => number): number =>
  drafts.reduce((total, draft) => total + of(draft), 0);

/** Oldest first; the name decides between equals. */
export const byCreation = (a: Draft, b: Draft): number =>
  createdMs(a.replicaSet) - createdMs(b.replicaSet) || byName(a, b);

/** Largest first, then newest. */
export const bySizeNewer = (a: Draft, b: Draft): number =>
  b.replicas - a.replicas || createdMs(b.replicaSet) - createdMs(a.replicaSet) || byName(a, b);

/** Largest first, then oldest. */
export const bySizeOlder = (a: Draft, b: Draft): number => b.replicas - a.replicas || byCreation(a, b);

const byName = (a: Draft, b: Draft): number =>
  (a.replicaSet.metadata.name ?? "") < (b.replicaSet.metadata.name ?? "") ? -1 : 1;

/** The write that makes a ReplicaSet what its draft says; undefined when it is. */
export function writeOf(deployment: Deployment, draft: Draft): Action | undefined {
  const { replicaSet, isNew, replicas, annotations, minReadySeconds } = draft;
  const name = replicaSet.metadata.name ?? "";
  const before = isNew ? 0 : replicasOf(replicaSet);
  const scaled = {
    about: deployment,
    type: "Normal",
    reason: "ScalingReplicaSet",
    message: `Scaled ${replicas > before ? "up" : "down"} replica set ${name} from ${before} to ${replicas}`,
  } as const;
  const event = replicas === before ? {} : { event: scaled };
  if (isNew) {
    const object = {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...replicaSet.spec, replicas, minReadySeconds },
    };
    return {
      op: createOp(REPLICA_SETS, object),
      ...event,
      failureEvent: ({ message = "", reason }: Status) =>
        reason === "AlreadyExists"
          ? undefined
          : {
              about: deployment,
              type: "Warning",
              reason: "ReplicaSetCreateError",
              message: `Failed to create new replica set "${name}": ${message}`,
            },
    };
  }
  const spec = mergeDifference(
    { replicas: before, minReadySeconds: replicaSet.spec.minReadySeconds ?? 0 },
    { replicas, minReadySeconds },
  );
  const changed = mergeDifference(replicaSet.metadata.annotations ?? {}, annotations);
  if (!spec && !changed) return undefined;
  const patch = { ...(spec && { spec }), ...(changed && { metadata: { annotations: changed } }) };
  return { op: patchOp(REPLICA_SETS, replicaSet, patch), ...event };
}
