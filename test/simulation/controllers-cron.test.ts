import { describe, expect, it } from "vitest";
import { isFinished } from "../../controllers/job/conditions.ts";
import { isActive } from "../../controllers/workload/pods.ts";
import type { CronJob, Job } from "../../kinds/batch/v1-types.ts";
import type { Pod, ReplicationController } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { metadata, namespace, node, template } from "../fakes/cluster-objects.ts";
import { World } from "./controllers-world.ts";

const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";

const cronJob = (name: string, concurrencyPolicy: "Allow" | "Forbid" | "Replace"): CronJob =>
  ({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: metadata(name),
    spec: {
      schedule: "* * * * *",
      concurrencyPolicy,
      suspend: false,
      successfulJobsHistoryLimit: 2,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: { cron: name } },
        spec: {
          parallelism: 1,
          completions: 1,
          backoffLimit: 1,
          completionMode: "NonIndexed",
          selector: { matchLabels: { cron: name } },
          template: {
            metadata: { labels: { cron: name } },
            spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
          },
        },
      },
    },
  }) as CronJob;

const controller = (name: string): ReplicationController =>
  ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: metadata(name),
    spec: { replicas: 3, selector: { app: name }, template: template({ app: name }) },
  }) as ReplicationController;

const cronOf = ({ metadata: { labels } }: Job): string => labels?.cron ?? "";

describe("CronJobs and ReplicationControllers in a faulty world", () => {
  it.each([1, 2, 3, 4])("[SIM6] seed %i: each time starts one Job at most, and policies hold", async (seed) => {
    const world = new World(seed);
    const { cluster } = world;
    cluster.create("namespaces", namespace("default"));
    for (const name of ["n1", "n2"]) cluster.create("nodes", node(name));
    for (const policy of ["Allow", "Forbid", "Replace"] as const) {
      cluster.create("cronjobs.batch", cronJob(policy.toLowerCase(), policy));
    }
    let rc = cluster.create("replicationcontrollers", controller("old"));
    const started = new Map<string, number>();
    let most = 0;
    cluster.onCommit(({ resource, type }, object) => {
      if (type !== "ADDED") return;
      if (resource === "pods" && object.metadata.labels?.app === "old") {
        const active = cluster.list<Pod>("pods").filter((pod) => pod.metadata.labels?.app === "old" && isActive(pod));
        most = Math.max(most, active.length);
      }
      if (resource !== "jobs.batch") return;
      const job = object as Job;
      const key = `${cronOf(job)} ${job.metadata.annotations?.[SCHEDULED_AT]}`;
      started.set(key, (started.get(key) ?? 0) + 1);
      const running = cluster
        .list<Job>("jobs.batch")
        .filter((other) => cronOf(other) === cronOf(job) && !isFinished(other));
      if (cronOf(job) === "forbid") expect(running).toHaveLength(1);
    });
    for (let step = 0; step < 700; step++) {
      const what = world.random();
      if (what < 0.3) await cluster.deliver();
      else if (what < 0.55) await world.wake();
      else if (what < 0.75) {
        const pod = world.pick(cluster.list<Pod>("pods"));
        if (pod) world.stepPod(pod);
      } else if (what < 0.85) {
        const pod = world.pick(
          cluster
            .list<Pod>("pods")
            .filter(({ status, metadata }) => status?.phase === "Running" && metadata.labels?.cron),
        );
        if (pod) end(world, pod, world.chance(0.3) ? "Failed" : "Succeeded");
      } else if (what < 0.93) world.clock.advance(Math.floor(world.random() * 30_000));
      else if (what < 0.95) world.evict();
      else if (what < 0.97) {
        const pod = world.pick(cluster.list<Pod>("pods").filter(({ metadata }) => metadata.labels?.app === "old"));
        if (pod) cluster.delete("pods", pod);
      } else if (what < 0.98) {
        rc = cluster.change<ReplicationController>("replicationcontrollers", rc, ({ spec }) => {
          spec.replicas = Math.floor(world.random() * 4);
        });
      }
    }
    for (const job of cluster.list<CronJob>("cronjobs.batch")) {
      cluster.change<CronJob>("cronjobs.batch", job, ({ spec }) => {
        spec.suspend = true;
      });
    }
    for (let round = 0; round < 20; round++) {
      await world.settle();
      const running = cluster
        .list<Pod>("pods")
        .filter(({ status, metadata }) => status?.phase === "Running" && metadata.labels?.cron);
      if (running.length === 0) break;
      for (const pod of running) end(world, pod, "Succeeded");
    }
    await world.settle();
    expect([...started].filter(([, count]) => count > 1)).toEqual([]);
    for (const name of ["allow", "forbid", "replace"]) {
      expect([...started.keys()].filter((key) => key.startsWith(name)).length).toBeGreaterThan(1);
      const { status } = cluster.get<CronJob>("cronjobs.batch", "default", name)!;
      expect(status?.active ?? []).toEqual([]);
      const jobs = cluster.list<Job>("jobs.batch").filter((job) => cronOf(job) === name);
      expect(jobs.every(isFinished)).toBe(true);
      // Two that succeeded, and one that failed.
      expect(jobs.length).toBeLessThanOrEqual(3);
    }
    const active = cluster.list<Pod>("pods").filter((pod) => pod.metadata.labels?.app === "old" && isActive(pod));
    rc = cluster.get<ReplicationController>("replicationcontrollers", "default", "old")!;
    expect(active).toHaveLength(rc.spec.replicas ?? 0);
    expect(rc.status).toMatchObject({ replicas: rc.spec.replicas, availableReplicas: rc.spec.replicas || undefined });
    expect(most).toBe(3);
    expect(world.errors).toEqual([]);
    expect(world.evictions).toBeGreaterThan(0);
  });
});

function end(world: World, pod: Pod, phase: "Succeeded" | "Failed"): void {
  const finishedAt = formatTime(world.clock.now());
  world.cluster.change<Pod>("pods", pod, (copy) => {
    const terminated = { exitCode: phase === "Failed" ? 1 : 0, finishedAt };
    copy.status = { phase, containerStatuses: [{ name: "c", restartCount: 0, state: { terminated } }] } as never;
  });
}
