/** Which rules each kind has. A kind that is not named here has the rules every object has, and no more. */

import {
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
} from "./admissionregistration/policies.ts";
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from "./admissionregistration/webhooks.ts";
import { customResourceDefinition } from "./apiextensions/custom-resource-definition.ts";
import { apiService } from "./apiregistration/api-service.ts";
import { storageVersion } from "./apiserverinternal/storage-version.ts";
import { controllerRevision } from "./apps/controller-revision.ts";
import { daemonSet } from "./apps/daemon-set.ts";
import { deployment } from "./apps/deployment.ts";
import { replicaSet } from "./apps/replica-set.ts";
import { statefulSet } from "./apps/stateful-set.ts";
import { horizontalPodAutoscaler } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscaler as olderAutoscaler } from "./autoscaling/horizontal-pod-autoscaler-v1.ts";
import { cronJob } from "./batch/cron-job.ts";
import { job } from "./batch/job.ts";
import { certificateSigningRequest } from "./certificates/certificate-signing-request.ts";
import { clusterTrustBundle } from "./certificates/cluster-trust-bundle.ts";
import { podCertificateRequest } from "./certificates/pod-certificate-request.ts";
import { lease } from "./coordination/lease.ts";
import { leaseCandidate } from "./coordination/lease-candidate.ts";
import { componentStatus } from "./core/component-status.ts";
import { configMap } from "./core/config-map.ts";
import { endpoints } from "./core/endpoints.ts";
import { event } from "./core/event.ts";
import { limitRange } from "./core/limit-range.ts";
import { namespace } from "./core/namespace.ts";
import { node } from "./core/node.ts";
import { persistentVolume } from "./core/persistent-volume.ts";
import { persistentVolumeClaim } from "./core/persistent-volume-claim.ts";
import { pod } from "./core/pod.ts";
import { podTemplate } from "./core/pod-template-object.ts";
import { replicationController } from "./core/replication-controller.ts";
import { resourceQuota } from "./core/resource-quota.ts";
import { secret } from "./core/secret.ts";
import { service } from "./core/service.ts";
import { serviceAccount } from "./core/service-account.ts";
import { endpointSlice } from "./discovery/endpoint-slice.ts";
import { event as newerEvent } from "./events/event.ts";
import { flowSchema } from "./flowcontrol/flow-schema.ts";
import { priorityLevelConfiguration } from "./flowcontrol/priority-level-configuration.ts";
import type { Strategy } from "./kind.ts";
import { ingress } from "./networking/ingress.ts";
import { ingressClass } from "./networking/ingress-class.ts";
import { ipAddress } from "./networking/ip-address.ts";
import { networkPolicy } from "./networking/network-policy.ts";
import { serviceCidr } from "./networking/service-cidr.ts";
import { runtimeClass } from "./node/runtime-class.ts";
import { podDisruptionBudget } from "./policy/pod-disruption-budget.ts";
import { clusterRole } from "./rbac/cluster-role.ts";
import { clusterRoleBinding } from "./rbac/cluster-role-binding.ts";
import { role } from "./rbac/role.ts";
import { roleBinding } from "./rbac/role-binding.ts";
import { deviceClass } from "./resource/device-class.ts";
import { deviceTaintRule } from "./resource/device-taint-rule.ts";
import { olderResourceClaim, olderResourceClaimTemplate, olderResourceSlice } from "./resource/older.ts";
import { resourceClaim } from "./resource/resource-claim.ts";
import { resourceClaimTemplate } from "./resource/resource-claim-template.ts";
import { resourcePoolStatusRequest } from "./resource/resource-pool-status-request.ts";
import { resourceSlice } from "./resource/resource-slice.ts";
import { podGroup } from "./scheduling/pod-group.ts";
import { priorityClass } from "./scheduling/priority-class.ts";
import { workload } from "./scheduling/workload.ts";
import { csiDriver } from "./storage/csi-driver.ts";
import { csiNode } from "./storage/csi-node.ts";
import { csiStorageCapacity } from "./storage/csi-storage-capacity.ts";
import { storageClass } from "./storage/storage-class.ts";
import { volumeAttachment } from "./storage/volume-attachment.ts";
import { volumeAttributesClass } from "./storage/volume-attributes-class.ts";
import { storageVersionMigration } from "./storagemigration/storage-version-migration.ts";

/** By storage key, for all served versions. */
const byStorage: { readonly [storage: string]: Strategy } = {
  componentstatuses: componentStatus,
  configmaps: configMap,
  endpoints,
  events: event,
  limitranges: limitRange,
  namespaces: namespace,
  nodes: node,
  persistentvolumeclaims: persistentVolumeClaim,
  persistentvolumes: persistentVolume,
  pods: pod,
  podtemplates: podTemplate,
  replicationcontrollers: replicationController,
  resourcequotas: resourceQuota,
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
  "podgroups.scheduling.k8s.io": podGroup,
  "priorityclasses.scheduling.k8s.io": priorityClass,
  "workloads.scheduling.k8s.io": workload,
  "csidrivers.storage.k8s.io": csiDriver,
  "csinodes.storage.k8s.io": csiNode,
  "csistoragecapacities.storage.k8s.io": csiStorageCapacity,
  "storageclasses.storage.k8s.io": storageClass,
  "volumeattachments.storage.k8s.io": volumeAttachment,
  "volumeattributesclasses.storage.k8s.io": volumeAttributesClass,
  "mutatingadmissionpolicies.admissionregistration.k8s.io": mutatingAdmissionPolicy,
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": mutatingAdmissionPolicyBinding,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": mutatingWebhookConfiguration,
  "validatingadmissionpolicies.admissionregistration.k8s.io": validatingAdmissionPolicy,
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": validatingAdmissionPolicyBinding,
  "validatingwebhookconfigurations.admissionregistration.k8s.io": validatingWebhookConfiguration,
  "customresourcedefinitions.apiextensions.k8s.io": customResourceDefinition,
  "apiservices.apiregistration.k8s.io": apiService,
  "certificatesigningrequests.certificates.k8s.io": certificateSigningRequest,
  "clustertrustbundles.certificates.k8s.io": clusterTrustBundle,
  "podcertificaterequests.certificates.k8s.io": podCertificateRequest,
  "leasecandidates.coordination.k8s.io": leaseCandidate,
  "leases.coordination.k8s.io": lease,
  "runtimeclasses.node.k8s.io": runtimeClass,
  "flowschemas.flowcontrol.apiserver.k8s.io": flowSchema,
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": priorityLevelConfiguration,
  "storageversions.internal.apiserver.k8s.io": storageVersion,
  "deviceclasses.resource.k8s.io": deviceClass,
  "devicetaintrules.resource.k8s.io": deviceTaintRule,
  "resourceclaims.resource.k8s.io": resourceClaim,
  "resourceclaimtemplates.resource.k8s.io": resourceClaimTemplate,
  "resourcepoolstatusrequests.resource.k8s.io": resourcePoolStatusRequest,
  "resourceslices.resource.k8s.io": resourceSlice,
  "storageversionmigrations.storagemigration.k8s.io": storageVersionMigration,
};

/** By `<plural>.<group>@<version>`, for versions whose fields differ from the stored one's. */
const byVersion: { readonly [resource: string]: Strategy } = {
  "events.events.k8s.io@v1": newerEvent,
  "horizontalpodautoscalers.autoscaling@v1": olderAutoscaler,
  "resourceclaims.resource.k8s.io@v1beta1": olderResourceClaim,
  "resourceclaimtemplates.resource.k8s.io@v1beta1": olderResourceClaimTemplate,
  "resourceslices.resource.k8s.io@v1beta1": olderResourceSlice,
};

const NONE: Strategy = {};

export const strategyFor = (storage: string, version: string, resource: string): Strategy =>
  byVersion[`${resource}@${version}`] ?? byStorage[storage] ?? NONE;
