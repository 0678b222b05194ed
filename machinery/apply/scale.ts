/**
 * Ownership of a workload's replicas, seen through its Scale.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/ and behaviour of apimachinery's
 * managedfields.ScaleHandler.
 */
import type { ManagedFieldsEntry } from "../meta/object.ts";
import { difference, type FieldSet, has, setOfPath, union } from "./field-set.ts";
import {
  identityOf,
  type Manager,
  type Managers,
  putManager,
  readManagers,
  withSet,
  writeManagers,
} from "./managers.ts";

export interface ScaleMapping {
  /** Of the workload: "apps/v1". */
  apiVersion: string;
  /** Where the workload keeps its replicas: ["f:spec", "f:replicas"]. */
  path: readonly string[];
}

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS = ["f:spec", "f:replicas"] as const;

/** managedFields of a Scale: who owns the workload's replicas. */
export function scaleManagedFields(
  entries: readonly ManagedFieldsEntry[],
  { apiVersion, path }: ScaleMapping,
): ManagedFieldsEntry[] | undefined {
  const managers: Managers = new Map();
  for (const manager of readManagers(entries, true).values()) {
    if (manager.apiVersion !== apiVersion || !has(manager.set, path)) continue;
    const scaled: Manager = { ...manager, apiVersion: SCALE_VERSION, set: setOfPath(REPLICAS), entry: undefined };
    managers.set(identityOf(scaled), scaled);
  }
  return writeManagers(managers);
}

/**
 * managedFields of the workload, once its Scale has `scaleEntries`. Gives back `entries` itself when the same managers
 * own the replicas as before.
 */
export function workloadManagedFields(
  entries: readonly ManagedFieldsEntry[],
  scaleEntries: readonly ManagedFieldsEntry[],
  mapping: ScaleMapping,
): ManagedFieldsEntry[] | undefined {
  const { apiVersion, path } = mapping;
  const replicas: FieldSet = setOfPath(path);
  const owners: Managers = new Map();
  for (const owner of readManagers(scaleEntries, true).values()) {
    if (!has(owner.set, REPLICAS)) continue;
    const inWorkload: Manager = { ...owner, apiVersion, set: replicas, entry: undefined };
    owners.set(identityOf(inWorkload), inWorkload);
  }
  const managers = readManagers(entries, true);
  let isSame = true;
  for (const [identity, manager] of [...managers]) {
    if (manager.apiVersion !== apiVersion || !has(manager.set, path)) continue;
    if (owners.delete(identity)) continue;
    isSame = false;
    putManager(managers, identity, withSet(manager, difference(manager.set, replicas)));
  }
  for (const [identity, owner] of owners) {
    isSame = false;
    const before = managers.get(identity);
    const set = before === undefined ? replicas : union(before.set, replicas);
    managers.set(identity, { ...owner, set });
  }
  return isSame ? (entries as ManagedFieldsEntry[]) : writeManagers(managers);
}
