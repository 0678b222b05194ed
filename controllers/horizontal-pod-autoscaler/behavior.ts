/**
 * How fast an autoscaler may follow its metrics: stabilization windows and rates.
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from "../../kinds/autoscaling/v2-types.ts";

/** --horizontal-pod-autoscaler-downscale-stabilization */
const DOWNSCALE_STABILIZATION_MS = 5 * 60_000;
/** Without a behavior: at most twice as many, but 4 are always allowed. */
const SCALE_UP_FACTOR = 2;
const SCALE_UP_MINIMUM = 4;

/** What an autoscaler remembers. In memory only: without it a smaller size is put off, never hurried. */
export interface History {
  recommendations: { replicas: number; atMs: number }[];
  /** Replicas added and removed, by when. */
  changes: { by: number; atMs: number }[];
}

export const newHistory = (currentReplicas: number, nowMs: number): History => ({
  recommendations: [{ replicas: currentReplicas, atMs: nowMs }],
  changes: [],
});

export interface Wanted {
  currentReplicas: number;
  /** As the metrics ask. */
  desiredReplicas: number;
  minReplicas: number;
  maxReplicas: number;
  behavior: HorizontalPodAutoscalerBehavior | undefined;
  nowMs: number;
}

interface Reason {
  reason: string;
  message: string;
}

export interface Allowed {
  replicas: number;
  /** Of the condition AbleToScale, which is true. */
  ableToScale: Reason;
  /** Of the condition ScalingLimited. */
  limited: Reason & { is: boolean };
  /** With this recommendation, and without what is too old to matter. */
  history: History;
}

const WITHIN: Reason = {
  reason: "DesiredWithinRange",
  message: "the desired count is within the acceptable range",
};
const TOO_MANY: Reason = {
  reason: "TooManyReplicas",
  message: "the desired replica count is more than the maximum replica count",
};
const TOO_FEW: Reason = {
  reason: "TooFewReplicas",
  message: "the desired replica count is less than the minimum replica count",
};
const TOO_FAST: Reason = {
  reason: "ScaleUpLimit",
  message: "the desired replica count is increasing faster than the maximum scale rate",
};
const TOO_FAST_DOWN: Reason = {
  reason: "ScaleDownLimit",
  message: "the desired replica count is decreasing faster than the maximum scale rate",
};
const READY: Reason = { reason: "ReadyForNewScale", message: "recommended size matches current size" };
const STABILIZED_UP: Reason = {
  reason: "ScaleUpStabilized",
  message: "recent recommendations were lower than current one, applying the lowest recent recommendation",
};
const STABILIZED_DOWN: Reason = {
  reason: "ScaleDownStabilized",
  message: "recent recommendations were higher than current one, applying the highest recent recommendation",
};

/** Decides what of the wanted size is allowed now. Pure. */
export function allowedReplicas(history: History, wanted: Wanted): Allowed {
  const { behavior, desiredReplicas, currentReplicas, nowMs } = wanted;
  const upMs = (behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1_000;
  const downSeconds = behavior?.scaleDown?.stabilizationWindowSeconds;
  const downMs = downSeconds === undefined ? DOWNSCALE_STABILIZATION_MS : downSeconds * 1_000;
  const stable = behavior
    ? betweenRecent(history, wanted, { upMs, downMs })
    : highestRecent(history, desiredReplicas, nowMs - downMs);
  const ableToScale =
    stable === desiredReplicas
      ? READY
      : behavior && desiredReplicas >= currentReplicas
        ? STABILIZED_UP
        : STABILIZED_DOWN;
  const next = remembered(history, { desiredReplicas, behavior, nowMs, windowMs: Math.max(upMs, downMs) });
  const [replicas, why] = behavior
    ? limitedByBehavior(next, { ...wanted, desiredReplicas: stable }, behavior)
    : limited({ ...wanted, desiredReplicas: stable });
  return { replicas, ableToScale, limited: { ...why, is: replicas !== stable }, history: next };
}

/** The history after a change of size. */
export const withChange = (history: History, by: number, nowMs: number): History => ({
  ...history,
  changes: [...history.changes, { by, atMs: nowMs }],
});

function highestRecent({ recommendations }: History, desired: number, sinceMs: number): number {
  const recent = recommendations.filter(({ atMs }) => atMs >= sinceMs).map(({ replicas }) => replicas);
  return Math.max(desired, ...recent);
}

function betweenRecent(
  { recommendations }: History,
  { desiredReplicas, currentReplicas, nowMs }: Wanted,
  { upMs, downMs }: { upMs: number; downMs: number },
): number {
  let up = desiredReplicas;
  let down = desiredReplicas;
  for (const { replicas, atMs } of recommendations) {
    if (atMs > nowMs - upMs) up = Math.min(up, replicas);
    if (atMs > nowMs - downMs) down = Math.max(down, replicas);
  }
  return Math.min(Math.max(currentReplicas, up), down);
}

function remembered(
  { recommendations, changes }: History,
  seen: Pick<Wanted, "desiredReplicas" | "behavior" | "nowMs"> & { windowMs: number },
): History {
  const { desiredReplicas, behavior, nowMs, windowMs } = seen;
  const rules = [behavior?.scaleUp, behavior?.scaleDown].flatMap((each) => each?.policies ?? []);
  const periodMs = Math.max(0, ...rules.map(({ periodSeconds }) => periodSeconds * 1_000));
  return {
    recommendations: [
      ...recommendations.filter(({ atMs }) => atMs >= nowMs - windowMs),
      { replicas: desiredReplicas, atMs: nowMs },
    ],
    changes: behavior ? changes.filter(({ atMs }) => atMs > nowMs - periodMs) : [],
  };
}

function limited({ currentReplicas, desiredReplicas, minReplicas, maxReplicas }: Wanted): [number, Reason] {
  if (desiredReplicas < minReplicas) return [minReplicas, TOO_FEW];
  const rate = Math.max(SCALE_UP_FACTOR * currentReplicas, SCALE_UP_MINIMUM);
  if (desiredReplicas <= Math.min(rate, maxReplicas)) return [desiredReplicas, WITHIN];
  return maxReplicas > rate ? [rate, TOO_FAST] : [maxReplicas, TOO_MANY];
}

function limitedByBehavior(
  { changes }: History,
  wanted: Wanted,
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
): [number, Reason] {
  const { currentReplicas, desiredReplicas, minReplicas, maxReplicas, nowMs } = wanted;
  const before = (periodMs: number): number =>
    changes.reduce((replicas, { by, atMs }) => (atMs > nowMs - periodMs ? replicas - by : replicas), currentReplicas);
  if (desiredReplicas > currentReplicas) {
    const rate = Math.max(currentReplicas, scaleUpLimit(currentReplicas, scaleUp ?? {}, before));
    if (desiredReplicas <= Math.min(rate, maxReplicas)) return [desiredReplicas, WITHIN];
    return maxReplicas > rate ? [rate, TOO_FAST] : [maxReplicas, TOO_MANY];
  }
  if (desiredReplicas < currentReplicas) {
    const rate = Math.min(currentReplicas, scaleDownLimit(currentReplicas, scaleDown ?? {}, before));
    if (desiredReplicas >= Math.max(rate, minReplicas)) return [desiredReplicas, WITHIN];
    return minReplicas < rate ? [rate, TOO_FAST_DOWN] : [minReplicas, TOO_FEW];
  }
  return [desiredReplicas, WITHIN];
}

function scaleUpLimit(currentReplicas: number, rules: HPAScalingRules, before: (periodMs: number) => number): number {
  if (rules.selectPolicy === "Disabled") return currentReplicas;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const from = before(periodSeconds * 1_000);
    // Rounded up: else a small target would never grow.
    return type === "Pods" ? from + value : Math.ceil(from * (1 + value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.min(...limits) : Math.max(...limits);
}

function scaleDownLimit(currentReplicas: number, rules: HPAScalingRules, before: (periodMs: number) => number): number {
  if (rules.selectPolicy === "Disabled") return currentReplicas;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const from = before(periodSeconds * 1_000);
    return type === "Pods" ? from - value : Math.trunc(from * (1 - value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.max(...limits) : Math.min(...limits);
}
