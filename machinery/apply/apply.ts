/**
 * Server-side apply: merges an applied configuration into the live object by ownership.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/ and behaviour of
 * sigs.k8s.io/structured-merge-diff/merge (Updater.Apply).
 */
import { formatTime } from "../clock.ts";
import { deepEqual } from "../meta/equality.ts";
import { ApiError, badRequest } from "../meta/status.ts";
import { type Comparison, compareObjects } from "./compare.ts";
import { configuredFields } from "./configured.ts";
import { type Conflict, conflictError, sortConflicts } from "./conflict.ts";
import { encodedObject, withoutEncoded } from "./encoded.ts";
import { difference, type FieldSet, intersection, isEmpty, LEAF, paths, setOfPath, union } from "./field-set.ts";
import { allowedConflicts, KUBECTL, syncLastApplied } from "./last-applied.ts";
import { identityOf, Manager, type Managers, putManager, readManagersText, UNOWNED, type Who } from "./managers.ts";
import { mergeObjects } from "./merge.ts";
import { withNamedFields } from "./named-fields.ts";
import { type Ownership, ownershipOf } from "./ownership.ts";
import { reconcileWithSchema } from "./reconcile.ts";
import { removeFields } from "./remove.ts";
import type { ApplyType } from "./schema.ts";
import { EVERYTHING, limitToScope } from "./scope.ts";
import { type FieldWrite, type Live, updateManagers } from "./update.ts";
import { typeErrors } from "./validate.ts";
import { ElementError, type Fields } from "./value.ts";

export interface ApplyRequest extends FieldWrite {
  /** Of the endpoint: what the configuration must be. */
  kind: string;
  group: string;
  /** Takes over what others own. */
  force: boolean;
}

export interface Applied {
  /** To be decoded, defaulted and validated as any other write. Null fields are to be dropped. */
  object: Fields;
  ownership: Ownership;
}

const BEFORE_FIRST_APPLY = "before-first-apply";

/**
 * The object with `config` applied, and who owns what of it then. Arguments are not changed; the result may share
 * parts with `config`.
 *
 * @param live without managedFields in its metadata
 * @param config as the client sent it, unchecked
 * @throws ApiError 409 for conflicts, 400 for another kind or version, 500 (as upstream) when `config` does not fit its
 *   type
 */
export function applyConfiguration(live: Live, config: Fields, request: ApplyRequest): Applied {
  checkConfiguration(config, request);
  try {
    return applied(live, config, request);
  } catch (error) {
    if (!(error instanceof ElementError)) throw error;
    // Written by means that look at no keys: its elements cannot be told apart.
    const why = typeErrors(live.object ?? {}, request.type) ?? error.message;
    throw new ApiError(
      500,
      "",
      `failed to create typed live object (${described(live.object ?? {}, request)}): ${why}`,
    );
  }
}

function applied({ object: live, managed }: Live, config: Fields, request: ApplyRequest): Applied {
  const { type, manager } = request;
  const before: Fields = live ?? {};
  const managers = managed === undefined ? new Map<string, Manager>() : readManagersText(managed);
  const had = [...managers.values()];
  if (managers.size === 0 && live !== undefined) {
    updateManagers(managers, {}, before, { ...request, manager: BEFORE_FIRST_APPLY });
  }
  const outcome = applyWithMigration(encodedObject(before, type), config, managers, request);
  const merged = outcome.object && withoutEncoded(outcome.object, { live: before, config, type });
  const object = syncLastApplied(merged ?? before, config, manager);
  return { object, ownership: ownershipOf(outcome.managers, had) };
}

/** `object` undefined: nothing has changed. */
interface Outcome {
  object: Fields | undefined;
  managers: Managers;
}

/** Conflicts with what kubectl applied itself on the client's side are none. */
function applyWithMigration(live: Fields, config: Fields, managers: Managers, request: ApplyRequest): Outcome {
  const outcome = merge(live, config, managers, request);
  if (!("conflicts" in outcome)) return outcome;
  const allowed = request.manager === KUBECTL ? allowedConflicts(live, request) : undefined;
  if (allowed === undefined) throw conflictError(outcome.conflicts);
  const left = outcome.conflicts.filter(({ path }) => isEmpty(intersection(setOfPath(path), allowed)));
  if (left.length > 0) throw conflictError(left);
  const forced = merge(live, config, managers, { ...request, force: true });
  if ("conflicts" in forced) throw new Error("unreachable: a forced apply has no conflicts");
  return forced;
}

function checkConfiguration(config: Fields, { type, kind, group, apiVersion }: ApplyRequest): void {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  const given = splitVersion(textOf(config.apiVersion));
  if (config.kind !== kind || given.group !== group || given.version !== version) {
    throw badRequest(`invalid object type: ${given.group}/${given.version}, Kind=${textOf(config.kind)}`);
  }
  const meta = (config.metadata ?? {}) as { managedFields?: unknown };
  if (meta.managedFields !== undefined && meta.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const errors = typeErrors(config, type);
  if (errors === undefined) return;
  const what = described(config, { kind, group, apiVersion });
  throw new ApiError(500, "", `failed to create typed patch object (${what}): ${errors}`);
}

function described(object: Fields, { kind, group, apiVersion }: Pick<ApplyRequest, "kind" | "group" | "apiVersion">) {
  const meta = (object.metadata ?? {}) as { name?: unknown; namespace?: unknown };
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return `${textOf(meta.namespace)}/${textOf(meta.name)}; ${group}/${version}, Kind=${kind}`;
}

/** What is no text counts as absent, as in an unstructured object upstream. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function splitVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

function merge(
  live: Fields,
  config: Fields,
  given: Managers,
  request: ApplyRequest,
): Outcome | { conflicts: readonly Conflict[] } {
  const { type, apiVersion, subresource, manager: name, nowMs, force, scope = EVERYTHING } = request;
  const managers = reconciled(given, request);
  const who: Who = { name: name || "unknown", operation: "Apply", apiVersion, subresource };
  const identity = identityOf(who);
  const last = managers.get(identity);
  const set = limitToScope(configuredFields(config, type), scope);
  managers.set(identity, Manager.of(who, set, last?.time));

  const object = prune(mergeObjects(live, config, type), { last, managers, request });
  const conflicts = disown(managers, { live, object, identity, request });
  if (conflicts.length > 0 && !force) return { conflicts: sortConflicts(conflicts) };

  const isSame = deepEqual(live, object);
  const mine = managers.get(identity);
  if (mine !== undefined) {
    const time = isSame ? last?.time : formatTime(nowMs);
    putManager(managers, identity, Manager.of(who, difference(mine.set, UNOWNED), time));
  }
  return { object: isSame ? undefined : object, managers };
}

/** A copy in which every set fits the schema; entries of versions that are gone are not in it. */
function reconciled(managers: Managers, request: ApplyRequest): Managers {
  const result: Managers = new Map();
  for (const [identity, manager] of managers) {
    const type = typeOfVersion(manager.apiVersion, request);
    if (type !== undefined) result.set(identity, manager.withSet(reconcileWithSchema(manager.set, type)));
  }
  return result;
}

const typeOfVersion = (apiVersion: string, request: FieldWrite): ApplyType | undefined =>
  apiVersion === request.apiVersion ? request.type : request.versions.type(apiVersion);

const inVersion = (object: Fields, apiVersion: string, request: FieldWrite): Fields =>
  object.apiVersion === undefined || object.apiVersion === apiVersion
    ? object
    : request.versions.convert(object, apiVersion);

/**
 * Takes away what everybody else must give up, and says what others own of it. Changes `managers`.
 * The applying manager keeps its set, which is what it applied.
 */
function disown(
  managers: Managers,
  { live, object, identity, request }: { live: Fields; object: Fields; identity: string; request: ApplyRequest },
): Conflict[] {
  const byVersion = new Map<string, Comparison>();
  const conflicts: Conflict[] = [];
  for (const [other, manager] of [...managers]) {
    if (other === identity) continue;
    let changes = byVersion.get(manager.apiVersion);
    if (changes === undefined) {
      changes = compareInVersion(live, object, manager.apiVersion, request);
      byVersion.set(manager.apiVersion, changes);
    }
    const contested = intersection(manager.set, changes.changed);
    for (const path of paths(contested)) conflicts.push({ manager, path });
    putManager(managers, other, manager.withSet(difference(difference(manager.set, contested), changes.removed)));
  }
  const mine = managers.get(identity);
  if (mine !== undefined) putManager(managers, identity, mine);
  return conflicts;
}

function compareInVersion(live: Fields, object: Fields, apiVersion: string, request: ApplyRequest): Comparison {
  const comparison = compareObjects(inVersion(live, apiVersion, request), inVersion(object, apiVersion, request), {
    type: typeOfVersion(apiVersion, request)!,
    reading: "literal",
  });
  const scope = request.scope ?? EVERYTHING;
  return {
    changed: limitToScope(comparison.changed, scope),
    removed: limitToScope(comparison.removed, scope),
  };
}

/** What the manager applied the last time, does not apply now, and nobody else owns, goes. */
function prune(
  merged: Fields,
  { last, managers, request }: { last: Manager | undefined; managers: Managers; request: ApplyRequest },
): Fields {
  if (last === undefined || isEmpty(last.set)) return merged;
  const type = typeOfVersion(last.apiVersion, request);
  if (type === undefined) return merged;
  const before = inVersion(merged, last.apiVersion, request);
  const lastSet = withNamedFields(last.set, type);
  const bare = { apiVersion: last.apiVersion, object: removeFields(before, lastSet, type) };
  const owned = inVersion(addBackOwned(before, bare, managers, request), last.apiVersion, request);

  // Only what the manager owned before may go: the rest belongs to nobody, or hangs on what went.
  const fields = (object: Fields): FieldSet => withNamedFields(configuredFields(object, type), type);
  const gone = intersection(difference(fields(before), fields(owned)), lastSet);
  return inVersion(removeFields(before, gone, type), request.apiVersion, request);
}

/** `merged` without what is not in `bare`, but with everything that somebody owns. In whatever version comes last. */
function addBackOwned(
  merged: Fields,
  bare: { apiVersion: string; object: Fields },
  managers: Managers,
  request: ApplyRequest,
): Fields {
  const ownedIn = new Map<string, FieldSet>([[bare.apiVersion, LEAF]]);
  for (const { apiVersion, set } of managers.values()) {
    ownedIn.set(apiVersion, union(ownedIn.get(apiVersion) ?? LEAF, set));
  }
  let rest = bare.object;
  for (const [apiVersion, owned] of ownedIn) {
    const type = typeOfVersion(apiVersion, request);
    if (type === undefined) continue;
    const fields = (object: Fields): FieldSet => withNamedFields(configuredFields(object, type), type);
    const whole = inVersion(merged, apiVersion, request);
    const stays = union(fields(inVersion(rest, apiVersion, request)), withNamedFields(owned, type));
    rest = removeFields(whole, difference(fields(whole), stays), type);
  }
  return rest;
}
