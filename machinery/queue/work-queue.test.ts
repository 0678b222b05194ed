import { describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import { backoffDelayMs } from "./backoff.ts";
import { WorkQueue } from "./work-queue.ts";

class HandClock implements Clock {
  #nowMs = 0;
  #timers: { dueMs: number; callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [timer] = this.#timers.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
      if (!timer) break;
      this.#nowMs = timer.dueMs;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  get pending(): number {
    return this.#timers.length;
  }
}

describe("WorkQueue", () => {
  it("[WQ1][WQ3] keys wait once, in order", () => {
    const queue = new WorkQueue<string>(new HandClock());
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect([queue.tryNext(), queue.tryNext(), queue.tryNext(), queue.tryNext()]).toEqual(["a", "b", "c", undefined]);
  });

  it("[WQ2] a key added while worked on comes again after done", () => {
    const queue = new WorkQueue<string>(new HandClock());
    queue.add("a");
    queue.tryNext();
    queue.add("a");
    queue.add("a");
    expect(queue.tryNext()).toBeUndefined();
    expect(queue.idle).toBe(false);
    queue.done("a");
    expect(queue.tryNext()).toBe("a");
    queue.done("a");
    expect(queue.idle).toBe(true);
  });

  it("[WQ4] delayed keys come at the earliest time asked for", () => {
    const clock = new HandClock();
    const queue = new WorkQueue<string>(clock);
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 200);
    clock.advance(49);
    expect(queue.tryNext()).toBeUndefined();
    clock.advance(1);
    expect(queue.tryNext()).toBe("a");
    clock.advance(1000);
    expect(queue.size).toBe(0);
  });

  it("[WQ5] rate-limited keys wait longer each time, until forgotten", () => {
    const queue = new WorkQueue<string>(new HandClock());
    expect([1, 2, 3].map(() => queue.addRateLimited("a"))).toEqual([5, 10, 20]);
    queue.forget("a");
    expect(queue.addRateLimited("a")).toBe(5);
    expect(backoffDelayMs({ baseMs: 5, maxMs: 1000 }, 99)).toBe(1000);
    expect(backoffDelayMs({ baseMs: 100, maxMs: 1000, jitter: 0.5, random: () => 0.5 }, 1)).toBe(125);
  });

  it("[WQ6] next waits for a key; stop ends the waiting and the timers", async () => {
    const clock = new HandClock();
    const queue = new WorkQueue<string>(clock);
    const [first, second] = [queue.next(), queue.next()];
    queue.add("a");
    expect(await first).toBe("a");
    queue.addAfter("b", 10);
    queue.stop();
    expect(await second).toBeUndefined();
    expect(await queue.next()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
