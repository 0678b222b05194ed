import type { ChangeBatch, ChangeEvent } from "./contract.ts";

export interface DormancyOptions {
  /** The revision at which the program had nothing left to do; durable. Undefined: never, or unknown. */
  position: { get(): number | undefined; set(position: number | undefined): void };
  /** Whether a program that has nothing to do need not hear of this. It reads everything anew when it is started. */
  mayIgnore(event: ChangeEvent): boolean;
}

/**
 * Whether a program that is not in memory must be: one that had done all its work, and waits for nothing but its alarm,
 * is not started (and reads no snapshot) just to be told that nothing has changed.
 */
export class Dormancy {
  readonly #options: DormancyOptions;
  /** Where the last batch ended, when it was not worth a write. */
  #at: number | undefined;

  constructor(options: DormancyOptions) {
    this.#options = options;
  }

  /** Takes a batch over without a program; false: start it, the batch is for it. */
  covers(batch: ChangeBatch): boolean {
    const { position, mayIgnore } = this.#options;
    const at = this.#at ?? position.get();
    // Behind: something was missed. Ahead: the store was restored from an older time.
    if (at === undefined || batch.from > at || batch.to < at) return false;
    const news = batch.events.filter(({ revision }) => revision > at);
    if (!news.every(mayIgnore)) return false;
    // An empty batch is not worth a write: should its end be forgotten, the next first one begins where it began.
    this.#at = batch.to;
    if (news.length > 0) position.set(batch.to);
    return true;
  }

  /** The program has nothing left to do, having seen everything up to here. Its alarm is set if it waits for a moment. */
  settled(at: number): void {
    const { position } = this.#options;
    if (position.get() !== at) position.set(at);
  }
}
