/** A subscriber of the change feed in the simulation: fails at random, forgets everything at random. */
import type { Store } from "../../edge-api/store/contract.ts";
import type { ChangeBatch, ChangeSubscriber } from "../../machinery/cluster/contract.ts";
import type { Random } from "./store-random.ts";

export class SimulatedSubscriber implements ChangeSubscriber {
  readonly resources: readonly string[];
  readonly #random: Random;
  readonly #store: () => Store;
  readonly #cache = new Map<string, string>();
  #position: number | undefined;
  reliable = false;
  readonly counts = { batches: 0, events: 0, failures: 0, snapshots: 0 };

  constructor(resources: readonly string[], random: Random, store: () => Store) {
    this.resources = resources;
    this.#random = random;
    this.#store = store;
  }

  async changes(batch: ChangeBatch): Promise<void> {
    // What arrives may arrive late: what the store is by then is another matter.
    if (this.#random.chance(0.5)) await Promise.resolve();
    this.#fail("before it was taken over");
    if (this.#random.chance(0.02)) this.#position = undefined;
    this.counts.batches++;
    for (const event of batch.events) {
      if (!this.resources.includes(event.resource)) throw new Error(`feed: an event of ${event.resource}`);
      if (event.revision <= batch.from || event.revision > batch.to)
        throw new Error("feed: an event outside its batch");
    }
    if (this.#position === undefined || batch.from > this.#position) this.#snapshot();
    else this.#apply(batch, this.#position);
    this.#fail("after it was taken over");
  }

  #apply(batch: ChangeBatch, position: number): void {
    let last = batch.from;
    for (const event of batch.events) {
      if (event.revision <= last) throw new Error("feed: events out of order");
      last = event.revision;
      if (event.revision <= position) continue;
      this.counts.events++;
      const key = `${event.resource}/${event.namespace}/${event.name}`;
      if ((event.type === "ADDED") === this.#cache.has(key)) throw new Error(`feed: ${event.type} of ${key}`);
      if (event.type === "DELETED") this.#cache.delete(key);
      else this.#cache.set(key, event.value);
    }
    this.#position = Math.max(position, batch.to);
  }

  #snapshot(): void {
    this.counts.snapshots++;
    const store = this.#store();
    this.#cache.clear();
    for (const resource of this.resources) {
      for (const o of store.list({ resource })) this.#cache.set(`${resource}/${o.namespace}/${o.name}`, o.value);
    }
    this.#position = store.revision();
  }

  #fail(when: string): void {
    if (this.reliable || !this.#random.chance(0.1)) return;
    this.counts.failures++;
    throw new Error(`failed ${when}`);
  }

  /** Once nothing is undelivered, its cache is the store's state. */
  check(store: Store): void {
    let size = 0;
    for (const resource of this.resources) {
      for (const o of store.list({ resource })) {
        size++;
        if (this.#cache.get(`${resource}/${o.namespace}/${o.name}`) !== o.value) {
          throw new Error(`feed: ${resource}/${o.namespace}/${o.name} differs at ${store.revision()}`);
        }
      }
    }
    if (size !== this.#cache.size) throw new Error(`feed: ${this.#cache.size} objects instead of ${size}`);
  }
}
