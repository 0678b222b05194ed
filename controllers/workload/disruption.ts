import type { Pod, PodCondition } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import type { Action } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";

/**
 * The status write that says why a pod is about to be deleted; undefined when it says so already. `phase` also ends a
 * pod that nobody else can end.
 */
export function markDisrupted(options: {
  pod: Pod;
  reason: string;
  message: string;
  phase?: "Failed";
  nowMs: number;
}): Action | undefined {
  const { pod, reason, message, phase, nowMs } = options;
  const conditions = pod.status?.conditions ?? [];
  const current = conditions.find(({ type }) => type === "DisruptionTarget");
  const isMarked = current?.status === "True" && current.reason === reason;
  const isEnded = phase === undefined || pod.status?.phase === phase;
  if (isMarked && isEnded) return undefined;
  const generation = pod.metadata.generation;
  const next: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    reason,
    message,
    lastTransitionTime: (current?.status === "True" && current.lastTransitionTime) || formatTime(nowMs),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  const status: Fields = {
    ...(!isMarked && { conditions: [...conditions.filter(({ type }) => type !== next.type), next] }),
    ...(!isEnded && endedStatus(pod, phase)),
  };
  return { op: patchOp(PODS, pod, { status }, { subresource: "status" }) };
}

/** What the status of a pod says that a controller ends in the kubelet's place: of which generation too. */
export function endedStatus({ metadata: { generation } }: Pod, phase: "Failed"): Fields {
  return { phase, ...(generation !== undefined && { observedGeneration: generation }) };
}
