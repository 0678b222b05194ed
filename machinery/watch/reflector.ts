/**
 * Keeps a cache in step with a collection: list, then watch from there, for as long as it runs. Rules:
 * [RF1] every change is told once, in order, after the cache shows it;
 * [RF2] a watch that ends is resumed behind the last event or bookmark, without listing again;
 * [RF3] a version that is too old (410) leads to a new list, and differences to the cache are told as changes;
 * [RF4] errors are retried after a growing, jittered delay, which a healthy watch resets;
 * [RF5] after `stop` nothing is told and nothing runs.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { Clock } from "../clock.ts";
import type { KubeObject } from "../meta/object.ts";
import { type BackoffOptions, backoffDelayMs } from "../queue/backoff.ts";
import type { Transport, WatchEvent } from "./transport.ts";

export interface ReflectorOptions<T extends KubeObject> {
  transport: Transport<T>;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  /** `current` is undefined when the object is gone. */
  onChange(key: string, current: T | undefined, previous: T | undefined): void;
  /** Told of what was retried. */
  onError?(error: unknown): void;
  pageSize?: number;
  backoff?: Pick<BackoffOptions, "baseMs" | "maxMs">;
}

/** client-go's reflector: 800 ms to 30 s, doubled, jittered; reset after 2 minutes of health. */
const DEFAULT_BACKOFF = { baseMs: 800, maxMs: 30_000 };
const HEALTHY_AFTER_MS = 120_000;
const DEFAULT_PAGE_SIZE = 500;

const GONE = 410;

/** `namespace/name`, or `name` for cluster-scoped objects. */
export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #cache = new Map<string, T>();
  readonly #abort = new AbortController();
  #resourceVersion: string | undefined;
  #failures = 0;
  #synced = false;
  #resolveSynced: () => void = () => {};
  /** Resolves once the first list is in the cache. */
  readonly synced: Promise<void> = new Promise((resolve) => {
    this.#resolveSynced = resolve;
  });

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  values(): Iterable<T> {
    return this.#cache.values();
  }

  get size(): number {
    return this.#cache.size;
  }

  hasSynced(): boolean {
    return this.#synced;
  }

  /** The version the cache is at; undefined before the first list and while a new one is needed. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Runs until `stop`; never rejects. Call once. */
  async run(): Promise<void> {
    const { clock, onError } = this.#options;
    while (!this.#stopped) {
      const startedMs = clock.now();
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        if (this.#stopped) return;
        await this.#watch(this.#resourceVersion ?? "");
        this.#failures = 0;
        // A server that ends watches as soon as they begin must not be asked in a tight loop.
        if (clock.now() - startedMs < 1000) await this.#pause(this.#delayMs(1));
      } catch (error) {
        if (this.#stopped) return;
        if (clock.now() - startedMs > HEALTHY_AFTER_MS) this.#failures = 0;
        this.#failures++;
        if (isGone(error)) {
          this.#resourceVersion = undefined;
          // Falling behind once is no reason to wait.
          if (this.#failures === 1) continue;
        } else {
          onError?.(error);
        }
        await this.#pause(this.#delayMs(this.#failures));
      }
    }
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async #list(): Promise<void> {
    const { transport, pageSize = DEFAULT_PAGE_SIZE } = this.#options;
    const seen = new Map<string, T>();
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const page = await transport.list({ limit: pageSize, ...(next && { continue: next }) }, this.#abort.signal);
      if (this.#stopped) return;
      for (const item of page.items) seen.set(keyOf(item), item);
      resourceVersion = page.resourceVersion;
      next = page.continue;
    } while (next);
    this.#replace(seen);
    this.#resourceVersion = resourceVersion;
    if (!this.#synced) {
      this.#synced = true;
      this.#resolveSynced();
    }
  }

  #replace(seen: Map<string, T>): void {
    for (const [key, previous] of [...this.#cache]) {
      const current = seen.get(key);
      if (current && current.metadata.uid === previous.metadata.uid) continue;
      this.#change(key, undefined);
    }
    for (const [key, current] of seen) {
      const previous = this.#cache.get(key);
      const same =
        previous?.metadata.resourceVersion !== undefined &&
        previous.metadata.resourceVersion === current.metadata.resourceVersion;
      if (!same) this.#change(key, current);
    }
  }

  #change(key: string, current: T | undefined): void {
    const previous = this.#cache.get(key);
    if (current === undefined && previous === undefined) return;
    if (current === undefined) this.#cache.delete(key);
    else this.#cache.set(key, current);
    if (!this.#stopped) this.#options.onChange(key, current, previous);
  }

  async #watch(resourceVersion: string): Promise<void> {
    // Errors in the stream end it: the transport may go on to call us, so the watch has a signal of its own.
    const watch = new AbortController();
    const stop = () => watch.abort();
    this.#abort.signal.addEventListener("abort", stop, { once: true });
    let failure: unknown;
    try {
      await this.#options.transport.watch(
        {
          resourceVersion,
          onEvent: (event) => {
            if (watch.signal.aborted) return;
            failure = this.#take(event);
            if (failure !== undefined) watch.abort();
          },
        },
        watch.signal,
      );
    } catch (error) {
      throw failure ?? error;
    } finally {
      this.#abort.signal.removeEventListener("abort", stop);
    }
    if (failure !== undefined) throw failure;
  }

  /** Returns an error that ends the watch, or undefined. */
  #take({ type, object }: WatchEvent): unknown {
    if (type === "ERROR") return watchError(object);
    const current = object as T;
    const version = current.metadata?.resourceVersion;
    if (version === undefined) return new Error(`a ${type} event without resourceVersion`);
    if (type !== "BOOKMARK") {
      const key = keyOf(current);
      const previous = this.#cache.get(key);
      if (type === "DELETED") {
        this.#change(key, undefined);
      } else {
        // Deleted and made again while we were not looking: both are told.
        if (previous && previous.metadata.uid !== current.metadata.uid) this.#change(key, undefined);
        this.#change(key, current);
      }
    }
    this.#resourceVersion = version;
    return undefined;
  }

  #delayMs(failures: number): number {
    const { backoff = DEFAULT_BACKOFF, random } = this.#options;
    return backoffDelayMs({ ...backoff, jitter: 1, random }, failures);
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#abort.signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, done);
      this.#abort.signal.addEventListener("abort", done, { once: true });
    });
  }
}

/** An ERROR event's Status as an error with its code. */
function watchError(status: unknown): Error & { code: number } {
  const { message = "watch failed", code = 500 } = (status ?? {}) as { message?: string; code?: number };
  return Object.assign(new Error(message), { code });
}

const isGone = (error: unknown): boolean =>
  typeof error === "object" && error !== null && (error as { code?: unknown }).code === GONE;
