/**
 * Copies of some of another store's resources in a store of one's own, kept in step by its change feed. The copies have
 * their originals' texts; only the revisions they lie under are this store's own.
 */
import type { ChangeBatch, ChangeEvent, Resource, SnapshotPage } from "../../machinery/cluster/contract.ts";
import type { ObjectMeta } from "../../machinery/meta/object.ts";
import type { ObjectKey, Revision, Store } from "./contract.ts";

export interface FollowerOptions {
  /** Where the copies lie. Nobody else writes these resources. */
  store: Store;
  resources: readonly Resource[];
  /** machinery/cluster/contract.ts */
  snapshot(resources: Resource[], next?: string): Promise<SnapshotPage>;
  /** The original's revision that the copies are at; durable, and written in the same turn as they. */
  position: { get(): Revision | undefined; set(position: Revision | undefined): void };
  /** Told after a copy went. */
  onDeleted?(key: ObjectKey): void;
}

/** Batches kept while a snapshot is being read; beyond it another snapshot is taken. */
const MAX_KEPT_BATCHES = 1_000;
const MAX_SNAPSHOTS = 3;

export class StoreFollower {
  readonly #options: FollowerOptions;
  readonly #resources: ReadonlySet<Resource>;
  /** Where the last batch ended, when it was not worth a write. */
  #at: Revision | undefined;
  #loading: Promise<void> | undefined;
  /** While a snapshot is being read: what comes meanwhile. */
  #kept: ChangeBatch[] | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#resources = new Set(options.resources);
  }

  /** Takes a batch over. One that does not follow on what is known makes the copies worthless until `ready`. */
  accept(batch: ChangeBatch): void {
    if (this.#kept) {
      this.#kept.push(batch);
      return;
    }
    const { store, position } = this.#options;
    const at = this.#at ?? position.get();
    if (at === undefined || batch.to <= at) return;
    if (batch.from > at) {
      this.#at = undefined;
      position.set(undefined);
      return;
    }
    const events = batch.events.filter(({ revision, resource }) => revision > at && this.#resources.has(resource));
    if (events.length > 0) {
      store.transaction(() => {
        for (const event of events) this.#apply(event);
        position.set(batch.to);
      });
    }
    this.#at = batch.to;
    for (const event of events) if (event.type === "DELETED") this.#options.onDeleted?.(event);
  }

  /** Resolves once the copies can be trusted: at once, unless something was missed. @throws what the snapshot throws */
  async ready(): Promise<void> {
    if (this.#loading) return this.#loading;
    if (this.#options.position.get() !== undefined) return;
    this.#loading = this.#load();
    try {
      await this.#loading;
    } finally {
      this.#loading = undefined;
      this.#kept = undefined;
    }
  }

  async #load(): Promise<void> {
    for (let attempt = 1; attempt <= MAX_SNAPSHOTS; attempt++) {
      const kept: ChangeBatch[] = [];
      this.#kept = kept;
      let texts: Map<string, Copy>;
      let revision: Revision;
      try {
        ({ texts, revision } = await this.#read());
      } catch (error) {
        if (error instanceof Error && error.name === "SnapshotExpired") continue;
        throw error;
      }
      const followOn = kept.filter(({ to }) => to > revision);
      if (kept.length > MAX_KEPT_BATCHES || !isUnbroken(followOn, revision)) continue;
      const gone = this.#replace(texts, revision);
      // In the same turn: no batch can come in between.
      this.#kept = undefined;
      for (const batch of followOn) this.accept(batch);
      for (const key of gone) this.#options.onDeleted?.(key);
      return;
    }
    throw new Error(`no complete snapshot in ${MAX_SNAPSHOTS} attempts`);
  }

  async #read(): Promise<{ texts: Map<string, Copy>; revision: Revision }> {
    const texts = new Map<string, Copy>();
    let next: string | undefined;
    let revision: Revision;
    do {
      const page = await this.#options.snapshot([...this.#resources], next);
      for (const { resource, value } of page.items) {
        const { metadata } = JSON.parse(value) as { metadata: ObjectMeta };
        const key = { resource, namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
        texts.set(idOf(key), { key, value });
      }
      revision = page.revision;
      next = page.next;
    } while (next !== undefined);
    return { texts, revision };
  }

  /** Makes the copies exactly these. Returns what went. */
  #replace(texts: ReadonlyMap<string, Copy>, revision: Revision): ObjectKey[] {
    const { store, position } = this.#options;
    const gone: ObjectKey[] = [];
    this.#at = undefined;
    store.transaction(() => {
      for (const resource of this.#resources) {
        for (const { namespace, name } of [...store.list({ resource })]) {
          const key = { resource, namespace, name };
          if (!texts.has(idOf(key))) gone.push(key);
        }
      }
      for (const key of gone) this.#remove(key, undefined);
      for (const { key, value } of texts.values()) this.#put(key, value);
      position.set(revision);
    });
    return gone;
  }

  #apply(event: ChangeEvent): void {
    const { resource, namespace, name, value } = event;
    const key = { resource, namespace, name };
    if (event.type === "DELETED") this.#remove(key, value);
    else this.#put(key, value);
  }

  #put(key: ObjectKey, value: string): void {
    const { store } = this.#options;
    const before = store.get(key);
    if (before?.value === value) return;
    if (before) store.update(key, before.revision, () => value);
    else store.create(key, () => value);
  }

  #remove(key: ObjectKey, last: string | undefined): void {
    const { store } = this.#options;
    const before = store.get(key);
    if (before) store.delete(key, before.revision, () => last ?? before.value);
  }
}

/** Whether the batches follow on `revision` and on one another. */
function isUnbroken(batches: readonly ChangeBatch[], revision: Revision): boolean {
  let at = revision;
  for (const { from, to } of batches) {
    if (from > at) return false;
    at = Math.max(at, to);
  }
  return true;
}

interface Copy {
  key: ObjectKey;
  value: string;
}

const idOf = ({ resource, namespace, name }: ObjectKey): string => `${resource}/${namespace}/${name}`;
