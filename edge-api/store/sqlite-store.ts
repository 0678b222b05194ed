/**
 * The store over SQLite. `versions` is an append-only log of all texts by revision, `objects` points from each key to
 * its newest version (see migrations/). Against rows that hold the live text and a history table beside them, this
 * writes 2.5 times as many updates a second, since nothing is copied, and lists as fast.
 *
 * Rows as Cloudflare bills them (bench/store.ts counts): create reads and writes 2; update and delete after a get read
 * 5 and write 2; get and list read 2 an object, 5 if it has changed since the revision asked for; an event of
 * changesSince reads 2; compaction writes 1 a superseded version and 2 a tombstone.
 */
import {
  type CountQuery,
  type Encode,
  type JoinedTexts,
  type ListQuery,
  MAX_OBJECT_BYTES,
  type ObjectKey,
  type ResourceCount,
  type Revision,
  type Sql,
  type Store,
  type StoredEvent,
  type StoredObject,
  StoreError,
} from "./contract.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import {
  ADDED,
  APPEND,
  DELETED,
  DROP_KEYS,
  DROP_SUPERSEDED,
  DROP_TOMBSTONES,
  LAST,
  LAST_LOG,
  MARK,
  MODIFIED,
  NEW_KEY,
  NEXT_LOG,
  POINT,
  SET_MARK,
  TYPES,
} from "./sqlite-statements.ts";
import { exceedsBytes } from "./utf8.ts";

/** Texts worth keeping at hand: a write mostly follows a read of the same object. */
const RECENT_TEXTS = 64;
/** Versions looked at, newest first, for the last write to some resources; each is a row read. */
const LOOK_BACK = [32, 256] as const;
const RECENT_TEXT_UNITS = 32_768;
/** Cluster-scoped objects kept at hand: every create asks for its namespace, every node's request for its node. */
const HOT_OBJECTS = 256;

export interface SqliteStoreOptions {
  /** Epoch ms: dates versions for compaction. */
  now: () => number;
}

export class SqliteStore implements Store {
  readonly #sql: Sql;
  readonly #reader: SqliteReader;
  readonly #now: () => number;
  #revision: Revision;
  #compacted: Revision;
  /** Compaction has looked at all versions up to this one. */
  #passed: Revision;
  #depth = 0;
  /** What nobody may write from: a listener, or an Encode. */
  #readOnly: string | undefined;
  /** A statement failed half-way through a write: the transaction around it must not be committed. */
  #halfWritten = false;
  #events: StoredEvent[] = [];
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #recentTexts = new Map<Revision, string>();
  /** The newest versions of cluster-scoped objects that were read, by resource and name. */
  readonly #hot = new Map<string, StoredObject>();

  /** @param sql already migrated (see migrate.ts); nobody else may write to its tables while this store lives */
  constructor(sql: Sql, options: SqliteStoreOptions) {
    this.#sql = sql;
    this.#now = options.now;
    this.#reader = new SqliteReader(sql);
    this.#revision = this.#reader.number(LAST);
    this.#compacted = this.#reader.number(MARK, "compacted");
    this.#passed = this.#reader.number(MARK, "passed");
  }

  revision(): Revision {
    return this.#revision;
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  get(key: ObjectKey): StoredObject | undefined {
    const hotKey = hotKeyOf(key);
    const hot = hotKey === undefined ? undefined : this.#hot.get(hotKey);
    if (hot) return hot;
    const object = this.#reader.get(key);
    if (!object) return undefined;
    this.#remember(object.revision, object.value);
    if (hotKey !== undefined && object.value.length <= RECENT_TEXT_UNITS) {
      if (this.#hot.size >= HOT_OBJECTS) this.#hot.delete(this.#hot.keys().next().value!);
      this.#hot.set(hotKey, object);
    }
    return object;
  }

  list(query: ListQuery): Iterable<StoredObject> {
    const at = this.#checkRevision(query.at ?? this.#revision);
    return at === this.#revision ? this.#reader.listNow(query) : this.#reader.listAt(query, at);
  }

  joined(query: Omit<ListQuery, "contains"> & { limit: number; prefix: string }): JoinedTexts | undefined {
    return this.#reader.joined(query, this.#checkRevision(query.at ?? this.#revision));
  }

  count(query: CountQuery): number {
    return this.#reader.count(query, this.#checkRevision(query.at ?? this.#revision));
  }

  countByResource(namespace: string): ResourceCount[] {
    return this.#reader.countByResource(namespace);
  }

  changesSince(after: Revision, filter: { resource?: string; namespace?: string } = {}): Iterable<StoredEvent> {
    return this.#checkRevision(after) === this.#revision ? [] : this.#reader.changes(after, filter);
  }

  create(key: ObjectKey, encode: Encode): StoredObject {
    return this.#write(() => this.#append({ key, type: ADDED, head: undefined, encode }));
  }

  update(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#write(() => this.#append({ key, type: MODIFIED, head: this.#expect(key, expected), encode }));
  }

  delete(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#write(() => this.#append({ key, type: DELETED, head: this.#expect(key, expected), encode }));
  }

  #expect(key: ObjectKey, expected: Revision): { revision: Revision } {
    const head = this.#reader.head(key);
    if (!head || head.deleted) throw new StoreError("NotFound", detailOf(key));
    if (head.revision !== expected) {
      throw new StoreError("Conflict", { ...detailOf(key), expected, current: head.revision });
    }
    return head;
  }

  #append(write: {
    key: ObjectKey;
    type: number;
    head: { revision: Revision } | undefined;
    encode: Encode;
  }): StoredObject {
    const { key, type } = write;
    const { resource, namespace, name } = key;
    const revision = this.#revision + 1;
    const value = this.#encode(key, write.encode, revision);
    const previous =
      type === ADDED || !write.head
        ? undefined
        : (this.#recentTexts.get(write.head.revision) ?? this.#reader.text(write.head.revision));
    // Of a new key nothing need be read: writing it says whether it is there.
    const head = write.head ?? (this.#claim(key, revision) ? undefined : this.#tombstone(key));
    try {
      if (head) this.#sql.exec(POINT, revision, type === DELETED ? 1 : 0, resource, namespace, name);
      this.#sql.exec(APPEND, revision, head?.revision ?? null, type, this.#now(), resource, namespace, name, value);
    } catch (error) {
      this.#halfWritten = true;
      throw error;
    }
    this.#revision = revision;
    const hotKey = hotKeyOf(key);
    if (hotKey !== undefined) this.#hot.delete(hotKey);
    this.#remember(revision, value);
    this.#events.push(
      previous === undefined
        ? { type: "ADDED", resource, namespace, name, revision, value }
        : { type: TYPES[type]!, resource, namespace, name, revision, value, previous },
    );
    return { resource, namespace, name, revision, value };
  }

  /** Points a new key at a version that is still to be written; false: there is such a key. */
  #claim({ resource, namespace, name }: ObjectKey, revision: Revision): boolean {
    return this.#reader.row(NEW_KEY, resource, namespace, name, revision) !== undefined;
  }

  #tombstone(key: ObjectKey): { revision: Revision } {
    const head = this.#reader.head(key);
    if (!head?.deleted) throw new StoreError("AlreadyExists", detailOf(key));
    return head;
  }

  #encode(key: ObjectKey, encode: Encode, revision: Revision): string {
    this.#readOnly = "an Encode";
    try {
      const value = encode(revision);
      if (!exceedsBytes(value, MAX_OBJECT_BYTES)) return value;
    } finally {
      this.#readOnly = undefined;
    }
    throw new StoreError("TooLarge", { ...detailOf(key), limitBytes: MAX_OBJECT_BYTES });
  }

  #remember(revision: Revision, value: string): void {
    if (value.length > RECENT_TEXT_UNITS || this.#recentTexts.has(revision)) return;
    if (this.#recentTexts.size >= RECENT_TEXTS) {
      for (const oldest of this.#recentTexts.keys()) {
        this.#recentTexts.delete(oldest);
        break;
      }
    }
    this.#recentTexts.set(revision, value);
  }

  #write<T>(work: () => T): T {
    if (this.#readOnly) throw new Error(`store: ${this.#readOnly} must not write`);
    return this.#depth > 0 ? work() : this.transaction(work);
  }

  transaction<T>(work: () => T): T {
    if (this.#readOnly) throw new Error(`store: ${this.#readOnly} must not write`);
    const before = { revision: this.#revision, events: this.#events.length };
    const marks = { compacted: this.#compacted, passed: this.#passed };
    this.#depth++;
    let result: T;
    try {
      result = this.#sql.transaction(() => {
        const made = work();
        if (made instanceof Promise) throw new Error("store: a transaction must not return a promise");
        if (this.#halfWritten)
          throw new Error("store: a write failed half-way, so the transaction cannot be committed");
        return made;
      });
    } catch (error) {
      this.#revision = before.revision;
      this.#events.length = before.events;
      this.#compacted = marks.compacted;
      this.#passed = marks.passed;
      this.#halfWritten = false;
      // The revisions will be given again, to other texts.
      for (const revision of this.#recentTexts.keys())
        if (revision > this.#revision) this.#recentTexts.delete(revision);
      this.#hot.clear();
      this.#reader.rolledBack();
      throw error;
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0) this.#tell();
    return result;
  }

  #tell(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#readOnly = "a listener";
    try {
      for (const listener of this.#listeners) {
        try {
          listener(events);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    } finally {
      this.#readOnly = undefined;
    }
  }

  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  compact(beforeMs: number, limitRevisions: number): number {
    let passed = 0;
    let last = this.#passed;
    let compacted = this.#compacted;
    let tombstones = 0;
    let young = false;
    for (const row of this.#sql.exec(NEXT_LOG, this.#passed, limitRevisions)) {
      // Read on to the end: see SqliteReader.
      young ||= (row[2] as number) >= beforeMs;
      if (young) continue;
      passed++;
      last = row[0] as number;
      if (row[1] !== ADDED) compacted = last;
      if (row[1] === DELETED) tombstones++;
    }
    if (passed === 0) return 0;
    return this.#write(() => {
      if (compacted !== this.#compacted) {
        this.#sql.exec(DROP_SUPERSEDED, this.#passed, last);
        this.#sql.exec(SET_MARK, compacted, "compacted");
      }
      if (tombstones > 0) {
        this.#sql.exec(DROP_KEYS, this.#passed, last);
        this.#sql.exec(DROP_TOMBSTONES, this.#passed, last);
      }
      this.#sql.exec(SET_MARK, last, "passed");
      this.#compacted = compacted;
      this.#passed = last;
      return passed;
    });
  }

  lastRevisionOf(resources: ReadonlySet<string>): Revision | undefined {
    for (const limit of LOOK_BACK) {
      let count = 0;
      let last: Revision | undefined;
      for (const [revision, resource] of this.#sql.exec(LAST_LOG, limit)) {
        count++;
        if (resources.has(resource as string)) last ??= revision as Revision;
      }
      if (last !== undefined) return last;
      if (count < limit) return 0;
    }
    return undefined;
  }

  oldestUncompactedMs(): number | undefined {
    return this.#reader.row(NEXT_LOG, this.#passed, 1)?.[2] as number | undefined;
  }

  #checkRevision(revision: Revision): Revision {
    if (revision > this.#revision) {
      throw new StoreError("FutureRevision", { requested: revision, current: this.#revision });
    }
    if (revision < this.#compacted) {
      throw new StoreError("Compacted", { requested: revision, compacted: this.#compacted });
    }
    return revision;
  }
}

const hotKeyOf = ({ resource, namespace, name }: ObjectKey): string | undefined =>
  namespace === "" ? `${resource}/${name}` : undefined;

const detailOf = ({ resource, namespace, name }: ObjectKey): { [key: string]: string } => ({
  resource,
  namespace,
  name,
});
