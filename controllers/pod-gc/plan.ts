import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action, Plan } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";
import { markDisrupted } from "../workload/disruption.ts";
import { createdMs, isFinished } from "../workload/pods.ts";

/** A node that is gone may come back within this time and find its pods again. */
export const QUARANTINE_MS = 40_000;
/** Finished pods kept: upstream's --terminated-pod-gc-threshold. */
export const FINISHED_THRESHOLD = 12_500;
const MAX_PODS = 500;

/** Pods of a node that has been gone since `goneSinceMs`: nobody else can end or remove them. */
export function planGoneNode(pods: Iterable<Pod>, goneSinceMs: number, nowMs: number): Plan {
  const atMs = goneSinceMs + QUARANTINE_MS;
  if (nowMs < atMs) return { actions: [], againAtMs: atMs };
  const actions: Action[] = [];
  for (const pod of pods) {
    const mark = markDisrupted({
      pod,
      reason: "DeletionByPodGC",
      message: "PodGC: node no longer exists",
      ...(!isFinished(pod) && { phase: "Failed" }),
      nowMs,
    });
    if (mark) actions.push(mark);
    actions.push({ ...forceDelete(pod), ...(mark && { needs: actions.length - 1 }) });
    if (actions.length >= MAX_PODS) break;
  }
  return { actions };
}

/** A pod that was deleted before it came to a node has nobody to wait for. */
export const planUnscheduled = (pod: Pod): Plan =>
  pod.metadata.deletionTimestamp && !pod.spec.nodeName ? { actions: [forceDelete(pod)] } : { actions: [] };

/** Of more finished pods than the threshold, the evicted and then the oldest go. */
export function planFinished(finished: readonly Pod[], threshold = FINISHED_THRESHOLD): Plan {
  const surplus = Math.min(finished.length - threshold, MAX_PODS);
  if (surplus <= 0) return { actions: [] };
  const isEvicted = ({ status }: Pod) => (status?.reason === "Evicted" ? 0 : 1);
  const order = [...finished].sort((a, b) => isEvicted(a) - isEvicted(b) || createdMs(a) - createdMs(b));
  return { actions: order.slice(0, surplus).map(forceDelete) };
}

const forceDelete = (pod: Pod): Action => ({ op: deleteOp(PODS, pod, { gracePeriodSeconds: 0 }) });
