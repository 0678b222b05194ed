/** What services and volume claims count for. Pure. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { compareQuantities, wholeValue } from "../../../machinery/meta/quantity.ts";
import type { ResourceList } from "./resource-list.ts";

const SERVICE_NAMES: ReadonlySet<string> = new Set([
  "count/services",
  "services",
  "services.nodeports",
  "services.loadbalancers",
]);

export const isServiceResource = (name: string): boolean => SERVICE_NAMES.has(name);

interface Service extends KubeObject {
  spec: { type?: string; ports?: { nodePort?: number }[]; allocateLoadBalancerNodePorts?: boolean };
}

/** Node ports are counted as they will be allocated. */
export function serviceUsage(object: KubeObject): ResourceList {
  const { type, ports = [], allocateLoadBalancerNodePorts } = (object as Service).spec;
  const balanced = type === "LoadBalancer";
  const explicit = balanced && allocateLoadBalancerNodePorts === false;
  const counted = explicit ? ports.filter(({ nodePort }) => nodePort) : balanced || type === "NodePort" ? ports : [];
  return {
    "count/services": "1",
    services: "1",
    "services.nodeports": String(counted.length),
    "services.loadbalancers": balanced ? "1" : "0",
  };
}

const CLAIM_NAMES = ["persistentvolumeclaims", "requests.storage"];
const CLASS_SUFFIX = ".storageclass.storage.k8s.io/";

export const isClaimResource = (name: string): boolean =>
  name === "count/persistentvolumeclaims" ||
  CLAIM_NAMES.includes(name) ||
  CLAIM_NAMES.some((own) => name.endsWith(CLASS_SUFFIX + own));

interface Claim extends KubeObject {
  spec: {
    storageClassName?: string;
    volumeAttributesClassName?: string;
    resources?: { requests?: ResourceList };
  };
  status?: {
    allocatedResources?: ResourceList;
    currentVolumeAttributesClassName?: string;
    modifyVolumeStatus?: { targetVolumeAttributesClassName?: string };
  };
}

export function claimUsage(object: KubeObject): ResourceList {
  const { metadata, spec, status } = object as Claim;
  const usage: ResourceList = { "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1" };
  let storage = spec.resources?.requests?.storage;
  const allocated = status?.allocatedResources?.storage;
  if (storage !== undefined && allocated !== undefined && compareQuantities(allocated, storage) > 0)
    storage = allocated;
  // Whole bytes only.
  if (storage !== undefined && compareQuantities(storage, String(wholeValue(storage))) !== 0)
    storage = String(wholeValue(storage));
  if (storage !== undefined) usage["requests.storage"] = storage;
  const className = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName;
  if (!className) return usage;
  usage[`${className}${CLASS_SUFFIX}persistentvolumeclaims`] = "1";
  if (storage !== undefined) usage[`${className}${CLASS_SUFFIX}requests.storage`] = storage;
  return usage;
}

/** Every attributes class a claim has or is to have. */
export function attributesClasses(object: KubeObject): string[] {
  const { spec, status } = object as Claim;
  const names = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.filter((name): name is string => !!name))];
}
