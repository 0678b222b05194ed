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

/** The older form names no type: it follows from what is set. */
const target = (type: string, fields: Omit<MetricTarget, "type">): MetricTarget =>
  present({ type, ...fields }) as MetricTarget;

function resourceTarget({ targetAverageUtilization, targetAverageValue }: Fields): MetricTarget {
  const type = targetAverageUtilization === undefined ? "AverageValue" : "Utilization";
  const averageUtilization = targetAverageUtilization as number;
  return target(type, { averageUtilization, averageValue: targetAverageValue as string });
}

const identifier = (name: unknown, selector: unknown): { name: string } =>
  present({ name, selector }) as { name: string };

/** `source` is one of a metric's sources in the older form. */
const toNewer: { readonly [field: string]: (source: Fields) => Fields } = {
  object(s) {
    const averageValue = s.averageValue as string | undefined;
    return {
      describedObject: s.target,
      metric: identifier(s.metricName, s.selector),
      target:
        averageValue === undefined
          ? target("Value", { value: s.targetValue as string })
          : target("AverageValue", { averageValue }),
    };
  },
  pods: (s) => ({
    metric: identifier(s.metricName, s.selector),
    target: target("AverageValue", { averageValue: s.targetAverageValue as string }),
  }),
  resource: (s) => ({ name: s.name, target: resourceTarget(s) }),
  containerResource: (s) => ({ name: s.name, container: s.container, target: resourceTarget(s) }),
  external(s) {
    const value = s.targetValue as string;
    return {
      metric: identifier(s.metricName, s.metricSelector),
      target: target(value === undefined ? "AverageValue" : "Value", {
        averageValue: s.targetAverageValue as string,
        value,
      }),
    };
  },
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

/** Quantities that Go writes even where there is none. */
const ZERO = "0";

function specToOlder({ averageUtilization, averageValue, value }: MetricTarget, field: string): Fields {
  if (field === "object") return { targetValue: value ?? ZERO, averageValue };
  if (field === "pods") return { targetAverageValue: averageValue ?? ZERO };
  return {
    targetAverageUtilization: averageUtilization,
    targetAverageValue: averageValue,
    targetValue: field === "external" ? value : undefined,
  };
}

function currentToOlder({ averageUtilization, averageValue, value }: MetricValueStatus, field: string): Fields {
  if (field === "object") return { currentValue: value ?? ZERO, averageValue };
  if (field === "external") return { currentValue: value ?? ZERO, currentAverageValue: averageValue };
  return { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue ?? ZERO };
}

function toOlder(source: Newer, field: string): Fields {
  const selector = field === "external" ? "metricSelector" : "selector";
  return present({
    target: source.describedObject,
    name: source.name,
    container: source.container,
    metricName: source.metric?.name,
    [selector]: source.metric?.selector,
    ...(source.target && specToOlder(source.target, field)),
    ...(source.current && currentToOlder(source.current, field)),
  });
}

export const metricsToOlder = (items: readonly (MetricSpec | MetricStatus)[]): unknown[] =>
  convert(items, (fields, field) => toOlder(fields as Newer, field));
