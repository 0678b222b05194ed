/**
 * Which nodes have the same value of a label: the domains of one topology key, numbered, so that counts of pods by
 * domain are arrays.
 */
import type { NodeFacts } from "./node-table.ts";

export const NO_DOMAIN = -1;

export class Topology {
  readonly key: string;
  /** By row: the node's domain, NO_DOMAIN where there is no node or it lacks the label. */
  domainOf: Int32Array;
  readonly #ids = new Map<string, number>();
  readonly #values: (string | undefined)[] = [];
  /** By domain: nodes in it. */
  readonly #nodes: number[] = [];
  readonly #free: number[] = [];

  constructor(key: string, capacity: number) {
    this.key = key;
    this.domainOf = new Int32Array(capacity).fill(NO_DOMAIN);
  }

  /** Domains are below this; some may be without nodes. */
  get domainLimit(): number {
    return this.#values.length;
  }

  nodesIn(domain: number): number {
    return this.#nodes[domain] ?? 0;
  }

  /** Puts a row where its node's labels say; returns its domain. */
  place(row: number, facts: NodeFacts | undefined): number {
    const value = facts && Object.hasOwn(facts.labels, this.key) ? facts.labels[this.key] : undefined;
    const was = this.domainOf[row]!;
    if (was !== NO_DOMAIN && this.#values[was] === value) return was;
    const next = value === undefined ? NO_DOMAIN : this.#enter(value);
    this.domainOf[row] = next;
    if (was !== NO_DOMAIN) this.#leave(was);
    return next;
  }

  grow(capacity: number): void {
    const larger = new Int32Array(capacity).fill(NO_DOMAIN);
    larger.set(this.domainOf);
    this.domainOf = larger;
  }

  #enter(value: string): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#values.length;
      this.#ids.set(value, id);
      this.#values[id] = value;
      this.#nodes[id] = 0;
    }
    this.#nodes[id]!++;
    return id;
  }

  /** A domain without nodes has no counted pods either: its number may be used again. */
  #leave(id: number): void {
    if (--this.#nodes[id]! > 0) return;
    this.#ids.delete(this.#values[id]!);
    this.#values[id] = undefined;
    this.#free.push(id);
  }
}
