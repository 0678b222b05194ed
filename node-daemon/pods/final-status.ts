/** The last status of a pod whose containers are all gone. Pure. */
import type { ContainerStatus, PodStatus } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { isSidecar, isTerminalPhase, type NodePod } from "./pod.ts";
import { qosClass } from "./qos.ts";
import type { Rejection } from "./services.ts";

const LOST = {
  exitCode: 137,
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
};

const ended = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated ? status : { ...status, ready: false, started: false, state: { terminated: LOST } };

/** Whether a regular container has run, or might have: all that comes before them has. */
function wasInitialized({ spec }: NodePod, { containerStatuses, initContainerStatuses }: PodStatus): boolean {
  const last = spec.initContainers?.at(-1);
  if (!last) return true;
  if ((containerStatuses ?? []).some(hasRun)) return true;
  const status = initContainerStatuses?.find(({ name }) => name === last.name);
  if (isSidecar(last)) return status?.state?.running !== undefined && status.started === true;
  return [status?.state, status?.lastState].some((state) => state?.terminated?.exitCode === 0);
}

const hasRun = ({ state, lastState }: ContainerStatus): boolean =>
  state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;

/** Init containers up to the last that was tried; at least the first. */
function tried(statuses: readonly ContainerStatus[]): number {
  const last = statuses.findLastIndex(({ state, lastState }) => !state?.waiting || lastState?.terminated);
  return Math.max(last, 0) + 1;
}

/**
 * Every container that ran has ended, and the phase says so; what never came to run counts as failed, but for those
 * that initialization never reached: they go on to wait. Without this a pod that is deleted while its finalizers hold
 * it would look alive for ever. Source: TerminatePod of kubelet's status manager.
 */
export function finalStatus(pod: NodePod, status: PodStatus): PodStatus {
  const initialized = wasInitialized(pod, status);
  const reached = tried(status.initContainerStatuses ?? []);
  const init = status.initContainerStatuses?.map((one, i) => (i < reached ? ended(one) : one));
  const phase = isTerminalPhase(status.phase) ? status.phase : "Failed";
  return {
    ...status,
    ...(phase !== undefined && { phase }),
    ...(init && { initContainerStatuses: init }),
    containerStatuses: (status.containerStatuses ?? []).map((one) => (initialized ? ended(one) : one)),
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
export const rejectedStatus = (pod: NodePod, { reason, message }: Rejection, nowMs: number): PodStatus => ({
  ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  phase: "Failed",
  reason,
  message: `Pod was rejected: ${message}`,
  startTime: pod.status?.startTime ?? formatTime(nowMs),
  qosClass: qosClass(pod),
});
