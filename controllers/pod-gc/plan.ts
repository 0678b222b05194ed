import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action, Plan } from "../runner/controller.ts";
import { deleteOp, patchOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";
import { endedStatus, markDisrupted } from "../workload/disruption.ts";
import { createdMs, isFinished } from "../workload/pods.ts";

/** A node that is gone may come back within this time and find its pods again. */
export const QUARANTINE_MS = 40_000;
/** Finished pods kept: upstream's --terminated-pod-gc-threshold. */
export const FINISHED_THRESHOLD = 12_500;
const MAX_PODS = 500;
const NODE_GONE = { reason: "DeletionByPodGC", message: "PodGC: node no longer exists" };

/** Pods of a node that has been gone since `goneSinceMs`: nobody else can end or remove them. Ended ones just go. */
export function planGoneNode(pods: Iterable<Pod>, goneSinceMs: number, nowMs: number): Plan {
  const atMs = goneSinceMs + QUARANTINE_MS;
  if (nowMs < atMs) return { actions: [], againAtMs: atMs };
  const actions: Action[] = [];
  for (const pod of pods) {
    const mark = isFinished(pod) ? undefined : markDisrupted({ pod, ...NODE_GONE, phase: "Failed", nowMs });
    if (mark) actions.push(mark);
    actions.push({ ...forceDelete(pod), ...(mark && { needs: actions.length - 1 }) });
    if (actions.length >= MAX_PODS) break;
  }
  return { actions };
}

/** A pod that was deleted before it came to a node has nobody to wait for. */
export const planUnscheduled = (pod: Pod): Plan =>
  pod.metadata.deletionTimestamp && !pod.spec.nodeName ? { actions: fail(pod) } : { actions: [] };

/**
 * Pods that are being deleted on a node which does not answer, and of which an administrator says that it is out of
 * service: it runs nothing any more, so nothing needs to be waited for.
 */
export function planOutOfService(pods: Iterable<Pod>): Plan {
  const actions: Action[] = [];
  for (const pod of pods) {
    if (!pod.metadata.deletionTimestamp) continue;
    for (const action of fail(pod)) {
      actions.push(action.needs === undefined ? action : { ...action, needs: actions.length - 1 });
    }
    if (actions.length >= MAX_PODS) break;
  }
  return { actions };
}

/** Says of a pod that has not ended that it has failed, and removes it. */
function fail(pod: Pod): Action[] {
  if (isFinished(pod)) return [forceDelete(pod)];
  const mark = patchOp(PODS, pod, { status: endedStatus(pod, "Failed") }, { subresource: "status" });
  return [{ op: mark }, { ...forceDelete(pod), needs: 0 }];
}

/** Of more finished pods than the threshold, the evicted and then the oldest go. */
export function planFinished(finished: readonly Pod[], threshold = FINISHED_THRESHOLD): Plan {
  const surplus = Math.min(finished.length - threshold, MAX_PODS);
  if (surplus <= 0) return { actions: [] };
  const isEvicted = ({ status }: Pod) => (status?.reason === "Evicted" ? 0 : 1);
  const order = [...finished].sort((a, b) => isEvicted(a) - isEvicted(b) || createdMs(a) - createdMs(b));
  return { actions: order.slice(0, surplus).map(forceDelete) };
}

const forceDelete = (pod: Pod): Action => ({ op: deleteOp(PODS, pod, { gracePeriodSeconds: 0 }) });
