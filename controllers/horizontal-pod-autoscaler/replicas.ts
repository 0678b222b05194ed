/**
 * How many replicas a metric asks for. Pure.
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
import type { Pod } from "../../kinds/core/v1-types.ts";
import { milliValue } from "../../machinery/meta/quantity.ts";
import { podCondition } from "../workload/pods.ts";
import type { PodSample } from "./metrics.ts";

/** --horizontal-pod-autoscaler-cpu-initialization-period */
const CPU_INITIALIZATION_MS = 5 * 60_000;
/** --horizontal-pod-autoscaler-initial-readiness-delay */
const INITIAL_READINESS_MS = 30_000;

/** How far from 1 the ratio of usage to target may be before anything changes. */
export interface Tolerances {
  up: number;
  down: number;
}

export interface Proposal {
  replicas: number;
  /** The mean over the pods, in thousandths. */
  averageMilli: number;
  /** Of the requests, in percent; for targets of utilization. */
  utilizationPercent?: number;
}

export interface PodsSeen {
  /** Those the target's selector selects. */
  pods: readonly Pod[];
  samples: ReadonlyMap<string, PodSample>;
  currentReplicas: number;
  tolerances: Tolerances;
  /** CPU figures of pods that are just starting are not believed. */
  isCpu: boolean;
  nowMs: number;
}

const isWithin = (ratio: number, { up, down }: Tolerances): boolean => 1 - down <= ratio && ratio <= 1 + up;

interface Ratio extends Omit<Proposal, "replicas"> {
  ratio: number;
}

/** @throws Error */
export function averageValueReplicas(seen: PodsSeen, targetMilli: number): Proposal {
  const ratioOf = (values: ReadonlyMap<string, number>): Ratio => {
    const averageMilli = Math.trunc(sum(values.values()) / values.size);
    return { ratio: averageMilli / targetMilli, averageMilli };
  };
  return replicasFor(seen, { ratioOf, missingOnScaleDown: () => targetMilli });
}

/** @throws Error */
export function utilizationReplicas(
  seen: PodsSeen,
  target: { percent: number; resource: string; container?: string | undefined },
): Proposal {
  // Looked at only when there are figures to compare with: that there are none is told first.
  let known: ReadonlyMap<string, number> | undefined;
  const requests = (): ReadonlyMap<string, number> => {
    known ??= requestsOf(seen.pods, target);
    return known;
  };
  const ratioOf = (values: ReadonlyMap<string, number>): Ratio => {
    const compared = [...values].filter(([pod]) => requests().has(pod));
    const used = sum(compared.map(([, value]) => value));
    const requested = sum(compared.map(([pod]) => requests().get(pod)!));
    if (requested === 0) throw new Error("no metrics returned matched known pods");
    const utilizationPercent = Math.trunc((used * 100) / requested);
    const ratio = utilizationPercent / target.percent;
    return { ratio, utilizationPercent, averageMilli: Math.trunc(used / compared.length) };
  };
  const fallbackPercent = Math.max(100, target.percent);
  const missingOnScaleDown = (pod: string): number => Math.trunc(((requests().get(pod) ?? 0) * fallbackPercent) / 100);
  return replicasFor(seen, { ratioOf, missingOnScaleDown });
}

function replicasFor(
  seen: PodsSeen,
  metric: {
    ratioOf(values: ReadonlyMap<string, number>): Ratio;
    /** What a pod without a figure is taken to use when the others use little. */
    missingOnScaleDown(pod: string): number;
  },
): Proposal {
  const { pods, samples, currentReplicas, tolerances } = seen;
  if (pods.length === 0) throw new Error("no pods returned by selector while calculating replica count");
  const { readyCount, unready, missing, ignored } = groupPods(seen);
  const values = new Map<string, number>();
  for (const [pod, { valueMilli }] of samples) {
    if (!unready.has(pod) && !ignored.has(pod)) values.set(pod, valueMilli);
  }
  if (values.size === 0) throw new Error("did not receive metrics for targeted pods (pods might be unready)");
  const { ratio, ...told } = metric.ratioOf(values);
  const stay: Proposal = { ...told, replicas: currentReplicas };
  const unreadyCount = unready.size > 0 && ratio > 1;
  if (!unreadyCount && missing.size === 0) {
    return isWithin(ratio, tolerances) ? stay : { ...told, replicas: Math.ceil(ratio * readyCount) };
  }
  // What is not known must not make the change larger.
  if (ratio < 1) for (const pod of missing) values.set(pod, metric.missingOnScaleDown(pod));
  else if (ratio > 1) for (const pod of missing) values.set(pod, 0);
  if (unreadyCount) for (const pod of unready) values.set(pod, 0);
  const again = metric.ratioOf(values).ratio;
  if (isWithin(again, tolerances) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return stay;
  const replicas = Math.ceil(again * values.size);
  if ((again < 1 && replicas > currentReplicas) || (again > 1 && replicas < currentReplicas)) return stay;
  return { ...told, replicas };
}

interface PodGroups {
  readyCount: number;
  /** Not ready for traffic yet: their figures say nothing. */
  unready: Set<string>;
  /** Without a figure. */
  missing: Set<string>;
  /** Going, or failed. */
  ignored: Set<string>;
}

function groupPods({ pods, samples, isCpu, nowMs }: PodsSeen): PodGroups {
  const groups: PodGroups = { readyCount: 0, unready: new Set(), missing: new Set(), ignored: new Set() };
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const sample = samples.get(name);
    if (pod.metadata.deletionTimestamp || pod.status?.phase === "Failed") groups.ignored.add(name);
    else if ((pod.status?.phase ?? "Pending") === "Pending") groups.unready.add(name);
    else if (!sample) groups.missing.add(name);
    else if (isCpu && isStarting(pod, sample, nowMs)) groups.unready.add(name);
    else groups.readyCount++;
  }
  return groups;
}

function isStarting(pod: Pod, sample: PodSample, nowMs: number): boolean {
  const condition = podCondition(pod, "Ready");
  const startMs = Date.parse(pod.status?.startTime ?? "");
  if (!condition || Number.isNaN(startMs)) return true;
  const changedMs = Date.parse(condition.lastTransitionTime ?? "");
  const isUnready = condition.status === "False";
  if (startMs + CPU_INITIALIZATION_MS > nowMs) return isUnready || sample.timestampMs < changedMs + sample.windowMs;
  return isUnready && startMs + INITIAL_READINESS_MS > changedMs;
}

/** By pod, in thousandths. @throws Error when a container requests none */
function requestsOf(
  pods: readonly Pod[],
  { resource, container }: { resource: string; container?: string | undefined },
): ReadonlyMap<string, number> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
    const all = [...spec.containers, ...sidecars];
    const ofPod = container === undefined ? (spec.resources?.requests ?? {}) : {};
    if (Object.keys(ofPod).length > 0) {
      // What the pod does not say of itself is what those of its containers want that say so.
      const said = ofPod[resource]
        ? [ofPod[resource]]
        : all.flatMap((each) => each.resources?.requests?.[resource] ?? []);
      if (said.length === 0) throw new Error(`missing pod-level request for ${resource} in Pod ${metadata.name}`);
      requests.set(metadata.name ?? "", sum(said.map(milliValue)));
      continue;
    }
    const counted = container === undefined ? all : all.filter(({ name }) => name === container);
    if (container !== undefined && counted.length === 0)
      throw new Error(`container ${container} not found in Pod ${metadata.name}`);
    let requested = 0;
    for (const each of counted) {
      const request = each.resources?.requests?.[resource];
      if (request === undefined)
        throw new Error(`missing request for ${resource} in container ${each.name} of Pod ${metadata.name}`);
      requested += milliValue(request);
    }
    requests.set(metadata.name ?? "", requested);
  }
  return requests;
}

/** For a metric that is one figure and a target for all of it. @throws Error */
export function totalValueReplicas(
  seen: Pick<PodsSeen, "pods" | "currentReplicas" | "tolerances">,
  { valueMilli, targetMilli }: { valueMilli: number; targetMilli: number },
): number {
  const { pods, currentReplicas, tolerances } = seen;
  const ratio = valueMilli / targetMilli;
  if (currentReplicas === 0) return Math.ceil(ratio);
  if (isWithin(ratio, tolerances)) return currentReplicas;
  if (pods.length === 0)
    throw new Error("unable to calculate ready pods: no pods returned by selector while calculating replica count");
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && podCondition(pod, "Ready")?.status === "True");
  return Math.ceil(ratio * ready.length);
}

/** For a metric that is one figure and a target for each replica's share of it. */
export function shareReplicas(
  { statusReplicas, tolerances }: { statusReplicas: number; tolerances: Tolerances },
  { valueMilli, targetMilli }: { valueMilli: number; targetMilli: number },
): Proposal {
  const ratio = valueMilli / (targetMilli * statusReplicas);
  return {
    replicas: isWithin(ratio, tolerances) ? statusReplicas : Math.ceil(valueMilli / targetMilli),
    // Nobody has a share where there are no replicas.
    averageMilli: statusReplicas === 0 ? 0 : Math.ceil(valueMilli / statusReplicas),
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
