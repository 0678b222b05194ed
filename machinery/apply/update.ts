/**
 * Ownership after every write that is not an apply: create, update, patch.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers and behaviour of
 * k8s.io/apimachinery/pkg/util/managedfields (FieldManager.Update).
 */
import { formatTime } from "../clock.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/object.ts";
import { type Comparison, compareObjects } from "./compare.ts";
import { difference, type FieldSet, isEmpty, LEAF, union } from "./field-set.ts";
import {
  capUpdaters,
  identityOf,
  ManagedFieldsError,
  Manager,
  type Managers,
  putManager,
  readManagers,
  readManagersText,
  UNOWNED,
  type Who,
} from "./managers.ts";
import { fieldsOfNew } from "./new-object.ts";
import { NO_OWNERS, type Ownership, ownershipOf } from "./ownership.ts";
import { reconcileTouched } from "./reconcile.ts";
import type { ApplyType } from "./schema.ts";
import { EVERYTHING, type FieldScope, limitToScope } from "./scope.ts";
import { formatEntry } from "./text.ts";
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

/** What there was before a write. */
export interface Live {
  /** Undefined: nothing, it is to be created. */
  object: KubeObject | undefined;
  /** Its managedFields as text. */
  managed: string | undefined;
}

/**
 * Who owns what of `next`, which is about to replace `live`. `next` is decoded and defaulted; neither object is
 * changed. What `next` has in metadata.managedFields is what the client wants there; that of `live.object` is not
 * looked at.
 */
export function ownershipAfterUpdate({ object: live, managed }: Live, next: KubeObject, write: FieldWrite): Ownership {
  if (live === undefined && managed === undefined && !next.metadata.managedFields?.length) {
    const made = ownershipOfNew(next, write);
    if (made !== undefined) return made;
  }
  const had = managed === undefined ? new Map<string, Manager>() : readManagersText(managed);
  const before = [...had.values()];
  const managers = wantedManagers(next.metadata.managedFields, write) ?? had;
  // Objects nobody has tracked from the start are tracked from their first apply on.
  if (managers.size === 0 && live !== undefined) return before.length === 0 ? NO_OWNERS : ownershipOf(managers, before);
  try {
    updateManagers(managers, live ?? NOTHING, next, write);
    return ownershipOf(managers, before);
  } catch (error) {
    // Upstream does the same: a write does not fail because ownership cannot be told.
    if (error instanceof ElementError) return { managed, isSame: true };
    throw error;
  }
}

/** Undefined where it cannot be told without comparing. */
function ownershipOfNew(object: Fields, write: FieldWrite): Ownership | undefined {
  const { type, apiVersion, manager, subresource, nowMs, scope = EVERYTHING } = write;
  if (!("excluded" in scope) || type.kind !== "map" || type.atomic) return undefined;
  try {
    const fields = fieldsOfNew(object, type, scope.excluded);
    if (fields === undefined) return NO_OWNERS;
    const name = manager || "unknown";
    const entry = formatEntry({ name, operation: "Update", apiVersion, time: formatTime(nowMs), subresource, fields });
    return { managed: `[${entry}]`, isSame: false };
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

/** The client may edit who owns what, but not through a subresource; undefined when it does not. */
function wantedManagers(
  wanted: readonly ManagedFieldsEntry[] | undefined,
  { subresource }: FieldWrite,
): Managers | undefined {
  if (subresource !== "" || wanted === undefined || wanted.length === 0) return undefined;
  // One empty entry asks for all ownership to be forgotten.
  if (wanted.length === 1 && Object.keys(wanted[0]!).length === 0) return new Map();
  try {
    return readManagers(wanted);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return undefined;
    throw error;
  }
}

/** Changes `managers`. */
export function updateManagers(managers: Managers, live: Fields, next: Fields, write: FieldWrite): void {
  const { type, apiVersion, manager: name, subresource, nowMs, scope = EVERYTHING } = write;
  const comparison = scopedComparison(live, next, type, scope);
  const who: Who = { name: name || "unknown", operation: "Update", apiVersion, subresource };
  const identity = identityOf(who);
  disown(managers, { ...comparison, by: identity }, { live, next, write });

  const mine = difference(comparison.changed, UNOWNED);
  if (isEmpty(mine)) return;
  const before = managers.get(identity);
  managers.set(identity, Manager.of(who, before === undefined ? mine : union(before.set, mine), formatTime(nowMs)));
  capUpdaters(managers);
}

function scopedComparison(live: Fields, next: Fields, type: ApplyType, scope: FieldScope): Comparison {
  const excluded = "excluded" in scope ? scope.excluded : LEAF;
  const comparison = compareObjects(live, next, { type, excluded, reading: "encoded" });
  if ("excluded" in scope) return comparison;
  return { changed: limitToScope(comparison.changed, scope), removed: limitToScope(comparison.removed, scope) };
}

/** What has happened to the fields of one version. */
interface Changes extends Comparison {
  type: ApplyType;
  /** Top-level fields that anything has happened to. */
  topFields: readonly string[];
}

const changesOf = (comparison: Comparison, type: ApplyType): Changes => ({
  ...comparison,
  type,
  topFields: [...new Set([...Object.keys(comparison.changed), ...Object.keys(comparison.removed)])],
});

/** Takes what is gone from everybody, and what has changed from everybody but `by`, who owns it from now on. */
function disown(
  managers: Managers,
  { by, ...comparison }: Comparison & { by: string },
  { live, next, write }: { live: Fields; next: Fields; write: FieldWrite },
): void {
  const byVersion = new Map([[write.apiVersion, changesOf(comparison, write.type)]]);
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
      changes = changesOf(scopedComparison(was, is, type, write.scope ?? EVERYTHING), type);
      byVersion.set(manager.apiVersion, changes);
    }
    // Most entries are not touched, and need not even be read.
    if (!manager.mayHave(changes.topFields)) continue;
    putManager(managers, identity, manager.withSet(remaining(manager.set, changes, identity === by)));
  }
}

function remaining(set: FieldSet, { changed, removed, type }: Changes, keepsChanged: boolean): FieldSet {
  const fitting = reconcileTouched(set, changed, type);
  return difference(keepsChanged ? fitting : difference(fitting, changed), removed);
}
