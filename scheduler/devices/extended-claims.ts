/** The claim that the scheduler makes for a pod's extended resources: KEP-5004. */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import { fnv32a, safeEncode } from "../../machinery/meta/hash.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { PodClass } from "../framework/pod-class.ts";
import type { PendingPod } from "../framework/queued-pod.ts";
import { OPTIONS } from "../framework/writes.ts";
import { FINALIZER, RESOURCE, statusOp } from "./claim-writes.ts";
import type { Devices } from "./devices.ts";
import { EXTENDED_ANNOTATION, type ExtendedRequests, requestsFor, resourcesOf } from "./extended-resources.ts";

/** Of a generated name: 63 less the random end. */
const MAX_BASE = 58;

/** Extended resources a pod asks for that stand for devices, in the order of names. */
export const deviceResources = ({ deviceWishes }: PodClass, devices: Devices): string[] =>
  deviceWishes.length === 0 ? [] : resourcesOf(deviceWishes).filter((name) => devices.classFor(name) !== undefined);

/** Of these, what the node does not offer itself. */
export const unoffered = (resources: readonly string[], { nodes }: ClusterView, row: number): string[] =>
  resources.filter((name) => nodes.allocatableAt(nodes.columns.of(name), row) === 0);

export const requestsOf = (
  { deviceWishes }: PodClass,
  resources: readonly string[],
  devices: Devices,
): ExtendedRequests => requestsFor(deviceWishes, resources, (name) => devices.classFor(name) ?? "");

/** A claim as it would be made for the requests, for trying what a node can give. */
export const draft = ({ requests }: ExtendedRequests, { footprint }: PodClass): ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: { namespace: footprint.namespace, name: "<extended-resources>" },
  spec: { devices: { requests } },
});

/**
 * The claim for a pod's extended resources, before it is made. The end of its name is another for each try.
 *
 * @param before the claim of an earlier try
 */
export function extendedClaim(
  { metadata, footprint }: PendingPod,
  { requests }: ExtendedRequests,
  before: ResourceClaim | undefined,
): ResourceClaim {
  const { name = "", uid = "" } = metadata;
  const generateName = `${name}-extended-resources-`;
  const end = fnv32a(`${uid}/${before?.metadata.uid ?? ""}`)
    .toString(10)
    .slice(-5)
    .padStart(5, "0");
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      name: `${generateName.slice(0, MAX_BASE)}${safeEncode(end)}`,
      generateName,
      namespace: footprint.namespace,
      annotations: { [EXTENDED_ANNOTATION]: "true" },
      finalizers: [FINALIZER],
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid, controller: true }],
    },
    spec: { devices: { requests } },
  };
}

/** Makes the claim, with its allocation, and tells in the pod's status which container gets what of it. */
export const extendedClaimOps = (
  claim: ResourceClaim,
  pod: PendingPod,
  { allocation, mappings }: Pick<ExtendedRequests, "mappings"> & { allocation: AllocationResult },
): WriteOp[] => [
  {
    verb: "create",
    resource: RESOURCE,
    namespace: claim.metadata.namespace ?? "",
    object: { ...claim },
    options: OPTIONS,
  },
  statusOp(claim.metadata, pod, allocation),
  {
    verb: "patch",
    resource: "pods",
    namespace: claim.metadata.namespace ?? "",
    name: pod.metadata.name ?? "",
    subresource: "status",
    patchType: "strategic",
    patch: {
      status: {
        extendedResourceClaimStatus: { requestMappings: mappings, resourceClaimName: claim.metadata.name },
      },
    },
    options: { ...OPTIONS, ...(pod.metadata.uid && { preconditions: { uid: pod.metadata.uid } }) },
  },
];

/** Takes away a claim that the scheduler has made, and what it has. */
export function removeOps({ metadata }: ResourceClaim): WriteOp[] {
  const { namespace = "", name = "", uid, resourceVersion, finalizers = [] } = metadata;
  const where = { resource: RESOURCE, namespace, name };
  const kept = finalizers.filter((each) => each !== FINALIZER);
  const patch = { metadata: { uid, resourceVersion, finalizers: kept.length > 0 ? kept : null } };
  return [
    ...(kept.length < finalizers.length
      ? [{ verb: "patch", ...where, patchType: "merge", patch, options: OPTIONS } as const]
      : []),
    { verb: "delete", ...where, options: { ...OPTIONS, ...(uid && { preconditions: { uid } }) } },
  ];
}
