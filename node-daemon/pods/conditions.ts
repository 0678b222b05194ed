/** The conditions a kubelet writes on a pod. Reasons and messages: k8s.io/kubernetes/pkg/kubelet/status. Pure. */
import type { ContainerStatus, PodCondition } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Phase } from "./phase.ts";
import { isSidecar, type NodePod } from "./pod.ts";

export type Verdict = { status: "True" | "False"; reason?: string; message?: string };

const TRUE: Verdict = { status: "True" };

/** As Go prints a list of names. */
const listed = (names: string[]): string => `[${names.join(" ")}]`;

function notReadyMessage(groups: { unknown: string[]; [what: string]: string[] }): string {
  return Object.entries(groups)
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `containers with ${what} status: ${listed(names)}`)
    .join(", ");
}

export function initialized(pod: NodePod, statuses: readonly ContainerStatus[], phase: Phase): Verdict {
  const found = new Map(statuses.map((status) => [status.name, status]));
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = found.get(container.name);
    if (!status) unknown.push(container.name);
    else if (!(isSidecar(container) ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  if (anyRegularStarted(pod, found)) return TRUE;
  const message = notReadyMessage({ unknown, incomplete });
  return message ? { status: "False", reason: "ContainersNotInitialized", message } : TRUE;
}

const anyRegularStarted = (pod: NodePod, found: Map<string, ContainerStatus>): boolean =>
  pod.spec.containers.some(({ name }) => {
    const status = found.get(name);
    return (
      status?.started === true || status?.state?.terminated !== undefined || status?.lastState?.terminated !== undefined
    );
  });

export const ENDED: { readonly [phase: string]: string } = { Succeeded: "PodCompleted", Failed: "PodFailed" };

export function containersReady(pod: NodePod, statuses: readonly ContainerStatus[], phase: Phase): Verdict {
  const found = new Map(statuses.map((status) => [status.name, status]));
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    const status = found.get(name);
    if (!status) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  const ended = ENDED[phase];
  if (ended && (phase === "Failed" || unknown.length === 0)) return { status: "False", reason: ended };
  const message = notReadyMessage({ unknown, unready });
  return message ? { status: "False", reason: "ContainersNotReady", message } : TRUE;
}

export function ready(pod: NodePod, containers: Verdict, phase: Phase): Verdict {
  const ended = ENDED[phase];
  if (containers.status !== "True") {
    return { ...containers, ...(ended && containers.reason === ended && { reason: ended }) };
  }
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!condition) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== "True") {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
    }
  }
  return messages.length > 0 ? { status: "False", reason: "ReadinessGatesNotMet", message: messages.join(", ") } : TRUE;
}

/**
 * The five conditions, each with the time of its last change of status.
 *
 * @param sandboxReady the pod has its sandbox and network
 */
export function podConditions(
  pod: NodePod,
  statuses: { all: readonly ContainerStatus[]; phase: Phase },
  { sandboxReady, nowMs }: { sandboxReady: boolean; nowMs: number },
): PodCondition[] {
  const { all, phase } = statuses;
  const containers = containersReady(pod, all, phase);
  const verdicts: [string, Verdict][] = [
    ["PodReadyToStartContainers", { status: sandboxReady ? "True" : "False" }],
    ["Initialized", initialized(pod, all, phase)],
    ["Ready", ready(pod, containers, phase)],
    ["ContainersReady", containers],
    ["PodScheduled", TRUE],
  ];
  return verdicts.map(([type, verdict]) => condition(pod, { type, verdict, nowMs }));
}

export function condition(
  pod: NodePod,
  { type, verdict, nowMs }: { type: string; verdict: Verdict; nowMs: number },
): PodCondition {
  const before = pod.status?.conditions?.find((candidate) => candidate.type === type);
  const { generation } = pod.metadata;
  const same = before !== undefined && before.status === verdict.status;
  return {
    type,
    ...verdict,
    lastTransitionTime: (same && before.lastTransitionTime) || formatTime(nowMs),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}
