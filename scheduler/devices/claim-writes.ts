/** What is written of claims before a pod is bound, and to give back what they have. */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { PendingPod } from "../framework/queued-pod.ts";
import { OPTIONS } from "../framework/writes.ts";

export const FINALIZER = "resource.kubernetes.io/delete-protection";
export const RESOURCE = "resourceclaims.resource.k8s.io";

type Metadata = ResourceClaim["metadata"];

/** Keeps the claim from going while devices are allocated to it; fails when the claim is not what was looked at. */
export const protectOp = ({ metadata }: ResourceClaim): WriteOp => ({
  verb: "patch",
  resource: RESOURCE,
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  patchType: "strategic",
  patch: { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: [FINALIZER] } },
  options: OPTIONS,
});

/** @param metadata without uid: whichever claim has the name */
export const statusOp = (
  { namespace, name, uid }: Metadata,
  pod: PendingPod,
  allocation: AllocationResult | undefined,
): WriteOp => ({
  verb: "patch",
  resource: RESOURCE,
  namespace: namespace ?? "",
  name: name ?? "",
  subresource: "status",
  patchType: "strategic",
  patch: {
    ...(uid && { metadata: { uid } }),
    status: {
      ...(allocation && { allocation }),
      reservedFor: [{ resource: "pods", name: pod.metadata.name, uid: pod.metadata.uid }],
    },
  },
  options: OPTIONS,
});

/** The pod does not use the claim after all. */
export const unreserveOp = ({ metadata: { namespace, name, uid } }: ResourceClaim, pod: PendingPod): WriteOp => ({
  verb: "patch",
  resource: RESOURCE,
  namespace: namespace ?? "",
  name: name ?? "",
  subresource: "status",
  patchType: "strategic",
  patch: { metadata: { uid }, status: { reservedFor: [{ $patch: "delete", uid: pod.metadata.uid }] } },
  options: OPTIONS,
});

export const deallocateOp = ({ metadata }: ResourceClaim): WriteOp => ({
  verb: "patch",
  resource: RESOURCE,
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  subresource: "status",
  patchType: "merge",
  patch: {
    metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    status: { allocation: null, reservedFor: null, devices: null },
  },
  options: OPTIONS,
});
