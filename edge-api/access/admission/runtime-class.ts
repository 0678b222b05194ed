/**
 * What a pod's runtime class adds to it: overhead, and where such pods can run.
 * Source: https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { canonicalQuantity } from "../../../machinery/meta/quantity.ts";
import { mergeTolerations, type Toleration } from "../tolerations.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

interface ResourceList {
  [resource: string]: string;
}

interface RuntimeClass extends KubeObject {
  overhead?: { podFixed?: ResourceList };
  scheduling?: { nodeSelector?: { [key: string]: string }; tolerations?: Toleration[] };
}

interface PodSpec {
  runtimeClassName?: string;
  overhead?: ResourceList;
  nodeSelector?: { [key: string]: string };
  tolerations?: Toleration[];
}

const isNewPod = ({ operation, subresource }: Attributes): boolean => operation === "CREATE" && subresource === "";

export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  resources: ["pods"],
  admit(attributes, env) {
    if (!isNewPod(attributes)) return;
    const spec = attributes.object!.spec as PodSpec;
    const found = classOf(attributes, env, spec);
    if (found?.overhead) addOverhead(attributes, spec, found.overhead.podFixed ?? {});
    if (found?.scheduling) addScheduling(attributes, spec, found.scheduling);
  },
  validate(attributes, env) {
    if (!isNewPod(attributes)) return;
    const spec = attributes.object!.spec as PodSpec;
    const found = classOf(attributes, env, spec);
    if (found?.overhead) {
      if (!sameResources(found.overhead.podFixed ?? {}, spec.overhead ?? {}))
        throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    } else if (spec.overhead)
      throw refuse(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
  },
};

function classOf(
  attributes: Attributes,
  { store }: AdmissionEnvironment,
  { runtimeClassName: name }: PodSpec,
): RuntimeClass | undefined {
  if (name === undefined) return undefined;
  const row = store.get({ resource: "runtimeclasses.node.k8s.io", namespace: "", name });
  if (!row) throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return JSON.parse(row.value) as RuntimeClass;
}

function sameResources(a: ResourceList, b: ResourceList): boolean {
  const canonical = (list: ResourceList): ResourceList =>
    Object.fromEntries(Object.entries(list).map(([name, text]) => [name, canonicalQuantity(text)]));
  return deepEqual(canonical(a), canonical(b));
}

function addOverhead(attributes: Attributes, spec: PodSpec, overhead: ResourceList): void {
  const given = Object.keys(spec.overhead ?? {}).length > 0;
  if (given && !sameResources(overhead, spec.overhead!))
    throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  spec.overhead = { ...overhead };
}

function addScheduling(
  attributes: Attributes,
  spec: PodSpec,
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass["scheduling"]>,
): void {
  const selector = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = Object.hasOwn(selector, key) ? selector[key] : undefined;
    if (own !== undefined && own !== value)
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...selector, ...nodeSelector };
  const merged = mergeTolerations(spec.tolerations ?? [], tolerations);
  if (merged.length > 0) spec.tolerations = merged;
}
