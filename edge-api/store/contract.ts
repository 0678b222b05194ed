/**
 * The store: every object of one cluster, its recent past, and the order in which it came about.
 *
 * All methods are synchronous. An implementation runs inside one single-threaded owner (a Durable Object, a test), so
 * a caller that reads, decides and writes without awaiting has done so atomically.
 */

/** Grows by one with every write to anything in this store. The first write gets 1. */
export type Revision = number;

export interface ObjectKey {
  /** Group-resource: "pods", "deployments.apps". */
  resource: string;
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
}

export interface StoredObject extends ObjectKey {
  /** The write that made this version. */
  revision: Revision;
  /** The exact JSON text served, metadata.resourceVersion included. */
  value: string;
}

export interface StoredEvent extends ObjectKey {
  type: "ADDED" | "MODIFIED" | "DELETED";
  revision: Revision;
  /** New text; for DELETED the last text, with the deletion's revision as resourceVersion. */
  value: string;
  /** Text before this event; absent for ADDED. */
  previous?: string;
}

/** Makes the text to store once the revision is known. Called exactly once, inside the write. Must not write. */
export type Encode = (revision: Revision) => string;

export interface ListQuery {
  resource: string;
  /** Absent: all namespaces. */
  namespace?: string;
  /** Go on behind this one, exclusive. */
  after?: { namespace: string; name: string };
  /** At most this many rows. */
  limit?: number;
  /** As of this revision; absent: now. */
  at?: Revision;
  /**
   * Only objects whose text contains this, case and all; absent or "": all. Not regarded by `count`. Texts are written
   * by JSON.stringify, so `"nodeName":"n1"` in it rules out what a selector could not match, before it is even read.
   */
  contains?: string;
}

/** What is to be counted: what a query would give. */
export interface CountQuery extends ListQuery {
  /** What the caller has read just before `after`: the page behind `seen.after` has this many objects. */
  seen?: { after: ListQuery["after"]; count: number };
}

/** Objects as one text, which nobody need read. */
export interface JoinedTexts {
  /** Their texts in UTF-8, with commas between. */
  bytes: Uint8Array;
  count: number;
  /** The last of them; undefined when there are none. */
  last: { namespace: string; name: string } | undefined;
  /** Whether there may be more behind it. */
  more: boolean;
}

export type StoreErrorCode = "NotFound" | "AlreadyExists" | "Conflict" | "TooLarge" | "Compacted" | "FutureRevision";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly detail: { [key: string]: string | number };

  constructor(code: StoreErrorCode, detail: { [key: string]: string | number } = {}) {
    super(`${code} ${JSON.stringify(detail)}`);
    this.name = "StoreError";
    this.code = code;
    this.detail = detail;
  }
}

/** etcd's default request limit is 1.5 MiB; a Durable Object row holds at most 2 MB. */
export const MAX_OBJECT_BYTES = 1_572_864;

/** What a namespace's deletion must look at: the resources that still have objects in it. */
export interface ResourceCount {
  resource: string;
  count: number;
}

export interface Store {
  /** Of the last write; 0 when nothing was ever written. */
  revision(): Revision;
  /** History before this is gone: reading at or watching from an older revision throws `Compacted`. */
  compactedRevision(): Revision;

  get(key: ObjectKey): StoredObject | undefined;
  /**
   * In order of namespace, then name (by UTF-8 bytes). The iterable reads from a cursor: consume it before anything is
   * written or awaited.
   * @throws StoreError `Compacted` or `FutureRevision` for `at`
   */
  list(query: ListQuery): Iterable<StoredObject>;
  /**
   * What `list` gives, at most `limit` objects and no more than are good to have at once, as one text: several times
   * cheaper than one by one. Undefined where it has to be one by one: when not all texts begin with `prefix`, some have
   * changed since `at`, or there is too much.
   * Absent: always. @throws as list
   */
  joined?(query: Omit<ListQuery, "contains"> & { limit: number; prefix: string }): JoinedTexts | undefined;
  /**
   * Objects the query would give, without `limit` and `contains`. Counting on behind each page of one snapshot (`at`)
   * costs nothing where the page is told (`seen`). @throws as list
   */
  count(query: CountQuery): number;
  /** Resources that have objects in a namespace. */
  countByResource(namespace: string): ResourceCount[];

  /** @throws StoreError `AlreadyExists`, `TooLarge` */
  create(key: ObjectKey, encode: Encode): StoredObject;
  /** @param expected the revision last read. @throws StoreError `NotFound`, `Conflict` (detail.current), `TooLarge` */
  update(key: ObjectKey, expected: Revision, encode: Encode): StoredObject;
  /** Returns the last version, as the DELETED event carries it. @throws StoreError `NotFound`, `Conflict` */
  delete(key: ObjectKey, expected: Revision, encode: Encode): StoredObject;

  /**
   * All or nothing: if `work` throws, nothing it wrote remains and no event is told. May nest. `work` must not
   * return a promise.
   */
  transaction<T>(work: () => T): T;

  /**
   * What has happened since `after` (exclusive), in revision order: each event once.
   * @throws StoreError `Compacted`, `FutureRevision`
   */
  changesSince(after: Revision, filter?: { resource?: string; namespace?: string }): Iterable<StoredEvent>;
  /**
   * Calls back with the events of each outermost transaction once it is done, in revision order. Callbacks must not
   * write. What a callback throws is thrown again outside of the write, which has happened. Returns what unsubscribes.
   */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;

  /**
   * The revision of the last write to any of these resources that is still known (0: none is); undefined when it lies
   * too far back to be looked for. Where a store has no such method, nobody knows.
   */
  lastRevisionOf?(resources: ReadonlySet<string>): Revision | undefined;

  /**
   * Forgets versions superseded before `beforeMs` (epoch). Passes over at most `limitRevisions` revisions a call, each
   * once in its life; returns how many it passed, so the caller goes on while it equals `limitRevisions`.
   */
  compact(beforeMs: number, limitRevisions: number): number;
  /**
   * When the oldest revision was written that `compact` has not passed yet (epoch ms); undefined when it has passed all
   * of them, so that an idle store needs no timer.
   */
  oldestUncompactedMs(): number | undefined;
}

/** The SQL a store needs: implemented over a Durable Object's SQLite and over node:sqlite. */
export interface Sql {
  /**
   * Runs one statement, at once when it returns no rows; rows come as arrays of column values, as they are consumed.
   * The same few texts come again and again: keep them prepared.
   */
  exec(statement: string, ...bindings: (string | number | null)[]): Iterable<(string | number | null)[]>;
  /** All or nothing; may nest. */
  transaction<T>(work: () => T): T;
}
