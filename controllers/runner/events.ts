import { formatTime } from "../../machinery/clock.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { EventDraft } from "./controller.ts";

/** The numbers of client-go's event correlator. */
const SIMILAR_MAX = 10;
const SIMILAR_WINDOW_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const MEMORY_ENTRIES = 4_096;

interface Told {
  /** Undefined while it was not told yet. */
  name: string | undefined;
  count: number;
  firstTimestamp: string;
}

/** An event on its way. */
export interface Recorded {
  op: WriteOp;
  /** The write that tells it as a new event: the one that was counted up may have expired. */
  anew(): WriteOp;
  /** It could not be told: the next one like it is a new one. */
  forget(): void;
}

/** A Map that forgets what was not used for longest. */
class Recent<V> {
  readonly #entries = new Map<string, V>();

  use(key: string, make: () => V): V {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > MEMORY_ENTRIES) this.#entries.delete(this.#entries.keys().next().value ?? "");
    return value;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}

/**
 * Turns drafts into writes of core/v1 Events as client-go does: the same event again counts up, more than 10 that
 * differ only in their message within 10 minutes become one, and an object gets at most 25 and then one every 5 minutes
 * from one source. What it remembers dies with the process; then an event is told anew.
 */
export class EventRecorder {
  readonly #tokens = new Recent<{ left: number; atMs: number }>();
  readonly #similar = new Recent<{ messages: Set<string>; sinceMs: number }>();
  readonly #told = new Recent<Told>();
  #sequence = 0;

  /** What tells it; undefined when there is too much to tell of this object: it is counted all the same. */
  record(draft: EventDraft, component: string, nowMs: number): Recorded | undefined {
    const { about, type, reason } = draft;
    const { namespace = "", name = "", uid = "", resourceVersion } = about.metadata;
    const object = [component, about.apiVersion, about.kind, namespace, name, uid].join("\n");
    const kindOfEvent = [object, type, reason].join("\n");
    const combined = this.#isCombined(kindOfEvent, draft.message, nowMs);
    const message = combined ? `(combined from similar events): ${draft.message}` : draft.message;
    const key = combined ? kindOfEvent : `${kindOfEvent}\n${draft.message}`;
    const now = formatTime(nowMs);
    // Upstream's names end in the nanosecond; ours are counted up within a millisecond.
    const newName = () =>
      `${name.slice(0, 230)}.${(BigInt(nowMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16)}`;
    const told = this.#told.use(key, () => ({ name: undefined, count: 0, firstTimestamp: now }));
    told.count++;
    if (!this.#mayTell(object, nowMs)) return undefined;

    const { count, firstTimestamp } = told;
    const at = { resource: "events", namespace: namespace || "default" } as const;
    const anew = (): WriteOp => {
      told.name = newName();
      const event = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: told.name, namespace: at.namespace },
        involvedObject: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          ...(namespace && { namespace }),
          name,
          uid,
          ...(resourceVersion && { resourceVersion }),
        },
        type,
        reason,
        message,
        source: { component },
        reportingComponent: component,
        reportingInstance: "",
        firstTimestamp,
        lastTimestamp: now,
        eventTime: null,
        count,
      };
      return { ...at, verb: "create", object: event };
    };
    const forget = () => this.#told.forget(key);
    if (told.name === undefined) return { op: anew(), anew, forget };
    const patch = { count, lastTimestamp: now, message };
    return { op: { ...at, verb: "patch", name: told.name, patchType: "merge", patch }, anew, forget };
  }

  #isCombined(kindOfEvent: string, message: string, nowMs: number): boolean {
    const similar = this.#similar.use(kindOfEvent, () => ({ messages: new Set(), sinceMs: nowMs }));
    if (nowMs - similar.sinceMs > SIMILAR_WINDOW_MS) similar.messages.clear();
    similar.sinceMs = nowMs;
    similar.messages.add(message);
    if (similar.messages.size < SIMILAR_MAX) return false;
    // Only their number matters from here on.
    if (similar.messages.size > SIMILAR_MAX) similar.messages.delete(message);
    return true;
  }

  #mayTell(object: string, nowMs: number): boolean {
    const tokens = this.#tokens.use(object, () => ({ left: BURST, atMs: nowMs }));
    const refilled = Math.floor((nowMs - tokens.atMs) / REFILL_MS);
    if (refilled > 0) {
      tokens.left = Math.min(BURST, tokens.left + refilled);
      tokens.atMs += refilled * REFILL_MS;
    }
    if (tokens.left === 0) return false;
    tokens.left--;
    return true;
  }
}
