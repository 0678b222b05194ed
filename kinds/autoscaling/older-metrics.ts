/**
 * Metrics as autoscaling/v1 writes them into annotations: flat, with other names than autoscaling/v2.
 * Source: k8s.io/api/autoscaling/v1, MetricSpec and MetricStatus.
 */
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "./v2-types.ts";

type Fields = { [field: string]: unknown };

/** Nothing that is undefined, so that JSON and comparisons see only what there is. */
const present = <T extends object>(fields: T): T => {
  for (const field of Object.keys(fields)) {
    if (fields[field as keyof T] === undefined) delete fields[field as keyof T];
  }
  return fields;
};

const target = (averageUtilization: unknown, averageValue: unknown, value?: unknown): MetricTarget =>
  present({
    type: averageUtilization !== undefined ? "Utilization" : averageValue !== undefined ? "AverageValue" : "Value",
    averageUtilization,
    averageValue,
    value,
  }) as MetricTarget;

const identifier = (name: unknown, selector: unknown): { name: string } =>
  present({ name, selector }) as { name: string };

/** `source` is one of a metric's sources in the older form. */
const toNewer: { readonly [field: string]: (source: Fields) => Fields } = {
  object: (s) => ({
    describedObject: s.target,
    metric: identifier(s.metricName, s.selector),
    target: target(undefined, s.averageValue, s.averageValue === undefined ? s.targetValue : undefined),
  }),
  pods: (s) => ({
    metric: identifier(s.metricName, s.selector),
    target: target(undefined, s.targetAverageValue),
  }),
  resource: (s) => ({ name: s.name, target: target(s.targetAverageUtilization, s.targetAverageValue) }),
  containerResource: (s) => ({
    name: s.name,
    container: s.container,
    target: target(s.targetAverageUtilization, s.targetAverageValue),
  }),
  external: (s) => ({
    metric: identifier(s.metricName, s.metricSelector),
    target: target(undefined, s.targetAverageValue, s.targetValue),
  }),
};

const current = (source: Fields): MetricValueStatus =>
  present({
    averageUtilization: source.currentAverageUtilization,
    averageValue: source.currentAverageValue ?? source.averageValue,
    value: source.currentValue,
  }) as MetricValueStatus;

const statusToNewer = (source: Fields): Fields =>
  present({
    describedObject: source.target,
    name: source.name,
    container: source.container,
    metric:
      source.metricName === undefined
        ? undefined
        : identifier(source.metricName, source.selector ?? source.metricSelector),
    current: current(source),
  });

function convert(items: readonly unknown[], source: (fields: Fields, field: string) => Fields): Fields[] {
  return items.map((item) => {
    const result: Fields = {};
    for (const [field, value] of Object.entries(item as Fields)) {
      result[field] = value !== null && typeof value === "object" ? source(value as Fields, field) : value;
    }
    return result;
  });
}

export const specsFromOlder = (items: readonly unknown[]): MetricSpec[] =>
  convert(
    items,
    (fields, field) => (Object.hasOwn(toNewer, field) ? toNewer[field]?.(fields) : undefined) ?? fields,
  ) as unknown as MetricSpec[];

export const statusesFromOlder = (items: readonly unknown[]): MetricStatus[] =>
  convert(items, statusToNewer) as unknown as MetricStatus[];

interface Newer {
  describedObject?: unknown;
  name?: unknown;
  container?: unknown;
  metric?: { name: string; selector?: unknown };
  target?: MetricTarget;
  current?: MetricValueStatus;
}

function toOlder(source: Newer, field: string): Fields {
  const selector = field === "external" ? "metricSelector" : "selector";
  const { target: wanted, current: now } = source;
  const average = field === "object" ? "averageValue" : undefined;
  return present({
    target: source.describedObject,
    name: source.name,
    container: source.container,
    metricName: source.metric?.name,
    [selector]: source.metric?.selector,
    targetAverageUtilization: wanted?.averageUtilization,
    [average ?? "targetAverageValue"]: wanted?.averageValue,
    targetValue: wanted?.value ?? (field === "object" && wanted ? "0" : undefined),
    currentAverageUtilization: now?.averageUtilization,
    ...(now && { [average ?? "currentAverageValue"]: now.averageValue, currentValue: now.value }),
  });
}

export const metricsToOlder = (items: readonly (MetricSpec | MetricStatus)[]): unknown[] =>
  convert(items, (fields, field) => toOlder(fields as Newer, field));
