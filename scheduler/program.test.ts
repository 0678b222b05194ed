import { describe, expect, it } from "vitest";
import { ApiError } from "../machinery/meta/status.ts";
import { makeNode, makePod } from "./testing/builders.ts";
import type { FakeCluster } from "./testing/fake-cluster.ts";
import { startScheduler } from "./testing/start-scheduler.ts";

const start = (seed = 1) => startScheduler({ seed });

const asks = (cpu: string) => ({ requests: { cpu } });

describe("Scheduler", () => {
  it("[SC1] binds pending pods and tells so, once", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "n" }));
    cluster.put("pods", makePod({ name: "before" }));
    await settle();
    cluster.put("pods", makePod({ name: "after" }));
    await settle();
    expect(cluster.bindings).toEqual(["before → n", "after → n"]);
    expect(cluster.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      "Scheduled: Successfully assigned default/before to n",
      "Scheduled: Successfully assigned default/after to n",
    ]);
    expect(scheduler.nextWakeMs()).toBeUndefined();
    expect(scheduler.metrics()).toMatchObject({ scheduled: 2, bindFailures: 0, snapshots: 1 });
  });

  it("[SC2] decides many pods in one commit, spread by least allocated", async () => {
    const { cluster, settle } = start();
    for (const name of ["a", "b", "c"]) cluster.put("nodes", makeNode({ name }));
    for (let i = 0; i < 30; i++) cluster.put("pods", makePod({ name: `p${i}`, ...asks("100m") }));
    await settle();
    // First the bindings, then what tells of them.
    expect(cluster.writes.map((ops) => [ops.length, ops[0]?.resource])).toEqual([
      [30, "pods"],
      [30, "events"],
    ]);
    const perNode = ["a", "b", "c"].map((name) => cluster.bindings.filter((b) => b.endsWith(` ${name}`)).length);
    expect(perNode).toEqual([10, 10, 10]);
  });

  it("[SC3] says why a pod waits, and goes on when a node comes", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "small", cpu: "1" }));
    cluster.put("nodes", makeNode({ name: "cordoned", unschedulable: true }));
    cluster.put("pods", makePod({ name: "large", ...asks("2") }));
    await settle();
    const why =
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. no new claims to deallocate, " +
      "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
    expect(cluster.pod("large").status?.conditions).toEqual([
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: why,
        observedGeneration: 1,
        lastTransitionTime: "1970-01-01T00:16:40Z",
      },
    ]);
    expect(cluster.events).toMatchObject([{ reason: "FailedScheduling", message: why }]);
    const writes = cluster.writes.length;
    cluster.put("nodes", makeNode({ name: "another-small", cpu: "1" }));
    await settle();
    expect(cluster.writes).toHaveLength(writes);
    cluster.put("nodes", makeNode({ name: "big", cpu: "8" }));
    await settle();
    expect(cluster.nodeOf("large")).toBe("big");
    expect(scheduler.metrics().queue).toEqual({ active: 0, backoff: 0, unschedulable: 0, held: 0 });
  });

  it.each([
    ["a pod that is deleted", (cluster: FakeCluster) => cluster.remove("pods", "default", "first")],
    [
      "a pod that ends",
      (cluster: FakeCluster) => {
        const pod = cluster.pod("first");
        cluster.put("pods", { ...pod, status: { phase: "Succeeded" } });
      },
    ],
    ["a node that grows", (cluster: FakeCluster) => cluster.put("nodes", makeNode({ name: "n", cpu: "4" }))],
  ])("[SC4] %s makes room", async (_name, makeRoom) => {
    const { cluster, settle } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
    cluster.put("pods", makePod({ name: "first", ...asks("2") }));
    await settle();
    cluster.put("pods", makePod({ name: "second", ...asks("2") }));
    await settle();
    expect(cluster.nodeOf("second")).toBeUndefined();
    makeRoom(cluster);
    await settle();
    expect(cluster.nodeOf("second")).toBe("n");
  });

  it("[SC5] higher priority goes first", async () => {
    const { cluster, settle } = start();
    cluster.put("pods", makePod({ name: "low", ...asks("2"), spec: { priority: 1 } }));
    cluster.put("pods", makePod({ name: "high", ...asks("2"), spec: { priority: 9 } }));
    cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
    await settle();
    expect(cluster.bindings).toEqual(["high → n"]);
  });

  it("[SC6] leaves gated pods, pods being deleted, and pods of other schedulers alone", async () => {
    const { cluster, settle } = start();
    cluster.put("nodes", makeNode({ name: "n" }));
    cluster.put("pods", makePod({ name: "gated", spec: { schedulingGates: [{ name: "g" }] } }));
    cluster.put("pods", makePod({ name: "other", spec: { schedulerName: "mine" } }));
    const leaving = makePod({ name: "leaving" });
    leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    cluster.put("pods", leaving);
    await settle();
    expect(cluster.writes).toEqual([]);
    cluster.put("pods", makePod({ name: "gated" }));
    await settle();
    expect(cluster.bindings).toEqual(["gated → n"]);
  });

  it("[SC7] a binding that fails gives the room back and is tried again after a growing delay", async () => {
    const { cluster, clock, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
    cluster.put("pods", makePod({ name: "unlucky", ...asks("2") }));
    cluster.refuse = (op) =>
      op.verb === "create" && op.subresource === "binding" ? new ApiError(500, "InternalError", "no luck") : undefined;
    await settle();
    expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 1_000);
    expect(cluster.events).toMatchObject([
      { reason: "FailedScheduling", message: 'running Bind plugin "DefaultBinder": no luck' },
    ]);
    cluster.put("pods", makePod({ name: "lucky", ...asks("2") }));
    cluster.refuse = (op) => (op.verb === "create" && op.name === "unlucky" ? new ApiError(500, "", "no") : undefined);
    await settle();
    expect(cluster.nodeOf("lucky")).toBe("n");
    clock.nowMs += 1_000;
    await settle();
    expect(cluster.pod("unlucky").status?.conditions?.[0]?.message).toContain("Insufficient cpu");
    cluster.refuse = () => undefined;
    cluster.remove("pods", "default", "lucky");
    await settle();
    expect(cluster.nodeOf("unlucky")).toBe("n");
  });

  it("[SC8] a pod deleted or bound by another meanwhile is let go", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
    await settle();
    cluster.put("pods", makePod({ name: "gone", ...asks("2") }));
    await scheduler.changes(cluster.takeBatch());
    cluster.remove("pods", "default", "gone");
    await settle();
    expect(cluster.bindings).toEqual([]);
    cluster.put("pods", makePod({ name: "next", ...asks("2") }));
    await settle();
    expect(cluster.bindings).toEqual(["next → n"]);
    expect(cluster.events.filter(({ reason }) => reason === "FailedScheduling")).toEqual([]);
  });

  it.each(["before", "after"] as const)(
    "[SC9] a write that breaks %s it was done is settled by a snapshot",
    async (when) => {
      const { cluster, clock, settle, scheduler } = start();
      cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
      cluster.put("pods", makePod({ name: "p", ...asks("2") }));
      cluster.breakWrites = when;
      await expect(settle()).rejects.toThrow("write failed");
      cluster.breakWrites = "no";
      expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 500);
      clock.nowMs += 2_000;
      await settle();
      clock.nowMs += 2_000;
      await settle();
      expect(cluster.bindings).toEqual(["p → n"]);
      cluster.put("pods", makePod({ name: "too-much", ...asks("1") }));
      await settle();
      expect(cluster.nodeOf("too-much")).toBeUndefined();
    },
  );

  it("[SC10] a gap in the feed leads to a snapshot; nothing is counted twice", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "3" }));
    cluster.put("pods", makePod({ name: "a", ...asks("1") }));
    await settle();
    cluster.put("pods", makePod({ name: "b", ...asks("1") }));
    cluster.takeBatch();
    cluster.put("pods", makePod({ name: "c", ...asks("1") }));
    await settle();
    expect(cluster.bindings).toHaveLength(3);
    expect(scheduler.metrics().snapshots).toBe(2);
  });

  it("[SC11] a snapshot that fails is tried again after a delay", async () => {
    const { cluster, clock, settle, scheduler } = start();
    cluster.breakSnapshots = true;
    await expect(settle()).rejects.toThrow("snapshot failed");
    expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 500);
    cluster.breakSnapshots = false;
    clock.nowMs += 500;
    cluster.put("nodes", makeNode({ name: "n" }));
    cluster.put("pods", makePod({ name: "p" }));
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
  });

  it("[SC12] a bound pod changed before the feed shows its node is not bound again", async () => {
    const { cluster, settle, scheduler, clock } = start();
    cluster.put("nodes", makeNode({ name: "n" }));
    cluster.put("pods", makePod({ name: "p" }));
    await scheduler.changes(cluster.takeBatch());
    await scheduler.wake(clock.nowMs);
    // The feed is late: what it shows now happened before the binding.
    const late = cluster.takeBatch();
    const before = JSON.parse(late.events[0]!.value);
    delete before.spec.nodeName;
    before.metadata.labels = { new: "label" };
    before.metadata.resourceVersion = "2.5";
    await scheduler.changes({
      from: 2,
      to: 2.5,
      events: [{ ...late.events[0]!, revision: 2.5, value: JSON.stringify(before) }],
    });
    await scheduler.wake(clock.nowMs);
    await scheduler.changes({ ...late, from: 2.5 });
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
    expect(scheduler.metrics().bindFailures).toBe(0);
  });

  it("[SC13] waits 5 minutes at most, and tells of a reason that stays as a series", async () => {
    const { cluster, clock, settle, scheduler } = start();
    cluster.put("pods", makePod({ name: "p" }));
    await settle();
    expect(cluster.events).toMatchObject([{ message: "no nodes available to schedule pods", count: 1 }]);
    expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 300_000);
    clock.nowMs += 300_000;
    await settle();
    expect(cluster.events).toMatchObject([{ count: 2 }]);
    cluster.put("nodes", makeNode({ name: "n" }));
    await settle();
    expect(cluster.nodeOf("p")).toBe("n");
  });

  it("[SC14] a pod whose requests shrink is tried again", async () => {
    const { cluster, settle } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
    cluster.put("pods", makePod({ name: "p", ...asks("4") }));
    await settle();
    cluster.put("pods", makePod({ name: "p", ...asks("1") }));
    await settle();
    expect(cluster.nodeOf("p")).toBe("n");
  });

  it("[SC15] the same seed decides the same", async () => {
    const run = async (seed: number) => {
      const { cluster, settle } = start(seed);
      for (let i = 0; i < 10; i++) cluster.put("nodes", makeNode({ name: `n${i}` }));
      for (let i = 0; i < 25; i++) cluster.put("pods", makePod({ name: `p${i}`, ...asks("100m") }));
      await settle();
      return cluster.bindings;
    };
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });

  it("[SC16] pods of a node that is gone, or not known yet, are counted when it comes", async () => {
    const { cluster, settle } = start();
    cluster.put("pods", makePod({ name: "early", ...asks("2"), spec: { nodeName: "n" } }));
    await settle();
    cluster.put("nodes", makeNode({ name: "n", cpu: "3" }));
    cluster.put("pods", makePod({ name: "p", ...asks("2") }));
    await settle();
    expect(cluster.nodeOf("p")).toBeUndefined();
    cluster.remove("nodes", "", "n");
    cluster.remove("pods", "default", "early");
    cluster.put("nodes", makeNode({ name: "n", cpu: "3" }));
    await settle();
    expect(cluster.nodeOf("p")).toBe("n");
  });

  it("[SC17] pods alike are tried one after another, as long as there is room", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("nodes", makeNode({ name: "n", cpu: "1" }));
    for (let i = 0; i < 20; i++) cluster.put("pods", makePod({ name: `p${i}`, ...asks("2") }));
    await settle();
    const tried = scheduler.metrics().unschedulable;
    expect(tried).toBe(20);
    cluster.put("nodes", makeNode({ name: "n", cpu: "7" }));
    await settle();
    expect(cluster.bindings).toHaveLength(3);
    // One more than there was room for.
    expect(scheduler.metrics().unschedulable).toBe(tried + 1);
  });

  it("[SC18] a pod that waits for company goes when it comes", async () => {
    const { cluster, settle } = start();
    cluster.put("nodes", makeNode({ name: "a" }));
    cluster.put("nodes", makeNode({ name: "b" }));
    const term = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "kubernetes.io/hostname" };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    cluster.put("pods", makePod({ name: "p", spec: { affinity } }));
    await settle();
    expect(cluster.pod("p").status?.conditions?.[0]?.message).toBe(
      "0/2 nodes are available: 2 node(s) didn't match pod affinity rules. no new claims to deallocate, " +
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
    cluster.put(
      "pods",
      makePod({ name: "web", labels: { app: "web" }, spec: { nodeSelector: { "kubernetes.io/hostname": "b" } } }),
    );
    await settle();
    expect(cluster.bindings).toEqual(["web → b", "p → b"]);
  });

  it("[SC19] each profile takes the pods that name it, and packs or spreads as it is told", async () => {
    const packing = { type: "MostAllocated", resources: [{ name: "cpu" }, { name: "memory" }] };
    const { cluster, settle } = startScheduler({
      configuration: {
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
        profiles: [
          { schedulerName: "default-scheduler" },
          {
            schedulerName: "packer",
            pluginConfig: [{ name: "NodeResourcesFit", args: { scoringStrategy: packing } }],
            plugins: { score: { disabled: [{ name: "NodeResourcesBalancedAllocation" }] } },
          },
        ],
      },
    });
    for (const name of ["a", "b", "c"]) cluster.put("nodes", makeNode({ name }));
    const pods = (schedulerName: string) => {
      for (let i = 0; i < 3; i++) {
        const requests = { cpu: "1", memory: "1Gi" };
        cluster.put("pods", makePod({ name: `${schedulerName}-${i}`, requests, spec: { schedulerName } }));
      }
    };
    const nodesOf = (name: string) =>
      new Set(cluster.bindings.filter((each) => each.startsWith(name)).map((each) => each.split(" → ")[1])).size;
    pods("packer");
    pods("nobody");
    await settle();
    expect([cluster.bindings.length, nodesOf("packer")]).toEqual([3, 1]);
    for (let i = 0; i < 3; i++) cluster.remove("pods", "default", `packer-${i}`);
    pods("default-scheduler");
    await settle();
    expect(nodesOf("default-scheduler")).toBe(3);
  });

  it("[SC20] telling of many pods waits for a quiet moment, but not for long", async () => {
    const { cluster, clock, settle, scheduler } = start();
    for (let i = 0; i < 30; i++) cluster.put("nodes", makeNode({ name: `n${i}` }));
    const told = () => cluster.events.length;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 60; i++) cluster.put("pods", makePod({ name: `p${round}-${i}` }));
      await settle();
      clock.nowMs += 200;
    }
    expect(cluster.bindings).toHaveLength(1200);
    expect(told()).toBeGreaterThan(0);
    expect(told()).toBeLessThan(1200);
    clock.nowMs += 300;
    await settle();
    expect(told()).toBe(1200);
    expect(scheduler.nextWakeMs()).toBeUndefined();
  });

  it("[SC30] counts under upstream's names", async () => {
    const { cluster, clock, settle, scheduler } = startScheduler();
    cluster.put("nodes", makeNode({ name: "n", cpu: "1" }));
    for (const name of ["p", "q"]) cluster.put("pods", makePod({ name, requests: { cpu: "1" } }));
    cluster.put("pods", makePod({ name: "gated", spec: { schedulingGates: [{ name: "g" }] } as never }));
    clock.nowMs += 250;
    await settle();
    const lines = scheduler.metricsText().split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        'scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"} 1',
        'scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"} 1',
        'scheduler_pending_pods{queue="unschedulable"} 1',
        'scheduler_pending_pods{queue="gated"} 1',
        'scheduler_queue_incoming_pods_total{event="PodAdd",queue="active"} 2',
        "scheduler_pod_scheduling_attempts_count 1",
        'scheduler_cache_size{type="nodes"} 1',
        'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1',
        "# TYPE scheduler_pod_scheduling_sli_duration_seconds histogram",
      ]),
    );
  });

  it("[SC31] a pod that one plugin lets go and another holds is woken by what the other waits for", async () => {
    const { cluster, settle } = startScheduler();
    cluster.put("nodes", makeNode({ name: "n", cpu: "1", labels: { disk: "slow" } }));
    cluster.put("pods", makePod({ name: "p", requests: { cpu: "1" }, spec: { nodeSelector: { disk: "fast" } } }));
    await settle();
    cluster.put("pods", makePod({ name: "filler", node: "n", requests: { cpu: "1" } }));
    await settle();
    cluster.put("nodes", makeNode({ name: "n", cpu: "1", labels: { disk: "fast" } }));
    await settle();
    expect(cluster.bindings).toEqual([]);
    cluster.remove("pods", "default", "filler");
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
  });
});
