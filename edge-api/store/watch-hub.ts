/**
 * Watch fan-out: each event is matched and encoded once, and the same bytes go to every watcher that must see it.
 *
 * A watcher is `listing` (its initial objects are being sent, page by page of one snapshot), `behind` (it reads
 * history from where it stands) or `live` (told of commits as they happen). Whoever does not take its bytes falls
 * back from live to behind, and costs no memory while it dawdles.
 */
import { expired } from "../../machinery/meta/status.ts";
import { type Revision, type Store, type StoredEvent, type StoredObject, StoreError } from "./contract.ts";
import { type FieldsOf, passes, TextView } from "./object-view.ts";
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
  /** Asked once for each pair of resource and spec.representation. */
  representation(spec: WatchSpec): Representation;
  /** `tick()` must be called sooner than it last said. Called once what is being sent has been sent. */
  onDue?(): void;
  /** Told of errors in filters and representations, which end the watch. Absent: they are thrown where nothing waits. */
  report?(error: unknown): void;
  /** A sink that holds more gets no more until it has drained to half of it: then it goes on from history. */
  pendingLimitBytes?: number;
  /** A watcher that has not caught up for this long is ended. */
  slowLimitMs?: number;
  /** Between two bookmarks to the same watcher, which gets one only when something was written since. */
  bookmarkIntervalMs?: number;
}

/** Rows of a snapshot read before looking whether the client still takes them. */
const LIST_PAGE = 100;

interface Entry extends Watcher {
  readonly sink: WatchSink;
  readonly filter: WatchFilter | undefined;
  readonly representation: Representation;
  phase: "listing" | "behind" | "live" | "ended";
  /** All events up to here have been dealt with; of a live watcher it may lag, never lead. */
  position: Revision;
  listing: WatchDescription["state"];
  sentAny: boolean;
  /** Reading history or a snapshot for it right now: a sink may call drained() from send(). */
  busy: boolean;
  bookmarkedMs: number;
  bookmarked: Revision;
  behindSinceMs: number;
}

export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #store: Store;
  readonly #pendingLimitBytes: number;
  readonly #slowLimitMs: number;
  readonly #bookmarkIntervalMs: number;
  readonly #all = new Set<Entry>();
  readonly #live = new WatcherIndex<Entry>();
  readonly #filters = new Map<string, { filter: WatchFilter | undefined; users: number }>();
  readonly #representations = new Map<string, Representation>();
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
    this.#proceed(entry);
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
    this.#proceed(entry);
    return entry;
  }

  /**
   * Sends the bookmarks that are due, and ends watches that are over or too slow.
   * @returns when it must be called again (epoch ms, at least a second away); undefined while nothing waits for time
   *   to pass. `onDue` tells when that comes to be sooner
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
      } else if (entry.phase !== "live" && entry.behindSinceMs + this.#slowLimitMs <= now) {
        this.#close(entry, "slow");
      } else {
        if (this.#bookmarkDueMs(entry) <= now) this.#bookmark(entry, bookmarks);
        const bookmarkMs = this.#bookmarkDueMs(entry);
        if (bookmarkMs !== Number.POSITIVE_INFINITY) this.#bookmarksDue = true;
        next = Math.min(next, bookmarkMs, endMs(entry), this.#slowMs(entry));
      }
    }
    this.#dueMs = Math.max(next, now + 1000);
    return next === Number.POSITIVE_INFINITY ? undefined : this.#dueMs;
  }

  #bookmarkDueMs({ spec, phase, bookmarked, bookmarkedMs }: Entry): number {
    const wanted = spec.bookmarks && phase === "live" && bookmarked < this.#store.revision();
    return wanted ? bookmarkedMs + this.#bookmarkIntervalMs : Number.POSITIVE_INFINITY;
  }

  #slowMs({ phase, behindSinceMs }: Entry): number {
    return phase === "live" ? Number.POSITIVE_INFINITY : behindSinceMs + this.#slowLimitMs;
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

  /** Watches that are open, of one resource when given. */
  count(resource?: string): number {
    if (resource === undefined) return this.#all.size;
    let count = 0;
    for (const entry of this.#all) if (entry.spec.resource === resource) count++;
    return count;
  }

  #enter(description: WatchDescription, sink: WatchSink): Entry {
    const { spec, after, state } = description;
    const now = this.#options.now();
    const hub = this;
    const entry: Entry = {
      spec,
      sink,
      filter: this.#filterFor(spec),
      representation: this.#representationFor(spec),
      phase: state ? "listing" : "behind",
      position: after,
      listing: state,
      sentAny: false,
      busy: false,
      bookmarkedMs: now,
      bookmarked: after,
      behindSinceMs: now,
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
    if (spec.bookmarks) this.#bookmarkers++;
    this.#dueBy(endMs(entry));
    return entry;
  }

  #filterFor(spec: WatchSpec): WatchFilter | undefined {
    const key = filterKey(spec);
    let known = this.#filters.get(key);
    if (known === undefined) {
      known = { filter: this.#options.filter(spec), users: 0 };
      this.#filters.set(key, known);
    }
    known.users++;
    return known.filter;
  }

  #representationFor(spec: WatchSpec): Representation {
    const key = JSON.stringify([spec.resource, spec.representation]);
    let known = this.#representations.get(key);
    if (known === undefined) {
      known = this.#options.representation(spec);
      this.#representations.set(key, known);
    }
    return known;
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

  #deliver(entry: Entry, watchEvent: WatchEvent): void {
    const { event } = watchEvent;
    // Not live: it fell behind at an event before this one. Position: it has read this one from history already.
    if (entry.phase !== "live" || event.revision <= entry.position) return;
    this.#sendEvent(entry, watchEvent);
    entry.position = event.revision;
    if (entry.phase === "live" && entry.sink.pendingBytes() > this.#pendingLimitBytes) {
      this.#live.delete(entry);
      entry.phase = "behind";
      entry.behindSinceMs = this.#options.now();
      entry.sink.changed?.(describe(entry));
      this.#dueBy(this.#slowMs(entry));
    }
  }

  #sendEvent(entry: Entry, watchEvent: WatchEvent): void {
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

  #send(entry: Entry, data: Uint8Array | string): void {
    try {
      entry.sink.send(data);
    } catch {
      // The client has gone and its socket says so: there is nobody left to tell.
      this.#close(entry, "failed");
    }
  }

  /** Sends what the watcher has not seen, as much as its sink takes; makes it live when that is all. */
  #proceed(entry: Entry): void {
    if (entry.busy || entry.phase === "live" || entry.phase === "ended") return;
    entry.busy = true;
    try {
      if (entry.phase === "listing") this.#proceedListing(entry);
      if (entry.phase === "behind") this.#proceedHistory(entry);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "Compacted") throw error;
      const message = `too old resource version: ${entry.position} (${this.#store.compactedRevision()})`;
      this.#send(entry, entry.representation.error(expired(message).status));
      this.#close(entry, "expired");
    } finally {
      entry.busy = false;
    }
    if (entry.phase === "listing" || entry.phase === "behind") this.#dueBy(this.#slowMs(entry));
  }

  #proceedListing(entry: Entry): void {
    const { endMark } = entry.listing!;
    for (let more = true; more; ) {
      if (entry.sink.pendingBytes() > this.#pendingLimitBytes) return;
      more = false;
      let sent: { namespace: string; name: string } | undefined;
      for (const object of this.#initialPage(entry)) {
        sent = { namespace: object.namespace, name: object.name };
        this.#sendInitial(entry, object);
        if (entry.phase === "ended") return;
        more = true;
      }
      if (sent) entry.listing = { endMark, sent };
    }
    entry.phase = "behind";
    entry.listing = undefined;
    if (endMark) {
      this.#send(entry, entry.representation.bookmark({ revision: entry.position, initialEventsEnd: true }));
      entry.bookmarked = entry.position;
    }
  }

  #initialPage({ spec, filter, position, listing }: Entry): Iterable<StoredObject> {
    const { resource, namespace } = spec;
    const after = listing?.sent;
    // One named object is one look-up, while the snapshot still is the present.
    if (namespace !== undefined && filter?.equality?.field === "metadata.name" && position === this.#store.revision()) {
      const object = after ? undefined : this.#store.get({ resource, namespace, name: filter.equality.value });
      return object ? [object] : [];
    }
    return this.#store.list({
      resource,
      limit: LIST_PAGE,
      at: position,
      ...(filter?.contains !== undefined && { contains: filter.contains }),
      ...(namespace !== undefined && { namespace }),
      ...(after && { after }),
    });
  }

  #sendInitial(entry: Entry, object: StoredObject): void {
    const { filter } = entry;
    if (filter && !passes(filter, new TextView(object, object.value, this.#options.fields))) return;
    const first = !entry.sentAny;
    entry.sentAny = true;
    this.#send(entry, entry.representation.event({ type: "ADDED", text: object.value, first }));
  }

  #proceedHistory(entry: Entry): void {
    const { resource, namespace } = entry.spec;
    const current = this.#store.revision();
    if (entry.position < current) {
      const filter = { resource, ...(namespace !== undefined && { namespace }) };
      for (const event of this.#store.changesSince(entry.position, filter)) {
        if (entry.sink.pendingBytes() > this.#pendingLimitBytes) return;
        this.#sendEvent(entry, new WatchEvent(event, this.#options.fields));
        if (entry.phase !== "behind") return;
        entry.position = event.revision;
      }
      entry.position = current;
    }
    entry.phase = "live";
    this.#live.add(entry);
    entry.sink.changed?.(describe(entry));
    this.#dueBy(this.#bookmarkDueMs(entry));
  }

  #bookmark(entry: Entry, shared: Map<Representation, Uint8Array | string>): void {
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

  #close(entry: Entry, reason: WatchEnd): void {
    if (entry.phase === "ended") return;
    this.#forget(entry);
    try {
      entry.sink.close(reason);
    } catch {
      // As in #send.
    }
  }

  #forget(entry: Entry): void {
    if (entry.phase === "ended") return;
    if (entry.phase === "live") this.#live.delete(entry);
    entry.phase = "ended";
    this.#all.delete(entry);
    if (entry.spec.bookmarks) this.#bookmarkers--;
    const key = filterKey(entry.spec);
    const known = this.#filters.get(key);
    if (known && --known.users === 0) this.#filters.delete(key);
  }
}

const endMs = ({ spec }: Entry): number => spec.endsAtMs ?? Number.POSITIVE_INFINITY;

const filterKey = (spec: WatchSpec): string =>
  JSON.stringify([spec.resource, spec.labelSelector ?? "", spec.fieldSelector ?? ""]);

const describe = ({ spec, position, phase, listing }: Entry): WatchDescription => ({
  spec,
  after: position,
  live: phase === "live",
  ...(listing && { state: listing }),
});
