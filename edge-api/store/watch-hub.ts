/**
 * Watch fan-out: each event is matched and encoded once, and the same bytes go to every watcher that must see it.
 *
 * A watcher is `listing` (its initial objects are being sent, page by page of one snapshot), `behind` (it reads
 * history from where it stands) or `live` (told of commits as they happen). Whoever does not take its bytes falls
 * back from live to behind, and costs no memory while it dawdles.
 */
import { expired } from "../../machinery/meta/status.ts";
import { type ObjectKey, type Store, type StoredEvent, StoreError } from "./contract.ts";
import type { FieldsOf } from "./object-view.ts";
import { type CatchUpOptions, catchUp } from "./watch-catch-up.ts";
import { describe, SharedParts, type WatchEntry } from "./watch-entry.ts";
import { WatchEvent } from "./watch-event.ts";
import type {
  Representation,
  WatchDescription,
  WatchEnd,
  Watcher,
  WatchFilter,
  WatchSink,
  WatchSpec,
  WatchStart,
} from "./watch-types.ts";
import { WatcherIndex } from "./watcher-index.ts";

export interface WatchHubOptions {
  store: Store;
  /** Epoch ms. */
  now: () => number;
  /** Undefined when the selectors let everything through. Asked once for watchers with equal selectors. @throws ApiError 400 */
  filter(spec: WatchSpec): WatchFilter | undefined;
  /** The selectable fields of a kind besides metadata.name and metadata.namespace. */
  fields: FieldsOf;
  /** The nodes whose pods refer to an object, as of now; absent: none. */
  readersOf?(key: ObjectKey): Iterable<string>;
  /** Asked once for each pair of resource and spec.representation. */
  representation(spec: WatchSpec): Representation;
  /** `tick()` must be called sooner than it last said. Called once what is being sent has been sent. */
  onDue?(): void;
  /** Told of errors in filters and representations, which end the watch. Absent: they are thrown where nothing waits. */
  report?(error: unknown): void;
  /** A sink that holds more gets no more until it has drained to half of it: then it goes on from history. */
  pendingLimitBytes?: number;
  /** A watcher whose client has taken nothing for this long, while there was something, is ended. */
  slowLimitMs?: number;
  /** Between two bookmarks to the same watcher, which gets one only when something was written since. */
  bookmarkIntervalMs?: number;
}

/** Bookmarks and ends may come this late, so that many of them share one timer. */
const COARSE_MS = 1000;
/** A socket tells nobody that it has drained: so it is asked, less and less often while nothing moves. */
const FIRST_POLL_MS = 10;
const MAX_POLL_MS = 1000;

export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #store: Store;
  readonly #pendingLimitBytes: number;
  readonly #slowLimitMs: number;
  readonly #bookmarkIntervalMs: number;
  readonly #catchUp: CatchUpOptions;
  readonly #parts: SharedParts;
  readonly #all = new Set<WatchEntry>();
  /** Watches that are open, by user; only of those who have any. */
  readonly #byOwner = new Map<string, number>();
  readonly #live: WatcherIndex<WatchEntry>;
  /** Watchers that want bookmarks. */
  #bookmarkers = 0;
  /** When `tick` is to be called, as far as the owner knows. */
  #dueMs = Number.POSITIVE_INFINITY;
  #dueUntold = false;
  /** The events of a commit are on their way: some watchers that are live have them, others have not yet. */
  #delivering = false;
  /** A tick is coming that will send the bookmarks for what was committed last. */
  #bookmarksDue = false;

  constructor(options: WatchHubOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#pendingLimitBytes = options.pendingLimitBytes ?? 256 * 1024;
    this.#slowLimitMs = options.slowLimitMs ?? 60_000;
    this.#bookmarkIntervalMs = options.bookmarkIntervalMs ?? 60_000;
    this.#parts = new SharedParts(options);
    this.#live = new WatcherIndex(options.readersOf);
    this.#catchUp = {
      store: options.store,
      fields: options.fields,
      pendingLimitBytes: this.#pendingLimitBytes,
      send: (entry, data) => this.#send(entry, data),
      sendEvent: (entry, event) => this.#sendEvent(entry, event),
    };
    this.#store.subscribe((events) => this.#committed(events));
  }

  /**
   * Starts a watch; events may be sent before this returns. What is behind compaction is told so with an ERROR event
   * (410 Expired) and closed, as upstream does, not thrown. From a revision yet to come it waits for what follows it.
   * Must not be called within a transaction.
   * @throws ApiError when the selectors do not parse
   */
  open({ spec, start, sink }: { spec: WatchSpec; start: WatchStart; sink: WatchSink }): Watcher {
    const state = "state" in start ? { endMark: start.state.endMark } : undefined;
    const position = "state" in start ? this.#store.revision() : start.after;
    const entry = this.#enter({ spec, after: position, live: false, ...(state && { state }) }, sink);
    this.#begin(entry);
    return entry;
  }

  /**
   * Takes a watch up again whose socket outlived the object. Call before anything is written: a description that says
   * `live` has been sent all there is.
   */
  reopen({ description, sink }: { description: WatchDescription; sink: WatchSink }): Watcher {
    const { live } = description;
    const entry = this.#enter(live ? { ...description, after: this.#store.revision() } : description, sink);
    // Its first event went out in its former life, if there was one.
    entry.sentAny = live;
    this.#begin(entry);
    return entry;
  }

  #begin(entry: WatchEntry): void {
    this.#proceed(entry);
    if (entry.phase === "listing" || entry.phase === "behind") this.#waits(entry);
  }

  /**
   * Sends the bookmarks that are due, ends watches that are over or too slow, and goes on with those that wait for
   * their client, if it has taken what there was.
   * @returns when it must be called again (epoch ms); undefined while nothing waits for time to pass. `onDue` tells
   *   when that comes to be sooner
   */
  tick(): number | undefined {
    const now = this.#options.now();
    const bookmarks = new Map<Representation, Uint8Array | string>();
    let next = Number.POSITIVE_INFINITY;
    this.#bookmarksDue = false;
    for (const entry of this.#all) {
      if (entry.spec.endsAtMs !== undefined && entry.spec.endsAtMs <= now) {
        this.#bookmark(entry, bookmarks);
        this.#close(entry, "timeout");
      } else if (entry.phase !== "live" && entry.movedMs + this.#slowLimitMs <= now) {
        this.#close(entry, "slow");
      } else {
        if (this.#pollMs(entry) <= now) this.#poll(entry);
        if (this.#bookmarkDueMs(entry) <= now) this.#bookmark(entry, bookmarks);
        const bookmarkMs = this.#bookmarkDueMs(entry);
        if (bookmarkMs !== Number.POSITIVE_INFINITY) this.#bookmarksDue = true;
        next = Math.min(next, Math.max(Math.min(bookmarkMs, endMs(entry)), now + COARSE_MS), this.#pollMs(entry));
      }
    }
    this.#dueMs = next;
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  #pollMs({ phase, pollAtMs }: WatchEntry): number {
    return phase === "listing" || phase === "behind" ? pollAtMs : Number.POSITIVE_INFINITY;
  }

  #poll(entry: WatchEntry): void {
    const { position, listing } = entry;
    entry.drained();
    const moved = entry.position !== position || entry.listing !== listing;
    entry.pollDelayMs = moved ? FIRST_POLL_MS : Math.min(entry.pollDelayMs * 2, MAX_POLL_MS);
    entry.pollAtMs = this.#options.now() + entry.pollDelayMs;
  }

  /** It waits for its client from now on. */
  #waits(entry: WatchEntry): void {
    entry.pollDelayMs = FIRST_POLL_MS;
    entry.pollAtMs = this.#options.now() + FIRST_POLL_MS;
    this.#dueBy(entry.pollAtMs);
  }

  #bookmarkDueMs({ spec, phase, bookmarked, bookmarkedMs }: WatchEntry): number {
    const wanted = spec.bookmarks && phase === "live" && bookmarked < this.#store.revision();
    return wanted ? bookmarkedMs + this.#bookmarkIntervalMs : Number.POSITIVE_INFINITY;
  }

  #dueBy(ms: number): void {
    if (ms >= this.#dueMs) return;
    this.#dueMs = ms;
    this.#dueUntold = true;
    this.#tellDue();
  }

  #tellDue(): void {
    if (!this.#dueUntold || this.#delivering) return;
    this.#dueUntold = false;
    this.#options.onDue?.();
  }

  /** Watches that are open of one user. */
  countOf(owner: string): number {
    return this.#byOwner.get(owner) ?? 0;
  }

  /** Watches that are open, of one resource when given. */
  count(resource?: string): number {
    if (resource === undefined) return this.#all.size;
    let count = 0;
    for (const entry of this.#all) if (entry.spec.resource === resource) count++;
    return count;
  }

  #enter(description: WatchDescription, sink: WatchSink): WatchEntry {
    const { spec, after, state } = description;
    const now = this.#options.now();
    const hub = this;
    const entry: WatchEntry = {
      spec,
      sink,
      filter: this.#parts.filter(spec),
      representation: this.#parts.representation(spec),
      phase: state ? "listing" : "behind",
      position: after,
      listing: state,
      sentAny: false,
      busy: false,
      bookmarkedMs: now,
      bookmarked: after,
      movedMs: now,
      pollAtMs: now,
      pollDelayMs: FIRST_POLL_MS,
      get revision() {
        return entry.phase === "live" ? Math.max(entry.position, hub.#store.revision()) : entry.position;
      },
      drained: () => {
        if (entry.phase !== "live" && sink.pendingBytes() <= hub.#pendingLimitBytes / 2) hub.#proceed(entry);
      },
      bookmark: () => hub.#bookmark(entry, new Map()),
      end: () => hub.#forget(entry),
      describe: () => describe(entry),
    };
    this.#all.add(entry);
    this.#owned(spec.owner, 1);
    if (spec.bookmarks) this.#bookmarkers++;
    this.#dueBy(endMs(entry));
    return entry;
  }

  #owned(owner: string | undefined, more: number): void {
    if (owner === undefined) return;
    const count = this.countOf(owner) + more;
    if (count === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, count);
  }

  #committed(events: readonly StoredEvent[]): void {
    this.#delivering = true;
    for (const event of events) {
      if (!this.#live.has(event.resource)) continue;
      const watchEvent = new WatchEvent(event, this.#options.fields);
      try {
        this.#live.visit(watchEvent, (entry) => this.#deliver(entry, watchEvent));
      } catch (error) {
        // Nobody knows whom this event concerns: better that all come again than that one misses it.
        this.#report(error);
        for (const entry of this.#all) if (entry.spec.resource === event.resource) this.#close(entry, "failed");
      }
    }
    this.#delivering = false;
    if (this.#bookmarkers > 0 && !this.#bookmarksDue) {
      this.#bookmarksDue = true;
      this.#dueBy(this.#options.now() + this.#bookmarkIntervalMs);
    }
    this.#tellDue();
  }

  #deliver(entry: WatchEntry, watchEvent: WatchEvent): void {
    const { event } = watchEvent;
    // Not live: it fell behind at an event before this one. Position: it has read this one from history already.
    if (entry.phase !== "live" || event.revision <= entry.position) return;
    this.#sendEvent(entry, watchEvent);
    entry.position = event.revision;
    if (entry.phase === "live" && entry.sink.pendingBytes() > this.#pendingLimitBytes) {
      this.#live.delete(entry);
      entry.phase = "behind";
      entry.movedMs = this.#options.now();
      entry.sink.changed?.(describe(entry));
      this.#waits(entry);
    }
  }

  #sendEvent(entry: WatchEntry, watchEvent: WatchEvent): void {
    const { namespace } = entry.spec;
    if (namespace !== undefined && namespace !== watchEvent.event.namespace) return;
    try {
      const outcome = watchEvent.outcome(entry.filter);
      if (outcome === "none") return;
      const data = watchEvent.encode(entry.representation, outcome, !entry.sentAny);
      entry.sentAny = true;
      this.#send(entry, data);
    } catch (error) {
      this.#report(error);
      this.#close(entry, "failed");
    }
  }

  #report(error: unknown): void {
    if (this.#options.report) this.#options.report(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  }

  #send(entry: WatchEntry, data: Uint8Array | string): void {
    try {
      entry.sink.send(data);
    } catch {
      // The client has gone and its socket says so: there is nobody left to tell.
      this.#close(entry, "failed");
    }
  }

  /** Sends what the watch has not seen, as much as its sink takes; makes it live when that is all. */
  #proceed(entry: WatchEntry): void {
    if (entry.busy || entry.phase === "live" || entry.phase === "ended") return;
    const { position, listing } = entry;
    entry.busy = true;
    try {
      if (catchUp(this.#catchUp, entry)) this.#goLive(entry);
    } catch (error) {
      this.#failed(entry, error);
    } finally {
      entry.busy = false;
    }
    if (entry.position !== position || entry.listing !== listing) entry.movedMs = this.#options.now();
  }

  #goLive(entry: WatchEntry): void {
    entry.phase = "live";
    this.#live.add(entry);
    entry.sink.changed?.(describe(entry));
    this.#dueBy(this.#bookmarkDueMs(entry));
  }

  #failed(entry: WatchEntry, error: unknown): void {
    if (!(error instanceof StoreError) || error.code !== "Compacted") {
      this.#report(error);
      this.#close(entry, "failed");
      return;
    }
    const message = `too old resource version: ${entry.position} (${this.#store.compactedRevision()})`;
    this.#send(entry, entry.representation.error(expired(message).status));
    this.#close(entry, "expired");
  }

  #bookmark(entry: WatchEntry, shared: Map<Representation, Uint8Array | string>): void {
    if (!entry.spec.bookmarks || entry.phase === "listing" || entry.phase === "ended" || this.#delivering) return;
    const revision = entry.revision;
    const { representation } = entry;
    let data = shared.get(representation);
    if (data === undefined) {
      data = representation.bookmark({ revision, initialEventsEnd: false });
      if (entry.phase === "live" && revision === this.#store.revision()) shared.set(representation, data);
    }
    entry.bookmarked = revision;
    entry.bookmarkedMs = this.#options.now();
    this.#send(entry, data);
  }

  #close(entry: WatchEntry, reason: WatchEnd): void {
    if (entry.phase === "ended") return;
    this.#forget(entry);
    try {
      entry.sink.close(reason);
    } catch {
      // As in #send.
    }
  }

  #forget(entry: WatchEntry): void {
    if (entry.phase === "ended") return;
    if (entry.phase === "live") this.#live.delete(entry);
    entry.phase = "ended";
    this.#all.delete(entry);
    this.#owned(entry.spec.owner, -1);
    if (entry.spec.bookmarks) this.#bookmarkers--;
    this.#parts.release(entry.spec);
  }
}

const endMs = ({ spec }: WatchEntry): number => spec.endsAtMs ?? Number.POSITIVE_INFINITY;
