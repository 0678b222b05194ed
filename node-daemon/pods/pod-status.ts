/** The whole status of a pod, from what the runtime has and what probes say. Pure. */
import type { ContainerStatus, PodCondition, PodStatus } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { condition, ENDED, podConditions, type Verdict } from "./conditions.ts";
import { containerStatuses, type StartFailure } from "./container-status.ts";
import { type ObservedPod, podIpsOf } from "./observed.ts";
import { type Phase, podPhase } from "./phase.ts";
import { sandboxNeeded } from "./plan-pod.ts";
import { isSidecar, isTerminalPhase, type NodePod, usesHostNetwork } from "./pod.ts";
import type { ResizeState } from "./pod-resize.ts";
import { qosClass } from "./qos.ts";
import { podHasOtherResources } from "./resize.ts";
import { mayRestartAll, restartAllTrigger } from "./restart-policy.ts";

/** What probes make of a running container. */
export interface Readiness {
  /** Its startup probe succeeded, or it has none. */
  started(container: string, id: string): boolean;
  /** Its readiness probe succeeds, or it has none. */
  ready(container: string, id: string): boolean;
}

export interface StatusInput {
  pod: NodePod;
  observed: ObservedPod;
  failures: ReadonlyMap<string, StartFailure>;
  readiness: Readiness;
  recursiveReadOnly?: boolean;
  /** How a change of its resources goes. */
  resize?: ResizeState;
  /** What running containers have been resized to since they were made, by id. */
  resized?: ReadonlyMap<string, string>;
  /** Names of containers that are gone because the whole pod restarts. */
  reset?: ReadonlySet<string>;
  hostIps: readonly string[];
  /** The pod is to end: ended containers decide its phase. */
  terminal: boolean;
  /** Why the pod ended otherwise than by its containers: deadline, rejection, eviction. */
  verdict?: { phase: "Failed"; reason: string; message: string } | undefined;
  nowMs: number;
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, observed, hostIps, terminal, verdict, nowMs } = input;
  const { spec, metadata } = pod;
  const init = containerStatuses(input, "init", spec.initContainers ?? []).map((status) =>
    withInitReadiness(input, status),
  );
  const regular = containerStatuses(input, "regular", spec.containers).map((status) => withReadiness(input, status));
  const ephemeral = containerStatuses(input, "ephemeral", spec.ephemeralContainers ?? []);

  const all = [...init, ...regular];
  const computed = podPhase(pod, all, { terminal, initialized: regular.some(hasRun) });
  const before = pod.status;
  const restarting = restartAllTrigger(pod, observed) !== undefined;
  const goesOn = restarting || (input.reset?.size ?? 0) > 0;
  const own = !terminal && goesOn && isTerminalPhase(computed) ? "Running" : computed;
  const phase = isTerminalPhase(before?.phase) ? (before?.phase as typeof computed) : (verdict?.phase ?? own);
  const sandboxReady = sandboxNeeded(pod, observed) === undefined;
  const ips = usesHostNetwork(pod) ? (observed.sandboxes.length > 0 ? hostIps : []) : podIpsOf(observed);
  const addresses = ips.length > 0 ? ips : (before?.podIPs ?? []).map(({ ip }) => ip);
  const wholePod = podHasOtherResources(pod, input.resized) ? before?.resources : spec.resources;
  const reason = verdict?.reason ?? (isTerminalPhase(before?.phase) ? before?.reason : undefined);
  const message = verdict?.message ?? (isTerminalPhase(before?.phase) ? before?.message : undefined);
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    phase,
    conditions: [
      ...podConditions(pod, { all, phase }, { sandboxReady, nowMs }),
      ...restartConditions(input, { phase, restarting }),
      ...resizeConditions(input),
    ],
    ...(reason && { reason }),
    ...(message && { message }),
    ...(hostIps[0] && { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(addresses[0] && { podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) }),
    startTime: before?.startTime ?? formatTime(nowMs),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod),
    ...(spec.resources?.requests && { allocatedResources: spec.resources.requests }),
    ...(wholePod && { resources: wholePod }),
  };
}

const ALL_RESTARTING = "AllContainersRestarting";

/** Whether the whole pod was restarting when this was told. */
export const isRestartingAll = (status: PodStatus | undefined): boolean =>
  status?.conditions?.some((each) => each.type === ALL_RESTARTING && each.status === "True") ?? false;

function restartConditions(
  { pod, nowMs }: StatusInput,
  { phase, restarting }: { phase: Phase; restarting: boolean },
): PodCondition[] {
  if (!mayRestartAll(pod)) return [];
  const reason = ENDED[phase];
  const started = { reason: "RestartAllContainersStarted", message: "container exited with restart policy rule" };
  const verdict: Verdict =
    restarting && !reason ? { status: "True", ...started } : { status: "False", ...(reason && { reason }) };
  return [condition(pod, { type: ALL_RESTARTING, verdict, nowMs })];
}

function resizeConditions({ pod, resize, nowMs }: StatusInput): PodCondition[] {
  const { pending, progress } = resize ?? {};
  const conditions: PodCondition[] = [];
  if (pending) {
    conditions.push(condition(pod, { type: "PodResizePending", verdict: { status: "True", ...pending }, nowMs }));
  }
  if (progress) {
    const { error, generation } = progress;
    const why = error === undefined ? {} : { reason: "Error", message: error };
    conditions.push({
      ...condition(pod, { type: "PodResizeInProgress", verdict: { status: "True", ...why }, nowMs }),
      ...(generation !== undefined && { observedGeneration: generation }),
    });
  }
  return conditions;
}

const hasRun = ({ state, lastState }: ContainerStatus): boolean =>
  state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;

const idOf = ({ containerID }: ContainerStatus): string => containerID?.replace(/^[a-z]+:\/\//, "") ?? "";

function withReadiness({ readiness }: StatusInput, status: ContainerStatus): ContainerStatus {
  const running = status.state?.running !== undefined;
  const started = running && readiness.started(status.name, idOf(status));
  return { ...status, started, ready: started && readiness.ready(status.name, idOf(status)) };
}

function withInitReadiness(input: StatusInput, status: ContainerStatus): ContainerStatus {
  const container = input.pod.spec.initContainers?.find(({ name }) => name === status.name);
  if (container && isSidecar(container)) return withReadiness(input, status);
  return { ...status, started: status.state?.running !== undefined, ready: status.state?.terminated?.exitCode === 0 };
}
