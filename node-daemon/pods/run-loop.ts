/** Runs one piece of work again and again: one run at a time, another when something has changed or is due. */
import type { Clock } from "../../machinery/clock.ts";

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface RunLoopOptions {
  clock: Clock;
  /** "retry": not all could be done; to be tried again, later each time. */
  run(): Promise<"done" | "retry">;
  /** Whether to go on at once with what interrupted a run; else it is tried again later. */
  failed(error: unknown): "again" | "later";
}

export class RunLoop {
  readonly #options: RunLoopOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #retryMs = RETRY_FIRST_MS;
  #cancelTimer = (): void => {};
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: RunLoopOptions) {
    this.#options = options;
  }

  /** Something has changed: run, or once more when a run is under way. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
  }

  /** Runs again after this long at the latest. The earliest of a run's wishes counts; every run makes its own. */
  wakeIn(delayMs: number): void {
    const { clock } = this.#options;
    const waitMs = Math.max(0, delayMs);
    const dueMs = clock.now() + waitMs;
    if (this.#stopped || dueMs >= this.#dueMs) return;
    this.#cancelTimer();
    this.#dueMs = dueMs;
    this.#cancelTimer = clock.after(waitMs, () => this.wake());
  }

  /** Something failed that nothing else will wake us from. */
  retry(): void {
    this.wakeIn(this.#retryMs);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  /** No more runs. Resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** As `stop`, from within a run. */
  end(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  async #loop(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#cancelTimer();
      this.#dueMs = Number.POSITIVE_INFINITY;
      try {
        if ((await this.#options.run()) === "retry") this.retry();
        else this.#retryMs = RETRY_FIRST_MS;
      } catch (error) {
        if (this.#options.failed(error) === "again") this.#again = true;
        else this.retry();
      }
    }
  }
}
