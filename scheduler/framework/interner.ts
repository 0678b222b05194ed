/**
 * Keeps one value for each key, as long as somebody uses it: the 3,000 pods of one Deployment share one shape, compiled
 * once.
 */
interface Entry<T> {
  key: string;
  value: T;
  users: number;
}

/** Values nobody uses are kept up to this number, then swept. */
const MAX_IDLE = 256;

export class Interner<T extends object> {
  readonly #byKey = new Map<string, Entry<T>>();
  readonly #byValue = new Map<T, Entry<T>>();
  readonly #onDrop: ((value: T) => void) | undefined;
  #idle = 0;

  /** @param onDrop told of each value that is forgotten */
  constructor(onDrop?: (value: T) => void) {
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The one value for `key`, made when there is none. */
  of(key: string, make: () => T): T {
    const known = this.#byKey.get(key);
    if (known) return known.value;
    const entry = { key, value: make(), users: 0 };
    this.#byKey.set(key, entry);
    this.#byValue.set(entry.value, entry);
    this.#idle++;
    if (this.#idle > MAX_IDLE) this.#sweep(entry);
    return entry.value;
  }

  use(value: T): void {
    const entry = this.#byValue.get(value);
    if (entry && entry.users++ === 0) this.#idle--;
  }

  release(value: T): void {
    const entry = this.#byValue.get(value);
    if (entry && --entry.users === 0) this.#idle++;
  }

  #sweep(kept: Entry<T>): void {
    for (const entry of this.#byKey.values()) {
      if (entry.users > 0 || entry === kept) continue;
      this.#byKey.delete(entry.key);
      this.#byValue.delete(entry.value);
      this.#idle--;
      this.#onDrop?.(entry.value);
    }
  }
}
