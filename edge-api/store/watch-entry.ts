/** What the hub knows of one watch, and what watches share. */
import type { Revision } from "./contract.ts";
import type { Representation, WatchDescription, Watcher, WatchFilter, WatchSink, WatchSpec } from "./watch-types.ts";

export interface WatchEntry extends Watcher {
  readonly sink: WatchSink;
  readonly filter: WatchFilter | undefined;
  readonly representation: Representation;
  phase: "listing" | "behind" | "live" | "ended";
  /** All events up to here have been dealt with; of a live watcher it may lag, never lead. */
  position: Revision;
  listing: WatchDescription["state"];
  sentAny: boolean;
  /** History or a snapshot is being read for it right now: a sink may call drained() from send(). */
  busy: boolean;
  bookmarkedMs: number;
  bookmarked: Revision;
  /** When it last got on, or had to wait first. */
  movedMs: number;
  /** While it waits for its client: when to look again, for sinks that cannot call drained(), and how long after that. */
  pollAtMs: number;
  pollDelayMs: number;
}

export const describe = ({ spec, position, phase, listing }: WatchEntry): WatchDescription => ({
  spec,
  after: position,
  live: phase === "live",
  ...(listing && { state: listing }),
});

/** Filters are shared by watches with equal selectors while there are any; representations are few, and kept. */
export class SharedParts {
  readonly #makeFilter: (spec: WatchSpec) => WatchFilter | undefined;
  readonly #makeRepresentation: (spec: WatchSpec) => Representation;
  readonly #filters = new Map<string, { filter: WatchFilter | undefined; users: number }>();
  readonly #representations = new Map<string, Representation>();

  constructor(makers: {
    filter(spec: WatchSpec): WatchFilter | undefined;
    representation(spec: WatchSpec): Representation;
  }) {
    this.#makeFilter = makers.filter;
    this.#makeRepresentation = makers.representation;
  }

  /** To be given back by `release`. @throws what the maker throws; nothing is to be given back then */
  filter(spec: WatchSpec): WatchFilter | undefined {
    const key = filterKey(spec);
    let known = this.#filters.get(key);
    if (known === undefined) {
      known = { filter: this.#makeFilter(spec), users: 0 };
      this.#filters.set(key, known);
    }
    known.users++;
    return known.filter;
  }

  release(spec: WatchSpec): void {
    const key = filterKey(spec);
    const known = this.#filters.get(key);
    if (known && --known.users === 0) this.#filters.delete(key);
  }

  representation(spec: WatchSpec): Representation {
    const key = JSON.stringify([spec.resource, spec.representation]);
    let known = this.#representations.get(key);
    if (known === undefined) {
      known = this.#makeRepresentation(spec);
      this.#representations.set(key, known);
    }
    return known;
  }
}

const filterKey = (spec: WatchSpec): string =>
  JSON.stringify([spec.resource, spec.labelSelector ?? "", spec.fieldSelector ?? "", spec.reader ?? ""]);
