import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { HorizontalPodAutoscaler } from "../../kinds/autoscaling/v2-types.ts";
import type { CronJob, Job } from "../../kinds/batch/v1-types.ts";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import type { Lease } from "../../kinds/coordination/v1-types.ts";
import type {
  ConfigMap,
  Endpoints,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
} from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { StorageVersion } from "../../kinds/generated/api/apiserverinternal-v1alpha1.ts";
import type { ClusterTrustBundle } from "../../kinds/generated/api/certificates-v1beta1.ts";
import type { ResourcePoolStatusRequest } from "../../kinds/generated/api/resource-v1alpha3.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type { StorageVersionMigration } from "../../kinds/generated/api/storagemigration-v1beta1.ts";
import type { Registry } from "../../kinds/kind.ts";
import type { IPAddress, ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import type { ClusterRole, ClusterRoleBinding } from "../../kinds/rbac/v1-types.ts";
import type { ResourceClaim, ResourceClaimTemplate, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import type { CSIDriver, StorageClass, VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import type { Resource } from "../../machinery/cluster/contract.ts";
import type { AnyTable, Change } from "../../machinery/cluster/feed-cache.ts";
import { Table } from "../../machinery/cluster/table.ts";
import type { KubeObject, OwnerReference } from "../../machinery/meta/object.ts";
import { poolKey } from "../device-taint-eviction/taints.ts";
import { classOf } from "../persistent-volume/classes.ts";
import { claimKeysOf } from "./claim-names.ts";
import {
  projectConfigMap,
  projectIdentity,
  projectLease,
  projectNode,
  projectPod,
  projectResourceSlice,
  projectSecret,
  projectServiceAccount,
  projectTrustBundle,
  projectWhole,
} from "./project.ts";
import * as resources from "./resources.ts";

/** Where an object lies in the view. */
export interface Entry<T extends KubeObject = KubeObject> {
  resource: Resource;
  object: T;
}

/** The reference of the controller that owns an object, if any. */
export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

/** Index of objects without a controller, by namespace: what may be adopted. */
const orphans = {
  orphan: (object: KubeObject) => (controllerOf(object) ? undefined : [object.metadata.namespace ?? ""]),
};

const NONE: ReadonlyMap<string, Entry> = new Map();

/**
 * The controllers' view of the cluster: a table for every deletable resource (but events), what is found under a uid,
 * and what an owner owns. Plans read it and never change it.
 */
export class View {
  readonly registry: Registry;
  readonly pods = new Table<
    Pod,
    "orphan" | "node" | "finished" | "claim" | "secret" | "resourceClaim" | "resourceClaimTemplate" | "podGroup"
  >({
    resource: resources.PODS,
    project: projectPod,
    indexes: {
      ...orphans,
      node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : undefined),
      /** By "namespace/name" of the PersistentVolumeClaims it uses, those made for it included. */
      claim: claimKeysOf,
      /** By "namespace/name" of the Secrets it uses. */
      secret: ({ metadata, spec }) =>
        spec.volumes?.flatMap(({ secret }) =>
          secret?.secretName ? [`${metadata.namespace}/${secret.secretName}`] : [],
        ),
      /** By "namespace/name" of the ResourceClaims it names itself, not of those made for it. */
      resourceClaim: ({ metadata, spec }) =>
        spec.resourceClaims?.flatMap(({ resourceClaimName: name }) => (name ? [`${metadata.namespace}/${name}`] : [])),
      /** By "namespace/name" of the templates that its ResourceClaims are made from. */
      resourceClaimTemplate: ({ metadata, spec }) =>
        spec.resourceClaims?.flatMap(({ resourceClaimTemplateName: name }) =>
          name ? [`${metadata.namespace}/${name}`] : [],
        ),
      /** By "namespace/name" of the PodGroup it is scheduled with. */
      podGroup: ({ metadata, spec: { schedulingGroup } }) =>
        schedulingGroup?.podGroupName ? [`${metadata.namespace}/${schedulingGroup.podGroupName}`] : undefined,
      /** All under the key "". */
      finished: ({ status }) => (status?.phase === "Succeeded" || status?.phase === "Failed" ? [""] : undefined),
    },
  });
  readonly nodes = new Table<Node>({ resource: resources.NODES, project: projectNode });
  readonly namespaces = new Table<Namespace>({ resource: resources.NAMESPACES, project: projectWhole<Namespace> });
  readonly services = new Table<Service>({ resource: resources.SERVICES, project: projectWhole<Service> });
  readonly endpoints = new Table<Endpoints>({ resource: resources.ENDPOINTS, project: projectWhole<Endpoints> });
  readonly endpointSlices = new Table<EndpointSlice, "service">({
    resource: resources.ENDPOINT_SLICES,
    project: projectWhole<EndpointSlice>,
    indexes: {
      service: ({ metadata }) => {
        const service = metadata.labels?.["kubernetes.io/service-name"];
        return service === undefined ? undefined : [`${metadata.namespace}/${service}`];
      },
    },
  });
  readonly serviceAccounts = new Table<ServiceAccount>({
    resource: resources.SERVICE_ACCOUNTS,
    project: projectServiceAccount,
  });
  readonly configMaps = new Table<ConfigMap>({ resource: resources.CONFIG_MAPS, project: projectConfigMap });
  readonly deployments = new Table<Deployment>({ resource: resources.DEPLOYMENTS, project: projectWhole<Deployment> });
  readonly replicaSets = new Table<ReplicaSet, "orphan">({
    resource: resources.REPLICA_SETS,
    project: projectWhole<ReplicaSet>,
    indexes: orphans,
  });

  readonly replicationControllers = new Table<ReplicationController>({
    resource: resources.REPLICATION_CONTROLLERS,
    project: projectWhole<ReplicationController>,
  });
  readonly statefulSets = new Table<StatefulSet>({
    resource: resources.STATEFUL_SETS,
    project: projectWhole<StatefulSet>,
  });
  readonly daemonSets = new Table<DaemonSet>({ resource: resources.DAEMON_SETS, project: projectWhole<DaemonSet> });
  readonly controllerRevisions = new Table<ControllerRevision, "orphan">({
    resource: resources.CONTROLLER_REVISIONS,
    project: projectWhole<ControllerRevision>,
    indexes: orphans,
  });
  readonly volumeClaims = new Table<PersistentVolumeClaim, "volume" | "unbound">({
    resource: resources.VOLUME_CLAIMS,
    project: projectWhole<PersistentVolumeClaim>,
    indexes: {
      volume: ({ spec }) => (spec.volumeName ? [spec.volumeName] : undefined),
      /** All under the key "". */
      unbound: ({ spec }) => (spec.volumeName ? undefined : [""]),
    },
  });
  readonly persistentVolumes = new Table<PersistentVolume, "class" | "claim">({
    resource: resources.PERSISTENT_VOLUMES,
    project: projectWhole<PersistentVolume>,
    indexes: {
      class: (volume) => [classOf(volume)],
      claim: ({ spec: { claimRef } }) => (claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : undefined),
    },
  });
  readonly storageClasses = new Table<StorageClass>({
    resource: resources.STORAGE_CLASSES,
    project: projectWhole<StorageClass>,
  });
  readonly volumeAttachments = new Table<VolumeAttachment, "node" | "volume">({
    resource: resources.VOLUME_ATTACHMENTS,
    project: projectWhole<VolumeAttachment>,
    indexes: {
      node: ({ spec }) => [spec.nodeName],
      volume: ({ spec: { source } }) => (source.persistentVolumeName ? [source.persistentVolumeName] : undefined),
    },
  });
  readonly csiDrivers = new Table<CSIDriver>({ resource: resources.CSI_DRIVERS, project: projectWhole<CSIDriver> });
  readonly secrets = new Table<Secret>({ resource: resources.SECRETS, project: projectSecret });
  readonly clusterRoles = new Table<ClusterRole>({
    resource: resources.CLUSTER_ROLES,
    project: projectWhole<ClusterRole>,
  });
  readonly clusterRoleBindings = new Table<ClusterRoleBinding>({
    resource: resources.CLUSTER_ROLE_BINDINGS,
    project: projectWhole<ClusterRoleBinding>,
  });
  readonly certificateRequests = new Table<CertificateSigningRequest>({
    resource: resources.CERTIFICATE_REQUESTS,
    project: projectWhole<CertificateSigningRequest>,
  });
  readonly trustBundles = new Table<ClusterTrustBundle>({
    resource: resources.TRUST_BUNDLES,
    project: projectTrustBundle,
  });
  readonly serviceCidrs = new Table<ServiceCIDR>({
    resource: resources.SERVICE_CIDRS,
    project: projectWhole<ServiceCIDR>,
  });
  readonly ipAddresses = new Table<IPAddress>({ resource: resources.IP_ADDRESSES, project: projectWhole<IPAddress> });
  readonly admissionPolicies = new Table<KubeObject>({
    resource: resources.ADMISSION_POLICIES,
    project: projectWhole<KubeObject>,
  });
  readonly leases = new Table<Lease>({ resource: resources.LEASES, project: projectLease });
  readonly resourceClaims = new Table<ResourceClaim, "pool">({
    resource: resources.RESOURCE_CLAIMS,
    project: projectWhole<ResourceClaim>,
    indexes: {
      /** By driver and pool of the devices that it has been given. */
      pool: ({ status }) => status?.allocation?.devices?.results?.map(poolKey),
    },
  });
  readonly resourceClaimTemplates = new Table<ResourceClaimTemplate>({
    resource: resources.RESOURCE_CLAIM_TEMPLATES,
    project: projectWhole<ResourceClaimTemplate>,
  });
  readonly resourceSlices = new Table<ResourceSlice, "pool">({
    resource: resources.RESOURCE_SLICES,
    project: projectResourceSlice,
    indexes: { pool: ({ spec: { driver, pool } }) => [poolKey({ driver, pool: pool.name })] },
  });
  readonly deviceTaintRules = new Table<DeviceTaintRule>({
    resource: resources.DEVICE_TAINT_RULES,
    project: projectWhole<DeviceTaintRule>,
  });
  readonly poolStatusRequests = new Table<ResourcePoolStatusRequest>({
    resource: resources.POOL_STATUS_REQUESTS,
    project: projectWhole<ResourcePoolStatusRequest>,
  });
  readonly storageVersions = new Table<StorageVersion>({
    resource: resources.STORAGE_VERSIONS,
    project: projectWhole<StorageVersion>,
  });
  readonly storageVersionMigrations = new Table<StorageVersionMigration>({
    resource: resources.STORAGE_VERSION_MIGRATIONS,
    project: projectWhole<StorageVersionMigration>,
  });
  readonly jobs = new Table<Job>({ resource: resources.JOBS, project: projectWhole<Job> });
  readonly cronJobs = new Table<CronJob>({ resource: resources.CRON_JOBS, project: projectWhole<CronJob> });
  readonly disruptionBudgets = new Table<PodDisruptionBudget>({
    resource: resources.DISRUPTION_BUDGETS,
    project: projectWhole<PodDisruptionBudget>,
  });

  readonly autoscalers = new Table<HorizontalPodAutoscaler>({
    resource: resources.AUTOSCALERS,
    project: projectWhole<HorizontalPodAutoscaler>,
  });

  readonly #tables = new Map<Resource, AnyTable>();
  readonly #byUid = new Map<string, Entry>();
  readonly #dependents = new Map<string, Map<string, Entry>>();

  constructor(registry: Registry) {
    this.registry = registry;
    for (const field of Object.values(this)) if (field instanceof Table) this.#tables.set(field.resource, field);
    for (const { storage, verbs } of registry.all()) {
      const deletable = verbs.includes("delete") && verbs.includes("list") && verbs.includes("watch");
      if (!deletable || storage === resources.EVENTS || this.#tables.has(storage)) continue;
      this.#tables.set(storage, new Table<KubeObject>({ resource: storage, project: projectIdentity }));
    }
  }

  tables(): Iterable<AnyTable> {
    return this.#tables.values();
  }

  table(resource: Resource): AnyTable | undefined {
    return this.#tables.get(resource);
  }

  byUid(uid: string): Entry | undefined {
    return this.#byUid.get(uid);
  }

  /** Everything with an owner reference to `uid`, by its own uid. */
  dependentsOf(uid: string): ReadonlyMap<string, Entry> {
    return this.#dependents.get(uid) ?? NONE;
  }

  /** Objects of one resource whose controller is `uid`. */
  controlledBy<T extends KubeObject>(uid: string, resource: Resource): T[] {
    const found: T[] = [];
    for (const entry of this.dependentsOf(uid).values()) {
      if (entry.resource === resource && controllerOf(entry.object)?.uid === uid) found.push(entry.object as T);
    }
    return found;
  }

  /** Keeps what is found under uids and owners in step; must see every change before anybody plans. */
  observe({ type, resource, object, previous }: Change): void {
    if (previous) this.#forget(previous as KubeObject);
    if (type === "deleted") this.#forget(object as KubeObject);
    else this.#remember({ resource, object: object as KubeObject });
  }

  #remember(entry: Entry): void {
    const { uid = "", ownerReferences } = entry.object.metadata;
    this.#byUid.set(uid, entry);
    for (const owner of ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      if (dependents) dependents.set(uid, entry);
      else this.#dependents.set(owner.uid, new Map([[uid, entry]]));
    }
  }

  #forget({ metadata: { uid = "", ownerReferences } }: KubeObject): void {
    this.#byUid.delete(uid);
    for (const owner of ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
