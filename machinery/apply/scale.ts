/**
 * Ownership of a workload's replicas, seen through its Scale.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/ and behaviour of apimachinery's
 * managedfields.ScaleHandler.
 */
import { difference, has, setOfPath, union } from "./field-set.ts";
import { identityOf, inOrder, Manager, type Managers, putManager, readManagersText } from "./managers.ts";
import { type Ownership, ownershipOf } from "./ownership.ts";

export interface ScaleMapping {
  /** Of the workload: "apps/v1". */
  apiVersion: string;
  /** Where the workload keeps its replicas: ["f:spec", "f:replicas"]. */
  path: readonly string[];
}

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS = ["f:spec", "f:replicas"] as const;

const read = (managed: string | undefined): Managers =>
  managed === undefined ? new Map<string, Manager>() : readManagersText(managed);

/** managedFields of a Scale, as text: who owns the workload's replicas. `managed`: those of the workload. */
export function scaleManagedFields(
  managed: string | undefined,
  { apiVersion, path }: ScaleMapping,
): string | undefined {
  const managers: Managers = new Map();
  for (const manager of read(managed).values()) {
    if (manager.apiVersion !== apiVersion || !has(manager.set, path)) continue;
    const { name, operation, subresource, time } = manager;
    const who = { name, operation, apiVersion: SCALE_VERSION, subresource };
    managers.set(identityOf(who), Manager.of(who, setOfPath(REPLICAS), time));
  }
  return ownershipOf(managers, inOrder(managers)).managed;
}

/** Ownership of the workload with `managed`, once its Scale has `scaleManaged`. */
export function workloadOwnership(
  managed: string | undefined,
  scaleManaged: string | undefined,
  { apiVersion, path }: ScaleMapping,
): Ownership {
  const replicas = setOfPath(path);
  const owners: Managers = new Map();
  for (const { name, operation, subresource, time, set } of read(scaleManaged).values()) {
    if (!has(set, REPLICAS)) continue;
    const who = { name, operation, apiVersion, subresource };
    owners.set(identityOf(who), Manager.of(who, replicas, time));
  }
  const managers = read(managed);
  const before = [...managers.values()];
  for (const [identity, manager] of [...managers]) {
    if (manager.apiVersion !== apiVersion || !has(manager.set, path)) continue;
    // Who owned them before and still does keeps the entry as it is.
    if (!owners.delete(identity)) putManager(managers, identity, manager.withSet(difference(manager.set, replicas)));
  }
  for (const [identity, owner] of owners) {
    const known = managers.get(identity);
    managers.set(identity, known === undefined ? owner : Manager.of(owner, union(known.set, replicas), owner.time));
  }
  return ownershipOf(managers, before);
}
