import type { ObjectKey } from "./contract.ts";
import type { WatchEvent } from "./watch-event.ts";
import type { WatchFilter, WatchSpec } from "./watch-types.ts";

interface Entry {
  readonly spec: WatchSpec;
  readonly filter: WatchFilter | undefined;
}

/** The watchers of one resource, each in exactly one place. */
class Bucket<T> {
  readonly anywhere = new Set<T>();
  readonly byNamespace = new Map<string, Set<T>>();
  /** By the node whose pods must refer to the object. */
  readonly byReader = new Map<string, Set<T>>();
  /** By a field that must be equal, then by its value. */
  readonly byField = new Map<string, Map<string, Set<T>>>();
}

/**
 * Finds the watchers an event may concern without asking all of them: a thousand daemons that each watch the pods of
 * their own node cost an event two look-ups.
 */
export class WatcherIndex<T extends Entry> {
  readonly #buckets = new Map<string, Bucket<T>>();
  readonly #readersOf: (key: ObjectKey) => Iterable<string>;

  constructor(readersOf: (key: ObjectKey) => Iterable<string> = () => NOBODY) {
    this.#readersOf = readersOf;
  }

  add(watcher: T): void {
    const { resource, namespace, reader } = watcher.spec;
    const bucket = getOrMake(this.#buckets, resource, () => new Bucket<T>());
    const equality = watcher.filter?.equality;
    if (reader !== undefined) {
      getOrMake(bucket.byReader, reader, () => new Set<T>()).add(watcher);
    } else if (equality !== undefined) {
      const values = getOrMake(bucket.byField, equality.field, () => new Map<string, Set<T>>());
      getOrMake(values, equality.value, () => new Set<T>()).add(watcher);
    } else if (namespace !== undefined) {
      getOrMake(bucket.byNamespace, namespace, () => new Set<T>()).add(watcher);
    } else {
      bucket.anywhere.add(watcher);
    }
  }

  delete(watcher: T): void {
    const { resource, namespace, reader } = watcher.spec;
    const bucket = this.#buckets.get(resource);
    if (bucket === undefined) return;
    const equality = watcher.filter?.equality;
    if (reader !== undefined) {
      remove(bucket.byReader, reader, watcher);
    } else if (equality !== undefined) {
      const values = bucket.byField.get(equality.field);
      if (values !== undefined) remove(values, equality.value, watcher);
      if (values?.size === 0) bucket.byField.delete(equality.field);
    } else if (namespace !== undefined) {
      remove(bucket.byNamespace, namespace, watcher);
    } else {
      bucket.anywhere.delete(watcher);
    }
    const { anywhere, byNamespace, byField, byReader } = bucket;
    if (anywhere.size + byNamespace.size + byField.size + byReader.size === 0) this.#buckets.delete(resource);
  }

  has(resource: string): boolean {
    return this.#buckets.has(resource);
  }

  /** Visits each watcher that the event may concern once; it may be that the event does not concern it after all. */
  visit(watchEvent: WatchEvent, visitor: (watcher: T) => void): void {
    const { resource, namespace } = watchEvent.event;
    const bucket = this.#buckets.get(resource);
    if (bucket === undefined) return;
    for (const watcher of bucket.anywhere) visitor(watcher);
    for (const watcher of bucket.byNamespace.get(namespace) ?? NOBODY) visitor(watcher);
    if (bucket.byReader.size > 0) {
      for (const reader of this.#readersOf(watchEvent.event)) {
        for (const watcher of bucket.byReader.get(reader) ?? NOBODY) visitor(watcher);
      }
    }
    for (const [field, values] of bucket.byField) {
      const now = watchEvent.now()?.field(field);
      const before = watchEvent.before()?.field(field);
      if (now !== undefined) for (const watcher of values.get(now) ?? NOBODY) visitor(watcher);
      if (before !== undefined && before !== now) {
        for (const watcher of values.get(before) ?? NOBODY) visitor(watcher);
      }
    }
  }
}

const NOBODY: readonly never[] = [];

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function remove<T>(sets: Map<string, Set<T>>, key: string, member: T): void {
  const set = sets.get(key);
  set?.delete(member);
  if (set?.size === 0) sets.delete(key);
}
