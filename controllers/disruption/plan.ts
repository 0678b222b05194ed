import type { Pod, PodCondition } from "../../kinds/core/v1-types.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../kinds/policy/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import type { EventDraft, Plan } from "../runner/controller.ts";
import { patchOp, statusOp } from "../runner/ops.ts";
import { DISRUPTION_BUDGETS, PODS } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { scaledValue } from "../workload/int-or-percent.ts";
import { isFinished, isReady } from "../workload/pods.ts";

/** How long an eviction that was allowed may take to show as a deletion. */
export const DELETION_TIMEOUT_MS = 120_000;

/** The scale of what controls a pod: replicas, under one uid for all its pods; or why it has none. */
export type ScaleOf = (pod: Pod) => { uid: string; replicas: number } | { error: string };

export interface SeenBudget {
  budget: PodDisruptionBudget;
  /** Pods its selector matches. */
  pods: readonly Pod[];
  scaleOf: ScaleOf;
  nowMs: number;
}

/** Decides the status of one PodDisruptionBudget: how many of its pods may be evicted now. */
export function planBudget({ budget, pods, scaleOf, nowMs }: SeenBudget): Plan {
  const events: EventDraft[] = [];
  const tell = (type: "Normal" | "Warning", reason: string, message: string, about: EventDraft["about"] = budget) =>
    events.push({ about, type, reason, message });
  if (pods.length === 0) tell("Normal", "NoPods", "No matching pods found");
  const expectation = expectationOf(budget, pods, scaleOf);
  if ("error" in expectation) {
    tell(
      "Warning",
      "CalculateExpectedPodCountFailed",
      `Failed to calculate the number of expected pods: ${expectation.error}`,
    );
    const failed = { ...budget.status, disruptionsAllowed: 0 };
    // What could not be computed was not observed: evictions say so, too.
    const observed = budget.status?.observedGeneration;
    return finish(budget, failed, { reason: "SyncFailed", message: expectation.error }, { events, nowMs, observed });
  }
  if (expectation.unmanaged > 0) {
    const what = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec.selector)}) were found to be unmanaged.`;
    const so =
      "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior.";
    const advice = 'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
    tell("Warning", "UnmanagedPods", `${what} ${so} ${advice}`);
  }
  const { disrupted, recheckMs, late } = disruptedPods(budget, pods, nowMs);
  for (const pod of late) {
    const { namespace, name } = budget.metadata;
    tell("Warning", "NotDeleted", `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`, pod);
  }
  const { expectedPods, desiredHealthy } = expectation;
  const currentHealthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && disrupted[pod.metadata.name ?? ""] === undefined && isReady(pod),
  ).length;
  // A budget without pods allows nothing: its first pods may come before anybody has counted them.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const status: PodDisruptionBudgetStatus = {
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    ...(budget.status?.conditions && { conditions: budget.status.conditions }),
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods,
  };
  const reason = disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods";
  return finish(
    budget,
    status,
    { reason, message: "" },
    { events, nowMs, observed: budget.metadata.generation, ...(recheckMs !== undefined && { recheckMs }) },
  );
}

function finish(
  budget: PodDisruptionBudget,
  status: PodDisruptionBudgetStatus,
  { reason, message }: { reason: string; message: string },
  {
    events,
    nowMs,
    observed,
    recheckMs,
  }: { events: EventDraft[]; nowMs: number; observed: number | undefined; recheckMs?: number },
): Plan {
  const observedGeneration = observed ? { observedGeneration: observed } : {};
  const conditions = status.conditions ?? [];
  const current = conditions.find(({ type }) => type === "DisruptionAllowed");
  const value = (status.disruptionsAllowed ?? 0) > 0 ? "True" : "False";
  const next = {
    type: "DisruptionAllowed",
    status: value,
    reason,
    message,
    ...observedGeneration,
    lastTransitionTime: (current?.status === value && current.lastTransitionTime) || formatTime(nowMs),
  };
  const write = statusOp(
    DISRUPTION_BUDGETS,
    budget,
    {
      ...status,
      ...observedGeneration,
      conditions: current ? conditions.map((old) => (old === current ? next : old)) : [...conditions, next],
    },
    // Evictions write it too: one that is not seen yet must not be overwritten.
    { version: "seen" },
  );
  return {
    actions: write ? [{ op: write }] : [],
    // Nothing new: nothing to tell again.
    events: write ? events : [],
    ...(recheckMs !== undefined && { againAtMs: recheckMs }),
  };
}

function expectationOf(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  scaleOf: ScaleOf,
): { expectedPods: number; desiredHealthy: number; unmanaged: number } | { error: string } {
  const minAvailable = spec.minAvailable as number | string | undefined;
  const maxUnavailable = spec.maxUnavailable as number | string | undefined;
  if (maxUnavailable === undefined && typeof minAvailable !== "string") {
    return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 0, unmanaged: 0 };
  }
  const scales = new Map<string, number>();
  let unmanaged = 0;
  for (const pod of pods) {
    // A pod that nobody controls has no scale: it does not count.
    if (!controllerOf(pod)) {
      unmanaged++;
      continue;
    }
    const scale = scaleOf(pod);
    if ("error" in scale) return scale;
    scales.set(scale.uid, scale.replicas);
  }
  const expectedPods = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  if (maxUnavailable === undefined) {
    return { expectedPods, desiredHealthy: scaledValue(minAvailable, expectedPods, "up"), unmanaged };
  }
  const desiredHealthy = Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, "up"));
  return { expectedPods, desiredHealthy, unmanaged };
}

/** As Go prints a selector. */
function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

/** Evictions that were allowed and whose pods are not yet seen to go. After a time they are taken for failed. */
function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): { disrupted: { [pod: string]: string }; recheckMs?: number; late: Pod[] } {
  const before = new Map(Object.entries(status?.disruptedPods ?? {}));
  const disrupted: { [pod: string]: string } = {};
  const late: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const at = before.get(pod.metadata.name ?? "");
    if (at === undefined || pod.metadata.deletionTimestamp) continue;
    const untilMs = Date.parse(at) + DELETION_TIMEOUT_MS;
    if (untilMs <= nowMs) late.push(pod);
    else {
      disrupted[pod.metadata.name ?? ""] = at;
      recheckMs = Math.min(untilMs, recheckMs ?? untilMs);
    }
  }
  return { disrupted, late, ...(recheckMs !== undefined && { recheckMs }) };
}

/** A pod that was to be disrupted and then was not: after a time its condition says so. */
export function planStaleDisruption(pod: Pod, nowMs: number): Plan {
  const current = staleCandidate(pod);
  if (!current) return { actions: [] };
  const atMs = Date.parse(current.lastTransitionTime ?? "") + DELETION_TIMEOUT_MS;
  if (atMs > nowMs) return { actions: [], againAtMs: atMs };
  const next: PodCondition = { ...current, status: "False", lastTransitionTime: formatTime(nowMs) };
  const conditions = pod.status?.conditions?.map((condition) => (condition === current ? next : condition));
  return { actions: [{ op: patchOp(PODS, pod, { status: { conditions } }, { subresource: "status" }) }] };
}

/** Conditions that the kubelet sets stay: a pod may take long to end. */
export function staleCandidate(pod: Pod): PodCondition | undefined {
  if (pod.metadata.deletionTimestamp || isFinished(pod)) return undefined;
  return pod.status?.conditions?.find(
    ({ type, status, reason }) => type === "DisruptionTarget" && status === "True" && reason !== "TerminationByKubelet",
  );
}
