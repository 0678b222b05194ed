/** What a pod asks for altogether, and the quality of service that follows. */
import { type FieldError, invalid } from "../../../machinery/meta/field-error.ts";
import { addQuantities } from "../../../machinery/meta/quantity.ts";
import { compareTexts, quantityOrZero, type ResourceList, showQuantity } from "../../common/quantities.ts";
import type { Container, PodSpec } from "../v1-types.ts";
import { isHugePages, isOvercommitAllowed, isPodLevel } from "./resource-names.ts";

type Which = "requests" | "limits";

export const isSidecar = (container: Container): boolean => container.restartPolicy === "Always";

function add(total: ResourceList, list: ResourceList | undefined): void {
  if (!list) return;
  for (const name of Object.keys(list)) {
    const so = total[name];
    total[name] = so === undefined ? (list[name] as string) : addQuantities(so, list[name] as string);
  }
}

function raiseTo(total: ResourceList, list: ResourceList): void {
  for (const name of Object.keys(list)) {
    if (total[name] === undefined || compareTexts(total[name], list[name]) < 0) total[name] = list[name] as string;
  }
}

/**
 * All containers together: main containers and sidecars run at once, each other init container runs alone with the
 * sidecars started before it. Quantities must be valid.
 */
export function aggregateContainers(spec: PodSpec, which: Which): ResourceList {
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) add(total, container.resources?.[which]);
  const sidecars: ResourceList = {};
  const peak: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[which];
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raiseTo(peak, sidecars);
    } else if (own) {
      const running: ResourceList = { ...own };
      add(running, sidecars);
      raiseTo(peak, running);
    }
  }
  raiseTo(total, peak);
  return total;
}

const hasEntries = (list: ResourceList | undefined): boolean => list !== undefined && Object.keys(list).length > 0;

function allContainersLimit(spec: PodSpec, name: string): boolean {
  const running = [...(spec.containers ?? []), ...(spec.initContainers ?? []).filter(isSidecar)];
  return running.every((container) => container.resources?.limits?.[name] !== undefined);
}

/** Fills `spec.resources` from the containers' where it is set in part. Changes `spec`. */
export function defaultPodLevelResources(spec: PodSpec): void {
  const resources = spec.resources;
  if (!resources || (!hasEntries(resources.limits) && !hasEntries(resources.requests))) return;

  // Huge pages of the containers become the pod's limit, unless the pod asks for some itself.
  const containerLimits = aggregateContainers(spec, "limits");
  for (const name of Object.keys(containerLimits).filter(isHugePages)) {
    if (resources.requests?.[name] !== undefined || resources.limits?.[name] !== undefined) continue;
    resources.limits = { ...resources.limits, [name]: containerLimits[name] as string };
  }

  if (hasEntries(resources.limits)) {
    const requests: ResourceList = { ...resources.requests };
    const containerRequests = aggregateContainers(spec, "requests");
    for (const name of Object.keys(containerRequests)) {
      if (requests[name] === undefined && isPodLevel(name) && isOvercommitAllowed(name)) {
        requests[name] = containerRequests[name] as string;
      }
    }
    for (const [name, limit] of Object.entries(resources.limits ?? {})) {
      if (requests[name] === undefined && isPodLevel(name)) requests[name] = limit;
    }
    if (hasEntries(requests)) resources.requests = requests;
    return;
  }

  const limits: ResourceList = {};
  for (const name of Object.keys(containerLimits)) {
    if (isPodLevel(name) && isOvercommitAllowed(name) && allContainersLimit(spec, name)) {
      limits[name] = containerLimits[name] as string;
    }
  }
  if (hasEntries(limits)) resources.limits = limits;
}

/** The containers must fit into what the pod as a whole asks for. */
export function checkContainersFit(errors: FieldError[], spec: PodSpec, path: string): void {
  const pod = spec.resources;
  if (!pod) return;
  const total = aggregateContainers(spec, "requests");
  for (const name of Object.keys(total)) {
    const wanted = pod.requests?.[name];
    if (wanted === undefined || compareTexts(total[name], wanted) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${showQuantity(total[name])}`;
    errors.push(invalid(`${path}.requests[${name}]`, showQuantity(wanted), detail));
  }
  const limits = aggregateContainers(spec, "limits");
  for (const name of Object.keys(limits).filter(isHugePages)) {
    const most = pod.limits?.[name];
    if (most === undefined || compareTexts(limits[name], most) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${showQuantity(limits[name])}`;
    errors.push(invalid(`${path}.limits[${name}]`, showQuantity(most), detail));
  }
  (spec.containers ?? []).forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = pod.limits?.[name];
      if (most !== undefined && compareTexts(limit, most) > 0) {
        const detail = `must be less than or equal to pod limits of ${showQuantity(most)}`;
        errors.push(invalid(`${path}.containers[${i}][${name}].limits`, showQuantity(limit), detail));
      }
    }
  });
}

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COMPUTE = ["cpu", "memory"] as const;

/** Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(spec: PodSpec): QosClass {
  const podLevel = spec.resources;
  const parts =
    podLevel && (hasEntries(podLevel.requests) || hasEntries(podLevel.limits))
      ? [podLevel]
      : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.resources ?? {});
  let asksAnything = false;
  let guaranteed = true;
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  for (const { requests: own, limits: ownLimits } of parts) {
    for (const name of COMPUTE) {
      const request = quantityOrZero(own?.[name]);
      const limit = quantityOrZero(ownLimits?.[name]);
      if (request > 0n) requests.set(name, (requests.get(name) ?? 0n) + request);
      if (limit > 0n) limits.set(name, (limits.get(name) ?? 0n) + limit);
      if (limit <= 0n) guaranteed = false;
      if (request > 0n || limit > 0n) asksAnything = true;
    }
  }
  if (!asksAnything) return "BestEffort";
  const equal = requests.size === limits.size && COMPUTE.every((name) => requests.get(name) === limits.get(name));
  return guaranteed && equal ? "Guaranteed" : "Burstable";
}
