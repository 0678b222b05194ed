/** A client of the watch hub in the simulation: keeps a cache as an informer does, and checks every rule on the way. */
import type { Revision, StoredObject } from "../../edge-api/store/contract.ts";
import type { WatchHub } from "../../edge-api/store/watch-hub.ts";
import type {
  Representation,
  WatchDescription,
  WatchEnd,
  Watcher,
  WatchFilter,
  WatchSink,
  WatchSpec,
} from "../../edge-api/store/watch-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Random } from "./store-random.ts";

/** The wire of the simulation is JSON; a real one differs only in its encoding. */
export const simulationRepresentation: Representation = {
  event: ({ type, text }) => JSON.stringify({ type, text }),
  bookmark: ({ revision, initialEventsEnd }) => JSON.stringify({ type: "BOOKMARK", revision, initialEventsEnd }),
  error: (status) => JSON.stringify({ type: "ERROR", code: status.code }),
};

/** Selectors of the simulation: `parity=0` on labels, `spec.nodeName=n1` on fields. */
export function simulationFilter({ labelSelector, fieldSelector }: WatchSpec): WatchFilter | undefined {
  if (!labelSelector && !fieldSelector) return undefined;
  const [label, labelValue] = labelSelector?.split("=") ?? [];
  const [field, fieldValue] = fieldSelector?.split("=") ?? [];
  return {
    matches: (view) =>
      (label === undefined || view.labels[label] === labelValue) &&
      (field === undefined || view.fields[field] === fieldValue),
    ...(field !== undefined && { equality: { field, value: fieldValue! } }),
  };
}

export const simulationFields = (_resource: string, object: KubeObject) => ({
  "spec.nodeName": (object.spec as { nodeName: string }).nodeName,
});

interface Message {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  text?: string;
  revision?: Revision;
  initialEventsEnd?: boolean;
  code?: number;
}

export class SimulatedWatcher implements WatchSink {
  readonly spec: WatchSpec;
  readonly #random: Random;
  /** What must be in the cache at a revision: the model's answer. */
  readonly #expected: (spec: WatchSpec, at: Revision) => Map<string, string>;
  watcher: Watcher | undefined;
  #description: WatchDescription | undefined;
  #cache = new Map<string, string>();
  /** The last revision this client knows of, as an informer would resume from. */
  #known: Revision = 0;
  /** Being sent the state: nothing to compare with yet. */
  #incomplete = true;
  #pending = 0;
  ended: WatchEnd | undefined;
  readonly counts = { events: 0, bookmarks: 0, expired: 0, resumed: 0, relisted: 0 };

  constructor(spec: WatchSpec, random: Random, expected: (spec: WatchSpec, at: Revision) => Map<string, string>) {
    this.spec = spec;
    this.#random = random;
    this.#expected = expected;
  }

  /** Opens the watch anew: where it left off, or with the state when that is no use any more. */
  connect(hub: WatchHub): void {
    this.ended = undefined;
    this.#pending = 0;
    if (this.#incomplete) {
      this.#cache.clear();
      this.#known = 0;
      this.counts.relisted++;
      this.watcher = hub.open({ spec: this.spec, start: { state: { endMark: true } }, sink: this });
    } else {
      this.counts.resumed++;
      this.watcher = hub.open({ spec: this.spec, start: { after: this.#known }, sink: this });
    }
  }

  disconnect(): void {
    this.watcher?.end();
    this.watcher = undefined;
  }

  /** The object was evicted and the socket lived on: what is not in the description is gone. */
  rehydrate(hub: WatchHub): void {
    const description = JSON.parse(JSON.stringify(this.#description ?? this.watcher!.describe())) as WatchDescription;
    this.watcher = hub.reopen({ description, sink: this });
  }

  /** What the owner keeps beside the socket: only what `changed` told, or what open said last. */
  remember(): void {
    const description = this.watcher!.describe();
    if (!description.live) this.#description = description;
  }

  changed(description: WatchDescription): void {
    this.#description = description;
  }

  drain(): void {
    this.#pending = this.#random.chance(0.8) ? 0 : Math.floor(this.#pending / 2);
    this.watcher?.drained();
  }

  pendingBytes(): number {
    return this.#pending;
  }

  close(reason: WatchEnd): void {
    this.ended = reason;
    if (reason === "slow") this.#incomplete ||= false;
  }

  send(data: Uint8Array | string): void {
    const message = JSON.parse(data as string) as Message;
    if (this.#random.chance(0.3)) this.#pending += this.#random.below(40);
    if (message.type === "ERROR") {
      this.#check(message.code === 410, "only compaction ends a watch with an error");
      this.counts.expired++;
      this.#incomplete = true;
      return;
    }
    if (message.type === "BOOKMARK") this.#bookmark(message.revision!, message.initialEventsEnd === true);
    else this.#event(message.type, message.text!);
  }

  #event(type: "ADDED" | "MODIFIED" | "DELETED", text: string): void {
    this.counts.events++;
    const { metadata } = JSON.parse(text) as KubeObject;
    const revision = Number(metadata.resourceVersion);
    const key = `${metadata.namespace}/${metadata.name}`;
    if (this.#incomplete) {
      this.#check(type === "ADDED" && !this.#cache.has(key), "initial objects are ADDED once");
      this.#cache.set(key, text);
      return;
    }
    this.#check(revision > this.#known, `ordered and unique: ${revision} after ${this.#known}`);
    this.#known = revision;
    this.#check((type === "ADDED") !== this.#cache.has(key), `reliable: ${type} of ${key}`);
    if (type === "DELETED") this.#cache.delete(key);
    else this.#cache.set(key, text);
  }

  #bookmark(revision: Revision, initialEventsEnd: boolean): void {
    this.counts.bookmarks++;
    this.#check(initialEventsEnd === this.#incomplete, "the end mark comes once, after the initial objects");
    this.#check(revision >= this.#known, "bookmarkable: a bookmark never goes back");
    this.#incomplete = false;
    this.#known = revision;
    this.checkCache(revision);
  }

  /** The cache is exactly what the model says was there at `revision`. */
  checkCache(revision: Revision): void {
    const expected = this.#expected(this.spec, revision);
    this.#check(expected.size === this.#cache.size, `has ${this.#cache.size} of ${expected.size} at ${revision}`);
    for (const [key, text] of expected) this.#check(this.#cache.get(key) === text, `${key} differs at ${revision}`);
  }

  /** Atomic and reliable: one that is live has seen the whole of every commit. */
  checkLive(revision: Revision): void {
    if (this.#incomplete || this.watcher?.describe().live !== true) return;
    this.#check(this.watcher.revision === revision, `live at ${this.watcher.revision}, the store at ${revision}`);
    this.checkCache(revision);
  }

  #check(holds: boolean, rule: string): void {
    if (!holds) throw new Error(`watch of ${JSON.stringify(this.spec)}: ${rule}`);
  }
}

export const keyed = (objects: Iterable<StoredObject>): Map<string, string> =>
  new Map([...objects].map((o) => [`${o.namespace}/${o.name}`, o.value]));
