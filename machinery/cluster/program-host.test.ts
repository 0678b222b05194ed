import { describe, expect, it } from "vitest";
import { BURST_MS, KEEP_MS, PATIENCE_MS, ProgramHost, SAFETY_ALARM_MS, SETTLE_MS } from "./program-host.ts";

/** A clock whose hands are turned by the test, and a program that does what `work` says. */
function setUp(work: { wake?(nowMs: number): Promise<void> } = {}) {
  let now = 1_000;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const log: string[] = [];
  const state = { next: undefined as number | undefined };
  const clock = {
    now: () => now,
    after(delayMs: number, callback: () => void) {
      const timer = { atMs: now + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const host = new ProgramHost({
    program: {
      changes: async () => {
        state.next = now;
      },
      nextWakeMs: () => state.next,
      wake: async (nowMs) => {
        log.push(`wake@${nowMs}`);
        state.next = undefined;
        await work.wake?.(nowMs);
      },
    },
    alarm: { set: (atMs) => log.push(`set ${atMs}`), clear: () => log.push("clear") },
    clock,
    onError: (error) => log.push(String(error)),
  });
  const advance = async (ms: number) => {
    const until = now + ms;
    for (;;) {
      const due = [...timers].filter((t) => t.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      timers.delete(due);
      now = due.atMs;
      due.callback();
      await settle();
    }
    now = until;
  };
  return { host, log, state, timers, advance };
}
const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
const batch = { from: 0, to: 1, events: [] };

describe("ProgramHost", () => {
  it("[PH1] work that is soon done needs no alarm: whoever brought it is answered when it is done", async () => {
    let release = () => {};
    const { host, log, timers, advance } = setUp({
      wake: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    let isAnswered = false;
    const answered = host.changes(batch).then(() => {
      isAnswered = true;
    });
    await settle();
    expect(isAnswered).toBe(false);
    release();
    await answered;
    await advance(SETTLE_MS);
    expect(log).toEqual(["wake@1000"]);
    expect(timers.size).toBe(0);
  });

  it("[PH6] longer work has an alarm before whoever brought it is answered, which is cleared once settled", async () => {
    let release = () => {};
    const { host, log, timers, advance } = setUp({
      wake: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    const answered = host.changes(batch);
    await settle();
    await advance(PATIENCE_MS);
    await answered;
    expect(log).toEqual(["wake@1000", `set ${1_000 + PATIENCE_MS + SAFETY_ALARM_MS}`]);
    release();
    await settle();
    await advance(SETTLE_MS);
    expect(log.slice(2)).toEqual(["clear"]);
    expect(timers.size).toBe(0);
  });

  it("[PH9] changes that follow others closely have an alarm at once: what comes next need not wait", async () => {
    const releases: (() => void)[] = [];
    const wake = () => new Promise<void>((resolve) => void releases.push(resolve));
    const { host, log, advance } = setUp({ wake });
    const first = host.changes(batch);
    await settle();
    releases[0]!();
    await first;
    expect(log).toEqual(["wake@1000"]);
    await advance(BURST_MS - 1);
    await host.changes(batch);
    const atMs = 1_000 + BURST_MS - 1;
    expect(log.slice(1)).toEqual([`wake@${atMs}`, `set ${atMs + SAFETY_ALARM_MS}`]);
    releases[1]!();
    await settle();
    await advance(SETTLE_MS);
    expect(log.slice(3)).toEqual(["clear"]);
  });

  it("[PH2] steady work writes no further alarm", async () => {
    const { host, log, advance } = setUp();
    for (let i = 0; i < 10; i++) {
      await host.rang();
      await host.changes(batch);
      await settle();
      await advance(1_000);
    }
    expect(log.filter((line) => line.startsWith("wake"))).toHaveLength(10);
    expect(log.filter((line) => line.startsWith("set"))).toEqual([]);
  });

  it("[PH7] what is to be done in a moment has an alarm, too: its timer may die", async () => {
    const { host, log, state } = setUp({
      wake: async () => {
        state.next = 1_500;
      },
    });
    await host.changes(batch);
    expect(log).toEqual(["wake@1000", `set ${1_000 + SAFETY_ALARM_MS}`]);
  });

  it("[PH10] what comes and is due in a moment does not wait until all has settled", async () => {
    const { host, log, state, advance } = setUp();
    await host.changes(batch);
    await settle();
    expect(log).toEqual(["wake@1000"]);
    state.next = 1_050;
    await host.rang();
    await advance(100);
    expect(log.filter((line) => line.startsWith("wake"))).toEqual(["wake@1000", "wake@1050"]);
  });

  it("[PH3] a near wait is a timer, a far one the alarm", async () => {
    const { host, log, state, timers, advance } = setUp({
      wake: async (nowMs) => {
        if (nowMs === 1_000) state.next = 1_500;
        else if (nowMs === 1_500) state.next = 600_000;
      },
    });
    await host.changes(batch);
    await settle();
    await advance(500 + SETTLE_MS);
    expect(log).toEqual(["wake@1000", `set ${1_000 + SAFETY_ALARM_MS}`, "wake@1500", "set 600000"]);
    expect(timers.size).toBe(0);
    await advance(600_000 - 3_500);
    await host.rang();
    expect(log.slice(4, 6)).toEqual([`set ${600_000 + SAFETY_ALARM_MS}`, "wake@600000"]);
  });

  it("[PH8] a far wait has its alarm at once, and keeps the earlier one while there is work", async () => {
    const { host, log, state, advance } = setUp({
      wake: async (nowMs) => {
        state.next = nowMs + 600_000;
      },
    });
    for (let i = 0; i < 3; i++) {
      await host.changes(batch);
      await advance(BURST_MS);
    }
    expect(log.filter((line) => line.startsWith("set"))).toEqual(["set 601000"]);
    await advance(SETTLE_MS);
    expect(log.at(-1)).toBe(`set ${601_000 + 2 * BURST_MS}`);
  });

  it("[PH3b] stays in memory until a moment that is near, but notices what comes before it", async () => {
    const { host, log, state, timers, advance } = setUp({
      wake: async (nowMs) => {
        state.next = nowMs < 20_000 ? nowMs + 15_000 : nowMs + KEEP_MS + SETTLE_MS + 1;
      },
    });
    await host.changes(batch);
    await settle();
    await advance(SETTLE_MS);
    expect(log).toContain("set 16000");
    expect(timers.size).toBe(1);
    // A change that is not due yet, but sooner than what it stays for.
    state.next = 9_000;
    await host.rang();
    await advance(12_000);
    expect(log.filter((line) => line.startsWith("wake"))).toEqual(["wake@1000", "wake@9000"]);
    await advance(10_000 + SETTLE_MS);
    expect(log.filter((line) => line.startsWith("wake")).at(-1)).toBe("wake@24000");
    expect(timers.size).toBe(0);
  });

  it("[PH4] a failure is reported and tried again, not at once", async () => {
    let failures = 2;
    const { host, log, state, advance } = setUp({
      wake: async () => {
        if (failures-- <= 0) return;
        state.next = 0;
        throw new Error("down");
      },
    });
    await host.changes(batch);
    await settle();
    expect(log.filter((line) => line.startsWith("wake"))).toEqual(["wake@1000"]);
    await advance(5_000);
    expect(log.filter((line) => line.startsWith("wake"))).toEqual(["wake@1000", "wake@2000", "wake@3000"]);
    expect(log.filter((line) => line === "Error: down")).toHaveLength(2);
  });

  it("[PH5] changes during work are worked on in the same run", async () => {
    let release = () => {};
    const { host, log, advance } = setUp({
      wake: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    const answers = [host.changes(batch)];
    await settle();
    answers.push(host.changes(batch), host.changes(batch));
    await settle();
    release();
    await settle();
    release();
    await Promise.all(answers);
    await advance(SETTLE_MS);
    expect(log).toEqual(["wake@1000", "wake@1000"]);
  });
});
