/** Other resolvers' responses, kept for a short while: bounded by count and bytes, the oldest use goes first. */

import type { Query } from "./message.ts";
import { cacheSeconds, relayResponse } from "./relay.ts";

const MAX_ENTRIES = 4096;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ENTRY_BYTES = 4096;
/** As kubeadm's CoreDNS: names outside may move, and a node's cache cannot be flushed by hand. */
const MAX_SECONDS = 30;

interface Entry {
  response: Buffer;
  storedMs: number;
  expiresMs: number;
}

export class ResponseCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** The response as one to `query`, its TTLs lowered by its age. */
  get(query: Query, nowMs: number): Buffer | undefined {
    const key = keyOf(query);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresMs <= nowMs) {
      this.#bytes -= entry.response.length;
      return undefined;
    }
    this.#entries.set(key, entry);
    return relayResponse(entry.response, query, Math.floor((nowMs - entry.storedMs) / 1000));
  }

  put(query: Query, response: Buffer, nowMs: number): void {
    const seconds = Math.min(cacheSeconds(response), MAX_SECONDS);
    if (seconds <= 0 || response.length > MAX_ENTRY_BYTES) return;
    const key = keyOf(query);
    this.#drop(key);
    this.#entries.set(key, { response, storedMs: nowMs, expiresMs: nowMs + seconds * 1000 });
    this.#bytes += response.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) break;
      this.#drop(oldest);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#bytes -= entry.response.length;
    this.#entries.delete(key);
  }
}

/** Queries that any resolver answers alike. Flag 0x10 asks not to check signatures. */
export const keyOf = ({ name, type, class: cls, flags, edns }: Query): string =>
  `${name}/${type}/${cls}/${edns?.dnssecOk ? 1 : 0}${flags & 0x10 ? 1 : 0}`;
