/** What the API server makes of a pod at creation, beyond defaults. */
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { syncServiceAccount } from "./pod-template/defaults.ts";
import { qosClass } from "./pod-template/pod-resources.ts";
import type { Pod, PodAffinityTerm, PodAntiAffinity } from "./v1-types.ts";

function addExpression(
  selector: LabelSelector,
  { key, operator, value }: { key: string; operator: "In" | "NotIn"; value: string },
): void {
  selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }];
}

/** matchLabelKeys stand for the pod's own label values, which become part of the selector once and for all. */
function mergeLabelKeys(term: PodAffinityTerm, labels: { [key: string]: string }): void {
  if (!term.labelSelector) return;
  for (const key of term.matchLabelKeys ?? []) {
    const value = labels[key];
    if (value !== undefined) addExpression(term.labelSelector, { key, operator: "In", value });
  }
  for (const key of term.mismatchLabelKeys ?? []) {
    const value = labels[key];
    if (value !== undefined) addExpression(term.labelSelector, { key, operator: "NotIn", value });
  }
}

function mergeAffinity(affinity: PodAntiAffinity | undefined, labels: { [key: string]: string }): void {
  for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeLabelKeys(term, labels);
  for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (podAffinityTerm) mergeLabelKeys(podAffinityTerm, labels);
  }
}

/** Changes `pod`. */
export function preparePod(pod: Pod): Pod {
  const { spec } = pod;
  const labels = pod.metadata.labels ?? {};
  syncServiceAccount(spec);
  mergeAffinity(spec.affinity?.podAffinity, labels);
  mergeAffinity(spec.affinity?.podAntiAffinity, labels);
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (!constraint.labelSelector) continue;
    for (const key of constraint.matchLabelKeys ?? []) {
      const value = labels[key];
      if (value !== undefined) addExpression(constraint.labelSelector, { key, operator: "In", value });
    }
  }
  pod.status = { phase: "Pending", qosClass: qosClass(spec) };
  if (spec.schedulingGates?.length) {
    pod.status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ];
  }
  return pod;
}
