/** What is written of claims before a pod is bound, and to give back what they have. */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { PendingPod } from "../framework/queued-pod.ts";
import { OPTIONS } from "../framework/writes.ts";

export const FINALIZER = "resource.kubernetes.io/delete-protection";
export const RESOURCE = "resourceclaims.resource.k8s.io";

type Metadata = ResourceClaim["metadata"];
type PatchOp = Extract<WriteOp, { verb: "patch" }>;

const patchOp = ({ namespace = "", name = "" }: Metadata, patch: object, type: "strategic" | "merge"): PatchOp => ({
  verb: "patch",
  resource: RESOURCE,
  namespace,
  name,
  patchType: type,
  patch,
  options: OPTIONS,
});

const patchStatusOp = (...given: Parameters<typeof patchOp>): PatchOp => ({
  ...patchOp(...given),
  subresource: "status",
});

/** Keeps the claim from going while devices are allocated to it; fails when the claim is not what was looked at. */
export const protectOp = ({ metadata }: ResourceClaim): WriteOp => {
  const { uid, resourceVersion } = metadata;
  return patchOp(metadata, { metadata: { uid, resourceVersion, finalizers: [FINALIZER] } }, "strategic");
};

/** @param metadata without uid: whichever claim has the name */
export const statusOp = (metadata: Metadata, pod: PendingPod, allocation: AllocationResult | undefined): WriteOp => {
  const { uid } = metadata;
  const reservedFor = [{ resource: "pods", name: pod.metadata.name, uid: pod.metadata.uid }];
  const status = { ...(allocation && { allocation }), reservedFor };
  return patchStatusOp(metadata, { ...(uid && { metadata: { uid } }), status }, "strategic");
};

/** The pod does not use the claim after all. */
export const unreserveOp = ({ metadata }: ResourceClaim, pod: PendingPod): WriteOp => {
  const status = { reservedFor: [{ $patch: "delete", uid: pod.metadata.uid }] };
  return patchStatusOp(metadata, { metadata: { uid: metadata.uid }, status }, "strategic");
};

export const deallocateOp = ({ metadata }: ResourceClaim): WriteOp => {
  const { uid, resourceVersion } = metadata;
  const status = { allocation: null, reservedFor: null, devices: null };
  return patchStatusOp(metadata, { metadata: { uid, resourceVersion }, status }, "merge");
};
