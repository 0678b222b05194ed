/**
 * Keeps a stream of events small: repeats become a count, floods of alike ones are combined, and one object cannot
 * drown the rest. Numbers: k8s.io/client-go/tools/record. Pure but for its memory.
 */

export interface EventFacts {
  /** What it is about: kind, namespace, name, uid and field path in one string. */
  subject: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export type EventDecision =
  | { do: "create"; key: string; message: string }
  /** It was told before, as `name`. */
  | { do: "count"; key: string; name: string; count: number; message: string }
  | { do: "drop" };

const MAX_REMEMBERED = 4096;
const COMBINE_AFTER = 10;
const COMBINE_WINDOW_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

/** Forgets the oldest beyond a bound. */
class Recent<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > MAX_REMEMBERED) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

export class EventCorrelator {
  readonly #told = new Recent<{ name: string | undefined; count: number }>();
  readonly #alike = new Recent<{ messages: Set<string>; lastMs: number }>();
  readonly #tokens = new Recent<{ left: number; updatedMs: number }>();

  decide(event: EventFacts, nowMs: number): EventDecision {
    if (!this.#takeToken(event.subject, nowMs)) return { do: "drop" };
    const kind = `${event.subject}\n${event.type}\n${event.reason}`;
    const combined = this.#combines(kind, event.message, nowMs);
    const key = combined ? kind : `${kind}\n${event.message}`;
    const message = combined ? `(combined from similar events): ${event.message}` : event.message;
    const before = this.#told.get(key);
    if (!before) {
      this.#told.set(key, { name: undefined, count: 1 });
      return { do: "create", key, message };
    }
    before.count++;
    this.#told.set(key, before);
    // Its first is still on the way, or never arrived: this one is told anew.
    if (before.name === undefined) return { do: "create", key, message };
    return { do: "count", key, name: before.name, count: before.count, message };
  }

  /** The event stored for `key`. */
  stored(key: string, name: string): void {
    const before = this.#told.get(key);
    if (before) before.name = name;
  }

  /** The stored event is gone (it expired): the next one is created again. */
  lost(key: string): void {
    this.#told.delete(key);
  }

  #takeToken(subject: string, nowMs: number): boolean {
    const bucket = this.#tokens.get(subject) ?? { left: SPAM_BURST, updatedMs: nowMs };
    const refill = Math.floor((nowMs - bucket.updatedMs) / SPAM_REFILL_MS);
    if (refill > 0) {
      bucket.left = Math.min(SPAM_BURST, bucket.left + refill);
      bucket.updatedMs += refill * SPAM_REFILL_MS;
    }
    const allowed = bucket.left > 0;
    if (allowed) bucket.left--;
    this.#tokens.set(subject, bucket);
    return allowed;
  }

  #combines(kind: string, message: string, nowMs: number): boolean {
    let alike = this.#alike.get(kind);
    if (!alike || nowMs - alike.lastMs > COMBINE_WINDOW_MS) alike = { messages: new Set(), lastMs: nowMs };
    alike.lastMs = nowMs;
    if (alike.messages.size < COMBINE_AFTER) alike.messages.add(message);
    this.#alike.set(kind, alike);
    return alike.messages.size >= COMBINE_AFTER;
  }
}
