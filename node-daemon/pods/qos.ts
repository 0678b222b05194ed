/** Quality of service class of a pod. Source: k8s.io/component-helpers/pod/qos. */
import type { ResourceRequirements } from "../../kinds/core/v1-types.ts";
import { compareQuantities, parseQuantity } from "../../machinery/meta/quantity.ts";
import type { NodePod } from "./pod.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COUNTED = ["cpu", "memory"] as const;

const isPositive = (quantity: string | undefined): boolean => quantity !== undefined && parseQuantity(quantity) > 0n;

/** The class the API server settled at creation, or computed where it has not. */
export function qosClass(pod: NodePod): QosClass {
  return pod.status?.qosClass ?? computeQos(pod);
}

export function computeQos({ spec }: NodePod): QosClass {
  const podLevel = spec.resources;
  const all: (ResourceRequirements | undefined)[] =
    podLevel && (podLevel.requests || podLevel.limits)
      ? [podLevel]
      : [...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources);

  let anything = false;
  let guaranteed = true;
  for (const resources of all) {
    for (const name of COUNTED) {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name] ?? limit;
      if (isPositive(limit) || isPositive(request)) anything = true;
      if (!isPositive(limit) || request === undefined || limit === undefined) guaranteed = false;
      else if (compareQuantities(request, limit) !== 0) guaranteed = false;
    }
  }
  if (!anything) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}
