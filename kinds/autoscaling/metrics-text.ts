/** How `kubectl get hpa` shows what is measured and what is wanted. */
import { showQuantity } from "../common/quantities.ts";
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "./v2-types.ts";

const UNKNOWN = "<unknown>";
const MAX_SHOWN = 2;

interface Measured {
  /** Required, but nothing has checked it yet. */
  target: MetricTarget | undefined;
  current: MetricValueStatus | undefined;
}

const quantity = (text: string | undefined): string => (text === undefined ? UNKNOWN : showQuantity(text));

function valueText({ target, current }: Measured): string {
  if (target?.averageValue !== undefined) {
    return `${quantity(current?.averageValue)}/${showQuantity(target?.averageValue)} (avg)`;
  }
  return `${quantity(current?.value)}/${showQuantity(target?.value)}`;
}

function resourceText(name: string, { target, current }: Measured): string {
  if (target?.averageValue !== undefined) {
    return `${name}: ${quantity(current?.averageValue)}/${showQuantity(target?.averageValue)}`;
  }
  const percent = (value: number | undefined, missing: string): string => (value === undefined ? missing : `${value}%`);
  const now = percent(current?.averageUtilization, UNKNOWN);
  return `${name}: ${now}/${percent(target?.averageUtilization, "<auto>")}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  if (spec.type === "External" && spec.external) {
    return valueText({ target: spec.external.target, current: status?.external?.current });
  }
  if (spec.type === "Object" && spec.object) {
    return valueText({ target: spec.object.target, current: status?.object?.current });
  }
  if (spec.type === "Pods" && spec.pods) {
    const current = quantity(status?.pods?.current?.averageValue);
    return `${current}/${showQuantity(spec.pods.target?.averageValue)}`;
  }
  if (spec.type === "Resource" && spec.resource) {
    const { name, target } = spec.resource;
    return resourceText(name, { target, current: status?.resource?.current });
  }
  if (spec.type === "ContainerResource" && spec.containerResource) {
    const { name, target } = spec.containerResource;
    return resourceText(name, { target, current: status?.containerResource?.current });
  }
  return "<unknown type>";
}

export function metricsText(specs: readonly MetricSpec[] = [], statuses: readonly MetricStatus[] = []): string {
  if (specs.length === 0) return "<none>";
  const texts = specs.map((spec, i) => metricText(spec, statuses[i]));
  const shown = texts.slice(0, MAX_SHOWN).join(", ");
  return texts.length > MAX_SHOWN ? `${shown} + ${texts.length - MAX_SHOWN} more...` : shown;
}
