/**
 * A request must have been answered within a minute: above all, its body must have come. One timer for all that are
 * under way, and none when none is, so that nothing keeps an idle object awake.
 */
import type { Clock } from "../../machinery/clock.ts";
import { ApiError } from "../../machinery/meta/status.ts";

/** kube-apiserver's --request-timeout. */
export const REQUEST_TIMEOUT_MS = 60_000;

interface Pending {
  untilMs: number;
  fail(error: ApiError): void;
}

export class Deadlines {
  readonly #clock: Clock;
  /** In the order in which they fall due. */
  readonly #pending = new Set<Pending>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same answer, or 504 when it does not come in time; what is under way then goes on unheard. */
  within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { untilMs: this.#clock.now() + REQUEST_TIMEOUT_MS, fail: reject };
      this.#pending.add(pending);
      this.#cancel ??= this.#clock.after(REQUEST_TIMEOUT_MS, () => this.#sweep());
      answer.then(
        (value) => {
          this.#done(pending);
          resolve(value);
        },
        (error) => {
          this.#done(pending);
          reject(error);
        },
      );
    });
  }

  #done(pending: Pending): void {
    this.#pending.delete(pending);
    if (this.#pending.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sweep(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (const pending of this.#pending) {
      if (pending.untilMs > now) {
        this.#cancel = this.#clock.after(pending.untilMs - now, () => this.#sweep());
        return;
      }
      this.#pending.delete(pending);
      pending.fail(timedOut());
    }
  }
}

export const timedOut = (): ApiError =>
  new ApiError(504, "Timeout", "Timeout: request did not complete within the allotted timeout", {});
