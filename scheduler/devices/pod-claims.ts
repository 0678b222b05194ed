/** The claims a pod names: whether they are there, and what is to be done for each. */
import type { ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import { compileTerms, type NodeMatcher } from "../framework/node-selector.ts";
import type { DeviceClaimRef, PodClass } from "../framework/pod-class.ts";
import type { PendingPod } from "../framework/queued-pod.ts";
import { AllocationError } from "./allocation-error.ts";
import { type PreparedClaim, prepareClaims } from "./allocator.ts";
import type { Devices } from "./devices.ts";

/** Of resource.k8s.io: as many pods may use a claim. */
const MAX_RESERVED_FOR = 256;

/** A pod's claims, sorted by what is to be done for them. */
export interface Claims {
  allocated: { claim: ResourceClaim; reachableFrom: NodeMatcher | undefined }[];
  pending: PreparedClaim[];
}

export const keyOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** Claims that are there; a text says why the pod can be nowhere yet. */
export function readClaims({ footprint, deviceClaims }: PodClass, devices: Devices): Claims | string {
  const found = deviceClaims.map((ref) => findClaim(footprint.namespace, ref, devices));
  const problem = found.find((each) => typeof each === "string");
  if (problem !== undefined) return problem;
  const claims: Claims = { allocated: [], pending: [] };
  const unallocated: ResourceClaim[] = [];
  for (const claim of found as ResourceClaim[]) {
    const { allocation, reservedFor = [] } = claim.status ?? {};
    if (devices.isAssumed(keyOf(claim))) return `resource claim ${keyOf(claim)} is in the process of being allocated`;
    if (!allocation) unallocated.push(claim);
    else if (reservedFor.length >= MAX_RESERVED_FOR) return "resourceclaim in use";
    else {
      const terms = allocation.nodeSelector?.nodeSelectorTerms;
      claims.allocated.push({ claim, reachableFrom: terms && compileTerms(terms) });
    }
  }
  try {
    claims.pending = prepareClaims(unallocated, (name) => devices.classes.get(name));
  } catch (error) {
    if (error instanceof AllocationError) return error.message;
    throw error;
  }
  return claims;
}

export function findClaim(namespace: string, { claimName }: DeviceClaimRef, devices: Devices): ResourceClaim | string {
  if (claimName === undefined) return "ResourceClaim not created yet";
  const claim = devices.claim(`${namespace}/${claimName}`);
  if (!claim) return `resourceclaim.resource.k8s.io "${claimName}" not found`;
  return claim.metadata.deletionTimestamp ? `resourceclaim "${claimName}" is being deleted` : claim;
}

/** Whether a claim made from a template is this pod's, and no other pod's of the same name. */
export function isOwn(pod: PendingPod, ref: DeviceClaimRef, devices: Devices): boolean {
  if (!ref.isGenerated || ref.claimName === undefined) return true;
  const claim = devices.claim(`${pod.footprint.namespace}/${ref.claimName}`);
  return (
    claim?.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid) ?? false
  );
}
