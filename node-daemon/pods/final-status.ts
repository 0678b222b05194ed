/** The last status of a pod whose containers are all gone. Pure. */
import type { ContainerStatus, PodStatus } from "../../kinds/core/v1-types.ts";
import { isTerminalPhase, type NodePod } from "./pod.ts";
import { qosClass } from "./qos.ts";
import type { Rejection } from "./services.ts";

const LOST = {
  exitCode: 137,
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
};

const ended = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated ? status : { ...status, ready: false, started: false, state: { terminated: LOST } };

/**
 * Every container has ended, and the phase says so: what never came to run counts as failed. Without this a pod that is
 * deleted while its finalizers hold it would look alive for ever.
 */
export function finalStatus(pod: NodePod, status: PodStatus): PodStatus {
  const ranAtAll = (status.containerStatuses ?? []).some(({ state }) => state?.terminated !== undefined);
  const init = status.initContainerStatuses?.map((one) => (ranAtAll ? one : ended(one)));
  const phase = isTerminalPhase(status.phase) ? status.phase : "Failed";
  return {
    ...status,
    ...(phase !== undefined && { phase }),
    ...(init && { initContainerStatuses: init }),
    containerStatuses: (status.containerStatuses ?? []).map(ended),
    ...(status.ephemeralContainerStatuses && {
      ephemeralContainerStatuses: status.ephemeralContainerStatuses.map(ended),
    }),
    conditions: (status.conditions ?? []).map((condition) =>
      condition.type === "PodReadyToStartContainers" ? { ...condition, status: "False" } : condition,
    ),
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
}

/** Of a pod that may not run on this node. */
export const rejectedStatus = (pod: NodePod, { reason, message }: Rejection): PodStatus => ({
  ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  phase: "Failed",
  reason,
  message: `Pod was rejected: ${message}`,
  qosClass: qosClass(pod),
});
