/** Writes to the API, so many at once and no more; what fails is tried again. */
import type { Clock } from "../../machinery/clock.ts";
import { ApiCallError, type Log } from "../contracts.ts";

type Write = () => Promise<unknown>;

interface Job {
  write: Write;
  done: (error?: unknown) => void;
  failures: number;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;

/** Answers that will not change by asking again. */
const isFinal = (error: unknown): boolean =>
  error instanceof ApiCallError && error.code >= 400 && error.code < 500 && error.code !== 408 && error.code !== 429;

export class Writer {
  readonly #concurrency: number;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Taken from the front by index; compacted now and then. */
  #queue: Job[] = [];
  #next = 0;
  #running = 0;
  #stopped = false;
  written = 0;

  constructor(options: { concurrency: number; clock: Clock; log: Log }) {
    this.#concurrency = options.concurrency;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get waiting(): number {
    return this.#queue.length - this.#next + this.#running;
  }

  /** Resolves once it is written. @throws ApiCallError 4xx: the API will not have it */
  write(write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, failures: 0, done: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    this.#next = 0;
  }

  #start(): void {
    while (this.#running < this.#concurrency && this.#next < this.#queue.length && !this.#stopped) {
      const job = this.#queue[this.#next++]!;
      if (this.#next > 1_000 && this.#next * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#next);
        this.#next = 0;
      }
      this.#running++;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    try {
      await job.write();
      this.written++;
      job.done();
    } catch (error) {
      if (isFinal(error)) job.done(error);
      else this.#again(job, error);
    } finally {
      this.#running--;
      this.#start();
    }
  }

  #again(job: Job, error: unknown): void {
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** job.failures++);
    if (job.failures > 3) this.#log.warn("a write does not get through", { error: String(error) });
    this.#clock.after(delayMs, () => {
      if (this.#stopped) return;
      this.#queue.push(job);
      this.#start();
    });
  }
}
