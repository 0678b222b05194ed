/**
 * The store as a model: a log of events and nothing clever. Everything else is computed by replaying it, so that what
 * the contract means can be read here. For tests.
 */
import {
  type Encode,
  type ListQuery,
  MAX_OBJECT_BYTES,
  type ObjectKey,
  type ResourceCount,
  type Revision,
  type Store,
  type StoredEvent,
  type StoredObject,
  StoreError,
} from "./contract.ts";
import { compareUtf8, exceedsBytes } from "./utf8.ts";

interface Entry {
  event: StoredEvent;
  writtenMs: number;
}

export class MemoryStore implements Store {
  readonly #now: () => number;
  /** Entry i is revision i + 1. Never shortened, but by rollback: only `#compacted` says what is forgotten. */
  #log: Entry[] = [];
  #live = new Map<string, StoredObject>();
  #compacted: Revision = 0;
  #passed: Revision = 0;
  #depth = 0;
  #firstUntold = 0;
  #readOnly = false;
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();

  constructor(options: { now: () => number }) {
    this.#now = options.now;
  }

  revision(): Revision {
    return this.#log.length;
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  get(key: ObjectKey): StoredObject | undefined {
    const object = this.#live.get(pathOf(key));
    return object && { ...object };
  }

  list(query: ListQuery): Iterable<StoredObject> {
    const { contains = "", limit } = query;
    return this.#matching(query)
      .filter((o) => o.value.includes(contains))
      .slice(0, limit);
  }

  count(query: ListQuery): number {
    return this.#matching(query).length;
  }

  countByResource(namespace: string): ResourceCount[] {
    const counts = new Map<string, number>();
    for (const object of this.#live.values()) {
      if (object.namespace === namespace) counts.set(object.resource, (counts.get(object.resource) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => compareUtf8(a, b)).map(([resource, count]) => ({ resource, count }));
  }

  #matching({ resource, namespace, after, at }: ListQuery): StoredObject[] {
    const objects = at === undefined ? [...this.#live.values()] : this.stateAt(this.#checkRevision(at));
    return objects
      .filter((o) => o.resource === resource && (namespace === undefined || o.namespace === namespace))
      .filter((o) => after === undefined || compareKeys(o, after) > 0)
      .sort(compareKeys);
  }

  /** What lived at a revision, compacted or not. */
  stateAt(at: Revision): StoredObject[] {
    const state = new Map<string, StoredObject>();
    for (const { event } of this.#log.slice(0, at)) applyTo(state, event);
    return [...state.values()];
  }

  create(key: ObjectKey, encode: Encode): StoredObject {
    if (this.#live.has(pathOf(key))) throw new StoreError("AlreadyExists", { ...onlyKey(key) });
    return this.#append("ADDED", key, encode);
  }

  update(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#append("MODIFIED", key, encode, this.#expect(key, expected).value);
  }

  delete(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    return this.#append("DELETED", key, encode, this.#expect(key, expected).value);
  }

  #expect(key: ObjectKey, expected: Revision): StoredObject {
    const current = this.#live.get(pathOf(key));
    if (!current) throw new StoreError("NotFound", { ...onlyKey(key) });
    if (current.revision !== expected) {
      throw new StoreError("Conflict", { ...onlyKey(key), expected, current: current.revision });
    }
    return current;
  }

  #append(type: StoredEvent["type"], key: ObjectKey, encode: Encode, previous?: string): StoredObject {
    this.#refuseWhenReadOnly();
    const revision = this.#log.length + 1;
    this.#readOnly = true;
    let value: string;
    try {
      value = encode(revision);
    } finally {
      this.#readOnly = false;
    }
    if (exceedsBytes(value, MAX_OBJECT_BYTES)) {
      throw new StoreError("TooLarge", { ...onlyKey(key), limitBytes: MAX_OBJECT_BYTES });
    }
    return this.transaction(() => {
      const event = { type, ...onlyKey(key), revision, value, ...(previous !== undefined && { previous }) };
      this.#log.push({ event, writtenMs: this.#now() });
      applyTo(this.#live, event);
      return { ...onlyKey(key), revision, value };
    });
  }

  transaction<T>(work: () => T): T {
    this.#refuseWhenReadOnly();
    const before = { length: this.#log.length, live: new Map(this.#live), marks: [this.#compacted, this.#passed] };
    this.#depth++;
    try {
      const result = work();
      if (result instanceof Promise) throw new Error("store: a transaction must not return a promise");
      return result;
    } catch (error) {
      this.#log.length = before.length;
      this.#live = before.live;
      [this.#compacted, this.#passed] = before.marks as [Revision, Revision];
      throw error;
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#tell();
    }
  }

  #tell(): void {
    const events = this.#log.slice(this.#firstUntold).map((entry) => entry.event);
    this.#firstUntold = this.#log.length;
    if (events.length === 0) return;
    this.#readOnly = true;
    for (const listener of this.#listeners) {
      try {
        listener(events);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#readOnly = false;
  }

  #refuseWhenReadOnly(): void {
    if (this.#readOnly) throw new Error("store: listeners and Encode must not write");
  }

  changesSince(after: Revision, filter: { resource?: string; namespace?: string } = {}): Iterable<StoredEvent> {
    return this.#log
      .slice(this.#checkRevision(after))
      .map((entry) => ({ ...entry.event }))
      .filter((e) => filter.resource === undefined || e.resource === filter.resource)
      .filter((e) => filter.namespace === undefined || e.namespace === filter.namespace);
  }

  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  compact(beforeMs: number, limitRevisions: number): number {
    const first = this.#passed;
    while (this.#passed - first < limitRevisions) {
      const next = this.#log[this.#passed];
      if (next === undefined || next.writtenMs >= beforeMs) break;
      this.#passed = next.event.revision;
      // What superseded nothing takes no history with it.
      if (next.event.type !== "ADDED") this.#compacted = next.event.revision;
    }
    return this.#passed - first;
  }

  oldestUncompactedMs(): number | undefined {
    return this.#log[this.#passed]?.writtenMs;
  }

  #checkRevision(revision: Revision): Revision {
    if (revision > this.#log.length) {
      throw new StoreError("FutureRevision", { requested: revision, current: this.#log.length });
    }
    if (revision < this.#compacted) {
      throw new StoreError("Compacted", { requested: revision, compacted: this.#compacted });
    }
    return revision;
  }
}

function applyTo(state: Map<string, StoredObject>, { type, revision, value, ...key }: StoredEvent): void {
  if (type === "DELETED") state.delete(pathOf(key));
  else state.set(pathOf(key), { ...onlyKey(key), revision, value });
}

const onlyKey = ({ resource, namespace, name }: ObjectKey): ObjectKey => ({ resource, namespace, name });
const pathOf = ({ resource, namespace, name }: ObjectKey): string => `${resource}\0${namespace}\0${name}`;
const compareKeys = (a: { namespace: string; name: string }, b: { namespace: string; name: string }): number =>
  compareUtf8(a.namespace, b.namespace) || compareUtf8(a.name, b.name);
