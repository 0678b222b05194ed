/**
 * Pods that take more of the node's disk than their limits allow are evicted.
 * Source: https://kubernetes.io/docs/concepts/storage/ephemeral-storage/ and kubelet's eviction manager. Pure.
 */
import { addQuantities, wholeValue } from "../../machinery/meta/quantity.ts";
import type { NodePod } from "./pod.ts";

/** In bytes. */
export interface StorageUse {
  /** By name of the emptyDir volume. */
  volumes: ReadonlyMap<string, number>;
  /** Writable layer and logs, by name of the container. */
  containers: ReadonlyMap<string, number>;
}

const RESOURCE = "ephemeral-storage";
/** system-cluster-critical; such pods are never evicted. */
const CRITICAL_PRIORITY = 2_000_000_000;

const isPositive = (quantity: string | undefined): quantity is string =>
  quantity !== undefined && wholeValue(quantity) > 0;

const volumeLimits = ({ spec }: NodePod): [string, string][] =>
  (spec.volumes ?? []).flatMap(({ name, emptyDir }): [string, string][] =>
    isPositive(emptyDir?.sizeLimit) ? [[name, emptyDir.sizeLimit]] : [],
  );

const containerLimits = ({ spec }: NodePod): [string, string][] =>
  spec.containers.flatMap(({ name, resources }): [string, string][] => {
    const limit = resources?.limits?.[RESOURCE];
    return isPositive(limit) ? [[name, limit]] : [];
  });

/** Whether it can ever be evicted for what it stores. */
export const hasStorageLimits = (pod: NodePod): boolean =>
  (pod.spec.priority ?? 0) < CRITICAL_PRIORITY && volumeLimits(pod).length + containerLimits(pod).length > 0;

/** Why the pod is to go; undefined: it keeps its limits. */
export function storageExcess(pod: NodePod, { volumes, containers }: StorageUse): string | undefined {
  for (const [name, limit] of volumeLimits(pod)) {
    if ((volumes.get(name) ?? 0) > wholeValue(limit)) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    }
  }
  const limits = containerLimits(pod);
  const [first, ...others] = limits.map(([, limit]) => limit);
  if (first === undefined) return undefined;
  const total = others.reduce(addQuantities, first);
  const inMemory = new Set(
    (pod.spec.volumes ?? []).filter(({ emptyDir }) => emptyDir?.medium === "Memory").map(({ name }) => name),
  );
  const onDisk = [...volumes].filter(([name]) => !inMemory.has(name)).map(([, bytes]) => bytes);
  const used = [...containers.values(), ...onDisk].reduce((sum, bytes) => sum + bytes, 0);
  if (used > wholeValue(total)) {
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `;
  }
  const over = limits.find(([name, limit]) => (containers.get(name) ?? 0) > wholeValue(limit));
  return over && `Container ${over[0]} exceeded its local ephemeral storage limit "${over[1]}". `;
}
