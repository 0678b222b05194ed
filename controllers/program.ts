import type { Registry } from "../kinds/kind.ts";
import { registry } from "../kinds/registry.ts";
import { type Clock, systemClock } from "../machinery/clock.ts";
import type { Cluster, Resource } from "../machinery/cluster/contract.ts";
import type { Program } from "../machinery/cluster/program.ts";
import { admissionPolicyStatusController } from "./admission-policy-status/controller.ts";
import { attachDetachController } from "./attach-detach/controller.ts";
import { bootstrapSignerController } from "./bootstrap/signer.ts";
import { tokenCleanerController } from "./bootstrap/token-cleaner.ts";
import { certificateController } from "./certificates/controller.ts";
import { podCertificateCleaner } from "./certificates/pod-requests.ts";
import { clusterRoleAggregationController } from "./cluster-role-aggregation/controller.ts";
import { cronJobController } from "./cron-job/controller.ts";
import { daemonSetController } from "./daemon-set/controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import { deviceTaintEvictionController } from "./device-taint-eviction/controller.ts";
import { disruptionController } from "./disruption/controller.ts";
import { endpointSliceMirroringController } from "./endpoint-slice-mirroring/controller.ts";
import { endpointsController } from "./endpoints/endpoints-controller.ts";
import { endpointSliceController } from "./endpoints/slice-controller.ts";
import { ephemeralVolumeController } from "./ephemeral-volume/controller.ts";
import { garbageCollector } from "./garbage/controller.ts";
import { horizontalPodAutoscalerController } from "./horizontal-pod-autoscaler/controller.ts";
import type { ApiReader } from "./horizontal-pod-autoscaler/metrics.ts";
import { jobController } from "./job/controller.ts";
import { leaseCleanerController } from "./lease-cleaner/controller.ts";
import { legacyTokenCleaner } from "./legacy-tokens/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { taintEvictionController } from "./node/eviction.ts";
import { nodeIpamController } from "./node/ipam.ts";
import { nodeLifecycleController } from "./node/lifecycle.ts";
import { nodeTtlController } from "./node-ttl/controller.ts";
import { persistentVolumeController } from "./persistent-volume/controller.ts";
import { podGarbageCollector } from "./pod-gc/controller.ts";
import { podGroupProtectionController } from "./pod-group/controller.ts";
import { replicaSetController } from "./replica-set/controller.ts";
import { replicationController } from "./replication-controller/controller.ts";
import { resourceClaimController } from "./resource-claim/controller.ts";
import { resourcePoolStatusController } from "./resource-pool-status/controller.ts";
import { resourceQuotaController } from "./resource-quota/controller.ts";
import { rootCaController } from "./root-ca/controller.ts";
import type { Controller } from "./runner/controller.ts";
import type { RunnerMetrics } from "./runner/metrics.ts";
import { Runner } from "./runner/runner.ts";
import { serviceAccountController } from "./service-account/controller.ts";
import { serviceIpRepairController } from "./service-ip/repair.ts";
import { serviceCidrController } from "./service-ip/service-cidr.ts";
import { statefulSetController } from "./stateful-set/controller.ts";
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from "./storage-protection/controllers.ts";
import { storageVersionCollector } from "./storage-version/collect.ts";
import { storageVersionMigrator } from "./storage-version/migrate.ts";
import { trustBundlePublisher } from "./trust-bundle/controller.ts";
import { ttlAfterFinishedController } from "./ttl/controller.ts";
import { isReadConfigMap, projectIdentity } from "./view/project.ts";
import { CONFIG_MAPS, TRUST_BUNDLES } from "./view/resources.ts";
import { View } from "./view/view.ts";
import { volumeExpandController } from "./volume-expand/controller.ts";

export interface ControllersOptions {
  cluster: Cluster;
  /** Reads as the autoscaler's service account; absent: HorizontalPodAutoscalers are left alone. */
  api?: ApiReader | undefined;
  /** PEM of the CA that signs the API server's certificate; published in every namespace. */
  caCertificate: string;
  /** The kinds that are served; absent: all, but nothing is published where they usually are not. */
  served?: Registry;
  clock?: Clock;
  /** In [0, 1). For names of pods, which need not be secret. */
  random?: () => number;
  log?(line: { [field: string]: unknown }): void;
}

const tables = [...new View(registry).tables()];

/** The storage keys whose changes the controllers must be told of. */
export const controllerResources: readonly Resource[] = tables.map(({ resource }) => resource);

const knownByIdentity = new Set(
  tables.flatMap(({ resource, project }) => (project === projectIdentity ? resource : [])),
);

/** Whether the controllers look at nothing but the metadata of this object. */
export const isHeadEnough = (object: { resource: Resource; namespace: string; name: string }): boolean =>
  object.resource === CONFIG_MAPS ? !isReadConfigMap(object) : knownByIdentity.has(object.resource);

/** All controllers, over one view of the cluster. */
export function controllersProgram(options: ControllersOptions): Program & { metrics(): RunnerMetrics } {
  const {
    cluster,
    clock = systemClock,
    random = Math.random,
    log = (line) => console.log(JSON.stringify(line)),
  } = options;
  return new Runner({ cluster, view: new View(registry), controllers: allControllers(options), clock, random, log });
}

/** In the order in which they take turns: what starts and stops pods, then what follows from them. */
const allControllers = ({ cluster, api, caCertificate, served }: ControllersOptions): Controller[] => [
  serviceAccountController,
  rootCaController(caCertificate),
  ...(served?.findStorage(TRUST_BUNDLES) ? [trustBundlePublisher(caCertificate)] : []),
  // Before the one that needs no version: so both can write to a new node in one commit.
  nodeLifecycleController(),
  nodeIpamController,
  nodeTtlController(),
  taintEvictionController(),
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController(),
  jobController,
  ttlAfterFinishedController,
  cronJobController,
  disruptionController,
  ...(api ? [horizontalPodAutoscalerController(api)] : []),
  endpointSliceController(),
  endpointsController,
  endpointSliceMirroringController,
  resourceQuotaController(),
  serviceCidrController,
  serviceIpRepairController,
  ephemeralVolumeController,
  persistentVolumeController(),
  attachDetachController(),
  volumeExpandController,
  resourceClaimController,
  deviceTaintEvictionController(),
  resourcePoolStatusController,
  claimProtectionController,
  volumeProtectionController,
  attributesClassProtectionController,
  podGroupProtectionController,
  clusterRoleAggregationController,
  admissionPolicyStatusController,
  certificateController(cluster),
  podCertificateCleaner,
  bootstrapSignerController,
  tokenCleanerController,
  legacyTokenCleaner,
  leaseCleanerController,
  storageVersionCollector,
  storageVersionMigrator(served ?? registry),
  podGarbageCollector(),
  garbageCollector,
  namespaceController,
];
