/**
 * The store over SQLite. `versions` is an append-only log of all texts by revision, `objects` points from each key to
 * its newest version (see migrations/). Against rows that hold the live text and a history table beside them, this
 * writes 2.5 times as many updates a second, since nothing is copied, and lists as fast.
 *
 * Rows as Cloudflare bills them: create, update and delete write 2 and read 1 (2 when the previous text is not at hand);
 * get reads 2; list reads 2 an object; an event of changesSince reads 2; compaction writes 1 a superseded version and 2
 * a tombstone.
 */
import {
  type Encode,
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
import {
  ADDED,
  APPEND,
  changesText,
  countText,
  DELETED,
  DROP_KEYS,
  DROP_SUPERSEDED,
  DROP_TOMBSTONES,
  GET,
  HEAD,
  LAST,
  listText,
  MARK,
  MODIFIED,
  NEW_KEY,
  NEXT_LOG,
  POINT,
  RESOURCES_IN,
  SET_MARK,
  TEXT,
  TYPES,
  VERSION_AT,
} from "./sqlite-statements.ts";
import { compareUtf8, exceedsBytes } from "./utf8.ts";

/** Texts worth keeping at hand: a write mostly follows a read of the same object. */
const RECENT_TEXTS = 64;
const RECENT_TEXT_UNITS = 32_768;
const LEAST_KEYS = 32;
/** Rows a statement gives at most, of those that may give many. */
const CHUNK_ROWS = 500;

type Row = (string | number | null)[];

export interface SqliteStoreOptions {
  /** Epoch ms: dates versions for compaction. */
  now: () => number;
}

export class SqliteStore implements Store {
  readonly #sql: Sql;
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

  /** @param sql already migrated (see migrate.ts); nobody else may write to its tables while this store lives */
  constructor(sql: Sql, options: SqliteStoreOptions) {
    this.#sql = sql;
    this.#now = options.now;
    this.#revision = this.#number(LAST);
    this.#compacted = this.#number(MARK, "compacted");
    this.#passed = this.#number(MARK, "passed");
  }

  revision(): Revision {
    return this.#revision;
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  get(key: ObjectKey): StoredObject | undefined {
    const row = this.#row(GET, key.resource, key.namespace, key.name);
    if (row === undefined) return undefined;
    const revision = row[0] as number;
    const value = row[1] as string;
    this.#remember(revision, value);
    return { resource: key.resource, namespace: key.namespace, name: key.name, revision, value };
  }

  list(query: ListQuery): Iterable<StoredObject> {
    const at = this.#checkRevision(query.at ?? this.#revision);
    const from = startOf(query);
    if (from === undefined || query.limit === 0) return [];
    return at === this.#revision ? this.#listNow(query, from) : this.#listAt(query, from, at);
  }

  *#listNow(query: ListQuery, start: [string, string]): Iterable<StoredObject> {
    const { resource, namespace } = query;
    const text = listText(namespace, "v.value", " AND o.deleted = 0");
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let from = start;
    while (left > 0) {
      const wanted = Math.min(left, CHUNK_ROWS);
      let seen = 0;
      for (const row of this.#rows(text, resource, from[0], from[1], wanted)) {
        seen++;
        from = [row[0] as string, row[1] as string];
        yield { resource, namespace: from[0], name: from[1], revision: row[2] as number, value: row[3] as string };
      }
      if (seen < wanted) return;
      left -= wanted;
    }
  }

  *#listAt(query: ListQuery, start: [string, string], at: Revision): Iterable<StoredObject> {
    const { resource, namespace } = query;
    const text = listText(namespace, "v.value, o.deleted", "");
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let from = start;
    // Keys that did not exist at `at` take places in a chunk without filling them: then another is read.
    for (let wanted = Math.min(left, CHUNK_ROWS); left > 0; wanted = Math.max(wanted, LEAST_KEYS)) {
      let seen = 0;
      for (const row of this.#rows(text, resource, from[0], from[1], wanted)) {
        seen++;
        if (left === 0) continue;
        from = [row[0] as string, row[1] as string];
        const newest = row[2] as number;
        const value = row[3] as string;
        const object =
          newest > at
            ? this.#versionAt({ resource, namespace: from[0], name: from[1] }, newest, at)
            : row[4] === 0
              ? { resource, namespace: from[0], name: from[1], revision: newest, value }
              : undefined;
        if (object === undefined) continue;
        left--;
        yield object;
      }
      if (seen < wanted) return;
    }
  }

  #versionAt(key: ObjectKey, newest: Revision, at: Revision): StoredObject | undefined {
    const row = this.#row(VERSION_AT, newest, at);
    if (row === undefined || row[1] === DELETED) return undefined;
    const { resource, namespace, name } = key;
    return { resource, namespace, name, revision: row[0] as number, value: row[2] as string };
  }

  count(query: ListQuery): number {
    const at = this.#checkRevision(query.at ?? this.#revision);
    const from = startOf(query);
    if (from === undefined) return 0;
    const { resource, namespace } = query;
    const unchanged = countText(namespace, "count(*)", "o.deleted = 0 AND o.revision <= ?");
    let count = this.#number(unchanged, resource, from[0], from[1], at);
    if (at === this.#revision) return count;
    const changed = countText(namespace, "o.namespace, o.name, o.revision", "o.revision > ?");
    for (const row of this.#rows(changed, resource, from[0], from[1], at)) {
      const key = { resource, namespace: row[0] as string, name: row[1] as string };
      if (this.#versionAt(key, row[2] as number, at)) count++;
    }
    return count;
  }

  countByResource(namespace: string): ResourceCount[] {
    const counts: ResourceCount[] = [];
    for (const row of this.#sql.exec(RESOURCES_IN, namespace)) {
      if ((row[1] as number) > 0) counts.push({ resource: row[0] as string, count: row[1] as number });
    }
    return counts;
  }

  create(key: ObjectKey, encode: Encode): StoredObject {
    return this.#write(() => {
      const head = this.#head(key);
      if (head && !head.deleted) throw new StoreError("AlreadyExists", detailOf(key));
      return this.#append({ key, type: ADDED, head, encode });
    });
  }

  update(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#write(() => this.#append({ key, type: MODIFIED, head: this.#expect(key, expected), encode }));
  }

  delete(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#write(() => this.#append({ key, type: DELETED, head: this.#expect(key, expected), encode }));
  }

  #head(key: ObjectKey): { revision: Revision; deleted: boolean } | undefined {
    const row = this.#row(HEAD, key.resource, key.namespace, key.name);
    return row && { revision: row[0] as number, deleted: row[1] === 1 };
  }

  #expect(key: ObjectKey, expected: Revision): { revision: Revision } {
    const head = this.#head(key);
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
    const { key, type, head } = write;
    const { resource, namespace, name } = key;
    const revision = this.#revision + 1;
    const value = this.#encode(key, write.encode, revision);
    const previous = type === ADDED ? undefined : this.#textOf(head!.revision);
    try {
      this.#sql.exec(APPEND, revision, head?.revision ?? null, type, this.#now(), resource, namespace, name, value);
      if (head) this.#sql.exec(POINT, revision, type === DELETED ? 1 : 0, resource, namespace, name);
      else this.#sql.exec(NEW_KEY, resource, namespace, name, revision);
    } catch (error) {
      this.#halfWritten = true;
      throw error;
    }
    this.#revision = revision;
    this.#remember(revision, value);
    this.#events.push(
      previous === undefined
        ? { type: "ADDED", resource, namespace, name, revision, value }
        : { type: TYPES[type]!, resource, namespace, name, revision, value, previous },
    );
    return { resource, namespace, name, revision, value };
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

  #textOf(revision: Revision): string {
    const known = this.#recentTexts.get(revision);
    if (known !== undefined) return known;
    const row = this.#row(TEXT, revision);
    if (row === undefined) throw new Error(`store: the version at revision ${revision} is missing`);
    return row[0] as string;
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
      this.#recentTexts.clear();
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

  changesSince(after: Revision, filter: { resource?: string; namespace?: string } = {}): Iterable<StoredEvent> {
    this.#checkRevision(after);
    const bindings: (string | number)[] = [after];
    let where = "";
    if (filter.resource !== undefined) {
      where += " AND v.resource = ?";
      bindings.push(filter.resource);
    }
    if (filter.namespace !== undefined) {
      where += " AND v.namespace = ?";
      bindings.push(filter.namespace);
    }
    return after === this.#revision ? [] : this.#changes(changesText(where), bindings);
  }

  *#changes(text: string, bindings: (string | number)[]): Iterable<StoredEvent> {
    for (;;) {
      let seen = 0;
      for (const row of this.#rows(text, ...bindings, CHUNK_ROWS)) {
        seen++;
        bindings[0] = row[0] as number;
        yield eventOf(row);
      }
      if (seen < CHUNK_ROWS) return;
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

  oldestUncompactedMs(): number | undefined {
    return this.#row(NEXT_LOG, this.#passed, 1)?.[2] as number | undefined;
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

  /**
   * Rows of one cursor, which is read to its end also when the consumer stops: a cursor left open keeps its statement
   * from being used again, and in workerd nothing closes it. So ask for a chunk, not for everything.
   */
  *#rows(text: string, ...bindings: (string | number)[]): Iterable<Row> {
    const cursor = this.#sql.exec(text, ...bindings)[Symbol.iterator]();
    let next = cursor.next();
    try {
      for (; !next.done; next = cursor.next()) yield next.value;
    } finally {
      while (!next.done) next = cursor.next();
    }
  }

  /** The last row. */
  #row(text: string, ...bindings: (string | number)[]): Row | undefined {
    let last: Row | undefined;
    for (const row of this.#sql.exec(text, ...bindings)) last = row;
    return last;
  }

  #number(text: string, ...bindings: (string | number)[]): number {
    return this.#row(text, ...bindings)![0] as number;
  }
}

const detailOf = ({ resource, namespace, name }: ObjectKey): { [key: string]: string } => ({
  resource,
  namespace,
  name,
});

/** Namespace and name that a query starts behind; undefined when nothing can follow. */
function startOf({ namespace, after }: ListQuery): [string, string] | undefined {
  if (after === undefined) return [namespace ?? "", ""];
  if (namespace === undefined || namespace === after.namespace) return [after.namespace, after.name];
  return compareUtf8(after.namespace, namespace) < 0 ? [namespace, ""] : undefined;
}

function eventOf(row: Row): StoredEvent {
  const event: StoredEvent = {
    type: TYPES[row[1] as number]!,
    resource: row[2] as string,
    namespace: row[3] as string,
    name: row[4] as string,
    revision: row[0] as number,
    value: row[5] as string,
  };
  if (row[6] !== null) event.previous = row[6] as string;
  return event;
}
