import type { ChangeEvent } from "../../machinery/cluster/contract.ts";
import type { Revision } from "./contract.ts";

/** The last changes, so that feeding them does not read them again; bounded, oldest go first. */
export class RecentChanges {
  readonly #limitUnits: number;
  #events: ChangeEvent[] = [];
  /** Index of the oldest event kept; those before it are dropped now and then. */
  #head = 0;
  #units = 0;
  #from: Revision;

  /** @param limitUnits of text, in UTF-16 units */
  constructor(from: Revision, limitUnits: number) {
    this.#from = from;
    this.#limitUnits = limitUnits;
  }

  add(event: ChangeEvent): void {
    this.#events.push(event);
    this.#units += event.value.length;
    while (this.#units > this.#limitUnits && this.#head < this.#events.length) this.#drop();
  }

  /** What everybody has can go. */
  forget(upTo: Revision): void {
    while (this.#head < this.#events.length && this.#events[this.#head]!.revision <= upTo) this.#drop();
  }

  #drop(): void {
    const event = this.#events[this.#head]!;
    this.#from = event.revision;
    this.#units -= event.value.length;
    this.#head++;
    if (this.#head < 1024 && this.#head < this.#events.length) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }

  /** The changes after a revision, oldest first; undefined when some of them are gone. */
  since(after: Revision): ChangeEvent[] | undefined {
    if (after < this.#from) return undefined;
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.revision <= after) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  get units(): number {
    return this.#units;
  }
}
