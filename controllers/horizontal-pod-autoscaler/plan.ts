/**
 * One reconcile of a HorizontalPodAutoscaler: its target's size, its conditions and its events.
 * Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from "../../kinds/autoscaling/v2-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { Action, Answer, EventDraft, Failure, Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { AUTOSCALERS } from "../view/resources.ts";
import { allowedReplicas, type History, newHistory, withChange } from "./behavior.ts";
import { metricsOf, type Observed } from "./metrics.ts";
import { proposalOf, tolerancesOf } from "./proposal.ts";

/** --horizontal-pod-autoscaler-sync-period */
export const SYNC_MS = 15_000;

export interface SeenAutoscaler {
  hpa: HorizontalPodAutoscaler;
  /** What the API answered to `observe`. */
  answer: Answer;
  /** The pods a selector text selects. @throws Error for one that does not parse */
  podsOf(selector: string): readonly Pod[];
  /** The other autoscalers, as namespace/name, whose targets' selectors also select one of these pods. */
  othersOf(pods: readonly Pod[]): string[];
  history: History | undefined;
  failures: readonly Failure[];
  /** The op that makes the target this size. */
  scaleOp(replicas: number): WriteOp;
  nowMs: number;
}

export interface AutoscalerPlan extends Plan {
  history: History | undefined;
}

interface Size {
  desired: number;
  reason: string;
  metrics: MetricStatus[];
  history: History;
  /** Metrics that could not be had, while others sufficed. */
  error?: string;
}

type ConditionSetter = (type: string, status: "True" | "False", reason: string, message: string) => void;

export function planAutoscaler(seen: SeenAutoscaler): AutoscalerPlan {
  const { hpa, answer, nowMs } = seen;
  const events: EventDraft[] = [];
  const conditions = conditionsOf(hpa.status, nowMs);
  const tell = (reason: string, message: string): void =>
    void events.push({ about: hpa, type: "Warning", reason, message });
  if (!answer.ok) {
    const message = answer.error.message;
    tell("FailedGetScale", message);
    conditions.set(
      "AbleToScale",
      "False",
      "FailedGetScale",
      `the HPA controller was unable to get the target's current scale: ${message}`,
    );
    return finish(seen, { ...statusOf(hpa), conditions: conditions.list }, { events });
  }
  const observed = answer.value as Observed;
  conditions.set(
    "AbleToScale",
    "True",
    "SucceededGetScale",
    "the HPA controller was able to get the target's current scale",
  );
  const current = observed.scale.specReplicas;
  const history = seen.history ?? newHistory(current, nowMs);
  const refused = seen.failures.find(({ op }) => "subresource" in op && op.subresource === "scale");
  if (refused) {
    const message = `the HPA controller was unable to update the target scale: ${refused.status.message}`;
    conditions.set("AbleToScale", "False", "FailedUpdateScale", message);
    const status = { ...statusOf(hpa), currentReplicas: current, conditions: conditions.list };
    // The size did not change after all.
    return finish(seen, status, { events, history: { ...history, changes: history.changes.slice(0, -1) } });
  }
  const size = sizeOf({ ...seen, history, observed }, conditions.set, tell);
  if ("failed" in size) {
    tell("FailedComputeMetricsReplicas", size.failed);
    const { currentMetrics: _before, ...kept } = statusOf(hpa);
    const currentMetrics = size.metrics.length > 0 ? { currentMetrics: size.metrics } : {};
    const status = { ...kept, currentReplicas: current, ...currentMetrics, conditions: conditions.list };
    return finish(seen, status, { events, history });
  }
  return resized({ ...seen, history }, { size, current, conditions, events });
}

/** What is kept when nothing could be computed. */
const statusOf = ({ status }: HorizontalPodAutoscaler): HorizontalPodAutoscalerStatus => ({
  desiredReplicas: 0,
  ...status,
});

function sizeOf(
  seen: SeenAutoscaler & { history: History; observed: Observed },
  setCondition: ConditionSetter,
  tell: (reason: string, message: string) => void,
): Size | { failed: string; metrics: MetricStatus[] } {
  const { hpa, observed, history, nowMs } = seen;
  const { minReplicas = 1, maxReplicas, behavior } = hpa.spec;
  const current = observed.scale.specReplicas;
  const kept = { metrics: [], history };
  if (current === 0 && minReplicas !== 0) {
    setCondition(
      "ScalingActive",
      "False",
      "ScalingDisabled",
      "scaling is disabled since the replica count of the target is zero",
    );
    return { ...kept, desired: 0, reason: "" };
  }
  if (current > maxReplicas)
    return { ...kept, desired: maxReplicas, reason: "Current number of replicas above Spec.MaxReplicas" };
  if (current < minReplicas)
    return { ...kept, desired: minReplicas, reason: "Current number of replicas below Spec.MinReplicas" };
  const proposed = byMetrics(seen, setCondition, tell);
  if ("failed" in proposed) return proposed;
  const { replicas: desiredReplicas, name, metrics, error } = proposed;
  let reason = "";
  if (desiredReplicas > current) reason = `${name} above target`;
  else if (desiredReplicas < current) reason = "All metrics below target";
  const allowed = allowedReplicas(history, {
    currentReplicas: current,
    desiredReplicas,
    minReplicas,
    maxReplicas,
    behavior,
    nowMs,
  });
  setCondition("AbleToScale", "True", allowed.ableToScale.reason, allowed.ableToScale.message);
  const { is, reason: why, message } = allowed.limited;
  setCondition("ScalingLimited", is ? "True" : "False", why, message);
  return { desired: allowed.replicas, reason, metrics, history: allowed.history, ...(error && { error }) };
}

interface Proposed {
  replicas: number;
  name: string;
  metrics: MetricStatus[];
  error?: string;
}

/** The largest that a metric asks for; a smaller size only if all metrics could be had. */
function byMetrics(
  seen: SeenAutoscaler & { observed: Observed },
  setCondition: ConditionSetter,
  tell: (reason: string, message: string) => void,
): Proposed | { failed: string; metrics: MetricStatus[] } {
  const { hpa, observed, nowMs } = seen;
  const { scale } = observed;
  const failed = (reason: string, message: string, error: string, told = reason) => {
    tell(told, error);
    setCondition("ScalingActive", "False", reason, message);
    return { failed: error, metrics: [] };
  };
  if (scale.selector === "")
    return failed(
      "InvalidSelector",
      "the HPA target's scale is missing a selector",
      "selector is required",
      "SelectorRequired",
    );
  let pods: readonly Pod[];
  try {
    pods = seen.podsOf(scale.selector);
  } catch (thrown) {
    const error = `couldn't convert selector into a corresponding internal selector object: ${(thrown as Error).message}`;
    return failed("InvalidSelector", error, error);
  }
  const others = seen.othersOf(pods);
  if (others.length > 0) {
    const all = [`${hpa.metadata.namespace}/${hpa.metadata.name}`, ...others].sort();
    const error = `pods by selector ${scale.selector} are controlled by multiple HPAs: [${all.join(" ")}]`;
    return failed("AmbiguousSelector", error, error);
  }
  const tolerances = tolerancesOf(hpa.spec.behavior);
  const namespace = hpa.metadata.namespace ?? "";
  const proposals = metricsOf(hpa.spec).map((metric, i) =>
    proposalOf({
      metric,
      measured: observed.metrics[i] ?? { of: "nothing", error: "not asked" },
      scale,
      pods,
      namespace,
      tolerances,
      nowMs,
    }),
  );
  const metrics = proposals.map((proposal): MetricStatus => (proposal.ok ? proposal.status : { type: "" }));
  let best: { replicas: number; name: string } = { replicas: 0, name: "" };
  for (const proposal of proposals) {
    if (proposal.ok && (best.name === "" || proposal.replicas > best.replicas)) best = proposal;
    if (!proposal.ok) tell(proposal.reason, proposal.message);
  }
  const bad = proposals.filter((proposal) => !proposal.ok);
  const first = bad[0];
  const error =
    first && `invalid metrics (${bad.length} invalid out of ${proposals.length}), first error is: ${first.error}`;
  if (first && (bad.length === proposals.length || best.replicas < scale.specReplicas)) {
    setCondition(
      "ScalingActive",
      "False",
      first.reason,
      `the HPA was unable to compute the replica count: ${first.message}`,
    );
    return { failed: error!, metrics };
  }
  setCondition(
    "ScalingActive",
    "True",
    "ValidMetricFound",
    `the HPA was able to successfully calculate a replica count from ${best.name}`,
  );
  return { replicas: best.replicas, name: best.name, metrics, ...(error && { error }) };
}

function resized(
  seen: SeenAutoscaler & { history: History },
  of: { size: Size; current: number; conditions: Conditions; events: EventDraft[] },
): AutoscalerPlan {
  const { hpa, nowMs } = seen;
  const { size, current, conditions, events } = of;
  const { desired, reason, metrics } = size;
  const status: HorizontalPodAutoscalerStatus = {
    ...(hpa.status?.lastScaleTime && { lastScaleTime: hpa.status.lastScaleTime }),
    ...(metrics.length > 0 && { currentMetrics: metrics }),
    currentReplicas: current,
    desiredReplicas: desired,
    conditions: conditions.list,
  };
  if (desired === current) return finish(seen, status, { events, history: size.history });
  conditions.set(
    "AbleToScale",
    "True",
    "SucceededRescale",
    `the HPA controller was able to update the target scale to ${desired}`,
  );
  const news = `New size: ${desired}; reason: ${reason}`;
  const rescale: Action = {
    op: seen.scaleOp(desired),
    event: { about: hpa, type: "Normal", reason: "SuccessfulRescale", message: news },
    failureEvent: ({ message = "" }) => ({
      about: hpa,
      type: "Warning",
      reason: "FailedRescale",
      message: `${news}; error: ${message}`,
    }),
  };
  const next = { ...status, lastScaleTime: formatTime(nowMs), conditions: conditions.list };
  // Its metrics hold for the size that it has: the new size is known once it is written.
  const history = withChange(size.history, desired - current, nowMs);
  return finish(seen, next, { events, history, rescale });
}

function finish(
  { hpa, nowMs }: SeenAutoscaler,
  status: HorizontalPodAutoscalerStatus,
  { events, history, rescale }: { events: EventDraft[]; history?: History; rescale?: Action },
): AutoscalerPlan {
  const write = statusOp(AUTOSCALERS, hpa, status);
  const statusAction: Action[] = write ? [{ op: write, ...(rescale && { needs: 0 }) }] : [];
  return {
    actions: [...(rescale ? [rescale] : []), ...statusAction],
    events,
    againAtMs: nowMs + SYNC_MS,
    history,
  };
}

interface Conditions {
  /** As they are now. */
  readonly list: HorizontalPodAutoscalerCondition[];
  set: ConditionSetter;
}

function conditionsOf(status: HorizontalPodAutoscalerStatus | undefined, nowMs: number): Conditions {
  let list = [...(status?.conditions ?? [])];
  return {
    get list() {
      return list;
    },
    set(type, value, reason, message) {
      const before = list.find((condition) => condition.type === type);
      const lastTransitionTime = before?.status === value ? before.lastTransitionTime : undefined;
      const next = {
        type,
        status: value,
        lastTransitionTime: lastTransitionTime ?? formatTime(nowMs),
        reason,
        message,
      };
      list = before ? list.map((condition) => (condition === before ? next : condition)) : [...list, next];
    },
  };
}
