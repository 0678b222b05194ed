import type { KubeObject } from "../meta/object.ts";
import type { ChangeBatch, ChangeEvent, Cluster, Resource } from "./contract.ts";
import type { Cached, Table } from "./table.ts";

/** What became of one object. `added` has no previous; for `deleted`, object is its last known version. */
export interface Change<T extends Cached = Cached> {
  type: "added" | "changed" | "deleted";
  resource: Resource;
  object: T;
  previous?: T;
}

/** A table of any object and indexes. */
// biome-ignore lint/suspicious/noExplicitAny: tables of different objects are kept in one list
export type AnyTable = Table<any, any>;

export interface FeedCacheOptions {
  cluster: Cluster;
  tables: readonly AnyTable[];
  /** Told of each difference, after the table shows it. Must not throw. */
  onChange(change: Change): void;
  /** Told of an object that could not be read or projected; the cache goes on without it. */
  onUnreadable(error: unknown, about: { resource: Resource; value: string }): void;
  /** Bytes of event text kept while a snapshot is being read; beyond it another snapshot is taken. */
  bufferLimitBytes?: number;
}

const DEFAULT_BUFFER_LIMIT_BYTES = 8 << 20;
/** Snapshots that expired or were overrun before `load` gives up and lets its caller back off. */
const MAX_SNAPSHOT_ATTEMPTS = 3;

/**
 * Tables kept in step with the change feed. Starts cold: `load` takes a snapshot. A batch that does not follow on what
 * is known (a gap) makes it cold again; what is cached then stays readable, and the next load tells only differences.
 */
export class FeedCache {
  readonly #options: FeedCacheOptions;
  readonly #tables: ReadonlyMap<Resource, AnyTable>;
  #position: number | undefined;
  #loading = false;
  #buffer: ChangeBatch[] = [];
  #bufferBytes = 0;
  #overrun = false;

  constructor(options: FeedCacheOptions) {
    this.#options = options;
    this.#tables = new Map(options.tables.map((table) => [table.resource, table]));
  }

  /** Everything up to this revision has been seen; undefined while cold. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Forgets the position, so that the next `load` takes a snapshot. */
  invalidate(): void {
    this.#position = undefined;
  }

  accept(batch: ChangeBatch): void {
    if (this.#loading) {
      this.#keep(batch);
      return;
    }
    const position = this.#position;
    if (position === undefined || batch.to <= position) return;
    if (batch.from > position) {
      this.#position = undefined;
      return;
    }
    for (const event of batch.events) if (event.revision > position) this.#apply(event);
    this.#position = batch.to;
  }

  /**
   * Takes a snapshot if cold. One call at a time.
   * @throws what the cluster throws; still cold then
   */
  async load(): Promise<void> {
    for (let attempt = 1; this.#position === undefined; attempt++) {
      if (attempt > MAX_SNAPSHOT_ATTEMPTS) throw new Error(`no complete snapshot in ${MAX_SNAPSHOT_ATTEMPTS} attempts`);
      this.#loading = true;
      this.#forgetBuffer();
      try {
        const revision = await this.#readSnapshot();
        if (!this.#overrun) this.#position = revision;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "SnapshotExpired") throw error;
      } finally {
        this.#loading = false;
      }
      const buffered = this.#buffer;
      this.#forgetBuffer();
      for (const batch of buffered) this.accept(batch);
    }
  }

  async #readSnapshot(): Promise<number> {
    const resources = [...this.#tables.keys()];
    const seen = new Set<string>();
    let next: string | undefined;
    let revision: number;
    do {
      const page = await this.#options.cluster.snapshot(resources, next);
      for (const { resource, value } of page.items) {
        const object = this.#read(resource, value);
        if (!object) continue;
        seen.add(keyOf(resource, object.metadata.namespace, object.metadata.name));
        this.#put(resource, object);
      }
      revision = page.revision;
      next = page.next;
    } while (next !== undefined);
    for (const table of this.#tables.values()) {
      for (const { metadata } of [...table.values()]) {
        if (!seen.has(keyOf(table.resource, metadata.namespace, metadata.name))) {
          this.#remove(table.resource, metadata.namespace ?? "", metadata.name ?? "");
        }
      }
    }
    return revision;
  }

  #apply(event: ChangeEvent): void {
    if (!this.#tables.has(event.resource)) return;
    const object = event.type === "DELETED" ? undefined : this.#read(event.resource, event.value);
    if (object) this.#put(event.resource, object);
    else this.#remove(event.resource, event.namespace, event.name);
  }

  #read(resource: Resource, value: string): Cached | undefined {
    try {
      return this.#tables.get(resource)?.project(JSON.parse(value) as KubeObject);
    } catch (error) {
      this.#options.onUnreadable(error, { resource, value });
      return undefined;
    }
  }

  #put(resource: Resource, object: Cached): void {
    const table = this.#tables.get(resource);
    if (!table) return;
    const { namespace = "", name = "", uid, resourceVersion } = object.metadata;
    const before = table.get(namespace, name) as Cached | undefined;
    if (before && before.metadata.resourceVersion === resourceVersion && before.metadata.uid === uid) return;
    if (before && before.metadata.uid !== uid) this.#remove(resource, namespace, name);
    const previous = table.put(object) as Cached | undefined;
    this.#options.onChange(
      previous ? { type: "changed", resource, object, previous } : { type: "added", resource, object },
    );
  }

  #remove(resource: Resource, namespace: string, name: string): void {
    const object = this.#tables.get(resource)?.remove(namespace, name) as Cached | undefined;
    if (object) this.#options.onChange({ type: "deleted", resource, object });
  }

  #keep(batch: ChangeBatch): void {
    this.#buffer.push(batch);
    for (const { value } of batch.events) this.#bufferBytes += value.length;
    if (this.#bufferBytes <= (this.#options.bufferLimitBytes ?? DEFAULT_BUFFER_LIMIT_BYTES)) return;
    this.#forgetBuffer();
    this.#overrun = true;
  }

  #forgetBuffer(): void {
    this.#buffer = [];
    this.#bufferBytes = 0;
    this.#overrun = false;
  }
}

const keyOf = (resource: Resource, namespace = "", name = ""): string => `${resource}/${namespace}/${name}`;
