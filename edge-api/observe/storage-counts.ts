/** How many objects of each resource there are: counted once when first asked for, then kept up with each commit. */
import type { Registry } from "../../kinds/kind.ts";
import type { Store } from "../store/contract.ts";

export class StorageCounts {
  readonly #store: Store;
  readonly #registry: Registry;
  #counts: Map<string, number> | undefined;
  readonly sizeBytes: (() => number) | undefined;

  constructor(store: Store, registry: Registry, sizeBytes?: () => number) {
    this.#store = store;
    this.#registry = registry;
    this.sizeBytes = sizeBytes;
  }

  /** By storage key. */
  counts(): ReadonlyMap<string, number> {
    this.#counts ??= this.#count();
    return this.#counts;
  }

  #count(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { storage } of this.#registry.all()) {
      if (!counts.has(storage)) counts.set(storage, this.#store.count({ resource: storage }));
    }
    this.#store.subscribe((events) => {
      for (const { type, resource } of events) {
        if (type === "MODIFIED") continue;
        counts.set(resource, (counts.get(resource) ?? 0) + (type === "ADDED" ? 1 : -1));
      }
    });
    return counts;
  }
}
