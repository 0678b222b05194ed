/**
 * metadata.managedFields, taken apart: who owns what.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers; order of entries and limits as
 * k8s.io/apimachinery/pkg/util/managedfields.
 */
import type { Fields, ManagedFieldsEntry } from "../meta/object.ts";
import { type FieldSet, isEmpty, LEAF, parseFieldSet, union } from "./field-set.ts";

/** One entry. Never changed once made. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** RFC 3339; undefined for one whose operation changed nothing. */
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** What it was read from, when it is still the same. */
  readonly entry: ManagedFieldsEntry | undefined;
}

/** By identity (see `identityOf`). */
export type Managers = Map<string, Manager>;

/** An applier stays itself when it applies another version; an updater does not. */
export const identityOf = ({
  name,
  operation,
  apiVersion,
  subresource,
}: Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">): string =>
  `${operation}\n${operation === "Apply" ? "" : apiVersion}\n${subresource}\n${name}`;

/** Fields that never have an owner. */
const UNOWNED: FieldSet = {
  "f:apiVersion": LEAF,
  "f:kind": LEAF,
  "f:metadata": {
    ".": LEAF,
    "f:clusterName": LEAF,
    "f:creationTimestamp": LEAF,
    "f:generation": LEAF,
    "f:managedFields": LEAF,
    "f:name": LEAF,
    "f:namespace": LEAF,
    "f:resourceVersion": LEAF,
    "f:selfLink": LEAF,
    "f:uid": LEAF,
  },
};

export const unowned = (): FieldSet => UNOWNED;

/** Entries that cannot be read; the message is upstream's. */
export class ManagedFieldsError extends Error {}

/**
 * @param isCanonical entries that this server wrote: their sets are taken as they are. Else they are brought into
 *   canonical form.
 * @throws ManagedFieldsError for entries a client sent that are none
 */
export function readManagers(entries: readonly ManagedFieldsEntry[], isCanonical: boolean): Managers {
  const managers: Managers = new Map();
  for (const [i, entry] of entries.entries()) {
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      throw new ManagedFieldsError("operation must be `Apply` or `Update`");
    }
    if (!entry.apiVersion) throw new ManagedFieldsError("apiVersion must not be empty");
    if (!entry.fieldsType) throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${i}`);
    if (entry.fieldsType !== "FieldsV1") {
      throw new ManagedFieldsError(
        `invalid fieldsType ${JSON.stringify(entry.fieldsType)} in managed fields entry ${i}`,
      );
    }
    const manager: Manager = {
      name: entry.manager ?? "",
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time,
      set: isCanonical ? ((entry.fieldsV1 ?? LEAF) as FieldSet) : readSet(entry.fieldsV1 ?? LEAF),
      entry: isCanonical ? entry : undefined,
    };
    managers.set(identityOf(manager), manager);
  }
  return managers;
}

function readSet(fields: unknown): FieldSet {
  try {
    return parseFieldSet(fields);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ManagedFieldsError(`error decoding set: ${error.message}`);
    throw error;
  }
}

/** Entries in order: appliers first, then by time, name, version and subresource; undefined for none. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareManagers).map(entryOf);
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compare(a.operation, b.operation) ||
    compare(a.time ?? "", b.time ?? "") ||
    compare(a.name, b.name) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function entryOf(manager: Manager): ManagedFieldsEntry {
  if (manager.entry) return manager.entry;
  const { name, operation, apiVersion, time, set, subresource } = manager;
  return {
    ...(name && { manager: name }),
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: "FieldsV1",
    fieldsV1: set as Fields,
    ...(subresource && { subresource }),
  };
}

/** The manager with another set; itself when it is the same. */
export const withSet = (manager: Manager, set: FieldSet): Manager =>
  set === manager.set ? manager : { ...manager, set, entry: undefined };

/** Puts a manager back, or takes it out when it owns nothing any more. */
export function putManager(managers: Managers, identity: string, manager: Manager): void {
  if (isEmpty(manager.set)) managers.delete(identity);
  else managers.set(identity, manager);
}

/** More updaters than this are not told apart: the oldest become one. */
const MAX_UPDATERS = 10;
const ANCIENT = "ancient-changes";

/** Joins the oldest updaters of each version until few enough are left. Changes `managers`. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  if (updaters.length <= MAX_UPDATERS) return;
  updaters.sort(
    ([, a], [, b]) => compare(a.time ?? "", b.time ?? "") || compare(upstreamIdentity(a), upstreamIdentity(b)),
  );
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [identity, updater] of updaters) {
    if (count <= MAX_UPDATERS) return;
    const { apiVersion } = updater;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, identity);
      continue;
    }
    const bucket = { ...updater, name: ANCIENT, subresource: "", entry: undefined };
    const bucketIdentity = identityOf(bucket);
    const joined = managers.get(bucketIdentity) ?? managers.get(first)!;
    if (!managers.has(bucketIdentity)) managers.delete(first);
    managers.delete(identity);
    managers.set(bucketIdentity, { ...bucket, set: union(updater.set, joined.set) });
    count--;
  }
}

/** What upstream sorts managers by. */
export const upstreamIdentity = ({ name, operation, apiVersion, subresource }: Manager): string =>
  JSON.stringify({
    ...(name && { manager: name }),
    operation,
    ...(operation === "Update" && { apiVersion }),
    ...(subresource && { subresource }),
  });
