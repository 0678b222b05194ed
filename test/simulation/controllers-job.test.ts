import { describe, expect, it } from "vitest";
import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { metadata, namespace, node } from "../fakes/cluster-objects.ts";
import { World } from "./controllers-world.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";
const FINALIZER = "batch.kubernetes.io/job-tracking";

const job = (name: string, spec: Partial<Job["spec"]>): Job =>
  ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(name),
    spec: {
      parallelism: 3,
      completions: 8,
      backoffLimit: 2_147_483_647,
      completionMode: "NonIndexed",
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { job: name } },
      template: {
        metadata: { labels: { job: name } },
        spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
      },
      ...spec,
    },
  }) as Job;

/** Ends a running pod. */
function end(world: World, pod: Pod, phase: "Succeeded" | "Failed"): void {
  const finishedAt = formatTime(world.clock.now());
  world.cluster.change<Pod>("pods", pod, (copy) => {
    copy.status = {
      phase,
      containerStatuses: [
        { name: "c", restartCount: 0, state: { terminated: { exitCode: phase === "Failed" ? 1 : 0, finishedAt } } },
      ],
    } as never;
  });
}

const isRunning = ({ status }: Pod) => status?.phase === "Running";

describe("Jobs in a faulty world", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "[SIM3] seed %i: every end is counted once, no index runs more often than it may",
    async (seed) => {
      const world = new World(seed);
      const { cluster } = world;
      cluster.create("namespaces", namespace("default"));
      for (const name of ["n1", "n2"]) cluster.create("nodes", node(name));
      cluster.create("jobs.batch", job("plain", {}));
      cluster.create("jobs.batch", job("indexed", { completionMode: "Indexed", completions: 6 }));
      cluster.create(
        "jobs.batch",
        job("limited", { completionMode: "Indexed", completions: 6, backoffLimitPerIndex: 1, parallelism: 6 }),
      );
      /** Uids of the pods that ended, by Job and how. */
      const ends = new Map<string, Set<string>>();
      const failuresOfIndex = new Map<string, number>();
      cluster.onCommit(({ resource, type }, object) => {
        const pod = object as Pod;
        if (resource !== "pods" || type === "DELETED") return;
        const owner = pod.metadata.labels?.job ?? "";
        if (pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed") return;
        const key = `${owner}/${pod.status.phase}`;
        const uids = ends.get(key) ?? new Set();
        if (!uids.has(pod.metadata.uid ?? "") && pod.status.phase === "Failed") {
          const index = `${owner}/${pod.metadata.annotations?.[INDEX]}`;
          failuresOfIndex.set(index, (failuresOfIndex.get(index) ?? 0) + 1);
        }
        ends.set(key, uids.add(pod.metadata.uid ?? ""));
      });
      const finishSome = () => {
        const pod = world.pick(cluster.list<Pod>("pods").filter(isRunning));
        if (pod) end(world, pod, world.chance(0.3) ? "Failed" : "Succeeded");
      };
      for (let step = 0; step < 900; step++) {
        const what = world.random();
        if (what < 0.3) await cluster.deliver();
        else if (what < 0.55) await world.wake();
        else if (what < 0.75) {
          const pod = world.pick(cluster.list<Pod>("pods"));
          if (pod) world.stepPod(pod);
        } else if (what < 0.85) finishSome();
        else if (what < 0.97) world.clock.advance(Math.floor(world.random() * 40_000));
        else world.evict();
      }
      // What still runs ends well.
      for (let round = 0; round < 60; round++) {
        await world.settle();
        const running = cluster.list<Pod>("pods").filter(isRunning);
        if (running.length === 0) break;
        for (const pod of running) end(world, pod, "Succeeded");
      }
      await world.settle();

      const get = (name: string) => cluster.get<Job>("jobs.batch", "default", name)!.status!;
      const count = (key: string) => ends.get(key)?.size ?? 0;
      const conditions = (name: string) => get(name).conditions?.map(({ type }) => type);
      expect(conditions("plain")).toEqual(["SuccessCriteriaMet", "Complete"]);
      expect(conditions("indexed")).toEqual(["SuccessCriteriaMet", "Complete"]);
      expect([get("plain").succeeded, get("plain").failed ?? 0]).toEqual([
        count("plain/Succeeded"),
        count("plain/Failed"),
      ]);
      expect(get("plain").succeeded).toBe(8);
      expect([get("indexed").completedIndexes, get("indexed").succeeded]).toEqual(["0-5", 6]);
      expect(get("indexed").failed ?? 0).toBe(count("indexed/Failed"));
      // One failure is forgiven; the second is the end of the index.
      const limited = get("limited");
      const twice = [0, 1, 2, 3, 4, 5].filter((index) => failuresOfIndex.get(`limited/${index}`) === 2);
      expect(
        Math.max(0, ...[...failuresOfIndex].filter(([key]) => key.startsWith("limited/")).map(([, n]) => n)),
      ).toBeLessThanOrEqual(2);
      expect((limited.failedIndexes ?? "") === "").toBe(twice.length === 0);
      expect(limited.conditions?.at(-1)?.type).toBe(twice.length === 0 ? "Complete" : "Failed");
      for (const pod of cluster.list<Pod>("pods")) expect(pod.metadata.finalizers ?? []).not.toContain(FINALIZER);
      for (const name of ["plain", "indexed", "limited"]) expect(get(name).uncountedTerminatedPods).toEqual({});
      expect(world.errors).toEqual([]);
      expect(count("plain/Failed") + count("indexed/Failed")).toBeGreaterThan(0);
    },
  );
});
