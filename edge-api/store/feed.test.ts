import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../machinery/clock.ts";
import type { ChangeBatch } from "../../machinery/cluster/contract.ts";
import { NodeSql } from "../../test/fakes/node-sql.ts";
import { Feed, type FeedLimits } from "./feed.ts";
import { MemoryStore } from "./memory-store.ts";
import { migrate } from "./migrate.ts";
import { SqliteStore } from "./sqlite-store.ts";

class HandClock implements Clock {
  #now = 0;
  #timers: { atMs: number; callback: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }
  get waits(): number[] {
    return this.#timers.map((t) => t.atMs - this.#now);
  }
  turn(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((t) => t.atMs <= this.#now);
    this.#timers = this.#timers.filter((t) => t.atMs > this.#now);
    for (const { callback } of due) callback();
  }
}

/** Takes batches as a cache would, and answers each push when told to. */
class FakeSubscriber {
  readonly batches: ChangeBatch[] = [];
  answer: ((error?: Error) => void) | undefined;
  automatic = true;

  changes(batch: ChangeBatch): Promise<void> {
    this.batches.push(batch);
    if (this.automatic) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.answer = (error) => (error ? reject(error) : resolve());
    });
  }

  get told(): string[] {
    return this.batches.map(({ from, to, events }) => `${from}..${to}: ${events.map((e) => e.value).join(" ")}`.trim());
  }
}

/** Lets all that is ready to go on go on. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe("change feed", () => {
  let clock: HandClock;
  let store: MemoryStore;
  let feed: Feed;
  let reports: string[];
  const make = (limits: Partial<FeedLimits> = {}) =>
    new Feed({
      store,
      clock,
      random: () => 0,
      report: (name, error) => reports.push(`${name}: ${(error as Error).message}`),
      limits,
    });
  const create = (name: string, resource = "pods", value = name) =>
    store.create({ resource, namespace: "", name }, () => value);
  const follow = (name = "one", resources = ["pods"]) => {
    const target = new FakeSubscriber();
    feed.add({ name, resources, target });
    return target;
  };

  beforeEach(() => {
    clock = new HandClock();
    store = new MemoryStore({ now: () => clock.now() });
    reports = [];
    create("before");
    feed = make();
  });

  it("[FD1] a new subscriber is told the revision, so that it takes a snapshot", async () => {
    const one = follow();
    expect(feed.hasUndelivered()).toBe(true);
    await settle();
    expect(one.batches).toEqual([{ from: 1, to: 1, events: [] }]);
    expect([feed.hasUndelivered(), clock.waits]).toEqual([false, []]);
  });

  it("[FD0] tells nobody of managedFields", async () => {
    const one = follow();
    await settle();
    const head = '{"kind":"Pod","apiVersion":"v1","metadata":{';
    create("a", "pods", `${head}"managedFields":[{"manager":"m","fieldsV1":{"f:spec":{}}}],"name":"a"}}`);
    await settle();
    expect(one.told.at(-1)).toBe(`1..2: ${head}"name":"a"}}`);
  });

  it("[FD16] tells only the head of what nobody looks further at, from memory and from history", async () => {
    const tell = new FakeSubscriber();
    const isHeadEnough = ({ name }: { name: string }) => name === "a";
    const text = (name: string) => `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${name}"},"spec":{}}`;
    const headOnly = text("a").replace(',"spec":{}', "");
    feed.add({ name: "one", resources: ["pods"], target: tell, isHeadEnough });
    await settle();
    create("a", "pods", text("a"));
    create("b", "pods", text("b"));
    await settle();
    expect(tell.told.at(-1)).toBe(`1..3: ${headOnly} ${text("b")}`);
    // Who wants more gets more.
    const whole = follow("two");
    await settle();
    store.update({ resource: "pods", namespace: "", name: "a" }, 2, () => text("a"));
    await settle();
    expect(whole.told.at(-1)).toBe(`3..4: ${text("a")}`);
    feed = make({ recentUnits: 0 });
    const late = new FakeSubscriber();
    feed.add({ name: "late", resources: ["pods"], target: late, isHeadEnough });
    await settle();
    store.update({ resource: "pods", namespace: "", name: "a" }, 4, () => text("a"));
    await settle();
    expect(late.told.at(-1)).toBe(`4..5: ${headOnly}`);
  });

  it("[FD2] tells the changes of its resources, each batch beginning where the last ended", async () => {
    const one = follow();
    const two = follow("two", ["secrets", "pods"]);
    await settle();
    create("a");
    await settle();
    create("s", "secrets");
    create("n", "nodes");
    await settle();
    create("b");
    await settle();
    expect(one.told).toEqual(["1..1:", "1..2: a", "2..5: b"]);
    expect(two.told).toEqual(["1..1:", "1..2: a", "2..4: s", "4..5: b"]);
    expect(one.batches[1]!.events[0]).toEqual({
      type: "ADDED",
      resource: "pods",
      namespace: "",
      name: "a",
      revision: 2,
      value: "a",
    });
  });

  it("[FD3] one batch in flight: what is committed meanwhile gathers in the next", async () => {
    const one = follow();
    await settle();
    one.automatic = false;
    create("a");
    await settle();
    for (const name of ["b", "c", "d"]) create(name);
    await settle();
    expect(one.told.slice(1)).toEqual(["1..2: a"]);
    expect(feed.hasUndelivered()).toBe(true);
    one.answer!();
    await settle();
    expect(one.told.slice(1)).toEqual(["1..2: a", "2..5: b c d"]);
    one.answer!();
    await settle();
    expect(feed.hasUndelivered()).toBe(false);
  });

  it("[FD4] what is committed in one turn comes in one batch", async () => {
    const one = follow();
    await settle();
    for (const name of ["a", "b", "c"]) create(name);
    await settle();
    expect(one.told.slice(1)).toEqual(["1..4: a b c"]);
  });

  it("[FD5] a failed push is reported and tried again with what came since, later and later", async () => {
    const one = follow();
    await settle();
    one.automatic = false;
    create("a");
    await settle();
    one.answer!(new Error("down"));
    await settle();
    expect(clock.waits).toEqual([100]);
    create("b");
    await settle();
    expect(one.batches).toHaveLength(2);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      waits.push(clock.waits[0]!);
      clock.turn(clock.waits[0]!);
      await settle();
      one.answer!(new Error("down"));
      await settle();
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(reports).toHaveLength(10);
    expect(reports[0]).toBe("one: down");
    expect(feed.hasUndelivered()).toBe(true);
    one.automatic = true;
    feed.retryNow();
    await settle();
    expect(one.told.at(-1)).toBe("1..3: a b");
    expect([feed.hasUndelivered(), clock.waits]).toEqual([false, []]);
    one.automatic = false;
    create("c");
    await settle();
    one.answer!(new Error("down"));
    await settle();
    expect(clock.waits).toEqual([100]);
  });

  it("[FD6] a subscriber that keeps silent has failed", async () => {
    const one = follow();
    await settle();
    one.automatic = false;
    create("a");
    await settle();
    const late = one.answer!;
    clock.turn(30_000);
    await settle();
    expect(reports).toEqual(["one: no answer within 30000 ms"]);
    late();
    one.automatic = true;
    clock.turn(100);
    await settle();
    expect(one.told.slice(1)).toEqual(["1..2: a", "1..2: a"]);
  });

  it("[FD7] batches are bounded by events and by size, and lose nothing", async () => {
    feed = make({ batchEvents: 3, batchUnits: 10 });
    const one = follow();
    await settle();
    for (const name of ["a", "b", "c", "d", "e"]) create(name);
    create("big", "pods", "x".repeat(50));
    create("f");
    await settle();
    expect(one.told.slice(1)).toEqual(["1..4: a b c", "4..6: d e", `6..7: ${"x".repeat(50)}`, "7..8: f"]);
  });

  it("[FD8] beyond the memory kept, batches come from history", async () => {
    feed = make({ recentUnits: 20 });
    const one = follow();
    await settle();
    one.automatic = false;
    create("a");
    await settle();
    for (let i = 0; i < 50; i++) create(`n${i}`);
    create("other", "secrets");
    one.automatic = true;
    one.answer!();
    await settle();
    expect(one.told[2]).toBe(`2..53: ${Array.from({ length: 50 }, (_, i) => `n${i}`).join(" ")}`);
  });

  it("[FD9] beyond history too, it is told to take a snapshot", async () => {
    feed = make({ recentUnits: 20 });
    const one = follow();
    await settle();
    one.automatic = false;
    create("a");
    await settle();
    for (let i = 0; i < 30; i++) create(`n${i}`);
    const key = { resource: "pods", namespace: "", name: "n0" };
    store.update(key, store.get(key)!.revision, () => "changed");
    store.compact(clock.now() + 1, 1000);
    create("after");
    one.automatic = true;
    one.answer!();
    await settle();
    expect(one.told.slice(2)).toEqual(["34..34:"]);
    create("b");
    await settle();
    expect(one.told.at(-1)).toBe("34..35: b");
  });

  it("[FD10] a failing subscriber holds up nobody else", async () => {
    const bad = follow("bad");
    const good = follow("good");
    await settle();
    bad.automatic = false;
    create("a");
    await settle();
    bad.answer!(new Error("down"));
    await settle();
    create("b");
    await settle();
    expect(good.told.slice(1)).toEqual(["1..2: a", "2..3: b"]);
  });

  it("[FD11] removed or replaced: the old one is told no more, the new one begins anew", async () => {
    const old = follow();
    await settle();
    old.automatic = false;
    create("a");
    await settle();
    const next = follow();
    old.answer!(new Error("gone"));
    await settle();
    create("b");
    await settle();
    expect(old.batches).toHaveLength(2);
    expect(next.told).toEqual(["2..2:", "2..3: b"]);
    expect(reports).toEqual([]);
    feed.remove("one");
    create("c");
    await settle();
    expect(next.batches).toHaveLength(2);
    expect(feed.hasUndelivered()).toBe(false);
  });

  it("[FD12] settled waits for what is under way, not for what waits for its next attempt", async () => {
    const one = follow();
    await feed.settled();
    one.automatic = false;
    create("a");
    let done = false;
    const settled = feed.settled().then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    one.answer!(new Error("down"));
    await settled;
    expect(feed.hasUndelivered()).toBe(true);
  });

  describe("over SQLite, which knows the last write of a resource", () => {
    const sqlite = (): SqliteStore => {
      const sql = new NodeSql();
      migrate(sql);
      return new SqliteStore(sql, { now: () => clock.now() });
    };
    const write = (to: SqliteStore, resource: string, name: string) => {
      const key = { resource, namespace: "", name };
      const row = to.get(key);
      return row ? to.update(key, row.revision, () => name) : to.create(key, () => name);
    };

    it("[FD13] a new subscriber is told from there on, also where history no longer reaches back", async () => {
      const own = sqlite();
      write(own, "pods", "a");
      for (let i = 0; i < 100; i++) write(own, "leases", "l");
      clock.turn(10);
      own.compact(clock.now(), 1_000);
      expect(own.compactedRevision()).toBeGreaterThan(1);
      feed = new Feed({ store: own, clock, random: () => 0, report: () => undefined });
      const one = follow();
      const none = follow("none", ["services"]);
      await settle();
      expect([one.told, none.told]).toEqual([["1..101:"], ["0..101:"]]);
      write(own, "pods", "b");
      await settle();
      expect(one.told.at(-1)).toBe("101..102: b");
    });

    it("[FD14] what was committed while the first push failed is not lost", async () => {
      const own = sqlite();
      write(own, "pods", "a");
      write(own, "leases", "l");
      feed = new Feed({ store: own, clock, random: () => 0, report: () => undefined });
      const one = new FakeSubscriber();
      one.automatic = false;
      feed.add({ name: "one", resources: ["pods"], target: one });
      await settle();
      write(own, "pods", "b");
      one.answer?.(new Error("nobody there"));
      await settle();
      clock.turn(100);
      await settle();
      expect(one.told).toEqual(["1..2:", "1..3: b"]);
    });

    it("[FD15] looks back so far and no farther", () => {
      const own = sqlite();
      write(own, "pods", "a");
      for (let i = 0; i < 40; i++) write(own, "leases", `l-${i}`);
      expect(own.lastRevisionOf(new Set(["pods"]))).toBe(1);
      expect(own.lastRevisionOf(new Set(["leases", "pods"]))).toBe(41);
      expect(own.lastRevisionOf(new Set(["services"]))).toBe(0);
      for (let i = 0; i < 300; i++) write(own, "leases", `m-${i}`);
      expect(own.lastRevisionOf(new Set(["pods"]))).toBeUndefined();
    });
  });
});
