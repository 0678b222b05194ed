import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { PodTemplateSpec } from "../../kinds/core/v1-types.ts";
import { controllerReference } from "../runner/ops.ts";
import { controllerOf } from "../view/view.ts";
import { newestAnnotations, revisionOf, sizeAnnotations } from "./annotations.ts";
import { byCreation, type Draft, draftOf } from "./draft.ts";
import { replicasOf, rollingLimits } from "./limits.ts";
import { newReplicaCount } from "./scale.ts";
import { POD_TEMPLATE_HASH, sameTemplate, templateHash } from "./template.ts";

/** The oldest ReplicaSet with the Deployment's template: several can only come from outside. */
export const findNewest = (deployment: Deployment, all: readonly Draft[]): Draft | undefined =>
  [...all].sort(byCreation).find(({ replicaSet }) => sameTemplate(replicaSet.spec.template, deployment.spec.template));

export function nextRevision(old: readonly Draft[]): bigint {
  let newest = 0n;
  for (const { replicaSet } of old) {
    const revision = revisionOf(replicaSet);
    if (revision > newest) newest = revision;
  }
  return newest + 1n;
}

/** Keeps the newest ReplicaSet's annotations and minReadySeconds as the Deployment's. */
export function syncNewest(deployment: Deployment, newest: Draft, old: readonly Draft[]): void {
  newest.annotations = newestAnnotations(deployment, newest.annotations, nextRevision(old));
  newest.minReadySeconds = deployment.spec.minReadySeconds ?? 0;
}

/** Of a subdomain. */
const MAX_NAME_LENGTH = 253;

/** The Deployment's name gives way where both are too long together. */
const nameOf = (deployment: string, hash: string): string =>
  `${deployment.slice(0, MAX_NAME_LENGTH - hash.length - 1)}-${hash}`;

/** The ReplicaSet a new template needs, sized as far as the old ones allow. */
export function draftNewest(options: {
  deployment: Deployment;
  old: readonly Draft[];
  collisionCount: number | undefined;
}): Draft {
  const { deployment, old, collisionCount } = options;
  const { metadata, spec } = deployment;
  const hash = templateHash(spec.template, collisionCount);
  const labels = { ...spec.template.metadata?.labels, [POD_TEMPLATE_HASH]: hash };
  const replicaSet: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: nameOf(metadata.name ?? "", hash),
      namespace: metadata.namespace ?? "",
      labels,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } } as PodTemplateSpec,
    },
  };
  const draft = draftOf(replicaSet, { isNew: true });
  draft.replicas = newReplicaCount(deployment, [...old, draft], draft);
  draft.annotations = {
    ...newestAnnotations(deployment, {}, nextRevision(old)),
    ...sizeAnnotations(replicasOf(deployment), rollingLimits(deployment).maxSurge),
  };
  return draft;
}

/** Another object has the name that a new ReplicaSet would get. */
export function isTaken(deployment: Deployment, existing: ReplicaSet | undefined): boolean {
  if (!existing) return false;
  const isOurs = controllerOf(existing)?.uid === deployment.metadata.uid;
  return !(isOurs && sameTemplate(existing.spec.template, deployment.spec.template));
}
