/**
 * Fair queuing of one priority level: requests wait in the queues of their flow's hand, and the queue is served next
 * whose request would end first if all queues were served at once, each at the same rate (start-time fair queuing). So
 * a queue gets its share whatever waits in the others, and no wall clock is needed, which stands still in a Worker.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#queuing
 */

export interface Waiting {
  seats: number;
  /** Epoch ms. */
  arrivedMs: number;
  /** Called once: whether it may run. */
  decide(verdict: "run" | "timed out"): void;
}

interface Queue<T extends Waiting> {
  requests: T[];
  seats: number;
  /** Virtual time at which the request ends that was dispatched last. */
  finish: number;
}

export interface QueuingLimits {
  queues: number;
  /** Requests that wait in one queue. */
  queueLengthLimit: number;
}

export class FairQueues<T extends Waiting> {
  #limits: QueuingLimits;
  /** Only those that have been used. */
  readonly #queues = new Map<number, Queue<T>>();
  /** Of the request that was dispatched last. */
  #virtualTime = 0;
  #waiting = 0;
  #seatsWaiting = 0;

  constructor(limits: QueuingLimits) {
    this.#limits = limits;
  }

  /** What waits now may be more than new limits allow; nothing is thrown out. */
  reconfigure(limits: QueuingLimits): void {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get seatsWaiting(): number {
    return this.#seatsWaiting;
  }

  /** Puts it in the queue of the hand where least waits. @returns the queue's length then; undefined when it is full */
  enqueue(request: T, hand: readonly number[]): number | undefined {
    let best: Queue<T> | undefined;
    for (const index of hand) {
      const queue = this.#queueAt(index);
      if (!best || queue.seats < best.seats) best = queue;
    }
    if (!best || best.requests.length >= this.#limits.queueLengthLimit) return undefined;
    // Who comes to an empty queue has no claim on the past.
    if (best.requests.length === 0) best.finish = Math.max(best.finish, this.#virtualTime);
    best.requests.push(request);
    best.seats += request.seats;
    this.#waiting++;
    this.#seatsWaiting += request.seats;
    return best.requests.length;
  }

  #queueAt(index: number): Queue<T> {
    let queue = this.#queues.get(index);
    if (!queue) {
      queue = { requests: [], seats: 0, finish: 0 };
      this.#queues.set(index, queue);
    }
    return queue;
  }

  /** Takes out what is served next, unless it wants more than `freeSeats`: then nothing overtakes it. */
  next(freeSeats: number): T | undefined {
    let best: Queue<T> | undefined;
    let bestFinish = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      const [first] = queue.requests;
      if (!first) continue;
      const finish = queue.finish + first.seats;
      if (finish < bestFinish) {
        best = queue;
        bestFinish = finish;
      }
    }
    if (!best || best.requests[0]!.seats > freeSeats) return undefined;
    this.#virtualTime = best.finish;
    best.finish = bestFinish;
    return this.#shift(best);
  }

  /** Takes out those that came before `beforeMs`. */
  expire(beforeMs: number): T[] {
    const late: T[] = [];
    for (const [index, queue] of this.#queues) {
      while (queue.requests[0] && queue.requests[0].arrivedMs < beforeMs) late.push(this.#shift(queue));
      // Idle queues are forgotten, so that they cost nothing.
      if (queue.requests.length === 0 && queue.finish <= this.#virtualTime) this.#queues.delete(index);
    }
    return late;
  }

  /** When the one came that waits longest (epoch ms); undefined when none waits. */
  oldestMs(): number | undefined {
    let oldest: number | undefined;
    for (const { requests } of this.#queues.values()) {
      const [first] = requests;
      if (first && (oldest === undefined || first.arrivedMs < oldest)) oldest = first.arrivedMs;
    }
    return oldest;
  }

  #shift(queue: Queue<T>): T {
    const request = queue.requests.shift()!;
    queue.seats -= request.seats;
    this.#waiting--;
    this.#seatsWaiting -= request.seats;
    return request;
  }

  /** For the debug endpoints. */
  *snapshot(): Iterable<{ index: number; requests: readonly T[]; seats: number; finish: number }> {
    for (const [index, queue] of this.#queues) {
      if (queue.requests.length > 0) yield { index, ...queue };
    }
  }
}
