/**
 * Group commit: a SQLite commit costs some nine page writes and an fsync whatever it holds, so works that arrive in one
 * event-loop turn share one.
 */
import type { Store } from "./contract.ts";

interface Pending {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Calls `flush` once, soon: after the requests that are already waiting have had their say. */
export type Schedule = (flush: () => void) => void;

export const nextTurn: Schedule = (flush) => void setTimeout(flush, 0);

export class CommitGroup {
  readonly #store: Pick<Store, "transaction">;
  readonly #schedule: Schedule;
  #pending: Pending[] = [];

  constructor(store: Pick<Store, "transaction">, schedule: Schedule = nextTurn) {
    this.#store = store;
    this.#schedule = schedule;
  }

  /**
   * Runs `work` with the others of this turn, in the order they came, inside one transaction. `work` is synchronous
   * and all-or-nothing by itself: when it throws, the promise rejects with what it threw, and the others are untouched.
   * Resolves once the transaction is over. When the commit itself fails, all of its works reject.
   */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ work, resolve, reject });
      if (this.#pending.length === 1) this.#schedule(() => this.flush());
    });
  }

  /** Runs what waits now. */
  flush(): void {
    const works = this.#pending;
    if (works.length === 0) return;
    this.#pending = [];
    const settle: (() => void)[] = [];
    try {
      this.#store.transaction(() => {
        for (const { work, resolve, reject } of works) {
          try {
            const value = this.#store.transaction(work);
            settle.push(() => resolve(value as never));
          } catch (error) {
            settle.push(() => reject(error));
          }
        }
      });
    } catch (error) {
      for (const { reject } of works) reject(error);
      return;
    }
    for (const tell of settle) tell();
  }
}
