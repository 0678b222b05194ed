/** How much of the endpoint one pod, and all together, may use at a time. */

/** Requests under way, watches included; twice as many connections. */
export const MAX_REQUESTS = 2000;
/** A pod that leaks watches must not lock the others out. */
export const MAX_REQUESTS_PER_CLIENT = 400;

/** Counts places taken, in all and by client. */
export class RequestLimiter {
  readonly #perClient = new Map<string, number>();
  readonly #max: number;
  readonly #maxPerClient: number;
  #total = 0;

  constructor(limits: { max: number; maxPerClient: number }) {
    this.#max = limits.max;
    this.#maxPerClient = limits.maxPerClient;
  }

  /** Takes a place; undefined when there is none. Call what it returns once, when the request is over. */
  enter(client: string): (() => void) | undefined {
    const mine = this.#perClient.get(client) ?? 0;
    if (this.#total >= this.#max || mine >= this.#maxPerClient) return undefined;
    this.#total++;
    this.#perClient.set(client, mine + 1);
    return () => {
      this.#total--;
      const left = (this.#perClient.get(client) as number) - 1;
      if (left > 0) this.#perClient.set(client, left);
      else this.#perClient.delete(client);
    };
  }
}
