/**
 * HorizontalPodAutoscaler of autoscaling/v1, which knows only CPU utilization; the rest travels as annotations.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v1/
 */
import type { Strategy } from "../kind.ts";
import { defaultAutoscalerSpec, horizontalPodAutoscaler as stored } from "./horizontal-pod-autoscaler.ts";
import { behaviorFromOlder, behaviorToOlder } from "./older-behavior.ts";
import { metricsToOlder, specsFromOlder, statusesFromOlder } from "./older-metrics.ts";
import type { HorizontalPodAutoscaler as Older } from "./v1-types.ts";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "./v2-types.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const METRICS = `${PREFIX}metrics`;
const BEHAVIOR = `${PREFIX}behavior`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const ALL = [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS];

/** What an annotation holds; upstream, too, takes what cannot be read as not there. */
function read<T>(annotations: { [key: string]: string } | undefined, key: string): T | undefined {
  const text = annotations?.[key];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const cpu = (percent: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } },
});

const cpuStatus = (percent: number): MetricStatus => ({
  type: "Resource",
  resource: { name: "cpu", current: { averageUtilization: percent } },
});

const cpuPercent = (metric: MetricSpec): number | undefined =>
  metric.type === "Resource" && metric.resource?.name === "cpu"
    ? metric.resource.target?.averageUtilization
    : undefined;

function withoutAnnotations(object: Older | HorizontalPodAutoscaler): HorizontalPodAutoscaler["metadata"] {
  // A part of an object, as field ownership has it, may lack even this.
  const { annotations, ...metadata } = object.metadata ?? {};
  if (!annotations) return object.metadata;
  const rest = Object.fromEntries(Object.entries(annotations).filter(([key]) => !ALL.includes(key)));
  return Object.keys(rest).length > 0 ? { ...metadata, annotations: rest } : metadata;
}

export function autoscalerToStored(older: Older): HorizontalPodAutoscaler {
  const { annotations } = older.metadata ?? {};
  const { targetCPUUtilizationPercentage: percent, ...spec } = older.spec ?? {};
  const others = specsFromOlder(list(read(annotations, METRICS)));
  const metrics = [...others, ...(percent === undefined ? [] : [cpu(percent)])];
  const behavior = behaviorFromOlder(read<object>(annotations, BEHAVIOR) ?? {});
  const result: HorizontalPodAutoscaler = {
    ...older,
    apiVersion: "autoscaling/v2",
    metadata: withoutAnnotations(older),
    spec: { ...spec, metrics, ...(behavior && { behavior }) },
    status: undefined as never,
  };
  delete result.status;
  defaultAutoscalerSpec(result.spec);
  if (!older.status) return result;
  const { currentCPUUtilizationPercentage: shown, ...status } = older.status;
  const current = read(annotations, CURRENT_METRICS);
  const currentMetrics = current ? statusesFromOlder(list(current)) : shown === undefined ? [] : [cpuStatus(shown)];
  const conditions = list(read(annotations, CONDITIONS)) as NonNullable<
    HorizontalPodAutoscaler["status"]
  >["conditions"];
  result.status = {
    ...status,
    ...(currentMetrics.length > 0 && { currentMetrics }),
    ...(conditions?.length && { conditions }),
  };
  return result;
}

export function autoscalerFromStored(newer: HorizontalPodAutoscaler): Older {
  const { metrics = [], behavior, ...spec } = newer.spec ?? {};
  const percent = metrics.map(cpuPercent).find((value) => value !== undefined);
  const others = metrics.filter((metric) => cpuPercent(metric) === undefined);
  const { currentMetrics, conditions, ...status } = newer.status ?? { desiredReplicas: 0 };
  const metadata = withoutAnnotations(newer);
  const annotations = {
    ...metadata?.annotations,
    ...(others.length > 0 && { [METRICS]: JSON.stringify(metricsToOlder(others)) }),
    ...(behavior && { [BEHAVIOR]: JSON.stringify(behaviorToOlder(behavior)) }),
    ...(currentMetrics?.length && { [CURRENT_METRICS]: JSON.stringify(metricsToOlder(currentMetrics)) }),
    ...(conditions?.length && { [CONDITIONS]: JSON.stringify(conditions) }),
  };
  const shown = currentMetrics?.find((metric) => metric.resource?.name === "cpu")?.resource?.current
    ?.averageUtilization;
  return {
    ...newer,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: { ...spec, ...(percent !== undefined && { targetCPUUtilizationPercentage: percent }) },
    status: {
      currentReplicas: 0,
      ...status,
      ...(shown !== undefined && { currentCPUUtilizationPercentage: shown }),
    },
  };
}

export const horizontalPodAutoscaler: Strategy<Older> = {
  defaults(next) {
    next.spec ??= {} as Older["spec"];
    next.spec.scaleTargetRef ??= { kind: "", name: "" };
    next.spec.minReplicas ??= 1;
    return next;
  },
  prepareForCreate(next) {
    next.status = { currentReplicas: 0, desiredReplicas: 0 };
    return next;
  },
  prepareForUpdate(next, prev) {
    if (prev.status) next.status = prev.status;
    else delete next.status;
    return next;
  },
  validate: (next) => stored.validate?.(autoscalerToStored(next)) ?? [],
  validateCreate: (next) => stored.validateCreate?.(autoscalerToStored(next)) ?? [],
  validateUpdate: (next, prev) => stored.validateUpdate?.(autoscalerToStored(next), autoscalerToStored(prev)) ?? [],
  subresources: {
    status: {
      prepareForUpdate: (next, prev) => ({
        ...prev,
        metadata: next.metadata,
        ...(next.status && { status: next.status }),
      }),
      validateUpdate: (next, prev) =>
        stored.subresources?.status?.validateUpdate?.(autoscalerToStored(next), autoscalerToStored(prev)) ?? [],
    },
  },
  toStored: autoscalerToStored,
  fromStored: (object) => autoscalerFromStored(object as HorizontalPodAutoscaler),
  row: (object, nowMs) => stored.row?.(autoscalerToStored(object), nowMs) ?? [],
};
