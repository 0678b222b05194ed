import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";
import { markDisrupted } from "../workload/disruption.ts";
import { createdMs, podCondition } from "../workload/pods.ts";
import { tolerates } from "./taints.ts";

export const hasNoExecute = ({ spec }: Node): boolean =>
  spec?.taints?.some(({ effect }) => effect === "NoExecute") ?? false;

/**
 * When a pod must leave its node because of NoExecute taints, epoch ms: 0 for at once, undefined for never. It may stay
 * for tolerationSeconds from when the taint was added, or from when it came to the node if that was later.
 */
export function evictionTime(pod: Pod, node: Node, nowMs: number): number | undefined {
  const scheduled = podCondition(pod, "PodScheduled")?.lastTransitionTime;
  const cameMs = scheduled ? Date.parse(scheduled) : createdMs(pod);
  let earliest: number | undefined;
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== "NoExecute") continue;
    // As upstream, the first toleration that fits decides.
    const toleration = pod.spec.tolerations?.find((candidate) => tolerates(candidate, taint));
    if (!toleration) return 0;
    if (toleration.tolerationSeconds === undefined) continue;
    if (toleration.tolerationSeconds <= 0) return 0;
    const addedMs = taint.timeAdded ? Date.parse(taint.timeAdded) : nowMs;
    const atMs = Math.max(addedMs, cameMs) + toleration.tolerationSeconds * 1_000;
    if (earliest === undefined || atMs < earliest) earliest = atMs;
  }
  return earliest;
}

/** Decides whether one pod leaves its node now, later or not at all. `wasWaiting`: it was to leave later before. */
export function planEviction(options: { pod: Pod; node: Node | undefined; wasWaiting: boolean; nowMs: number }): Plan {
  const { pod, node, wasWaiting, nowMs } = options;
  const { namespace, name } = pod.metadata;
  if (pod.metadata.deletionTimestamp) return { actions: [] };
  const atMs = node && evictionTime(pod, node, nowMs);
  if (atMs === undefined) {
    return {
      actions: [],
      ...(wasWaiting && { events: [told(pod, `Cancelling deletion of Pod ${namespace}/${name}`)] }),
    };
  }
  if (atMs > nowMs) return { actions: [], againAtMs: atMs };
  const mark = markDisrupted({
    pod,
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    nowMs,
  });
  const remove: Action = {
    op: deleteOp(PODS, pod),
    event: told(pod, `Marking for deletion Pod ${namespace}/${name}`),
    ...(mark && { needs: 0 }),
  };
  return { actions: mark ? [mark, remove] : [remove] };
}

const told = (pod: Pod, message: string): EventDraft => ({
  about: pod,
  type: "Normal",
  reason: "TaintManagerEviction",
  message,
});
