import type { Cluster, WriteOp } from "../../machinery/cluster/contract.ts";
import { backoffDelayMs } from "../../machinery/queue/backoff.ts";

/** Events of one call. */
const MAX_OPS = 1_000;
/** While there is other work, events wait until so many have gathered. */
const MANY = 2_000;
/** More than this is not worth the memory: the newest are not told. */
const MAX_WAITING = 20_000;
/** client-go's recorder tries as often, and then gives an event up. */
const MAX_ATTEMPTS = 12;
const RETRY = { baseMs: 1_000, maxMs: 10_000 };

interface Untold {
  op: WriteOp;
  /** It was not written: the same event must be told as a new one. */
  forget(): void;
}

export interface EventTellerOptions {
  write: Cluster["write"];
  actor: string;
  now(): number;
  /** Told when a call has ended, well or not. */
  onSent(): void;
  log(line: { [field: string]: unknown }): void;
}

/**
 * Writes events beside all other work: nothing waits for them, and losing some loses nothing else. One call at a time,
 * each with all that has gathered.
 */
export class EventTeller {
  readonly #options: EventTellerOptions;
  #waiting: Untold[] = [];
  #isSending = false;
  #failures = 0;
  #notBeforeMs = 0;
  #dropped = 0;

  constructor(options: EventTellerOptions) {
    this.#options = options;
  }

  /** Events that were not told, since there were too many or nobody took them. */
  get dropped(): number {
    return this.#dropped;
  }

  get isSending(): boolean {
    return this.#isSending;
  }

  /** So many wait that they should not wait for other work to end. */
  get isFull(): boolean {
    return this.#waiting.length >= MANY;
  }

  tell(event: Untold): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(event);
    else this.#drop([event]);
  }

  /** When there is something to send, epoch ms; undefined: nothing waits, or a call is under way. */
  nextMs(): number | undefined {
    return this.#waiting.length === 0 || this.#isSending ? undefined : this.#notBeforeMs;
  }

  /** Starts a call, if it is time for one. */
  send(): void {
    const next = this.nextMs();
    if (next === undefined || next > this.#options.now()) return;
    this.#isSending = true;
    void this.#send(this.#waiting.splice(0, MAX_OPS));
  }

  async #send(events: Untold[]): Promise<void> {
    const { write, actor, now, onSent, log } = this.#options;
    try {
      const results = await write(
        actor,
        events.map(({ op }) => op),
      );
      // Most often: it has expired, or its namespace is going.
      events.forEach(({ forget }, i) => {
        if (results[i]?.ok !== true) forget();
      });
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      log({ level: "warn", message: "events not written", count: events.length, error: String(error) });
      this.#notBeforeMs = now() + backoffDelayMs(RETRY, this.#failures);
      if (this.#failures < MAX_ATTEMPTS) this.#waiting = [...events, ...this.#waiting].slice(0, MAX_WAITING);
      else {
        this.#failures = 0;
        this.#drop(events);
      }
    }
    this.#isSending = false;
    onSent();
  }

  #drop(events: readonly Untold[]): void {
    this.#dropped += events.length;
    for (const { forget } of events) forget();
  }
}
