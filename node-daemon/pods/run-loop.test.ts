import { describe, expect, it } from "vitest";
import { RunLoop } from "./run-loop.ts";
import { JumpClock } from "./testing/jump-clock.ts";

function make(outcome: () => "done" | "retry" | Error = () => "done") {
  const clock = new JumpClock();
  const startMs = clock.now();
  const ranAt: number[] = [];
  const loop = new RunLoop({
    clock,
    async run() {
      ranAt.push(clock.now() - startMs);
      await Promise.resolve();
      const result = outcome();
      if (result instanceof Error) throw result;
      return result;
    },
    failed: () => "later",
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const pass = async (ms: number): Promise<void> => {
    await settle();
    for (const endMs = clock.now() + ms; clock.now() < endMs; ) {
      clock.goTo(Math.min(clock.nextMs(), endMs));
      await settle();
    }
  };
  return { loop, ranAt, pass };
}

describe("RunLoop", () => {
  it("[RL1] changes during a run lead to one more", async () => {
    const { loop, ranAt, pass } = make();
    for (let i = 0; i < 5; i++) loop.wake();
    await pass(1);
    expect(ranAt).toEqual([0, 0]);
  });

  it.each([
    ["[RL2] what could not be done", () => "retry" as const],
    ["[RL3] what failed", () => new Error("no")],
  ])("%s is tried again, later each time, up to 30 s", async (_, outcome) => {
    const { loop, ranAt, pass } = make(outcome);
    loop.wake();
    await pass(100_000);
    expect(ranAt).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
  });

  it("[RL4] the earliest wish counts, and is gone after the next run", async () => {
    const { loop, ranAt, pass } = make();
    loop.wakeIn(500);
    loop.wakeIn(200);
    loop.wakeIn(300);
    await pass(1_000);
    expect(ranAt).toEqual([200]);
  });

  it("[RL5] after its end nothing runs", async () => {
    const { loop, ranAt, pass } = make();
    loop.wakeIn(100);
    await loop.stop();
    loop.wake();
    await pass(1_000);
    expect(ranAt).toEqual([]);
  });
});
