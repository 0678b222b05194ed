import type { KubeObject, ObjectMeta } from "../meta/object.ts";
import type { Resource } from "./contract.ts";

/** A cached object: at least its metadata (name, uid and resourceVersion set), and what its program needs. */
export interface Cached {
  metadata: ObjectMeta;
}

/** Keys an object is found under; undefined: none. */
export type IndexFunction<T> = (object: T) => Iterable<string> | undefined;

export interface TableOptions<T extends Cached, I extends string> {
  resource: Resource;
  /**
   * Keeps what the program needs of an object: a cache lives in an isolate of 128 MB. The argument belongs to the
   * callee. Must keep metadata.name, namespace, uid and resourceVersion.
   */
  project(object: KubeObject): T;
  indexes?: { readonly [name in I]: IndexFunction<T> };
}

const NONE: ReadonlySet<never> = new Set();

/** The cached objects of one resource. Objects are replaced whole and never changed. */
export class Table<T extends Cached, I extends string = never> {
  readonly resource: Resource;
  readonly project: (object: KubeObject) => T;
  readonly #byNamespace = new Map<string, Map<string, T>>();
  readonly #indexes: { name: string; keys: IndexFunction<T>; entries: Map<string, Set<T>> }[];
  #size = 0;

  constructor({ resource, project, indexes }: TableOptions<T, I>) {
    this.resource = resource;
    this.project = project;
    this.#indexes = Object.entries<IndexFunction<T>>(indexes ?? {}).map(([name, keys]) => ({
      name,
      keys,
      entries: new Map(),
    }));
  }

  get size(): number {
    return this.#size;
  }

  /** `namespace` is "" for cluster-scoped objects. */
  get(namespace: string, name: string): T | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  inNamespace(namespace: string): Iterable<T> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  countInNamespace(namespace: string): number {
    return this.#byNamespace.get(namespace)?.size ?? 0;
  }

  *values(): Generator<T> {
    for (const names of this.#byNamespace.values()) yield* names.values();
  }

  /** Objects with `key` in index `name`. The set is live: copy it before anything changes. */
  by(name: I, key: string): ReadonlySet<T> {
    return this.#index(name).entries.get(key) ?? NONE;
  }

  /** The keys of an index that have objects. */
  keysOf(name: I): Iterable<string> {
    return this.#index(name).entries.keys();
  }

  /** Adds or replaces; returns what was there. For the feed cache. */
  put(object: T): T | undefined {
    const { namespace = "", name = "" } = object.metadata;
    const names = this.#byNamespace.get(namespace) ?? new Map<string, T>();
    if (names.size === 0) this.#byNamespace.set(namespace, names);
    const previous = names.get(name);
    names.set(name, object);
    if (previous) this.#unindex(previous);
    else this.#size++;
    for (const { keys, entries } of this.#indexes) {
      for (const key of keys(object) ?? []) {
        const found = entries.get(key);
        if (found) found.add(object);
        else entries.set(key, new Set([object]));
      }
    }
    return previous;
  }

  /** Returns what was removed. For the feed cache. */
  remove(namespace: string, name: string): T | undefined {
    const names = this.#byNamespace.get(namespace);
    const previous = names?.get(name);
    if (!names || !previous) return undefined;
    names.delete(name);
    if (names.size === 0) this.#byNamespace.delete(namespace);
    this.#size--;
    this.#unindex(previous);
    return previous;
  }

  #index(name: string): { entries: Map<string, Set<T>> } {
    const index = this.#indexes.find((candidate) => candidate.name === name);
    if (!index) throw new Error(`table ${this.resource} has no index ${name}`);
    return index;
  }

  #unindex(object: T): void {
    for (const { keys, entries } of this.#indexes) {
      for (const key of keys(object) ?? []) {
        const found = entries.get(key);
        found?.delete(object);
        if (found?.size === 0) entries.delete(key);
      }
    }
  }
}
