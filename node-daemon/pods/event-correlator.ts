/**
 * Keeps a stream of events small: repeats become a count, floods of alike ones are combined, and one object cannot
 * drown the rest. Numbers: k8s.io/client-go/tools/record. Pure but for its memory.
 */

export interface EventFacts {
  /** What it is about: kind, namespace, name and uid in one string. */
  subject: string;
  /** Which part of it; "" for the whole. */
  fieldPath: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export type EventDecision =
  | { do: "drop" }
  | {
      do: "tell";
      key: string;
      message: string;
      /** How often it was told, this time and the times it was dropped among them. */
      count: number;
      /** When it was told first, epoch. */
      firstMs: number;
      /** The stored event to count up; absent: there is none. */
      name?: string;
    };

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
}

interface Told {
  name?: string;
  count: number;
  firstMs: number;
}

export class EventCorrelator {
  readonly #told = new Recent<Told>();
  readonly #alike = new Recent<{ messages: Set<string>; lastMs: number }>();
  readonly #tokens = new Recent<{ left: number; updatedMs: number }>();

  decide({ subject, fieldPath, type, reason, message }: EventFacts, nowMs: number): EventDecision {
    const kind = `${subject}\n${type}\n${reason}`;
    const combined = this.#combines(kind, message, nowMs);
    const key = combined ? kind : `${kind}\n${fieldPath}\n${message}`;
    const told = this.#told.get(key) ?? { count: 0, firstMs: nowMs };
    told.count++;
    this.#told.set(key, told);
    if (!this.#takeToken(subject, nowMs)) return { do: "drop" };
    return { do: "tell", key, ...told, message: combined ? `(combined from similar events): ${message}` : message };
  }

  /** The event stored for `key`. */
  stored(key: string, name: string): void {
    const told = this.#told.get(key);
    if (told) told.name = name;
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
    alike.messages.add(message);
    this.#alike.set(kind, alike);
    if (alike.messages.size < COMBINE_AFTER) return false;
    // One goes, so that messages told before are still told as themselves.
    for (const oldest of alike.messages) {
      alike.messages.delete(oldest);
      break;
    }
    return true;
  }
}
