/** The volume claims of a StatefulSet's pods: made before the pod, kept or deleted as the retention policy says. */
import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { OwnerReference } from "../../machinery/meta/object.ts";
import type { Action, EventDraft } from "../runner/controller.ts";
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

/** A claim of this place that is on its way out: a pod made now would be bound to what goes. */
export const goingClaim = (set: StatefulSet, ordinal: number, named: ClaimNamed): string | undefined =>
  (set.spec.volumeClaimTemplates ?? [])
    .map((template) => claimName(set, template, ordinal))
    .find((name) => named(name)?.metadata.deletionTimestamp !== undefined);

/** Whether a claim of that name is of one of the set's pods. */
export const isClaimOf = (set: StatefulSet, name: string): boolean =>
  (set.spec.volumeClaimTemplates ?? []).some(({ metadata }) =>
    name.startsWith(`${metadata.name}-${set.metadata.name}-`),
  );

/** Says of claims that somebody else controls that the retention policy does not hold for them. */
export function conflicts(set: StatefulSet, ordinal: number, pod: Pod, named: ClaimNamed): EventDraft[] {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenDeleted === "Retain" && whenScaled === "Retain") return [];
  return (set.spec.volumeClaimTemplates ?? []).flatMap((template) => {
    const claim = named(claimName(set, template, ordinal));
    if (!claim || !isElses(claim, set, pod)) return [];
    const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
    return [{ about: set, type: "Warning", reason: "ConflictingController", message }];
  });
}

/** Somebody else controls it, or it belongs to an earlier set or pod of the same name. */
const isElses = ({ metadata }: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean =>
  metadata.ownerReferences?.some(({ kind, name, uid, controller }) => {
    if (kind === "StatefulSet" && name === set.metadata.name) return uid !== set.metadata.uid;
    if (kind === "Pod" && name === pod.metadata.name) return uid !== pod.metadata.uid;
    return controller === true && uid !== set.metadata.uid && uid !== pod.metadata.uid;
  }) ?? false;

/** Brings the claims' owners in line with the policy: what owns a claim takes it along. */
export function retainClaims(set: StatefulSet, ordinal: number, pod: Pod, named: ClaimNamed): Action[] {
  const actions: Action[] = [];
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const claim = named(claimName(set, template, ordinal));
    if (!claim || claim.metadata.deletionTimestamp || isElses(claim, set, pod)) continue;
    const current = claim.metadata.ownerReferences ?? [];
    const isOurs = ({ uid }: OwnerReference) => uid === set.metadata.uid || uid === pod.metadata.uid;
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
