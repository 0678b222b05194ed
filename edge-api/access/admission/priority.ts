/**
 * A pod's priority comes from its class.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */

import type { KubeObject } from "../../../machinery/meta/object.ts";
import { forbidden } from "../../../machinery/meta/status.ts";
import type { AdmissionEnvironment, AdmissionPlugin } from "./plugin.ts";

const CLASSES = "priorityclasses.scheduling.k8s.io";

interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

interface PodFields {
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
}

/** kube-apiserver makes these two itself, so that they need not be stored to be used. */
const SYSTEM: ReadonlyMap<string, number> = new Map([
  ["system-cluster-critical", 2_000_000_000],
  ["system-node-critical", 2_000_001_000],
]);

export const priority: AdmissionPlugin = {
  name: "Priority",
  admit({ operation, kind, subresource, object, name }, env) {
    if (operation !== "CREATE" || kind.storage !== "pods" || subresource !== "") return;
    const spec = object!.spec as PodFields;
    const subject = { group: "", resource: "pods", name };
    const { value, preemptionPolicy, className } = classOf(spec.priorityClassName, env, (why) =>
      forbidden(subject, why),
    );
    if (spec.priority !== undefined && spec.priority !== value) {
      throw forbidden(
        subject,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    }
    spec.priority = value;
    if (className !== undefined) spec.priorityClassName = className;
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
      throw forbidden(
        subject,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
      );
    }
    spec.preemptionPolicy = preemptionPolicy;
  },
};

interface Resolved {
  value: number;
  preemptionPolicy: string;
  className?: string;
}

function classOf(name: string | undefined, { store }: AdmissionEnvironment, refuse: (why: string) => Error): Resolved {
  if (name) {
    const row = store.get({ resource: CLASSES, namespace: "", name });
    if (row) return { ...resolved(JSON.parse(row.value) as PriorityClass), className: name };
    const value = SYSTEM.get(name);
    if (value === undefined) throw refuse(`no PriorityClass with name ${name} was found`);
    return { value, preemptionPolicy: "PreemptLowerPriority", className: name };
  }
  let best: PriorityClass | undefined;
  for (const row of store.list({ resource: CLASSES })) {
    if (!row.value.includes('"globalDefault":true')) continue;
    const candidate = JSON.parse(row.value) as PriorityClass;
    // Of several defaults, which can only be made in a race, the lowest counts.
    if (candidate.globalDefault && (!best || candidate.value < best.value)) best = candidate;
  }
  if (!best) return { value: 0, preemptionPolicy: "PreemptLowerPriority" };
  return { ...resolved(best), className: best.metadata.name ?? "" };
}

const resolved = ({ value, preemptionPolicy }: PriorityClass): Resolved => ({
  value,
  preemptionPolicy: preemptionPolicy ?? "PreemptLowerPriority",
});
