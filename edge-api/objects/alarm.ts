/** An object's one alarm, for several things that wait: it rings at the earliest of them. */
export class EarliestAlarm {
  readonly #state: Pick<DurableObjectState, "storage" | "waitUntil">;
  #atMs: number | undefined;

  constructor(state: Pick<DurableObjectState, "storage" | "waitUntil">) {
    this.#state = state;
  }

  /** In a new life of the object: the alarm may have been set in an earlier one. */
  async resume(): Promise<void> {
    this.#atMs = (await this.#state.storage.getAlarm()) ?? undefined;
  }

  /** Rings at `atMs` (of the epoch) or earlier. */
  by(atMs: number): void {
    if (this.#atMs !== undefined && this.#atMs <= atMs) return;
    this.#atMs = atMs;
    this.#state.waitUntil(this.#state.storage.setAlarm(atMs));
  }

  /** It has rung: nothing is set now. */
  rang(): void {
    this.#atMs = undefined;
  }
}
