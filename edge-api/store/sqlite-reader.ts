/** How the SQLite store reads: cursors in bounded chunks, the past, and counts that are not counted twice. */
import type {
  CountQuery,
  JoinedTexts,
  ListQuery,
  ObjectKey,
  ResourceCount,
  Revision,
  Sql,
  StoredEvent,
  StoredObject,
} from "./contract.ts";
import {
  CHANGES,
  COUNT_UNCHANGED,
  DELETED,
  GET,
  HEAD,
  JOINED,
  JOINED_BYTES,
  KEYS_CHANGED,
  LIST_AT,
  LIST_AT_CONTAINING,
  LIST_NOW,
  LIST_NOW_CONTAINING,
  RESOURCES_IN,
  TEXT,
  TYPES,
  VERSION_AT,
} from "./sqlite-statements.ts";
import { compareUtf8 } from "./utf8.ts";

export type Value = string | number | null;
export type Row = Value[];

/** Rows a statement gives at most, of those that may give many; and at least, once a page is nearly full. */
const CHUNK_ROWS = 500;
const LEAST_ROWS = 32;
/** A Durable Object's SQLite makes no value longer than 2 MB; below this, something else was wrong. */
const MAX_JOINED_BYTES = 1_900_000;
/** As many texts are joined as have about this length; there is room for some that are longer than others. */
const JOINED_LENGTH = 1_000_000;
/** Texts of resources of which no such text has been made yet. */
const FIRST_JOINED_ROWS = 125;
/** Fewer gain little by it: a resource of which not even these can be joined is read one by one. */
const LEAST_JOINED_ROWS = 60;
const SEPARATOR = "\u0001";
/** Ends of pages behind which is known how many follow: as many clients can go on at the same time. */
const KNOWN_COUNTS = 256;
export class SqliteReader {
  readonly #sql: Sql;
  /** How many follow a place in a snapshot, by `placeOf`: behind the next page are fewer by what is on it. */
  readonly #knownCounts = new Map<string, number>();
  /** How many texts of a resource are joined at once: by how long the last ones were, or those that were too long. */
  readonly #joinedRows = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The last row of a statement that gives few. */
  row(text: string, ...bindings: Value[]): Row | undefined {
    let last: Row | undefined;
    for (const row of this.#sql.exec(text, ...bindings)) last = row;
    return last;
  }

  number(text: string, ...bindings: Value[]): number {
    return this.row(text, ...bindings)![0] as number;
  }

  /**
   * Rows of one cursor, which is read to its end also when the consumer stops: a cursor left open keeps its statement
   * from being used again, and in workerd nothing closes it. So ask for a chunk, not for everything.
   */
  *#rows(text: string, ...bindings: Value[]): Iterable<Row> {
    const cursor = this.#sql.exec(text, ...bindings)[Symbol.iterator]();
    let next = cursor.next();
    try {
      for (; !next.done; next = cursor.next()) yield next.value;
    } finally {
      while (!next.done) next = cursor.next();
    }
  }

  get({ resource, namespace, name }: ObjectKey): StoredObject | undefined {
    const row = this.row(GET, resource, namespace, name);
    return row && { resource, namespace, name, revision: row[0] as number, value: row[1] as string };
  }

  /** The newest version of a key, be it a tombstone. */
  head(key: ObjectKey): { revision: Revision; deleted: boolean } | undefined {
    const row = this.row(HEAD, key.resource, key.namespace, key.name);
    return row && { revision: row[0] as number, deleted: row[1] === 1 };
  }

  text(revision: Revision): string {
    const row = this.row(TEXT, revision);
    if (row === undefined) throw new Error(`store: the version at revision ${revision} is missing`);
    return row[0] as string;
  }

  *listNow(query: ListQuery): Iterable<StoredObject> {
    const { resource, namespace, contains } = query;
    const statement = contains === undefined ? LIST_NOW : LIST_NOW_CONTAINING;
    const text = namespace === undefined ? statement.all : statement.one;
    const needle = contains === undefined ? [] : [contains];
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let from = startOf(query);
    while (left > 0 && from !== undefined) {
      const wanted = Math.min(left, CHUNK_ROWS);
      let seen = 0;
      for (const row of this.#rows(text, resource, ...from, ...needle, wanted)) {
        seen++;
        from = [row[0] as string, row[1] as string];
        yield { resource, namespace: from[0], name: from[1], revision: row[2] as number, value: row[3] as string };
      }
      if (seen < wanted) return;
      left -= wanted;
    }
  }

  /** @see Store.joined */
  joined(
    query: Omit<ListQuery, "contains"> & { limit: number; prefix: string },
    at: Revision,
  ): JoinedTexts | undefined {
    const { resource, namespace, prefix } = query;
    const from = startOf(query);
    const none = { bytes: new Uint8Array(0), count: 0, last: undefined, more: false };
    if (from === undefined) return none;
    const atOnce = this.#joinedRows.get(resource) ?? FIRST_JOINED_ROWS;
    if (atOnce < LEAST_JOINED_ROWS) return undefined;
    const limit = Math.min(query.limit, atOnce);
    const form = namespace === undefined ? "all" : "one";
    const range = [resource, ...from, at, limit];
    let row: Row;
    try {
      row = this.row(JOINED[form], prefix, `${prefix}\u{10FFFF}`, ...range)!;
    } catch (error) {
      const bytes = this.number(JOINED_BYTES[form], ...range);
      if (bytes <= MAX_JOINED_BYTES) throw error;
      this.#joinedRows.set(resource, rowsOf(bytes / limit));
      return undefined;
    }
    const [blob, ...rest] = row as unknown as [ArrayBuffer | Uint8Array, number, number, number, string];
    const [count, newest, alike, lastKey] = rest;
    if (count === 0) return none;
    if (newest > at || alike !== count) return undefined;
    // workerd gives an ArrayBuffer, Node a Uint8Array.
    const bytes = blob instanceof Uint8Array ? blob : new Uint8Array(blob);
    if (count >= LEAST_JOINED_ROWS)
      this.#joinedRows.set(resource, Math.max(LEAST_JOINED_ROWS, rowsOf(bytes.length / count)));
    const separator = namespace === undefined ? lastKey.indexOf(SEPARATOR) : -1;
    const last = { namespace: namespace ?? lastKey.slice(0, separator), name: lastKey.slice(separator + 1) };
    return { bytes, count, last, more: count === limit };
  }

  *listAt(query: ListQuery, at: Revision): Iterable<StoredObject> {
    const { resource, namespace, contains = "" } = query;
    const statement = contains === "" ? LIST_AT : LIST_AT_CONTAINING;
    const text = namespace === undefined ? statement.all : statement.one;
    const conditions = contains === "" ? [at] : [at, contains];
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let from = startOf(query);
    // Keys that were nothing at `at` take places in a chunk without filling them: then another is read.
    let wanted = Math.min(left, CHUNK_ROWS);
    while (left > 0 && from !== undefined) {
      let seen = 0;
      for (const row of this.#rows(text, resource, ...from, ...conditions, wanted)) {
        seen++;
        if (left === 0) continue;
        from = [row[0] as string, row[1] as string];
        const newest = row[2] as number;
        const version = newest > at ? this.#versionAt(newest, at) : { revision: newest, value: row[3] as string };
        if (version === undefined || (newest > at && !version.value.includes(contains))) continue;
        left--;
        yield { resource, namespace: from[0], name: from[1], revision: version.revision, value: version.value };
      }
      if (seen < wanted) return;
      wanted = Math.min(Math.max(left, LEAST_ROWS), CHUNK_ROWS);
    }
  }

  #versionAt(newest: Revision, at: Revision): { revision: Revision; value: string } | undefined {
    const row = this.row(VERSION_AT, newest, at);
    return row === undefined || row[1] === DELETED
      ? undefined
      : { revision: row[0] as number, value: row[2] as string };
  }

  /** Objects behind `query.after` as of a revision. */
  count(query: CountQuery, at: Revision): number {
    const from = startOf(query);
    if (from === undefined) return 0;
    const place = placeOf(query, from, at);
    const { seen } = query;
    const before = seen && startOf({ namespace: query.namespace, after: seen.after });
    const behindBefore = before && this.#knownCounts.get(placeOf(query, before, at));
    const count =
      this.#knownCounts.get(place) ??
      (seen && behindBefore !== undefined ? behindBefore - seen.count : this.#countBehind(query, from, at));
    this.#knownCounts.delete(place);
    this.#knownCounts.set(place, count);
    if (this.#knownCounts.size > KNOWN_COUNTS) this.#knownCounts.delete(this.#knownCounts.keys().next().value!);
    return count;
  }

  #countBehind({ resource, namespace }: ListQuery, after: [string, string], at: Revision): number {
    const form = namespace === undefined ? "all" : "one";
    let count = this.number(COUNT_UNCHANGED[form], resource, ...after, at);
    for (const row of this.#rows(KEYS_CHANGED[form], resource, ...after, at)) {
      if (this.#versionAt(row[0] as number, at)) count++;
    }
    return count;
  }

  countByResource(namespace: string): ResourceCount[] {
    const counts: ResourceCount[] = [];
    for (const row of this.#rows(RESOURCES_IN, namespace)) {
      if ((row[1] as number) > 0) counts.push({ resource: row[0] as string, count: row[1] as number });
    }
    return counts;
  }

  *changes(after: Revision, filter: { resource?: string; namespace?: string }): Iterable<StoredEvent> {
    const { resource, namespace } = filter;
    const form =
      resource === undefined
        ? namespace === undefined
          ? "all"
          : "namespace"
        : namespace === undefined
          ? "resource"
          : "both";
    const conditions = [resource, namespace].filter((value) => value !== undefined);
    let from = after;
    for (;;) {
      let seen = 0;
      for (const row of this.#rows(CHANGES[form], from, ...conditions, CHUNK_ROWS)) {
        seen++;
        from = row[0] as number;
        yield eventOf(row);
      }
      if (seen < CHUNK_ROWS) return;
    }
  }

  /** A transaction was rolled back: its revisions will be given again, to other versions. */
  rolledBack(): void {
    this.#knownCounts.clear();
  }
}

const rowsOf = (averageLength: number): number => Math.floor(JOINED_LENGTH / averageLength);

/** Namespace and name that a query starts behind; undefined when nothing can follow. */
function startOf({
  namespace,
  after,
}: {
  namespace?: string | undefined;
  after?: ListQuery["after"] | undefined;
}): [string, string] | undefined {
  if (after === undefined) return [namespace ?? "", ""];
  if (namespace === undefined || namespace === after.namespace) return [after.namespace, after.name];
  return compareUtf8(after.namespace, namespace) < 0 ? [namespace, ""] : undefined;
}

const placeOf = ({ resource, namespace }: ListQuery, from: [string, string], at: Revision): string =>
  `${at} ${JSON.stringify([resource, namespace, ...from])}`;

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
