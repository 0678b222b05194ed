/**
 * A pod's priority comes from its class; one class at most is for those that name none.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../store/contract.ts";
import { parsedRow } from "../cached-rows.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

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

/** Made at the cluster's start; should somebody have deleted them they hold all the same. */
const SYSTEM: ReadonlyMap<string, number> = new Map([
  ["system-cluster-critical", 2_000_000_000],
  ["system-node-critical", 2_000_001_000],
]);

export const priority: AdmissionPlugin = {
  name: "Priority",
  resources: ["pods", CLASSES],
  admit(attributes, env) {
    if (attributes.kind.storage !== "pods" || attributes.subresource !== "") return;
    if (attributes.operation === "CREATE") setPriority(attributes, env);
    else if (attributes.operation === "UPDATE") keepPriority(attributes);
  },
  validate(attributes, { store }) {
    const { kind, operation, subresource, object } = attributes;
    if (kind.storage !== CLASSES || operation === "DELETE" || subresource !== "") return;
    if (!(object as PriorityClass).globalDefault) return;
    const other = globalDefault(store);
    if (!other || (operation === "UPDATE" && other.metadata.name === object!.metadata.name)) return;
    throw refuse(
      attributes,
      `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
    );
  },
};

function setPriority(attributes: Attributes, env: AdmissionEnvironment): void {
  const spec = attributes.object!.spec as PodFields;
  const { value, preemptionPolicy, name } = classOf(attributes, env, spec.priorityClassName);
  if (spec.priority !== undefined && spec.priority !== value)
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  spec.priority = value;
  if (name !== undefined) spec.priorityClassName = name;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy)
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = preemptionPolicy;
}

/** A client that knows nothing of these fields leaves them as they were. */
function keepPriority({ object, old }: Attributes): void {
  const [next, prev] = [object!.spec as PodFields, old!.spec as PodFields];
  if (next.priority === undefined && prev.priority !== undefined) next.priority = prev.priority;
  if (next.preemptionPolicy === undefined && prev.preemptionPolicy !== undefined)
    next.preemptionPolicy = prev.preemptionPolicy;
}

interface Resolved {
  value: number;
  preemptionPolicy: string;
  name?: string;
}

const PREEMPT = "PreemptLowerPriority";

function classOf(attributes: Attributes, { store }: AdmissionEnvironment, name: string | undefined): Resolved {
  if (name) {
    const row = store.get({ resource: CLASSES, namespace: "", name });
    if (row) return resolved(parsedRow<PriorityClass>(row));
    const value = SYSTEM.get(name);
    if (value === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`);
    return { value, preemptionPolicy: PREEMPT, name };
  }
  const fallback = globalDefault(store);
  return fallback ? resolved(fallback) : { value: 0, preemptionPolicy: PREEMPT };
}

/** Of several defaults, which only older data can hold, the lowest. */
function globalDefault(store: Store): PriorityClass | undefined {
  let best: PriorityClass | undefined;
  for (const row of store.list({ resource: CLASSES, contains: '"globalDefault":true' })) {
    const candidate = parsedRow<PriorityClass>(row);
    if (candidate.globalDefault && (!best || candidate.value < best.value)) best = candidate;
  }
  return best;
}

const resolved = ({ value, preemptionPolicy, metadata }: PriorityClass): Resolved => ({
  value,
  preemptionPolicy: preemptionPolicy ?? PREEMPT,
  name: metadata.name ?? "",
});
