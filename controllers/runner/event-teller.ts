import type { Cluster, WriteResult } from "../../machinery/cluster/contract.ts";
import { backoffDelayMs } from "../../machinery/queue/backoff.ts";
import type { Recorded } from "./events.ts";

/** Events of one call. */
const MAX_OPS = 1_000;
/** While there is other work, events wait until so many have gathered. */
const MANY = 2_000;
/** More than this is not worth the memory: the newest are not told. */
const MAX_WAITING = 20_000;
/** client-go's recorder tries as often, and then gives an event up. */
const MAX_ATTEMPTS = 12;
const RETRY = { baseMs: 1_000, maxMs: 10_000 };

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
  #waiting: Recorded[] = [];
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

  tell(event: Recorded): void {
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

  async #send(events: Recorded[]): Promise<void> {
    const { write, actor, now, onSent, log } = this.#options;
    try {
      const results = await write(
        actor,
        events.map(({ op }) => op),
      );
      for (const [i, event] of events.entries()) this.#settle(event, results[i]);
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

  #settle(event: Recorded, result: WriteResult | undefined): void {
    if (result?.ok) return;
    // What was counted up has expired since.
    const isGone = event.op.verb === "patch" && result?.status.reason === "NotFound";
    if (isGone) this.tell({ ...event, op: { ...event.anew(), ...same(event) } });
    else event.forget();
  }

  #drop(events: readonly Recorded[]): void {
    this.#dropped += events.length;
    for (const { forget } of events) forget();
  }
}

/** As whom, and how, it is written. */
const same = ({ op: { actor, options } }: Recorded) => ({ ...(actor && { actor }), ...(options && { options }) });
