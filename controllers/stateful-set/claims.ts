/** The volume claims of a StatefulSet's pods: made before the pod, kept or deleted as the retention policy says. */
import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { OwnerReference } from "../../machinery/meta/object.ts";
import type { Action } from "../runner/controller.ts";
import { controllerReference, createOp, patchOp } from "../runner/ops.ts";
import { VOLUME_CLAIMS } from "../view/resources.ts";
import { claimName, isInRange, podName } from "./identity.ts";

/** Any claim of the set's namespace, by name. */
export type ClaimNamed = (name: string) => PersistentVolumeClaim | undefined;

const policyOf = ({ spec }: StatefulSet) => ({
  whenDeleted: spec.persistentVolumeClaimRetentionPolicy?.whenDeleted ?? "Retain",
  whenScaled: spec.persistentVolumeClaimRetentionPolicy?.whenScaled ?? "Retain",
});

/** Makes the claims that are missing; each needs the one before it. */
export function createClaims(set: StatefulSet, ordinal: number, named: ClaimNamed): Action[] {
  const name = podName(set, ordinal);
  const { whenDeleted } = policyOf(set);
  return (set.spec.volumeClaimTemplates ?? [])
    .filter((template) => !named(claimName(set, template, ordinal)))
    .map((template) => {
      const claim = claimName(set, template, ordinal);
      const object = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          ...template.metadata,
          name: claim,
          namespace: set.metadata.namespace ?? "",
          labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
          ...(whenDeleted === "Delete" && { ownerReferences: [controllerReference(set)] }),
        },
        spec: template.spec,
      };
      const about = set;
      const at = `Claim ${claim} Pod ${name} in StatefulSet ${set.metadata.name}`;
      return {
        op: createOp(VOLUME_CLAIMS, object),
        event: { about, type: "Normal", reason: "SuccessfulCreate", message: `create ${at} success` },
        failureEvent: ({ message = "" }) => ({
          about,
          type: "Warning",
          reason: "FailedCreate",
          message: `create ${at} failed error: ${message}`,
        }),
      };
    });
}

/** A claim that belongs to an earlier pod of this name, and is about to go with it: a new pod must wait. */
export function hasStaleClaim(set: StatefulSet, ordinal: number, uid: string | undefined, named: ClaimNamed): boolean {
  if (policyOf(set).whenScaled === "Retain") return false;
  return (set.spec.volumeClaimTemplates ?? []).some((template) =>
    named(claimName(set, template, ordinal))?.metadata.ownerReferences?.some(
      (owner) => owner.kind === "Pod" && owner.name === podName(set, ordinal) && owner.uid !== uid,
    ),
  );
}

/** Brings the claims' owners in line with the policy: what owns a claim takes it along. */
export function retainClaims(set: StatefulSet, ordinal: number, pod: Pod, named: ClaimNamed): Action[] {
  const actions: Action[] = [];
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const claim = named(claimName(set, template, ordinal));
    if (!claim || claim.metadata.deletionTimestamp) continue;
    const current = claim.metadata.ownerReferences ?? [];
    const isOurs = ({ uid }: OwnerReference) => uid === set.metadata.uid || uid === pod.metadata.uid;
    // Somebody else controls it: not ours to take.
    if (current.some((owner) => owner.controller && !isOurs(owner))) continue;
    const next = [...current.filter((owner) => !isOurs(owner)), ...ownersFor(set, ordinal, pod)];
    if (deepEqual(next, current)) continue;
    const ownerReferences = next.length > 0 ? next : null;
    actions.push({ op: patchOp(VOLUME_CLAIMS, claim, { metadata: { ownerReferences } }) });
  }
  return actions;
}

function ownersFor(set: StatefulSet, ordinal: number, pod: Pod): OwnerReference[] {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (!isInRange(set, ordinal) && whenScaled === "Delete") {
    return [{ ...controllerReference({ ...pod, apiVersion: "v1", kind: "Pod" }) }];
  }
  return whenDeleted === "Delete" ? [controllerReference(set)] : [];
}
