/**
 * Random writers, watchers, subscribers, compactions, evictions and crashes against a store over SQL, checked against
 * the model at each step. Knows no platform: it runs in Node and inside a Durable Object.
 *
 * What is checked of watches, by etcd's words: ordered (revisions grow), unique (none comes twice), atomic (a commit is
 * seen whole), reliable (none is missing), resumable (from any revision not compacted), bookmarkable (a bookmark says
 * that all up to it has come).
 */
import {
  type ObjectKey,
  type Revision,
  type Sql,
  type Store,
  type StoredEvent,
  type StoredObject,
  StoreError,
} from "../../edge-api/store/contract.ts";
import { Feed } from "../../edge-api/store/feed.ts";
import { MemoryStore } from "../../edge-api/store/memory-store.ts";
import { migrate } from "../../edge-api/store/migrate.ts";
import { SqliteStore } from "../../edge-api/store/sqlite-store.ts";
import { WatchHub } from "../../edge-api/store/watch-hub.ts";
import type { WatchSpec } from "../../edge-api/store/watch-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { type Random, randomFrom } from "./store-random.ts";
import { SimulatedSubscriber } from "./store-subscriber.ts";
import {
  keyed,
  SimulatedWatcher,
  simulationFields,
  simulationFilter,
  simulationRepresentation,
} from "./store-watcher.ts";

export interface SimulationOptions {
  seed: number;
  steps: number;
  sql: Sql;
}

/** How often each thing happened, so that a test can see that the run did work. */
export type SimulationCounts = { [what: string]: number };

const RESOURCES = ["configmaps", "pods", "leases.coordination.k8s.io"];
const NAMESPACES = ["", "a", "default", "😀"];
const NAMES = ["a", "a-b", "b", "é", "\uFFFD", "web-0", "web-1", "web-10", "web-2", "z"];
const NODES = ["", "n1", "n2"];
const WATCHERS = 12;

/** Thrown in the middle of a transaction: the process dies, and only what was committed is there afterwards. */
class Crash extends Error {}

export async function simulateStore({ seed, steps, sql }: SimulationOptions): Promise<SimulationCounts> {
  const simulation = new Simulation(seed, sql);
  for (let step = 0; step < steps; step++) {
    try {
      await simulation.step();
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}: ${(error as Error).message}`, { cause: error });
    }
  }
  await simulation.end();
  return simulation.counts();
}

class Simulation {
  readonly #random: Random;
  readonly #sql: Sql;
  readonly #model: MemoryStore;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();
  readonly #counts: SimulationCounts = {};
  readonly #watchers: SimulatedWatcher[] = [];
  readonly #subscribers: SimulatedSubscriber[] = [];
  readonly #pagers: { at: Revision; resource: string; seen: StoredObject[]; expected: StoredObject[] }[] = [];
  #nowMs = 1_000_000;
  #store!: SqliteStore;
  #hub!: WatchHub;
  #feed!: Feed;
  #told: StoredEvent[] = [];
  #modelTold: StoredEvent[] = [];

  constructor(seed: number, sql: Sql) {
    this.#random = randomFrom(seed);
    this.#sql = sql;
    migrate(sql);
    this.#model = new MemoryStore({ now: () => this.#nowMs });
    this.#model.subscribe((events) => this.#modelTold.push(...events));
    this.#open();
    for (let i = 0; i < WATCHERS; i++) {
      this.#watchers.push(new SimulatedWatcher(this.#someSpec(), this.#random, (spec, at) => this.#expected(spec, at)));
    }
    for (const resources of [RESOURCES, RESOURCES.slice(1, 2)]) {
      this.#subscribers.push(new SimulatedSubscriber(resources, this.#random, () => this.#store));
    }
    this.#follow();
  }

  /** As after an eviction: nothing but the database is left. */
  #open(): void {
    this.#timers.clear();
    this.#subscribers.forEach((_, i) => {
      this.#feed.remove(`s${i}`);
    });
    this.#store = new SqliteStore(this.#sql, { now: () => this.#nowMs });
    this.#store.subscribe((events) => this.#told.push(...events));
    this.#hub = new WatchHub({
      store: this.#store,
      now: () => this.#nowMs,
      filter: simulationFilter,
      fields: simulationFields,
      representation: () => simulationRepresentation,
      pendingLimitBytes: 100,
      report: (error) => {
        throw error;
      },
    });
    this.#feed = new Feed({
      store: this.#store,
      clock: this.#clock,
      random: () => this.#random.next(),
      report: () => this.#count("feed retries"),
      limits: { batchEvents: 1 + this.#random.below(20), recentUnits: this.#random.below(4000) },
    });
  }

  #follow(): void {
    this.#subscribers.forEach((target, i) => {
      this.#feed.add({ name: `s${i}`, resources: target.resources, target });
    });
  }

  readonly #clock: Clock = {
    now: () => this.#nowMs,
    after: (delayMs, callback) => {
      const timer = { atMs: this.#nowMs + delayMs, callback };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    },
  };

  async step(): Promise<void> {
    const dice = this.#random.next();
    if (dice < 0.45) this.#write();
    else if (dice < 0.6) this.#transaction();
    else if (dice < 0.64) this.#pass(this.#random.below(3000));
    else if (dice < 0.68) this.#compact();
    else if (dice < 0.7) this.#evict();
    else if (dice < 0.8) this.#moveWatcher();
    else if (dice < 0.9) for (const watcher of this.#watchers) watcher.drain();
    else if (dice < 0.96) this.#page();
    else this.#read();
    for (let turns = this.#random.below(4); turns > 0; turns--) await Promise.resolve();
    this.#check();
  }

  async end(): Promise<void> {
    // Once at least, whatever the dice said.
    this.#evict();
    for (const watcher of this.#watchers) if (watcher.ended || !watcher.watcher) watcher.connect(this.#hub);
    for (let round = 0; round < 1000 && this.#watchers.some((w) => w.watcher?.describe().live !== true); round++) {
      for (const watcher of this.#watchers) {
        watcher.drain();
        if (watcher.ended) watcher.connect(this.#hub);
      }
    }
    for (const watcher of this.#watchers) watcher.checkCache(this.#store.revision());
    for (const subscriber of this.#subscribers) subscriber.reliable = true;
    for (let round = 0; round < 200 && this.#feed.hasUndelivered(); round++) {
      this.#pass(10_000);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    if (this.#feed.hasUndelivered()) throw new Error("feed: does not come to an end");
    for (const subscriber of this.#subscribers) subscriber.check(this.#model);
    this.#timers.clear();
  }

  counts(): SimulationCounts {
    const all = { ...this.#counts };
    for (const { counts } of [...this.#watchers, ...this.#subscribers]) {
      for (const [what, count] of Object.entries(counts)) all[what] = (all[what] ?? 0) + count;
    }
    return all;
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #someKey = (): ObjectKey => ({
    resource: this.#random.pick(RESOURCES),
    namespace: this.#random.pick(NAMESPACES),
    name: this.#random.pick(NAMES),
  });

  #someSpec(): WatchSpec {
    return {
      resource: this.#random.pick(RESOURCES),
      representation: "simulation",
      bookmarks: true,
      ...(this.#random.chance(0.4) && { namespace: this.#random.pick(NAMESPACES) }),
      ...(this.#random.chance(0.4) && { labelSelector: `parity=${this.#random.below(2)}` }),
      ...(this.#random.chance(0.4) && {
        fieldSelector: this.#random.chance(0.5)
          ? `spec.nodeName=${this.#random.pick(NODES)}`
          : `metadata.name=${this.#random.pick(NAMES)}`,
      }),
    };
  }

  /** What a watcher's cache must be at a revision. */
  #expected(spec: WatchSpec, at: Revision): Map<string, string> {
    const { resource, namespace } = spec;
    const filter = simulationFilter(spec);
    const objects = this.#model.stateAt(at).filter((o) => o.resource === resource);
    const within = objects.filter((o) => namespace === undefined || o.namespace === namespace);
    const matching = within.filter((o) => {
      const object = JSON.parse(o.value);
      const fields = { "metadata.name": o.name, "spec.nodeName": object.spec.nodeName };
      return !filter || filter.matches({ ...o, text: o.value, object, labels: object.metadata.labels, fields });
    });
    return keyed(matching);
  }

  /** Does one random write to both stores, which must agree on what comes of it. */
  #oneWrite(): void {
    const key = this.#someKey();
    const labels = { parity: String(this.#random.below(2)) };
    const spec = { nodeName: this.#random.pick(NODES) };
    const salt = this.#random.below(1e6);
    const encode = (revision: Revision) =>
      JSON.stringify({ metadata: { ...key, resourceVersion: String(revision), labels }, spec, salt });
    const current = this.#model.get(key)?.revision ?? 0;
    const expected = this.#random.chance(0.9) ? current : this.#random.below(this.#model.revision() + 2);
    const verb = this.#random.pick(
      current ? (["update", "update", "delete", "create"] as const) : (["create"] as const),
    );
    const run = (store: Store): string => {
      try {
        const made = verb === "create" ? store.create(key, encode) : store[verb](key, expected, encode);
        return JSON.stringify(made);
      } catch (error) {
        if (error instanceof StoreError) return `${error.code} ${JSON.stringify(error.detail)}`;
        throw error;
      }
    };
    const [made, modelled] = [run(this.#store), run(this.#model)];
    if (made !== modelled) throw new Error(`${verb} of ${JSON.stringify(key)}: ${made} instead of ${modelled}`);
    this.#count(made.startsWith("{") ? verb : made.split(" ")[0]!);
  }

  #write(): void {
    this.#oneWrite();
  }

  /** Several writes, some in nested transactions that fail; at times the process dies in the middle. */
  #transaction(): void {
    const fate = this.#random.next();
    try {
      this.#both(() => {
        for (let i = this.#random.below(6); i >= 0; i--) {
          if (this.#random.chance(0.3)) this.#nested();
          else this.#oneWrite();
        }
        if (fate < 0.1) throw new Crash("crash");
        if (fate < 0.2) throw new Error("taken back");
      });
      this.#count("transactions");
    } catch (error) {
      if (error instanceof Crash) {
        this.#count("crashes");
        this.#reopen();
      } else if ((error as Error).message !== "taken back") throw error;
    }
  }

  #nested(): void {
    const fails = this.#random.chance(0.5);
    try {
      this.#both(() => {
        this.#oneWrite();
        this.#oneWrite();
        if (fails) throw new Error("taken back");
      });
    } catch (error) {
      if ((error as Error).message !== "taken back") throw error;
      this.#count("taken back");
    }
  }

  #both(work: () => void): void {
    this.#store.transaction(() => this.#model.transaction(work));
  }

  #pass(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
    this.#hub.tick();
  }

  #compact(): void {
    const beforeMs = this.#nowMs - this.#random.below(20_000);
    const limit = 1 + this.#random.below(30);
    const [passed, modelled] = [this.#store.compact(beforeMs, limit), this.#model.compact(beforeMs, limit)];
    if (passed !== modelled) throw new Error(`compaction passed ${passed} instead of ${modelled}`);
    this.#count("compactions");
  }

  /** Evicted while its sockets hibernate, or restarted: then the sockets are gone as well. */
  #evict(): void {
    this.#count("evictions");
    if (this.#random.chance(0.5)) {
      this.#reopen();
      return;
    }
    const open = this.#watchers.filter((w) => w.watcher && !w.ended);
    for (const watcher of open) watcher.remember();
    this.#open();
    for (const watcher of open) watcher.rehydrate(this.#hub);
    this.#follow();
  }

  #reopen(): void {
    for (const watcher of this.#watchers) watcher.disconnect();
    this.#open();
    this.#follow();
  }

  #moveWatcher(): void {
    const watcher = this.#random.pick(this.#watchers);
    if (watcher.watcher && !watcher.ended && this.#random.chance(0.3)) watcher.disconnect();
    else if (!watcher.watcher || watcher.ended) watcher.connect(this.#hub);
    else watcher.watcher.bookmark();
  }

  /** Goes on with a list in pages at one revision, or begins one. */
  #page(): void {
    const pager = this.#pagers[0];
    if (!pager) {
      const resource = this.#random.pick(RESOURCES);
      const at = this.#store.revision();
      this.#pagers.push({ at, resource, seen: [], expected: [...this.#model.list({ resource })] });
      return;
    }
    const { at, resource, seen, expected } = pager;
    const limit = 1 + this.#random.below(8);
    const after = seen.at(-1);
    const query = { resource, at, limit, ...(after && { after }) };
    try {
      if (this.#store.count(query) !== expected.length - seen.length) throw new Error("count of what remains differs");
      const page = [...this.#store.list(query)];
      seen.push(...page);
      if (page.length === limit) return;
      if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`pages at ${at} are not one snapshot`);
      this.#count("paged lists");
    } catch (error) {
      const compacted = at < this.#model.compactedRevision();
      if (!(error instanceof StoreError) || error.code !== "Compacted" || !compacted) throw error;
      this.#count("expired pages");
    }
    this.#pagers.length = 0;
  }

  /** Any read of any revision, which both stores must answer alike. */
  #read(): void {
    const namespace = this.#random.chance(0.5) ? this.#random.pick(NAMESPACES) : undefined;
    const at = this.#random.chance(0.7) ? this.#random.below(this.#model.revision() + 2) : undefined;
    const query = {
      resource: this.#random.pick(RESOURCES),
      ...(namespace !== undefined && { namespace }),
      ...(at !== undefined && { at }),
      ...(this.#random.chance(0.5) && { after: this.#someKey() }),
      ...(this.#random.chance(0.5) && { limit: this.#random.below(10) }),
      ...(this.#random.chance(0.3) && { contains: `"nodeName":"${this.#random.pick(NODES)}"` }),
    };
    const after = this.#random.below(this.#model.revision() + 1);
    const key = this.#someKey();
    const answers = [this.#store, this.#model].map((store) =>
      [
        () => [...store.list(query)],
        () => store.count(query),
        () => store.countByResource(namespace ?? "a"),
        () => [...store.changesSince(after, query)],
        () => store.get(key),
        () => [store.revision(), store.compactedRevision(), store.oldestUncompactedMs()],
      ].map(answerOf),
    );
    if (JSON.stringify(answers[0]) !== JSON.stringify(answers[1])) {
      throw new Error(`reads differ: ${JSON.stringify(query)}\n${JSON.stringify(answers, undefined, 1)}`);
    }
    this.#count("reads");
  }

  #check(): void {
    if (JSON.stringify(this.#told) !== JSON.stringify(this.#modelTold))
      throw new Error("subscribers were told otherwise");
    this.#told = [];
    this.#modelTold = [];
    for (const watcher of this.#watchers) watcher.checkLive(this.#store.revision());
  }
}

function answerOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return `${error.code} ${JSON.stringify(error.detail)}`;
    throw error;
  }
}
