/** What clients are warned of when they create or change an object: fields and values that are allowed but will go. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Node, ServiceAccount } from "../generated/api/core-v1.ts";
import type { RuntimeClass } from "../generated/api/node-v1.ts";
import type { ResourceSlice } from "../generated/api/resource-v1.ts";
import { cidrWarnings } from "./addresses.ts";
import { deprecatedNodeLabel } from "./node-labels.ts";
import { secretWarnings } from "./secrets.ts";
import {
  endpointSliceWarnings,
  endpointsWarnings,
  ingressWarnings,
  networkPolicyWarnings,
  serviceWarnings,
} from "./services.ts";
import { claimWarnings, persistentVolumeWarnings, storageCapacityWarnings, storageClassWarnings } from "./volumes.ts";
import {
  cronJobWarnings,
  jobWarnings,
  namedTemplateWarnings,
  ownPodWarnings,
  podTemplateWarnings,
  statefulSetWarnings,
  templateWarnings,
} from "./workloads.ts";

/** Of a valid object; `prev` is what it replaces. Each text becomes a Warning header. */
export type Warnings = (next: KubeObject, prev: KubeObject | undefined) => string[];

function nodeWarnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource ? ["spec.configSource: deprecated in v1.22, support removal is planned in v1.23"] : []),
    ...(spec?.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ...(spec?.podCIDRs ?? []).flatMap((cidr, i) => cidrWarnings(`spec.podCIDRs[${i}]`, cidr)),
  ];
}

const runtimeClassWarnings = ({ scheduling }: RuntimeClass): string[] =>
  Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
    const message = deprecatedNodeLabel(key);
    return message ? [`scheduling.nodeSelector: ${message}`] : [];
  });

const MOUNTABLE_SECRETS = "kubernetes.io/enforce-mountable-secrets";

function serviceAccountWarnings(next: ServiceAccount, prev: ServiceAccount | undefined): string[] {
  const has = (account: ServiceAccount): boolean =>
    Object.hasOwn(account.metadata.annotations ?? {}, MOUNTABLE_SECRETS);
  if (!has(next) || (prev && has(prev))) return [];
  const says = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets";
  return [`metadata.annotations[${MOUNTABLE_SECRETS}]: ${says}`];
}

/** Names of drivers are compared as they are written, so that two that differ in case only are two drivers. */
function sliceWarnings({ spec: { driver } }: ResourceSlice): string[] {
  if (driver === driver.toLowerCase()) return [];
  return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
}

/** Each is given objects of its own kind only. */
const of = <T extends KubeObject>(warnings: (next: T, prev: T | undefined) => string[]): Warnings =>
  warnings as unknown as Warnings;

/** By storage key. */
const WARNINGS: ReadonlyMap<string, Warnings> = new Map([
  ["pods", of(ownPodWarnings)],
  ["podtemplates", of(podTemplateWarnings)],
  ["replicationcontrollers", of(namedTemplateWarnings)],
  ["nodes", of(nodeWarnings)],
  ["serviceaccounts", of(serviceAccountWarnings)],
  ["secrets", of(secretWarnings)],
  ["services", of(serviceWarnings)],
  ["endpoints", of(endpointsWarnings)],
  ["persistentvolumes", of(persistentVolumeWarnings)],
  ["persistentvolumeclaims", of(claimWarnings)],
  ["daemonsets.apps", of(templateWarnings)],
  ["deployments.apps", of(namedTemplateWarnings)],
  ["replicasets.apps", of(namedTemplateWarnings)],
  ["statefulsets.apps", of(statefulSetWarnings)],
  ["jobs.batch", of(jobWarnings)],
  ["cronjobs.batch", of(cronJobWarnings)],
  ["endpointslices.discovery.k8s.io", of(endpointSliceWarnings)],
  ["ingresses.networking.k8s.io", of(ingressWarnings)],
  ["networkpolicies.networking.k8s.io", of(networkPolicyWarnings)],
  ["runtimeclasses.node.k8s.io", of(runtimeClassWarnings)],
  ["storageclasses.storage.k8s.io", of(storageClassWarnings)],
  ["resourceslices.resource.k8s.io", of(sliceWarnings)],
  ["csistoragecapacities.storage.k8s.io", of(storageCapacityWarnings)],
]);

/** Undefined for most kinds. */
export const warningsOf = (storage: string): Warnings | undefined => WARNINGS.get(storage);
