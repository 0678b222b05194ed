import type { WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import type { Assignment } from "./binding-cycle.ts";

/** Writes that go to the cluster in one call, and what is to be done with their results. */
export class Batch {
  readonly ops: WriteOp[] = [];
  /** Pods whose fate hangs on this batch: should its outcome be unknown, they are settled by a snapshot. */
  readonly inFlight: Assignment[] = [];
  /** To be written once nothing is more urgent; what becomes of it changes nothing. */
  readonly later: WriteOp[] = [];
  readonly #then: { at: number; done: (result: WriteResult) => void }[] = [];

  /** Returns the op's index, for `needs`. */
  add(op: WriteOp, done?: (result: WriteResult) => void): number {
    const at = this.ops.length;
    this.ops.push(op);
    if (done) this.#then.push({ at, done });
    return at;
  }

  /** @throws Error when there is not one result for each op */
  settle(results: readonly WriteResult[]): void {
    if (results.length !== this.ops.length) throw new Error(`${this.ops.length} ops got ${results.length} results`);
    for (const { at, done } of this.#then) done(results[at]!);
  }
}
