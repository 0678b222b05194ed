/** How many objects of a resource there are: counted once when first asked for, then kept up with each commit. */
import type { Registry } from "../../kinds/kind.ts";
import type { Store } from "../store/contract.ts";

export class StorageCounts {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #counts = new Map<string, number>();
  readonly sizeBytes: (() => number) | undefined;

  constructor(store: Store, registry: Registry, sizeBytes?: () => number) {
    this.#store = store;
    this.#registry = registry;
    this.sizeBytes = sizeBytes;
    store.subscribe((events) => {
      for (const { type, resource } of events) {
        const count = type === "MODIFIED" ? undefined : this.#counts.get(resource);
        if (count !== undefined) this.#counts.set(resource, count + (type === "ADDED" ? 1 : -1));
      }
    });
  }

  /** Of every resource, by storage key. */
  counts(): ReadonlyMap<string, number> {
    for (const { storage } of this.#registry.all()) this.count(storage);
    return this.#counts;
  }

  /** @param resource a storage key. Reads as many rows as there are, the first time */
  count(resource: string): number {
    let count = this.#counts.get(resource);
    if (count === undefined) {
      count = this.#store.count({ resource });
      this.#counts.set(resource, count);
    }
    return count;
  }
}
