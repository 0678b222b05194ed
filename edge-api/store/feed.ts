/**
 * The change feed: pushes what was committed to the controllers and the scheduler. Each subscriber has one batch in
 * flight; what is committed meanwhile gathers. Only a revision is kept for each: the events come from a bounded memory
 * of the last ones, or from the store's history.
 */
import { detachManagedFields, headOf } from "../../machinery/apply/text.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ChangeBatch, ChangeEvent, ChangeSubscriber, Resource } from "../../machinery/cluster/contract.ts";
import { backoffDelayMs } from "../../machinery/queue/backoff.ts";
import type { Schedule } from "./commit-group.ts";
import { type ObjectKey, type Revision, type Store, type StoredEvent, StoreError } from "./contract.ts";
import { RecentChanges } from "./recent-changes.ts";

export interface FeedOptions {
  store: Store;
  clock: Clock;
  /** 0 ≤ x < 1, spreads retries. */
  random: () => number;
  /** Told of each failed push; the feed retries by itself. */
  report(subscriber: string, error: unknown): void;
  /** When a push begins after a commit; absent: once the commit's other listeners are done. */
  schedule?: Schedule;
  limits?: Partial<FeedLimits>;
}

export interface FeedLimits {
  /** Text of one batch, in UTF-16 units: an RPC message may have 32 MB. */
  batchUnits: number;
  batchEvents: number;
  /** Text kept in memory for batches to come. */
  recentUnits: number;
  /** A push that takes longer has failed. */
  pushTimeoutMs: number;
  firstRetryMs: number;
  maxRetryMs: number;
}

const LIMITS: FeedLimits = {
  batchUnits: 4_000_000,
  batchEvents: 2_000,
  recentUnits: 8_000_000,
  pushTimeoutMs: 30_000,
  firstRetryMs: 100,
  maxRetryMs: 10_000,
};

export interface FeedSubscriber {
  name: string;
  resources: Iterable<Resource>;
  target: ChangeSubscriber;
  /**
   * Whether the text of this object may end with its metadata: what nobody looks at is neither sent nor parsed. Absent:
   * never.
   */
  isHeadEnough?(object: ObjectKey): boolean;
}

interface Subscription {
  readonly name: string;
  readonly resources: ReadonlySet<Resource>;
  readonly target: ChangeSubscriber;
  readonly isHeadEnough: (object: ObjectKey) => boolean;
  /** What the subscriber was told last, as `to`: where the next batch begins. Undefined: it has to take a snapshot. */
  at: Revision | undefined;
  /** Between `at` and here nothing of its resources was committed, even if history no longer tells. */
  quietTo: Revision;
  /** Something of its resources was committed after `at`. */
  behind: boolean;
  pushing: boolean;
  failures: number;
  /** Cancels the wait for the next attempt. */
  waiting: (() => void) | undefined;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #limits: FeedLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #recent: RecentChanges;
  #settled: (() => void)[] = [];

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#recent = new RecentChanges(options.store.revision(), this.#limits.recentUnits);
    options.store.subscribe((events) => this.#committed(events));
  }

  /**
   * Follows the store for a subscriber from now on. It first gets an empty batch from the last change of its resources
   * to the revision of now, so that it takes a snapshot unless it has seen that. Adding a name again replaces it and
   * begins anew.
   */
  add(subscriber: FeedSubscriber): void {
    this.remove(subscriber.name);
    const resources = new Set(subscriber.resources);
    const { store } = this.#options;
    const subscription: Subscription = {
      name: subscriber.name,
      resources,
      target: subscriber.target,
      isHeadEnough: subscriber.isHeadEnough ?? (() => false),
      at: store.lastRevisionOf?.(resources),
      quietTo: store.revision(),
      behind: true,
      pushing: false,
      failures: 0,
      waiting: undefined,
    };
    this.#subscriptions.set(subscriber.name, subscription);
    this.#pushSoon(subscription);
  }

  remove(name: string): void {
    const subscription = this.#subscriptions.get(name);
    if (!subscription) return;
    this.#subscriptions.delete(name);
    subscription.waiting?.();
    this.#trim();
    this.#tellSettled();
  }

  /** Something committed has not been taken over by a subscriber yet: keep an alarm set as watchdog. */
  hasUndelivered(): boolean {
    for (const { behind, pushing } of this.#subscriptions.values()) if (behind || pushing) return true;
    return false;
  }

  /** Tries at once what waits for its next attempt: for the alarm. */
  retryNow(): void {
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.waiting) continue;
      subscription.waiting();
      subscription.waiting = undefined;
      this.#pushSoon(subscription);
    }
  }

  /** Resolves when no push is under way. What failed waits for its next attempt, and `hasUndelivered` says so. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled.push(resolve);
      this.#tellSettled();
    });
  }

  #tellSettled(): void {
    for (const { pushing } of this.#subscriptions.values()) if (pushing) return;
    const waiters = this.#settled;
    this.#settled = [];
    for (const resolve of waiters) resolve();
  }

  #committed(events: readonly StoredEvent[]): void {
    for (const event of events) {
      let wanted: "head" | "whole" | undefined;
      for (const subscription of this.#subscriptions.values()) {
        if (!subscription.resources.has(event.resource)) continue;
        if (wanted !== "whole") wanted = subscription.isHeadEnough(event) ? "head" : "whole";
        subscription.behind = true;
        this.#pushSoon(subscription);
      }
      if (wanted) this.#recent.add(changeOf(event, wanted));
    }
  }

  /** Once for all commits of this turn. */
  #pushSoon(subscription: Subscription): void {
    if (subscription.pushing || subscription.waiting) return;
    subscription.pushing = true;
    const { schedule = queueMicrotask } = this.#options;
    schedule(() => void this.#push(subscription));
  }

  async #push(subscription: Subscription): Promise<void> {
    const { clock, random, report } = this.#options;
    const isCurrent = () => this.#subscriptions.get(subscription.name) === subscription;
    while (subscription.behind && isCurrent()) {
      try {
        const batch = this.#take(subscription);
        await this.#within(subscription.target.changes(batch));
        subscription.at = batch.to;
        subscription.failures = 0;
        this.#trim();
      } catch (error) {
        subscription.behind = true;
        if (!isCurrent()) break;
        report(subscription.name, error);
        const { firstRetryMs: baseMs, maxRetryMs: maxMs } = this.#limits;
        const delayMs = backoffDelayMs({ baseMs, maxMs, jitter: 0.5, random }, ++subscription.failures);
        subscription.waiting = clock.after(delayMs, () => {
          subscription.waiting = undefined;
          this.#pushSoon(subscription);
        });
        break;
      }
    }
    subscription.pushing = false;
    this.#tellSettled();
  }

  /** The next batch; `behind` then says whether more is to come after it. */
  #take(subscription: Subscription): ChangeBatch {
    const { store } = this.#options;
    const now = store.revision();
    const from = subscription.at;
    const changes =
      from === undefined ? undefined : this.#changesSince(Math.max(from, subscription.quietTo), subscription);
    subscription.behind = false;
    if (from === undefined || changes === undefined) return { from: now, to: now, events: [] };
    const { batchEvents, batchUnits } = this.#limits;
    const events: ChangeEvent[] = [];
    let units = 0;
    for (const event of changes) {
      if (events.length === batchEvents || (events.length > 0 && units + event.value.length > batchUnits)) {
        subscription.behind = true;
        return { from, to: events.at(-1)!.revision, events };
      }
      events.push(event);
      units += event.value.length;
    }
    return { from, to: now, events };
  }

  /** Undefined when history does not reach back that far. */
  #changesSince(after: Revision, subscription: Subscription): Iterable<ChangeEvent> | undefined {
    const { resources } = subscription;
    const recent = this.#recent.since(after);
    if (recent) return recent.filter((event) => resources.has(event.resource));
    try {
      return changesOf(this.#options.store.changesSince(after), subscription);
    } catch (error) {
      if (error instanceof StoreError && error.code === "Compacted") return undefined;
      throw error;
    }
  }

  #trim(): void {
    let least = this.#options.store.revision();
    for (const { at } of this.#subscriptions.values()) if (at !== undefined && at < least) least = at;
    this.#recent.forget(least);
  }

  /** Rejects when the subscriber keeps silent: its answer, should it come, is of no interest any more. */
  #within<T>(work: Promise<T>): Promise<T> {
    const { pushTimeoutMs } = this.#limits;
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(pushTimeoutMs, () =>
        reject(new Error(`no answer within ${pushTimeoutMs} ms`)),
      );
      work.then(resolve, reject).finally(cancel);
    });
  }
}

/** managedFields are a good part of most texts, dear to parse, and nothing that plans are made from. */
const changeOf = (
  { type, resource, namespace, name, revision, value }: StoredEvent,
  wanted: "head" | "whole",
): ChangeEvent => ({
  type,
  resource,
  namespace,
  name,
  revision,
  value: wanted === "head" ? headOf(value) : detachManagedFields(value).bare,
});

function* changesOf(events: Iterable<StoredEvent>, { resources, isHeadEnough }: Subscription): Iterable<ChangeEvent> {
  for (const event of events) {
    if (resources.has(event.resource)) yield changeOf(event, isHeadEnough(event) ? "head" : "whole");
  }
}
