/** Storage objects that are in use stay until nobody uses them: a finalizer of ours holds them. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp, removeFinalizerOp } from "../runner/ops.ts";
import { claimNameOf } from "../view/claim-names.ts";
import { controllerOf } from "../view/view.ts";

/** Gives an object that lives the finalizer, and takes it from one that is deleted once nobody uses it. */
export function planProtection(options: {
  resource: string;
  object: KubeObject;
  finalizer: string;
  isUsed(): boolean;
}): Plan {
  const { resource, object, finalizer, isUsed } = options;
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const isHeld = finalizers.includes(finalizer);
  if (deletionTimestamp) {
    if (!isHeld || isUsed()) return NOTHING;
    return { actions: [{ op: removeFinalizerOp(resource, object, finalizer) }] };
  }
  if (isHeld) return NOTHING;
  return { actions: [{ op: patchOp(resource, object, { metadata: { finalizers: [...finalizers, finalizer] } }) }] };
}

/** A volume is used as long as a claim has it, whether or not a pod uses the claim. */
export const isVolumeUsed = ({ status }: PersistentVolume): boolean => status?.phase === "Bound";

/**
 * A pod uses a claim from when it has a node until the pod is gone, also when it has ended: who looks into the claim's
 * volume afterwards finds what the pod left. The claim of an ephemeral volume is used until the node is done.
 */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  const { name } = claim.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const isShutDown = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
  const isOwn = controllerOf(claim)?.uid === pod.metadata.uid;
  return (pod.spec.volumes ?? []).some(
    (volume) => claimNameOf(pod, volume) === name && (!volume.ephemeral || (!isShutDown && isOwn)),
  );
}
