import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Revision, StoredEvent } from "./contract.ts";
import { type FieldsOf, passes, TextView } from "./object-view.ts";
import type { Representation, WatchFilter } from "./watch-types.ts";

/** What an event is to a watcher whose selectors it may have moved into or out of. */
export type Outcome = "none" | "ADDED" | "MODIFIED" | "DELETED" | "left";

interface Encoded {
  first: Map<Outcome, Uint8Array | string>;
  later: Map<Outcome, Uint8Array | string>;
}

/** One event on its way to many watchers: matched once a filter, encoded once a representation. */
export class WatchEvent {
  readonly event: StoredEvent;
  readonly #fieldsOf: FieldsOf;
  readonly #outcomes = new Map<WatchFilter, Outcome>();
  readonly #encoded = new Map<Representation, Encoded>();
  #now: TextView | undefined;
  #before: TextView | undefined;

  constructor(event: StoredEvent, fieldsOf: FieldsOf) {
    this.event = event;
    this.#fieldsOf = fieldsOf;
  }

  /** The object as it is after the event; undefined when it is gone. */
  now(): TextView | undefined {
    if (this.event.type === "DELETED") return undefined;
    this.#now ??= new TextView(this.event, this.event.value, this.#fieldsOf);
    return this.#now;
  }

  /** The object as it was before the event; undefined when it is new. */
  before(): TextView | undefined {
    if (this.event.previous === undefined) return undefined;
    this.#before ??= new TextView(this.event, this.event.previous, this.#fieldsOf);
    return this.#before;
  }

  /** Upstream's rule: what counts is whether the selectors let through the object before and the object after. */
  outcome(filter: WatchFilter | undefined): Outcome {
    if (filter === undefined) return this.event.type;
    const known = this.#outcomes.get(filter);
    if (known !== undefined) return known;
    const outcome = this.#decide(filter);
    this.#outcomes.set(filter, outcome);
    return outcome;
  }

  #decide(filter: WatchFilter): Outcome {
    const now = this.now();
    const before = this.before();
    const isIn = now !== undefined && passes(filter, now);
    const wasIn = before !== undefined && passes(filter, before);
    if (isIn) return wasIn ? "MODIFIED" : "ADDED";
    if (!wasIn) return "none";
    return this.event.type === "DELETED" ? "DELETED" : "left";
  }

  /** @param outcome not "none" */
  encode(representation: Representation, outcome: Outcome, first: boolean): Uint8Array | string {
    let encoded = this.#encoded.get(representation);
    if (encoded === undefined) {
      encoded = { first: new Map(), later: new Map() };
      this.#encoded.set(representation, encoded);
    }
    const cache = first && representation.firstDiffers === true ? encoded.first : encoded.later;
    let data = cache.get(outcome);
    if (data === undefined) {
      const { value, previous, revision } = this.event;
      data =
        outcome === "left"
          ? representation.event({ type: "DELETED", text: withRevision(previous!, revision), first })
          : representation.event({ type: outcome as Exclude<Outcome, "none" | "left">, text: value, first });
      cache.set(outcome, data);
    }
    return data;
  }
}

const VERSION = /"resourceVersion":"\d+"/g;

/** The text with another metadata.resourceVersion. Parses only when there may be several to choose from. */
export function withRevision(text: string, revision: Revision): string {
  const found = text.match(VERSION);
  if (found?.length === 1) return text.replace(found[0], `"resourceVersion":"${revision}"`);
  const object = JSON.parse(text) as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return JSON.stringify(object);
}
