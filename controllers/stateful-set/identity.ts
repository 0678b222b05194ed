/** What makes a pod of a StatefulSet this one and no other: ordinal, name, labels, claims. */
import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from "../../kinds/core/v1-types.ts";
import { controllerReference } from "../runner/ops.ts";

export const REVISION_LABEL = "controller-revision-hash";
const POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";

export const startOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;
export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1;
export const endOrdinal = (set: StatefulSet): number => startOrdinal(set) + replicasOf(set) - 1;

export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

/** The ordinal in a pod's name; undefined when it is not a name that this set gives. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const match = /^(.*)-(0|[1-9][0-9]{0,8})$/.exec(metadata.name ?? "");
  return match && match[1] === set.metadata.name ? Number(match[2]) : undefined;
}

export const isInRange = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= startOrdinal(set) && ordinal <= endOrdinal(set);

export const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION_LABEL] ?? "";

const identityLabels = (set: StatefulSet, ordinal: number): { [key: string]: string } => ({
  [POD_NAME_LABEL]: podName(set, ordinal),
  [POD_INDEX_LABEL]: String(ordinal),
});

/** The labels a pod lacks to be its ordinal; undefined when it has them. */
export function missingLabels(set: StatefulSet, pod: Pod, ordinal: number): { [key: string]: string } | undefined {
  const wanted = Object.entries(identityLabels(set, ordinal));
  const missing = wanted.filter(([key, value]) => pod.metadata.labels?.[key] !== value);
  return missing.length > 0 ? Object.fromEntries(missing) : undefined;
}

export const claimName = (set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string =>
  `${template.metadata.name}-${set.metadata.name}-${ordinal}`;

/** A pod of one revision, with its claims in place of volumes of the same names. */
export function newPod(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): Pod {
  const claims = set.spec.volumeClaimTemplates ?? [];
  const claimed: Volume[] = claims.map((claim) => ({
    name: claim.metadata.name ?? "",
    persistentVolumeClaim: { claimName: claimName(set, claim, ordinal), readOnly: false },
  }));
  const others = (template.spec?.volumes ?? []).filter(({ name }) => !claimed.some((volume) => volume.name === name));
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const volumes = [...claimed, ...others];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: podName(set, ordinal),
      // As upstream: by it, others see that the name was not a user's choice.
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace ?? "",
      labels: { ...labels, ...identityLabels(set, ordinal), [REVISION_LABEL]: revision },
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(set)],
    },
    spec: {
      ...template.spec,
      hostname: podName(set, ordinal),
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  } as Pod;
}
