/**
 * metadata.managedFields, taken apart: who owns what.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers; order of entries and limits as
 * k8s.io/apimachinery/pkg/util/managedfields.
 */
import type { Fields, ManagedFieldsEntry } from "../meta/object.ts";
import { equalSets, type FieldSet, isEmpty, LEAF, parseFieldSet, union } from "./field-set.ts";
import { internFields, textOfFields } from "./interning.ts";
import { type EntryText, formatEntry, splitEntries } from "./text.ts";

/** Whose entry it is. */
export interface Who {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
}

/** One entry; never changed once made. Its set is read from its text when it is first asked for. */
export class Manager implements Who {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339; undefined for one whose operation changed nothing. */
  readonly time: string | undefined;
  #set: FieldSet | undefined;
  /** What it was read from, as long as it is the same. */
  readonly #source: EntryText | undefined;

  private constructor(who: Who, time: string | undefined, set: FieldSet | undefined, source: EntryText | undefined) {
    this.name = who.name;
    this.operation = who.operation;
    this.apiVersion = who.apiVersion;
    this.subresource = who.subresource;
    this.time = time;
    this.#set = set;
    this.#source = source;
  }

  static of(who: Who, set: FieldSet, time: string | undefined): Manager {
    return new Manager(who, time, set, undefined);
  }

  static ofText(entry: EntryText): Manager {
    return new Manager(entry, entry.time, undefined, entry);
  }

  get set(): FieldSet {
    this.#set ??= internFields(this.#source!.fields);
    return this.#set;
  }

  /** Itself when the set is the same. */
  withSet(set: FieldSet): Manager {
    return set === this.set ? this : new Manager(this, this.time, set, undefined);
  }

  /** False only when nothing in it lies below these top-level fields (`f:spec`): says so without reading the set. */
  mayHave(topFields: readonly string[]): boolean {
    const text = this.#source?.fields;
    return text === undefined || topFields.some((field) => text.includes(`"${field}":`));
  }

  /** Whether both own the same, whenever that was. */
  ownsSameAs(other: Manager): boolean {
    if (this.name !== other.name || this.operation !== other.operation) return false;
    if (this.apiVersion !== other.apiVersion || this.subresource !== other.subresource) return false;
    const [mine, theirs] = [this.#source?.fields, other.#source?.fields];
    return (mine !== undefined && mine === theirs) || this.set === other.set || equalSets(this.set, other.set);
  }

  get text(): string {
    return this.#source?.text ?? formatEntry(this.#described(textOfFields(this.set)));
  }

  get entry(): ManagedFieldsEntry {
    const { name, operation, apiVersion, time, subresource } = this;
    return {
      ...(name && { manager: name }),
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: "FieldsV1",
      fieldsV1: this.set as Fields,
      ...(subresource && { subresource }),
    };
  }

  #described(fields: string): Omit<EntryText, "text"> {
    const { name, operation, apiVersion, subresource, time } = this;
    return { name, operation, apiVersion, subresource, time, fields };
  }
}

/** By identity (see `identityOf`). */
export type Managers = Map<string, Manager>;

/** An applier stays itself when it applies another version; an updater does not. */
export const identityOf = ({ name, operation, apiVersion, subresource }: Who): string =>
  `${operation}\n${operation === "Apply" ? "" : apiVersion}\n${subresource}\n${name}`;

/** Fields that never have an owner. */
export const UNOWNED: FieldSet = {
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

/** Entries that cannot be read; the message is upstream's. */
export class ManagedFieldsError extends Error {}

/** Of a list that this server wrote. */
export function readManagersText(managed: string): Managers {
  const entries = splitEntries(managed);
  if (entries === undefined) return readManagers(JSON.parse(managed) as ManagedFieldsEntry[]);
  const managers: Managers = new Map();
  for (const entry of entries) {
    const manager = Manager.ofText(entry);
    managers.set(identityOf(manager), manager);
  }
  return managers;
}

/** Of a list that a client sent; sets come into canonical form. @throws ManagedFieldsError for what is none */
export function readManagers(entries: readonly ManagedFieldsEntry[]): Managers {
  const managers: Managers = new Map();
  for (const [i, entry] of entries.entries()) {
    const { operation, apiVersion, fieldsType } = entry;
    if (operation !== "Apply" && operation !== "Update") {
      throw new ManagedFieldsError("operation must be `Apply` or `Update`");
    }
    if (!apiVersion) throw new ManagedFieldsError("apiVersion must not be empty");
    if (!fieldsType) throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${i}`);
    if (fieldsType !== "FieldsV1") {
      throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`);
    }
    const who: Who = { name: entry.manager ?? "", operation, apiVersion, subresource: entry.subresource ?? "" };
    managers.set(identityOf(who), Manager.of(who, readSet(entry.fieldsV1 ?? LEAF), entry.time));
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

/** In order: appliers first, then by time, name, version and subresource. */
export const inOrder = (managers: Managers): Manager[] =>
  [...managers.values()].sort(
    (a, b) =>
      compare(a.operation, b.operation) ||
      compare(a.time ?? "", b.time ?? "") ||
      compare(a.name, b.name) ||
      compare(a.apiVersion, b.apiVersion) ||
      compare(a.subresource, b.subresource),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

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
  if (managers.size <= MAX_UPDATERS) return;
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  if (updaters.length <= MAX_UPDATERS) return;
  updaters.sort(
    ([, a], [, b]) => compare(a.time ?? "", b.time ?? "") || compare(upstreamIdentity(a), upstreamIdentity(b)),
  );
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [identity, updater] of updaters) {
    if (count <= MAX_UPDATERS) return;
    const { apiVersion, time } = updater;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, identity);
      continue;
    }
    const who: Who = { name: ANCIENT, operation: "Update", apiVersion, subresource: "" };
    const bucket = identityOf(who);
    const joined = managers.get(bucket) ?? managers.get(first)!;
    if (!managers.has(bucket)) managers.delete(first);
    managers.delete(identity);
    managers.set(bucket, Manager.of(who, union(updater.set, joined.set), time));
    count--;
  }
}

/** What upstream sorts managers by. */
export const upstreamIdentity = ({ name, operation, apiVersion, subresource }: Who): string =>
  JSON.stringify({
    ...(name && { manager: name }),
    operation,
    ...(operation === "Update" && { apiVersion }),
    ...(subresource && { subresource }),
  });
