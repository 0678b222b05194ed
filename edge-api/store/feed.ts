/** The change feed: pushes what was committed to the controllers and the scheduler, in order, at least once. */
import type { Clock } from "../../machinery/clock.ts";
import type { ChangeSubscriber, Resource } from "../../machinery/cluster/contract.ts";
import type { Store } from "./contract.ts";

export interface FeedOptions {
  store: Store;
  clock: Clock;
  /** 0 ≤ x < 1, spreads retries. */
  random: () => number;
  /** Told of each failed push; the feed retries by itself. */
  report(subscriber: string, error: unknown): void;
}

export declare class Feed {
  constructor(options: FeedOptions);
  /**
   * Follows the store for a subscriber from now on. It first gets an empty batch with the revision of now, so that it
   * takes a snapshot unless it is there already. Adding a name again replaces it and begins anew.
   */
  add(subscriber: { name: string; resources: Iterable<Resource>; target: ChangeSubscriber }): void;
  remove(name: string): void;
  /** Something committed has not been taken over by a subscriber yet: keep an alarm set as watchdog. */
  hasUndelivered(): boolean;
  /** Tries at once what waits for its next attempt: for the alarm. */
  retryNow(): void;
  /** Resolves when everything has been taken over (for waitUntil in an alarm, and for tests). */
  settled(): Promise<void>;
}
