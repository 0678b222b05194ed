import type { Clock } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { createScheduler, type Scheduler } from "../program.ts";
import { FakeCluster } from "./fake-cluster.ts";

const MAX_ROUNDS = 50;

/** The program on a cluster in memory. `settle` brings the feed up to date and works until nothing is due. */
export function startScheduler({ seed = 1, configuration }: { seed?: number; configuration?: unknown } = {}): {
  cluster: FakeCluster;
  clock: Clock & { nowMs: number };
  scheduler: Scheduler;
  settle: () => Promise<void>;
} {
  const cluster = new FakeCluster();
  const clock: Clock & { nowMs: number } = { nowMs: 1_000_000, now: () => clock.nowMs, after: () => () => {} };
  const scheduler = createScheduler({ cluster, clock, random: seededRandom(seed), configuration });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await scheduler.changes(cluster.takeBatch());
      const next = scheduler.nextWakeMs();
      if (next === undefined || next > clock.nowMs) return;
      await scheduler.wake(clock.nowMs);
    }
    throw new Error("the scheduler does not come to rest");
  };
  return { cluster, clock, scheduler, settle };
}
