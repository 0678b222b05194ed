/** Which rules each kind has. A kind that is not named here has the rules every object has, and no more. */

import { controllerRevision } from "./apps/controller-revision.ts";
import { daemonSet } from "./apps/daemon-set.ts";
import { deployment } from "./apps/deployment.ts";
import { replicaSet } from "./apps/replica-set.ts";
import { statefulSet } from "./apps/stateful-set.ts";
import { horizontalPodAutoscaler } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscaler as olderAutoscaler } from "./autoscaling/horizontal-pod-autoscaler-v1.ts";
import { cronJob } from "./batch/cron-job.ts";
import { job } from "./batch/job.ts";
import { lease } from "./coordination/lease.ts";
import { configMap } from "./core/config-map.ts";
import { endpoints } from "./core/endpoints.ts";
import { event } from "./core/event.ts";
import { namespace } from "./core/namespace.ts";
import { node } from "./core/node.ts";
import { persistentVolume } from "./core/persistent-volume.ts";
import { persistentVolumeClaim } from "./core/persistent-volume-claim.ts";
import { pod } from "./core/pod.ts";
import { replicationController } from "./core/replication-controller.ts";
import { secret } from "./core/secret.ts";
import { service } from "./core/service.ts";
import { serviceAccount } from "./core/service-account.ts";
import { endpointSlice } from "./discovery/endpoint-slice.ts";
import { event as newerEvent } from "./events/event.ts";
import type { Strategy } from "./kind.ts";
import { ingress } from "./networking/ingress.ts";
import { ingressClass } from "./networking/ingress-class.ts";
import { ipAddress } from "./networking/ip-address.ts";
import { networkPolicy } from "./networking/network-policy.ts";
import { serviceCidr } from "./networking/service-cidr.ts";
import { podDisruptionBudget } from "./policy/pod-disruption-budget.ts";
import { clusterRole } from "./rbac/cluster-role.ts";
import { clusterRoleBinding } from "./rbac/cluster-role-binding.ts";
import { role } from "./rbac/role.ts";
import { roleBinding } from "./rbac/role-binding.ts";
import { priorityClass } from "./scheduling/priority-class.ts";
import { csiDriver } from "./storage/csi-driver.ts";
import { csiNode } from "./storage/csi-node.ts";
import { csiStorageCapacity } from "./storage/csi-storage-capacity.ts";
import { storageClass } from "./storage/storage-class.ts";
import { volumeAttachment } from "./storage/volume-attachment.ts";
import { volumeAttributesClass } from "./storage/volume-attributes-class.ts";

/** By storage key, for all served versions. */
const byStorage: { readonly [storage: string]: Strategy } = {
  configmaps: configMap,
  endpoints,
  events: event,
  namespaces: namespace,
  nodes: node,
  persistentvolumeclaims: persistentVolumeClaim,
  persistentvolumes: persistentVolume,
  pods: pod,
  replicationcontrollers: replicationController,
  secrets: secret,
  serviceaccounts: serviceAccount,
  services: service,
  "controllerrevisions.apps": controllerRevision,
  "daemonsets.apps": daemonSet,
  "deployments.apps": deployment,
  "replicasets.apps": replicaSet,
  "statefulsets.apps": statefulSet,
  "endpointslices.discovery.k8s.io": endpointSlice,
  "cronjobs.batch": cronJob,
  "jobs.batch": job,
  "horizontalpodautoscalers.autoscaling": horizontalPodAutoscaler,
  "ingressclasses.networking.k8s.io": ingressClass,
  "ingresses.networking.k8s.io": ingress,
  "ipaddresses.networking.k8s.io": ipAddress,
  "networkpolicies.networking.k8s.io": networkPolicy,
  "servicecidrs.networking.k8s.io": serviceCidr,
  "poddisruptionbudgets.policy": podDisruptionBudget,
  "clusterrolebindings.rbac.authorization.k8s.io": clusterRoleBinding,
  "clusterroles.rbac.authorization.k8s.io": clusterRole,
  "rolebindings.rbac.authorization.k8s.io": roleBinding,
  "roles.rbac.authorization.k8s.io": role,
  "priorityclasses.scheduling.k8s.io": priorityClass,
  "csidrivers.storage.k8s.io": csiDriver,
  "csinodes.storage.k8s.io": csiNode,
  "csistoragecapacities.storage.k8s.io": csiStorageCapacity,
  "storageclasses.storage.k8s.io": storageClass,
  "volumeattachments.storage.k8s.io": volumeAttachment,
  "volumeattributesclasses.storage.k8s.io": volumeAttributesClass,
  "leases.coordination.k8s.io": lease,
};

/** By `<plural>.<group>@<version>`, for versions whose fields differ from the stored one's. */
const byVersion: { readonly [resource: string]: Strategy } = {
  "events.events.k8s.io@v1": newerEvent,
  "horizontalpodautoscalers.autoscaling@v1": olderAutoscaler,
};

const NONE: Strategy = {};

export const strategyFor = (storage: string, version: string, resource: string): Strategy =>
  byVersion[`${resource}@${version}`] ?? byStorage[storage] ?? NONE;
