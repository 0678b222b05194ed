/** What one metric of an autoscaler proposes, and what its status says. Pure. */
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerBehavior,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from "../../kinds/autoscaling/v2-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { formatMilli, milliValue } from "../../machinery/meta/quantity.ts";
import type { Measured, ObservedScale } from "./metrics.ts";
import {
  averageValueReplicas,
  type PodsSeen,
  type Proposal,
  shareReplicas,
  type Tolerances,
  totalValueReplicas,
  utilizationReplicas,
} from "./replicas.ts";

/** --horizontal-pod-autoscaler-tolerance */
const TOLERANCE = 0.1;

export interface MetricSeen {
  metric: MetricSpec;
  measured: Measured;
  scale: ObservedScale;
  pods: readonly Pod[];
  namespace: string;
  tolerances: Tolerances;
  nowMs: number;
}

export type MetricProposal =
  | {
      ok: true;
      replicas: number;
      status: MetricStatus;
      /** As the reason of a change of size names it. */
      name: string;
    }
  | {
      ok: false;
      /** Of the condition and the event. */
      reason: string;
      message: string;
      /** What is said of the autoscaler as a whole. */
      error: string;
    };

export function tolerancesOf(behavior: HorizontalPodAutoscalerBehavior | undefined): Tolerances {
  const of = (tolerance: string | undefined): number =>
    tolerance === undefined ? TOLERANCE : milliValue(tolerance) / 1_000;
  return { up: of(behavior?.scaleUp?.tolerance), down: of(behavior?.scaleDown?.tolerance) };
}

export function proposalOf(seen: MetricSeen): MetricProposal {
  const { metric } = seen;
  try {
    switch (metric.type) {
      case "Resource":
        return resource(seen);
      case "ContainerResource":
        return containerResource(seen);
      case "Pods":
        return pods(seen);
      case "Object":
        return object(seen);
      case "External":
        return external(seen);
      default: {
        const message = `unknown metric source type "${metric.type}"`;
        return { ok: false, reason: "InvalidMetricSourceType", message, error: message };
      }
    }
  } catch (thrown) {
    const { message } = thrown as Error;
    return {
      ok: false,
      reason: `FailedGet${metric.type}Metric`,
      // Of a metric that is one figure, the condition does not say what could not be had; the autoscaler as a whole does.
      message: thrown instanceof OneFigureError ? thrown.why : message,
      error: `${FAILED[metric.type]!(metric)}: ${message}`,
    };
  }
}

const FAILED: { [type: string]: (metric: MetricSpec) => string } = {
  Resource: ({ resource: source }) => `failed to get ${source?.name} resource metric value`,
  ContainerResource: ({ containerResource: source }) => `failed to get ${source?.container} container metric value`,
  Pods: () => "failed to get pods metric value",
  Object: () => "failed to get object metric value",
  External: ({ external: source }) => `failed to get ${source?.metric.name} external metric value`,
};

function resource(seen: MetricSeen): MetricProposal {
  const { name, target } = seen.metric.resource!;
  const { proposal, current } = usage(seen, { resource: name, target });
  const what = target.averageValue === undefined ? "resource utilization (percentage of request)" : "resource";
  return {
    ok: true,
    replicas: proposal.replicas,
    status: { type: "Resource", resource: { name, current } },
    name: `${name} ${what}`,
  };
}

function containerResource(seen: MetricSeen): MetricProposal {
  const { name, target, container } = seen.metric.containerResource!;
  const { proposal, current } = usage(seen, { resource: name, target, container });
  const what =
    target.averageValue === undefined ? "container resource utilization (percentage of request)" : "container resource";
  return {
    ok: true,
    replicas: proposal.replicas,
    status: { type: "ContainerResource", containerResource: { name, container, current } },
    name: `${name} ${what}`,
  };
}

function usage(
  seen: MetricSeen,
  { resource: name, target, container }: { resource: string; target: MetricTarget; container?: string },
): { proposal: Proposal; current: { averageValue: string; averageUtilization?: number } } {
  const { averageValue, averageUtilization } = target;
  if (averageValue === undefined && averageUtilization === undefined)
    throw new Error(
      "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set",
    );
  const what = averageValue === undefined ? "utilization" : "usage";
  const proposal = failingAs(`failed to get ${name} ${what}`, () => {
    const pods = seenPods(seen, `unable to get metrics for resource ${name}`, name === "cpu");
    return averageValue === undefined
      ? utilizationReplicas(pods, { percent: averageUtilization!, resource: name, container })
      : averageValueReplicas(pods, milliValue(averageValue));
  });
  const { averageMilli, utilizationPercent } = proposal;
  const current = {
    ...(utilizationPercent !== undefined && { averageUtilization: utilizationPercent }),
    averageValue: formatMilli(averageMilli),
  };
  return { proposal, current };
}

function pods(seen: MetricSeen): MetricProposal {
  const { metric, target } = seen.metric.pods!;
  const samples = seenPods(seen, `unable to get metric ${metric.name}`, false);
  const { replicas, averageMilli } = averageValueReplicas(samples, milliValue(target.averageValue!));
  return {
    ok: true,
    replicas,
    status: { type: "Pods", pods: { metric, current: { averageValue: formatMilli(averageMilli) } } },
    name: `pods metric ${metric.name}`,
  };
}

function object(seen: MetricSeen): MetricProposal {
  const { metric, describedObject, target } = seen.metric.object!;
  const { scale, tolerances, namespace } = seen;
  const { replicas, current } = failingToGet(`${metric.name} object metric`, () => {
    const valueMilli = seenValue(seen, `unable to get metric ${metric.name}: ${placeOf(describedObject, namespace)}`);
    return one({ target, valueMilli, scale, pods: seen.pods, tolerances }, "object");
  });
  return {
    ok: true,
    replicas,
    status: { type: "Object", object: { metric, describedObject, current } },
    name:
      target.type === "Value"
        ? `${describedObject.kind} metric ${metric.name}`
        : `external metric ${metric.name}(${selectorText(metric.selector)})`,
  };
}

/** In the order in which upstream's message has them. */
const placeOf = ({ kind, name }: CrossVersionObjectReference, namespace: string): string =>
  `${kind} on ${namespace} ${name}/`;

function external(seen: MetricSeen): MetricProposal {
  const { metric, target } = seen.metric.external!;
  const { scale, tolerances, namespace } = seen;
  const { replicas, current } = failingToGet(`${metric.name} external metric`, () => {
    const place = `unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: `;
    return one({ target, valueMilli: seenValue(seen, place), scale, pods: seen.pods, tolerances }, "external");
  });
  return {
    ok: true,
    replicas,
    status: { type: "External", external: { metric, current } },
    name: `external metric ${metric.name}(${selectorText(metric.selector)})`,
  };
}

/** For a metric that is one figure. @throws Error */
function one(
  seen: Pick<MetricSeen, "scale" | "pods" | "tolerances"> & { target: MetricTarget; valueMilli: number },
  source: "object" | "external",
): { replicas: number; current: { value?: string; averageValue?: string } } {
  const { target, valueMilli, scale, pods: selected, tolerances } = seen;
  if (target.averageValue !== undefined) {
    const share = { valueMilli, targetMilli: milliValue(target.averageValue) };
    const { replicas, averageMilli } = shareReplicas({ statusReplicas: scale.statusReplicas, tolerances }, share);
    return { replicas, current: { averageValue: formatMilli(averageMilli) } };
  }
  if (target.value === undefined)
    throw new Error(`invalid ${source} metric source: neither a value target nor an average value target was set`);
  const total = { valueMilli, targetMilli: milliValue(target.value) };
  const replicas = totalValueReplicas({ pods: selected, currentReplicas: scale.specReplicas, tolerances }, total);
  return { replicas, current: { value: formatMilli(valueMilli) } };
}

function seenPods(
  { measured, pods: selected, scale, tolerances, nowMs }: MetricSeen,
  what: string,
  isCpu: boolean,
): PodsSeen {
  if (measured.of !== "pods") throw new Error(`${what}: ${measured.of === "nothing" ? measured.error : "not of pods"}`);
  return { pods: selected, samples: measured.samples, currentReplicas: scale.specReplicas, tolerances, isCpu, nowMs };
}

/** @throws Error that begins with `what` */
function seenValue({ measured }: MetricSeen, what: string): number {
  if (measured.of === "value") return measured.valueMilli;
  throw new Error(`${what}${measured.of === "nothing" ? measured.error : "not one figure"}`);
}

function failingAs<T>(what: string, compute: () => T): T {
  try {
    return compute();
  } catch (thrown) {
    throw new Error(`${what}: ${(thrown as Error).message}`);
  }
}

class OneFigureError extends Error {
  readonly why: string;

  constructor(what: string, why: string) {
    super(`failed to get ${what}: ${why}`);
    this.why = why;
  }
}

function failingToGet<T>(what: string, compute: () => T): T {
  try {
    return compute();
  } catch (thrown) {
    throw new OneFigureError(what, (thrown as Error).message);
  }
}

/** As Go prints a *LabelSelector. */
function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  const map = labels.map(([key, value]) => `${key}: ${value},`).join("");
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}
