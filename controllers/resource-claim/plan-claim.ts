import type { Pod } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../../kinds/resource/v1-types.ts";
import { type Action, NOTHING, type Plan } from "../runner/controller.ts";
import { deleteOp, removeFinalizerOp, statusOp } from "../runner/ops.ts";
import { RESOURCE_CLAIMS } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { isDone } from "./pod-claims.ts";

/** Held by the scheduler on what it has allocated. */
export const FINALIZER = "resource.kubernetes.io/delete-protection";

/**
 * Gives back what pods have reserved that will not run any more; what nobody uses is free to be allocated elsewhere;
 * what was made for a pod that is done goes.
 */
export function planResourceClaim(claim: ResourceClaim, podNamed: (name: string) => Pod | undefined): Plan {
  const reservedFor = claim.status?.reservedFor ?? [];
  const valid = reservedFor.filter(({ apiGroup, resource, name, uid }) => {
    if (apiGroup || resource !== "pods") return true;
    const pod = podNamed(name);
    return pod?.metadata.uid === uid && !isDone(pod);
  });
  const isHeld = claim.metadata.finalizers?.includes(FINALIZER) ?? false;
  const isReleased = valid.length < reservedFor.length;
  const isUnused = valid.length === 0;
  const actions: Action[] = [];
  // Unused from the beginning is not the same: drivers may allocate before anybody reserves.
  const mayFree = isHeld && isUnused && (isReleased || claim.metadata.deletionTimestamp !== undefined);
  if (isReleased || (mayFree && claim.status?.allocation)) {
    const { allocation, reservedFor: _before, ...rest } = claim.status ?? {};
    const status = {
      ...rest,
      ...(allocation && !mayFree && { allocation }),
      ...(valid.length > 0 && { reservedFor: valid }),
    };
    const op = statusOp(RESOURCE_CLAIMS, claim, status, { version: "seen" });
    if (op) actions.push({ op });
  }
  if (mayFree) {
    const op = removeFinalizerOp(RESOURCE_CLAIMS, claim, FINALIZER);
    actions.push({ op, ...(actions.length > 0 && { needs: actions.length - 1 }) });
  }
  if (isUnused && !claim.metadata.deletionTimestamp && isForDonePod(claim, podNamed)) {
    actions.push({ op: deleteOp(RESOURCE_CLAIMS, claim) });
  }
  return actions.length > 0 ? { actions } : NOTHING;
}

/** The garbage collector sees to the claims of pods that are gone; a pod that has ended may stay for long. */
function isForDonePod(claim: ResourceClaim, podNamed: (name: string) => Pod | undefined): boolean {
  const owner = controllerOf(claim);
  if (owner?.kind !== "Pod" || owner.apiVersion !== "v1") return false;
  const pod = podNamed(owner.name);
  return pod !== undefined && (pod.metadata.uid !== owner.uid || isDone(pod));
}
