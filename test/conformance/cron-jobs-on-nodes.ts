/** What conformance asks of cron jobs, through two minutes, with containers that run. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { type Any, template } from "./nodes-kit.ts";
import { becomes, FOREVER, stays, uidsOf, type Workloads } from "./workloads-kit.ts";

export function cronJobTests({ api }: Workloads): void {
  describe.concurrent("[sig-apps] CronJob", () => {
    const names = ["suspended", "forbids", "replaces", "allows"] as const;
    type Name = (typeof names)[number];
    let shared: Promise<(name: Name) => Promise<Any[]>> | undefined;
    /**
     * All of them live through the same two minutes: the one at hand, which they are made to have missed, and the next.
     * @returns the jobs of each, and those of the first minute
     */
    const afterTwoTimes = () => {
      shared ??= (async () => {
        const space = await api().space("cron");
        const jobs = async (name: Name): Promise<Any[]> =>
          (await api().get(space.path("jobs", "batch/v1"))).items.filter(
            ({ metadata }: Any) => metadata.ownerReferences[0].name === name,
          );
        // Not so late that the next minute comes before the jobs of this one run.
        const intoMinuteMs = Date.now() % 60_000;
        if (intoMinuteMs > 50_000) await sleep(60_000 - intoMinuteMs);
        const policies = { suspended: "Allow", forbids: "Forbid", replaces: "Replace", allows: "Allow" };
        for (const name of names) {
          const made = await space.create({
            apiVersion: "batch/v1",
            kind: "CronJob",
            metadata: { name },
            spec: {
              schedule: "* * * * *",
              concurrencyPolicy: policies[name],
              suspend: name === "suspended",
              jobTemplate: { spec: { template: template({ cron: name }, FOREVER, { restartPolicy: "OnFailure" }) } },
            },
          });
          const lastScheduleTime = new Date(Date.now() - 90_000).toISOString().replace(/\.\d+Z$/, "Z");
          await api().patch(`${made}/status`, { status: { lastScheduleTime } });
        }
        await eventually("jobs of the first minute", 30_000, async () => {
          const counts = await Promise.all(names.map(async (name) => (await jobs(name)).length));
          return String(counts) === "0,1,1,1";
        });
        firstReplaced = (await jobs("replaces"))[0].metadata.uid;
        await space.ready(3);
        await eventually("a job of the second minute", 70_000, async () => (await jobs("allows")).length === 2);
        return jobs;
      })();
      return shared;
    };
    let firstReplaced = "";

    it("should not schedule jobs when suspended [Slow] [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      expect(await jobs("suspended")).toEqual([]);
    });

    it("should schedule multiple jobs concurrently [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await becomes("both active", async () => (await jobs("allows")).map(({ status }) => status.active), [1, 1]);
    });

    it("should not schedule new jobs when ForbidConcurrent [Slow] [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await stays(async () => uidsOf(await jobs("forbids")));
      expect((await jobs("forbids")).map(({ status }) => status.active)).toEqual([1]);
    });

    it("should replace jobs when ReplaceConcurrent [Conformance]", async () => {
      const jobs = await afterTwoTimes();
      await becomes(
        "another, and only it",
        async () =>
          (await jobs("replaces")).map(({ metadata, status }) => [metadata.uid === firstReplaced, status.active]),
        [[false, 1]],
      );
    });
  });
}
