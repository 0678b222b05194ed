import { describe, expect, it } from "vitest";
import { seededRandom } from "../../machinery/meta/random.ts";
import { Deadlines } from "./deadlines.ts";
import { KeyQueue } from "./key-queue.ts";

const drain = (queue: KeyQueue, nowMs: number): string[] => {
  const keys: string[] = [];
  for (let taken = queue.take(nowMs); taken; taken = queue.take(nowMs)) keys.push(taken.key);
  return keys;
};

describe("KeyQueue", () => {
  it("[KQ1] gives each key once, in order", () => {
    const queue = new KeyQueue();
    for (const key of ["a", "b", "a", "c"]) queue.add(key, 0);
    expect(queue.depth).toBe(3);
    expect(drain(queue, 0)).toEqual(["a", "b", "c"]);
    expect(queue.nextMs()).toBeUndefined();
  });

  it("[KQ2] a key that changes while it is worked on comes again, once", () => {
    const queue = new KeyQueue();
    queue.add("a", 0);
    queue.take(0);
    queue.add("a", 1);
    queue.add("a", 2);
    expect(queue.take(2)).toBeUndefined();
    queue.succeeded("a", 3);
    expect(drain(queue, 3)).toEqual(["a"]);
  });

  it("[KQ3] backs off 5 ms, doubled with each failure, at most 1000 s", () => {
    const queue = new KeyQueue();
    let now = 0;
    const delays: number[] = [];
    queue.add("a", now);
    for (let i = 0; i < 20; i++) {
      expect(queue.take(now)).toMatchObject({ key: "a", attempts: i });
      queue.failed("a", now, []);
      expect(queue.take(now)).toBeUndefined();
      delays.push(queue.nextMs()! - now);
      now = queue.nextMs()!;
    }
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(1_000_000);
  });

  it("[KQ3b] a change during an attempt that fails shortens a long back-off too", () => {
    const queue = new KeyQueue();
    queue.add("a", 0);
    let now = 0;
    for (let i = 0; i < 12; i++) {
      now = queue.nextMs()!;
      queue.take(now);
      if (i === 11) queue.add("a", now);
      queue.failed("a", now, []);
    }
    expect(queue.nextMs()).toBe(now + 1_000);
  });

  it("[KQ4] a change shortens a long back-off, but not to nothing", () => {
    const queue = new KeyQueue();
    queue.add("a", 0);
    for (let i = 0; i < 12; i++) {
      const now = queue.nextMs() ?? 0;
      queue.take(now);
      queue.failed("a", now, []);
    }
    const retryMs = queue.nextMs()!;
    queue.add("a", retryMs - 9_000);
    expect(queue.nextMs()).toBe(retryMs - 8_000);
    expect(queue.take(retryMs - 8_001)).toBeUndefined();
    expect(queue.take(retryMs - 8_000)).toMatchObject({ key: "a", attempts: 12 });
  });

  it("[KQ5] hands the failures of the last attempt to the next, and forgets them after a success", () => {
    const queue = new KeyQueue();
    const failures = [{ op: { verb: "delete", resource: "pods", namespace: "", name: "x" }, status: { code: 500 } }];
    queue.add("a", 0);
    queue.take(0);
    queue.failed("a", 0, failures as never);
    expect(queue.take(5)?.failures).toBe(failures);
    queue.succeeded("a", 5);
    queue.add("a", 6);
    expect(queue.take(6)).toMatchObject({ attempts: 0, failures: [] });
  });

  it("[KQ6] comes again at the moment a plan asked for; a later plan without one takes that back", () => {
    const queue = new KeyQueue();
    queue.add("a", 0);
    queue.take(0);
    queue.succeeded("a", 0, 500);
    expect(queue.nextMs()).toBe(500);
    queue.add("a", 100);
    queue.take(100);
    queue.succeeded("a", 100);
    expect(queue.nextMs()).toBeUndefined();
    expect(queue.take(500)).toBeUndefined();
  });

  it("[KQ7] a key that never rests is planned 8 times at once, then every 100 ms; others do not wait for it", () => {
    const queue = new KeyQueue();
    const plannedMs: number[] = [];
    for (let now = 10_000; now < 11_000; now += 5) {
      queue.add("hot", now);
      if (now === 10_500) queue.add("cool", now);
      for (let taken = queue.take(now); taken; taken = queue.take(now)) {
        if (taken.key === "hot") plannedMs.push(now);
        else expect(now).toBe(10_500);
        queue.succeeded(taken.key, now);
      }
    }
    expect(plannedMs.slice(0, 8)).toEqual([0, 5, 10, 15, 20, 25, 30, 35].map((ms) => 10_000 + ms));
    expect(plannedMs.slice(8)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900].map((ms) => 10_000 + ms));
    // The last change is not lost, and after a rest the key is as quick as before.
    queue.add("hot", 11_000);
    expect(drain(queue, 11_000)).toEqual(["hot"]);
    queue.succeeded("hot", 11_000);
    queue.add("hot", 11_001);
    expect(queue.nextMs()).toBe(11_100);
    expect(drain(queue, 11_100)).toEqual(["hot"]);
    queue.succeeded("hot", 11_100);
    for (let i = 0; i < 8; i++) {
      queue.add("hot", 20_000);
      expect(drain(queue, 20_000)).toEqual(["hot"]);
      queue.succeeded("hot", 20_000);
    }
  });

  it("[KQ8] an attempt that has its answers goes on at once, however often it has been planned", () => {
    const queue = new KeyQueue();
    queue.add("a", 0);
    for (let i = 0; i < 20; i++) {
      expect(queue.take(0)?.key).toBe("a");
      queue.resumed("a", 0);
    }
  });
});

describe("Deadlines", () => {
  it.each([1, 2, 3])("[DL1] seed %i: takes what is due, earliest first, the last set counting", (seed) => {
    const random = seededRandom(seed);
    const deadlines = new Deadlines();
    const model = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const key = `k${Math.floor(random() * 60)}`;
      if (random() < 0.2) {
        deadlines.clear(key);
        model.delete(key);
      } else {
        const atMs = Math.floor(random() * 1_000);
        deadlines.set(key, atMs);
        model.set(key, atMs);
      }
    }
    expect(deadlines.next()).toBe(Math.min(...model.values()));
    const taken = [...deadlines.take(700)];
    expect(taken.length).toBeGreaterThan(10);
    expect(new Set(taken)).toEqual(new Set([...model].filter(([, atMs]) => atMs <= 700).map(([key]) => key)));
    const times = taken.map((key) => model.get(key)!);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect([...deadlines.take(700)]).toEqual([]);
  });

  it("[DL2] keys that are set anew all the time stay in order, and the heap small", () => {
    const deadlines = new Deadlines();
    for (let i = 0; i < 5_000; i++) deadlines.set(`k${i % 3}`, 10_000 - i);
    expect([...deadlines.take(10_000)]).toEqual(["k1", "k0", "k2"]);
    expect(deadlines.next()).toBeUndefined();
  });
});
