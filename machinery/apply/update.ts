/**
 * Ownership after every write that is not an apply: create, update, patch.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers and behaviour of
 * k8s.io/apimachinery/pkg/util/managedfields (FieldManager.Update).
 */
import { formatTime } from "../clock.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/object.ts";
import { type Comparison, compareObjects } from "./compare.ts";
import { difference, isEmpty, LEAF, union } from "./field-set.ts";
import {
  capUpdaters,
  identityOf,
  ManagedFieldsError,
  type Managers,
  putManager,
  readManagers,
  unowned,
  withSet,
  writeManagers,
} from "./managers.ts";
import { reconcileTouched } from "./reconcile.ts";
import type { ApplyType } from "./schema.ts";
import { EVERYTHING, type FieldScope, limitToScope } from "./scope.ts";
import { ElementError, type Fields } from "./value.ts";

/** The versions of a kind in which fields may be owned. */
export interface Versions {
  /** Undefined when the version is not served any more, which ends what is owned in it. */
  type(apiVersion: string): ApplyType | undefined;
  /** The object, whose apiVersion says which version it is in, in another. Must not change its argument. */
  convert(object: Fields, to: string): Fields;
}

export interface FieldWrite {
  /** Of the version written in. */
  type: ApplyType;
  apiVersion: string;
  /** "" for the object itself. */
  subresource: string;
  /** "" becomes "unknown". */
  manager: string;
  nowMs: number;
  /** What this endpoint lets through; absent: everything. */
  scope?: FieldScope;
  versions: Versions;
}

/** Go's empty object: what a new one is compared with. */
const NOTHING: Fields = {};

/**
 * The managedFields of `next`, which is about to replace `live` (absent: to be created). `next` is decoded and
 * defaulted; neither object is changed. What `next` has in metadata.managedFields is what the client wants there.
 * Gives back the very list of `live` when nothing changes.
 */
export function managedFieldsAfterUpdate(
  live: KubeObject | undefined,
  next: KubeObject,
  write: FieldWrite,
): ManagedFieldsEntry[] | undefined {
  const had = live?.metadata.managedFields;
  const managers = managersBefore(had, next.metadata.managedFields, write.subresource !== "");
  // Objects nobody has tracked from the start are tracked from their first apply on.
  if (managers.size === 0 && live !== undefined) return undefined;
  try {
    updateManagers(managers, live ?? NOTHING, next, write);
    return had !== undefined && isUntouched(managers, had) ? had : writeManagers(managers);
  } catch (error) {
    // Upstream does the same: a write does not fail because ownership cannot be told.
    if (error instanceof ElementError) return had;
    throw error;
  }
}

/** Whose ownership is to be updated: the client may have edited it, but not through a subresource. */
function managersBefore(
  had: readonly ManagedFieldsEntry[] | undefined,
  wanted: readonly ManagedFieldsEntry[] | undefined,
  isSubresource: boolean,
): Managers {
  if (!isSubresource && wanted !== undefined && wanted !== had && wanted.length > 0) {
    if (isReset(wanted)) return new Map();
    try {
      return readManagers(wanted, false);
    } catch (error) {
      if (!(error instanceof ManagedFieldsError)) throw error;
    }
  }
  return readManagers(had ?? [], true);
}

/** One empty entry asks for all ownership to be forgotten. */
const isReset = (entries: readonly ManagedFieldsEntry[]): boolean =>
  entries.length === 1 && Object.keys(entries[0]!).length === 0;

function isUntouched(managers: Managers, had: readonly ManagedFieldsEntry[]): boolean {
  if (managers.size !== had.length) return false;
  let i = 0;
  for (const { entry } of managers.values()) if (entry !== had[i++]) return false;
  return true;
}

/** Changes `managers`. */
export function updateManagers(managers: Managers, live: Fields, next: Fields, write: FieldWrite): void {
  const { type, apiVersion, manager: name, subresource, nowMs, scope = EVERYTHING } = write;
  const comparison = scopedComparison(live, next, type, scope);
  const who = { name: name || "unknown", operation: "Update" as const, apiVersion, subresource };
  const identity = identityOf(who);
  disown(managers, { ...comparison, by: identity }, { live, next, write });

  const mine = difference(comparison.changed, unowned());
  if (isEmpty(mine)) return;
  const before = managers.get(identity);
  const set = before === undefined ? mine : union(before.set, mine);
  managers.set(identity, { ...who, time: formatTime(nowMs), set, entry: undefined });
  capUpdaters(managers);
}

function scopedComparison(live: Fields, next: Fields, type: ApplyType, scope: FieldScope): Comparison {
  const excluded = "excluded" in scope ? scope.excluded : LEAF;
  const comparison = compareObjects(live, next, { type, excluded, reading: "encoded" });
  if ("excluded" in scope) return comparison;
  return { changed: limitToScope(comparison.changed, scope), removed: limitToScope(comparison.removed, scope) };
}

/** Takes what is gone from everybody, and what has changed from everybody but `by`, who owns it from now on. */
function disown(
  managers: Managers,
  { changed, removed, by }: Comparison & { by: string },
  { live, next, write }: { live: Fields; next: Fields; write: FieldWrite },
): void {
  const byVersion = new Map<string, Comparison & { type: ApplyType }>([
    [write.apiVersion, { changed, removed, type: write.type }],
  ]);
  for (const [identity, manager] of [...managers]) {
    let changes = byVersion.get(manager.apiVersion);
    if (changes === undefined) {
      const type = write.versions.type(manager.apiVersion);
      if (type === undefined) {
        managers.delete(identity);
        continue;
      }
      const was = live === NOTHING ? live : write.versions.convert(live, manager.apiVersion);
      const is = write.versions.convert(next, manager.apiVersion);
      changes = { ...scopedComparison(was, is, type, write.scope ?? EVERYTHING), type };
      byVersion.set(manager.apiVersion, changes);
    }
    const set = reconcileTouched(manager.set, changes.changed, changes.type);
    const kept = identity === by ? set : difference(set, changes.changed);
    putManager(managers, identity, withSet(manager, difference(kept, changes.removed)));
  }
}
