/**
 * One priority level: its seats, who sits in them, and who waits.
 *
 * Requests run one at a time here, most of them from end to end in one turn, so seats are kept a little longer than
 * upstream: to the end of the event loop's turn. What one turn of the loop brings is what has arrived while others ran,
 * so a level that runs out of seats within it is one that more is asked of than is done; the rest of its requests wait
 * in its queues for the next turn, and those of other flows go before them. While seats suffice this costs two counters
 * a request, and nobody waits for anything.
 */
import type { PriorityLevelConfiguration } from "../../kinds/flowcontrol/v1-types.ts";
import type { Identity } from "../access/identity.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { LevelLimits } from "./limits.ts";
import { FairQueues, type Waiting } from "./queues.ts";
import { RetryAfter } from "./retry-after.ts";
import { dealHand } from "./shuffle.ts";

/** One flow's way through a level: what all requests of it share. */
export interface Flow {
  schema: SchemaCounts;
  level: Level;
  distinguisher: string;
  hash: bigint;
  /** Queues of its hand; made when first needed. */
  hand: readonly number[] | undefined;
}

export type Refusal = "queue-full" | "concurrency-limit" | "time-out";

/** What is told of the requests of one FlowSchema at one level. */
export interface SchemaCounts {
  name: string;
  uid: string;
  dispatched: number;
  executing: number;
  executingSeats: number;
  inQueue: number;
  refused: { [reason in Refusal]: number };
  /** Of those that waited in a queue, by whether they were served in the end. */
  waited: { true: Waits; false: Waits };
}

/** How long requests waited, by index of WAIT_BUCKETS; the last one holds what took longer. */
export interface Waits {
  buckets: number[];
  sumSeconds: number;
}

/** Upper bounds in seconds, as kube-apiserver's. */
export const WAIT_BUCKETS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] as const;

export const noWaits = (): Waits => ({ buckets: new Array(WAIT_BUCKETS.length + 1).fill(0), sumSeconds: 0 });

function noteWait(waits: Waits, seconds: number): void {
  const bucket = WAIT_BUCKETS.findIndex((bound) => seconds <= bound);
  waits.buckets[bucket < 0 ? WAIT_BUCKETS.length : bucket]!++;
  waits.sumSeconds += seconds;
}

export interface WaitingRequest extends Waiting {
  flow: Flow;
  /** Who asks for what, for those who look at what waits. */
  about: { identity: Identity; info: RequestInfo } | undefined;
}

/** Upstream's: a quarter of the request timeout. */
export const MAX_WAIT_MS = 15_000;
/** Seats of one list; a level whose limit is low gives less. */
const MAX_WIDTH = 10;

export interface LevelOptions {
  now: () => number;
  /** The level wants `turn` to be called when the event loop has turned; asked again after each. */
  wantsTurn(level: Level): void;
  /** Nobody waits any more. */
  drained(): void;
  /** Somebody waits: `turn` is to be called at this time (epoch ms), too. */
  wantsWake(level: Level, atMs: number): void;
}

export class Level {
  readonly name: string;
  readonly #options: LevelOptions;
  uid = "";
  isExempt = false;
  /** Spec as JSON, to see what has changed. */
  limits: LevelLimits = { nominal: 1, min: 1, max: 1 };
  /** Seats it has now. */
  seats = 1;
  /** Absent: what finds no seat is refused. */
  queues: FairQueues<WaitingRequest> | undefined;
  #handSize = 1;
  #deck = 1;
  readonly retryAfter = new RetryAfter();
  /** Seats of requests that are not done yet. */
  running = 0;
  /** Seats of requests that are done and belong to this turn of the event loop still. */
  #spent = 0;
  #turnWanted = false;

  constructor(name: string, options: LevelOptions) {
    this.name = name;
    this.#options = options;
  }

  configure({ metadata, spec }: PriorityLevelConfiguration, limits: LevelLimits): void {
    this.uid = metadata.uid ?? "";
    this.isExempt = spec.type === "Exempt";
    this.limits = limits;
    this.seats = Math.max(1, Math.min(this.seats === 1 ? limits.nominal : this.seats, limits.max));
    const queuing = spec.limited?.limitResponse?.type === "Queue" ? spec.limited.limitResponse.queuing : undefined;
    if (!queuing) return;
    const { queues = 1, handSize = 1, queueLengthLimit = 1 } = queuing;
    this.#deck = queues;
    this.#handSize = Math.min(handSize, queues);
    if (this.queues) this.queues.reconfigure({ queues, queueLengthLimit });
    else this.queues = new FairQueues({ queues, queueLengthLimit });
  }

  /** Seats used now, those of this turn included. */
  get inUse(): number {
    return this.running + this.#spent;
  }

  get maxWidth(): number {
    return Math.max(1, Math.min(MAX_WIDTH, Math.floor(this.seats / 2)));
  }

  /** Takes seats if there are any and nobody waits for them; a request wider than the level runs alone. */
  start(seats: number): boolean {
    const taken = this.running + this.#spent;
    if (taken > 0 && (taken + seats > this.seats || (this.queues !== undefined && this.queues.waiting > 0)))
      return false;
    this.running += seats;
    return true;
  }

  /** Gives seats back: at once for a request that took longer than its turn, else when the turn ends. */
  end(seats: number, { sameTurn }: { sameTurn: boolean }): void {
    this.running -= seats;
    if (!sameTurn) {
      if (this.queues !== undefined && this.queues.waiting > 0) this.#dispatch();
      return;
    }
    this.#spent += seats;
    // Half a level's seats may stand spent for any time: nothing needs a timer until more are wanted in one turn.
    if (!this.#turnWanted && this.#spent * 2 >= this.seats) this.#wantTurn();
  }

  #wantTurn(): void {
    this.#turnWanted = true;
    this.#options.wantsTurn(this);
  }

  /** Waits for seats. Resolves to whether, and if not why. */
  enqueue(flow: Flow, seats: number, about?: WaitingRequest["about"]): Promise<"run" | Refusal> | Refusal {
    const { queues } = this;
    if (!this.#turnWanted && this.#spent > 0) this.#wantTurn();
    if (!queues) return "concurrency-limit";
    flow.hand ??= dealHand(flow.hash, { queues: this.#deck, handSize: this.#handSize });
    const { now } = this.#options;
    this.#expire();
    return new Promise((resolve) => {
      const request: WaitingRequest = {
        flow,
        about,
        seats,
        arrivedMs: now(),
        decide: (verdict) => {
          flow.schema.inQueue--;
          noteWait(flow.schema.waited[verdict === "run" ? "true" : "false"], (now() - request.arrivedMs) / 1000);
          resolve(verdict === "run" ? "run" : "time-out");
        },
      };
      if (queues.enqueue(request, flow.hand!) === undefined) return resolve("queue-full");
      flow.schema.inQueue++;
      this.#options.wantsWake(this, request.arrivedMs + MAX_WAIT_MS);
    });
  }

  /** The event loop has turned, or time has come: seats that were spent are free again. */
  turn(): void {
    this.#turnWanted = false;
    this.#spent = 0;
    this.#expire();
    this.#dispatch();
    if (this.#spent > 0 && !this.#turnWanted) this.#wantTurn();
  }

  /** Seats it would use now if it had them. */
  get demand(): number {
    return this.inUse + (this.queues?.seatsWaiting ?? 0);
  }

  #expire(): void {
    for (const late of this.queues?.expire(this.#options.now() - MAX_WAIT_MS) ?? []) late.decide("timed out");
  }

  #dispatch(): void {
    const { queues } = this;
    if (!queues) return;
    while (queues.waiting > 0) {
      const taken = this.inUse;
      const next = queues.next(taken === 0 ? Number.POSITIVE_INFINITY : this.seats - taken);
      if (!next) break;
      this.running += next.seats;
      next.decide("run");
    }
    const oldestMs = queues.oldestMs();
    if (oldestMs === undefined) this.#options.drained();
    else this.#options.wantsWake(this, oldestMs + MAX_WAIT_MS);
  }
}
