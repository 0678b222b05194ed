/**
 * Rows that nearly every write looks at, few and small: namespaces, accounts, limits, classes. They are read once and
 * kept until somebody writes to them. What has been written in a transaction that is still open may yet be taken back:
 * from then on everything of that resource is read from the store, until the transaction has been committed.
 */
import type { ListQuery, ObjectKey, Store, StoredObject } from "../store/contract.ts";

const CACHED: ReadonlySet<string> = new Set([
  "namespaces",
  "serviceaccounts",
  "limitranges",
  "priorityclasses.scheduling.k8s.io",
  "runtimeclasses.node.k8s.io",
  "storageclasses.storage.k8s.io",
  "ingressclasses.networking.k8s.io",
  "validatingadmissionpolicies.admissionregistration.k8s.io",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io",
  "mutatingadmissionpolicies.admissionregistration.k8s.io",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
]);
/** Of one resource; beyond it, keeping starts anew. */
const MAX_KEPT = 2048;
/** Longer texts are not kept. */
const MAX_LENGTH = 16 * 1024;

interface Kept {
  /** By "namespace/name"; undefined: there is none. */
  rows: Map<string, StoredObject | undefined>;
  /** By namespace; "": all. */
  lists: Map<string, readonly StoredObject[]>;
}

export class CachedRows {
  readonly #store: Store;
  readonly #kept = new Map<string, Kept>();
  readonly #written = new Set<string>();

  /** To be made outside of transactions, and before all that reads when it is told of events. */
  constructor(store: Store) {
    this.#store = store;
    store.subscribe((events) => {
      for (const { resource, namespace, name } of events) {
        const kept = this.#kept.get(resource);
        kept?.rows.delete(`${namespace}/${name}`);
        kept?.lists.clear();
      }
      this.#written.clear();
    });
  }

  /** To be told of every write, before it is made. */
  writing(resource: string): void {
    if (CACHED.has(resource)) this.#written.add(resource);
  }

  get(key: ObjectKey): StoredObject | undefined {
    const kept = this.#keptOf(key.resource);
    if (!kept) return this.#store.get(key);
    const id = `${key.namespace}/${key.name}`;
    const known = kept.rows.get(id);
    if (known || kept.rows.has(id)) return known;
    const row = this.#store.get(key);
    if (kept.rows.size >= MAX_KEPT) kept.rows.clear();
    if (!row || row.value.length <= MAX_LENGTH) kept.rows.set(id, row);
    return row;
  }

  list(query: ListQuery): Iterable<StoredObject> {
    const { resource, namespace = "", after, limit, at, contains = "" } = query;
    const kept = after || limit !== undefined || at !== undefined ? undefined : this.#keptOf(resource);
    if (!kept) return this.#store.list(query);
    let rows = kept.lists.get(namespace);
    if (!rows) {
      rows = [...this.#store.list({ resource, ...(namespace && { namespace }) })];
      if (rows.length > MAX_LISTED || rows.some(({ value }) => value.length > MAX_LENGTH))
        return this.#store.list(query);
      if (kept.lists.size >= MAX_KEPT) kept.lists.clear();
      kept.lists.set(namespace, rows);
    }
    return contains === "" ? rows : rows.filter(({ value }) => value.includes(contains));
  }

  #keptOf(resource: string): Kept | undefined {
    if (!CACHED.has(resource) || this.#written.has(resource)) return undefined;
    let kept = this.#kept.get(resource);
    if (!kept) {
      kept = { rows: new Map(), lists: new Map() };
      this.#kept.set(resource, kept);
    }
    return kept;
  }
}

/** Longer lists are not kept: namespaces and accounts of a large cluster are listed by users, not by each write. */
const MAX_LISTED = 64;

const parsed = new WeakMap<StoredObject, unknown>();

/** The object of a row, parsed once for as long as the row is kept. Must not be changed, nor given away. */
export function parsedRow<T>(row: StoredObject): T {
  let object = parsed.get(row);
  if (object === undefined) {
    object = JSON.parse(row.value);
    parsed.set(row, object);
  }
  return object as T;
}
