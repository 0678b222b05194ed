/**
 * What ResourceClaims count for: their number, devices by class, and the extended resources that classes stand for, so
 * that devices cannot be had twice, once by each name. Reads the store.
 * Source: KEP-4381, KEP-5004; k8s.io/kubernetes/pkg/quota/v1/evaluator/core.
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { addQuantities, compareQuantities, subtractQuantities } from "../../../machinery/meta/quantity.ts";
import type { Store } from "../../store/contract.ts";
import type { Evaluator } from "./evaluator.ts";
import { podUsage } from "./pod-usage.ts";
import { has, type ResourceList } from "./resource-list.ts";

export const DEVICE_CLAIMS = "resourceclaims.resource.k8s.io";
const CLASSES = "deviceclasses.resource.k8s.io";
/** On the claim that the scheduler makes for a pod's extended resources. */
const FOR_EXTENDED_RESOURCES = "resource.kubernetes.io/extended-resource-claim";

const COUNT = `count/${DEVICE_CLAIMS}`;
const DEVICE_SUFFIX = ".deviceclass.resource.k8s.io/devices";
const IMPLICIT = "requests.deviceclass.resource.kubernetes.io/";
/** As many as one claim can be given. */
const ALL_DEVICES = 32;

export type Read = Pick<Store, "get" | "list">;

interface DeviceClass extends KubeObject {
  spec?: { extendedResourceName?: string };
}

interface DeviceRequest {
  deviceClassName?: string;
  allocationMode?: string;
  count?: number;
}

interface DeviceClaim extends KubeObject {
  spec?: { devices?: { requests?: { exactly?: DeviceRequest; firstAvailable?: DeviceRequest[] }[] } };
}

/** By an extended resource's name, which pods count for, too: what a claim counts for then depends on its pod. */
export const isByExtendedName = (name: string): boolean => name.startsWith("requests.");

export function deviceClaimEvaluator(read: Read): Evaluator {
  let names: ReadonlyMap<string, string> | undefined;
  /** The extended resource of each class that stands for one. */
  const extended = (): ReadonlyMap<string, string> => {
    names ??= extendedNames(read);
    return names;
  };
  return {
    counts(name) {
      if (name === COUNT || name.endsWith(DEVICE_SUFFIX)) return true;
      if (name.startsWith(IMPLICIT)) return extended().has(name.slice(IMPLICIT.length));
      if (!isByExtendedName(name) || !name.includes("/")) return false;
      const asked = name.slice("requests.".length);
      return [...extended().values()].includes(asked);
    },
    usage(claim) {
      const usage = deviceUsage(claim);
      const more = extendedUsage(usage, extended());
      if (Object.keys(more).length === 0) return usage;
      const paid = usageOfPod(read, claim);
      for (const [name, amount] of Object.entries(more)) {
        const left = has(paid, name) ? subtractQuantities(amount, paid[name]!) : amount;
        if (compareQuantities(left, "0") > 0) usage[name] = left;
      }
      return usage;
    },
  };
}

function extendedNames(read: Read): Map<string, string> {
  const names = new Map<string, string>();
  for (const { value } of read.list({ resource: CLASSES, contains: '"extendedResourceName"' })) {
    const { metadata, spec } = JSON.parse(value) as DeviceClass;
    if (metadata.name && spec?.extendedResourceName) names.set(metadata.name, spec.extendedResourceName);
  }
  return names;
}

const devicesOf = ({ allocationMode, count = 0 }: DeviceRequest): number =>
  allocationMode === "All" ? ALL_DEVICES : allocationMode === "ExactCount" ? count : 0;

/** Of alternatives the worst counts. */
function deviceUsage(object: KubeObject): ResourceList {
  const usage: ResourceList = { [COUNT]: "1" };
  for (const { exactly, firstAvailable = [] } of (object as DeviceClaim).spec?.devices?.requests ?? []) {
    const worst = new Map<string, number>();
    for (const request of exactly ? [exactly] : firstAvailable) {
      const name = `${request.deviceClassName}${DEVICE_SUFFIX}`;
      worst.set(name, Math.max(worst.get(name) ?? 0, devicesOf(request)));
    }
    for (const [name, count] of worst) usage[name] = addQuantities(usage[name] ?? "0", String(count));
  }
  return usage;
}

function extendedUsage(devices: ResourceList, extended: ReadonlyMap<string, string>): ResourceList {
  const usage: ResourceList = {};
  for (const [name, amount] of Object.entries(devices)) {
    if (!name.endsWith(DEVICE_SUFFIX)) continue;
    const className = name.slice(0, -DEVICE_SUFFIX.length);
    const resource = extended.get(className);
    if (resource === undefined) continue;
    usage[IMPLICIT + className] = amount;
    usage[`requests.${resource}`] = amount;
  }
  return usage;
}

/** What the pod counts for that the claim was made for by the scheduler; nothing when it is not that pod's only one. */
function usageOfPod(read: Read, claim: KubeObject): ResourceList {
  const owner = ownerOf(claim);
  if (!owner) return {};
  const namespace = claim.metadata.namespace ?? "";
  const row = read.get({ resource: "pods", namespace, name: owner.name });
  const pod = row && (JSON.parse(row.value) as KubeObject);
  if (pod?.metadata.uid !== owner.uid) return {};
  const status = pod.status as { extendedResourceClaimStatus?: { resourceClaimName?: string } } | undefined;
  const told = status?.extendedResourceClaimStatus;
  if (told ? told.resourceClaimName !== claim.metadata.name : hasEarlier(read, claim, owner.uid)) return {};
  return podUsage(pod);
}

function ownerOf({ metadata }: KubeObject): { name: string; uid: string } | undefined {
  if (metadata.annotations?.[FOR_EXTENDED_RESOURCES] !== "true") return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return owner?.kind === "Pod" && owner.apiVersion === "v1" ? owner : undefined;
}

/** Whether the pod owns such a claim that was made before this one. */
function hasEarlier(read: Read, { metadata }: KubeObject, uid: string): boolean {
  const key = ({ creationTimestamp = "", name = "" }: KubeObject["metadata"]): string => `${creationTimestamp} ${name}`;
  for (const { value } of read.list({ resource: DEVICE_CLAIMS, namespace: metadata.namespace ?? "", contains: uid })) {
    const other = JSON.parse(value) as KubeObject;
    if (ownerOf(other)?.uid === uid && key(other.metadata) < key(metadata)) return true;
  }
  return false;
}
