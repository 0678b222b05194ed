/** Which ResourceClaim a pod means by an entry of spec.resourceClaims. */
import type { Pod, PodResourceClaim } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../../kinds/resource/v1-types.ts";
import { controllerOf } from "../view/view.ts";
import { isFinished } from "../workload/pods.ts";

/**
 * The claim's name; undefined when it still has to be made from a template; "none" when the pod needs none. One that
 * was made for the pod must be owned by it.
 */
export function claimNameOf(
  pod: Pod,
  entry: PodResourceClaim,
): { name: string; mustBeOwned: boolean } | "none" | undefined {
  if (entry.resourceClaimName !== undefined) return { name: entry.resourceClaimName, mustBeOwned: false };
  if (entry.resourceClaimTemplateName === undefined) return "none";
  const status = pod.status?.resourceClaimStatuses?.find(({ name }) => name === entry.name);
  if (!status) return undefined;
  return status.resourceClaimName === undefined ? "none" : { name: status.resourceClaimName, mustBeOwned: true };
}

/** Every claim the pod has so far: those of its spec, and the one the scheduler made for its extended resources. */
export function* claimNamesOf(pod: Pod): Generator<string> {
  for (const entry of pod.spec.resourceClaims ?? []) {
    const named = claimNameOf(pod, entry);
    if (named && named !== "none") yield named.name;
  }
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  if (extended) yield extended;
}

export const isOwnedBy = (claim: ResourceClaim, pod: Pod): boolean => controllerOf(claim)?.uid === pod.metadata.uid;

/** No container runs, and none ever will. */
export const isDone = (pod: Pod): boolean =>
  isFinished(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName);
