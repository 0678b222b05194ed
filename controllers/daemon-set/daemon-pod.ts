import type { DaemonSet } from "../../kinds/apps/v1-types.ts";
import type { Pod, PodSpec, PodTemplateSpec, Toleration } from "../../kinds/core/v1-types.ts";
import { podFromTemplate } from "../workload/create-pod.ts";
import { daemonTolerations } from "./node-fit.ts";

export const HASH_LABEL = "controller-revision-hash";
const GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";
const GENERATION_LABEL = "pod-template-generation";

export const isOfRevision = (pod: Pod, hash: string): boolean => pod.metadata.labels?.[HASH_LABEL] === hash;

/** The node a daemon pod is on, or is pinned to until it is bound. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values } of matchFields) {
      if (key === "metadata.name" && operator === "In" && values?.length === 1) return values[0];
    }
  }
  return undefined;
}

/** A pod for one node: pinned to it, tolerating what daemons tolerate, labelled with its revision. */
export function daemonPod(options: { set: DaemonSet; node: string; hash: string; random: () => number }): Pod {
  const { set, node, hash, random } = options;
  const { template } = set.spec;
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  const labels = {
    ...template.metadata?.labels,
    ...(generation && { [GENERATION_LABEL]: generation }),
    [HASH_LABEL]: hash,
  };
  const pinned: PodTemplateSpec = {
    metadata: { ...template.metadata, labels },
    spec: {
      ...template.spec,
      affinity: pin(template.spec?.affinity, node),
      tolerations: withDaemonTolerations(template.spec?.tolerations ?? [], template.spec?.hostNetwork ?? false),
    } as PodSpec,
  };
  return podFromTemplate({ owner: set, template: pinned, random });
}

/** What was required of the node has been looked at: in its place comes the node itself. */
const pin = (affinity: PodSpec["affinity"], node: string): PodSpec["affinity"] & object => ({
  ...affinity,
  nodeAffinity: {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
    },
  },
});

function withDaemonTolerations(own: readonly Toleration[], hostNetwork: boolean): Toleration[] {
  const extra = daemonTolerations(hostNetwork);
  const isSame = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? "") === (b.value ?? "");
  return [...own.filter((toleration) => !extra.some((other) => isSame(other, toleration))), ...extra];
}
