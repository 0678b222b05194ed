/**
 * What the controllers keep of each object. Everything a plan function reads must be kept here; everything else costs
 * memory of an isolate that has 128 MB.
 */
import type { Lease } from "../../kinds/coordination/v1-types.ts";
import type {
  ConfigMap,
  Container,
  ContainerStatus,
  Node,
  Pod,
  PodSpec,
  PodStatus,
  Secret,
  ServiceAccount,
} from "../../kinds/core/v1-types.ts";
import type { ClusterTrustBundle } from "../../kinds/generated/api/certificates-v1beta1.ts";
import type { ResourceSlice } from "../../kinds/resource/v1-types.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { secretNamesOf } from "./secret-names.ts";

/** All but who set which field: that alone is often half of an object. */
function withoutManagedFields(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _, ...kept } = metadata;
  return kept;
}

/** Values that many objects have in common, by their JSON text. */
const common = new Map<string, unknown>();
const MAX_COMMON = 20_000;

/**
 * One object in place of many equal ones: pods of one ReplicaSet have the same labels, owners and tolerations. What is
 * cached is never changed, so it may be shared.
 */
function shared<T>(value: T): T {
  if (value === undefined) return value;
  const key = JSON.stringify(value);
  const known = common.get(key);
  if (known !== undefined) return known as T;
  if (common.size >= MAX_COMMON) common.clear();
  common.set(key, value);
  return value;
}

/** For kinds whose spec and status a controller reads in full. */
export const projectWhole = <T extends KubeObject>(object: KubeObject): T =>
  ({ ...object, metadata: withoutManagedFields(object.metadata) }) as T;

/** For kinds that only the garbage collector and the namespace controller know: who it is and whose it is. */
export function projectIdentity({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, ownerReferences, finalizers } =
    metadata;
  return {
    apiVersion,
    kind,
    metadata: defined({
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences,
      finalizers,
    }),
  };
}

/** ConfigMaps may be 1 MB each; the controllers need only those with the root CA and a few by name. */
export const isReadConfigMap = ({ namespace, name }: Pick<ObjectMeta, "namespace" | "name">): boolean =>
  name === "kube-root-ca.crt" ||
  (namespace === "kube-public" && name === "cluster-info") ||
  (namespace === "kube-system" && name === "kube-apiserver-legacy-service-account-token-tracking");

export function projectConfigMap(object: KubeObject): ConfigMap {
  const identity = projectIdentity(object);
  if (!isReadConfigMap(object.metadata)) return identity as ConfigMap;
  return { ...identity, ...defined({ data: (object as ConfigMap).data }) } as ConfigMap;
}

/** Only bootstrap tokens keep their data: what is not needed is not kept in memory. Tokens say whose they are. */
export function projectSecret(object: KubeObject): Secret {
  const { type, data, metadata } = object as Secret;
  const isBootstrapToken = type === "bootstrap.kubernetes.io/token" && metadata.namespace === "kube-system";
  const { labels, annotations } = type === "kubernetes.io/service-account-token" ? metadata : {};
  const identity = projectIdentity(object);
  return {
    ...identity,
    metadata: { ...identity.metadata, ...defined({ labels, annotations }) },
    ...defined({ type, ...(isBootstrapToken && { data }) }),
  } as Secret;
}

/** With the tokens that were made for it once. */
export const projectServiceAccount = (object: KubeObject): ServiceAccount =>
  ({ ...projectIdentity(object), ...defined({ secrets: (object as ServiceAccount).secrets }) }) as ServiceAccount;

/** Leases of nodes are many; those of API servers say of themselves what they are. */
export function projectLease(object: KubeObject): Lease {
  const { metadata, spec } = object as Lease;
  const identity = projectIdentity(object) as Lease;
  if (metadata.namespace !== "kube-system" || !metadata.labels) return identity;
  return { ...identity, metadata: { ...identity.metadata, labels: metadata.labels }, ...defined({ spec }) } as Lease;
}

/** Bundles may be 1 MB each; only the API server's own is looked into. */
export function projectTrustBundle(object: KubeObject): ClusterTrustBundle {
  const { signerName, trustBundle } = (object as ClusterTrustBundle).spec;
  const isOwn = signerName === "kubernetes.io/kube-apiserver-serving";
  return { ...projectIdentity(object), spec: { ...defined({ signerName }), trustBundle: isOwn ? trustBundle : "" } };
}

/** Of devices only names and taints: there may be thousands, with all that is to be known of them. */
export function projectResourceSlice(object: KubeObject): ResourceSlice {
  const { spec } = object as ResourceSlice;
  const devices = spec.devices?.map(({ name, taints }) => (taints?.length ? { name, taints } : { name }));
  const { driver, pool, nodeName } = spec;
  return { ...projectIdentity(object), spec: defined({ driver, pool, nodeName, devices }) } as ResourceSlice;
}

/** Without images and capacity; of what can be allocated only the CPU, which topology hints go by. */
export function projectNode(object: KubeObject): Node {
  const { apiVersion, kind, metadata, spec, status } = object as Node;
  return {
    apiVersion,
    kind,
    metadata: withoutManagedFields(metadata),
    spec: spec ?? {},
    status: defined({
      conditions: status?.conditions,
      allocatable: status?.allocatable?.cpu === undefined ? undefined : { cpu: status.allocatable.cpu },
      volumesInUse: status?.volumesInUse,
      volumesAttached: status?.volumesAttached,
    }),
  } as Node;
}

export function projectPod(object: KubeObject): Pod {
  const { apiVersion, kind, metadata, spec, status } = object as Pod;
  return {
    apiVersion,
    kind,
    metadata: projectPodMetadata(metadata),
    spec: projectPodSpec(spec),
    status: projectPodStatus(status ?? {}),
  } as Pod;
}

const projectPodMetadata = ({ labels, annotations, ownerReferences, ...metadata }: ObjectMeta): ObjectMeta =>
  ({
    ...withoutManagedFields(metadata),
    ...defined({
      labels: shared(labels),
      annotations: shared(annotations),
      ownerReferences: shared(ownerReferences),
    }),
  }) as ObjectMeta;

const projectPodSpec = (spec: PodSpec): PodSpec =>
  defined({
    nodeName: spec.nodeName,
    hostname: spec.hostname,
    subdomain: spec.subdomain,
    schedulingGroup: shared(spec.schedulingGroup),
    restartPolicy: spec.restartPolicy,
    tolerations: shared(spec.tolerations),
    resources: spec.resources?.requests && shared({ requests: spec.resources.requests }),
    containers: shared(spec.containers.map(projectContainer)),
    // Sidecars may have named ports; other init containers matter to nobody here.
    initContainers: spec.initContainers
      ?.filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(projectContainer),
    volumes: shared(keptVolumes(spec)),
    resourceClaims: shared(spec.resourceClaims),
    // A daemon pod is pinned to its node by affinity until it is bound.
    affinity: spec.nodeName || !spec.affinity?.nodeAffinity ? undefined : { nodeAffinity: spec.affinity.nodeAffinity },
  }) as PodSpec;

/** Volumes that are PersistentVolumeClaims or have one made, and every Secret it uses, in whatever way, as a volume. */
function keptVolumes(spec: PodSpec): PodSpec["volumes"] {
  const kept = spec.volumes?.filter(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral) ?? [];
  for (const secretName of secretNamesOf(spec)) kept.push({ name: "", secret: { secretName } });
  return kept.length > 0 ? kept : undefined;
}

const projectContainer = ({ name, ports, restartPolicy, resources }: Container): Container =>
  defined({
    name,
    ports,
    restartPolicy,
    resources: resources?.requests && { requests: resources.requests },
  }) as Container;

const projectPodStatus = (status: PodStatus): PodStatus =>
  defined({
    phase: status.phase,
    reason: status.reason,
    startTime: status.startTime,
    podIP: status.podIP,
    podIPs: status.podIPs,
    conditions: status.conditions?.map(shared),
    resourceClaimStatuses: status.resourceClaimStatuses,
    extendedResourceClaimStatus: status.extendedResourceClaimStatus && {
      resourceClaimName: status.extendedResourceClaimStatus.resourceClaimName,
    },
    containerStatuses: shared(status.containerStatuses?.map(projectContainerStatus)),
    initContainerStatuses: shared(status.initContainerStatuses?.map(projectContainerStatus)),
  }) as PodStatus;

const projectContainerStatus = ({ name, restartCount, state }: ContainerStatus): ContainerStatus =>
  defined({
    name,
    restartCount,
    state: state?.terminated
      ? {
          terminated: defined({
            exitCode: state.terminated.exitCode,
            finishedAt: state.terminated.finishedAt,
            reason: state.terminated.reason,
          }),
        }
      : undefined,
  }) as ContainerStatus;

/** The object without its undefined fields. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) kept[key] = value;
  return kept as { [K in keyof T]?: Exclude<T[K], undefined> };
}
