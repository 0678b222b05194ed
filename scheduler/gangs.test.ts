/** Gangs on the whole program: pods that are scheduled together or not at all. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../machinery/meta/object.ts";
import { makeNode, makePod, type NodeWish } from "./testing/builders.ts";
import { makeDeviceClass, makeResourceClaim, makeSlice } from "./testing/device-builders.ts";
import type { FakeCluster } from "./testing/fake-cluster.ts";
import { startScheduler } from "./testing/start-scheduler.ts";

const makeGroup = (name: string, minCount: number | undefined, more: object = {}): KubeObject => ({
  apiVersion: "scheduling.k8s.io/v1alpha2",
  kind: "PodGroup",
  metadata: { name, namespace: "default", uid: `uid-of-${name}`, generation: 1 },
  spec: { schedulingPolicy: minCount === undefined ? { basic: {} } : { gang: { minCount } }, ...more },
});

function start(...nodes: NodeWish[]) {
  const started = startScheduler();
  for (const [i, wish] of nodes.entries()) started.cluster.put("nodes", makeNode({ name: `n${i}`, ...wish }));
  return started;
}

const putGroup = (cluster: FakeCluster, ...args: Parameters<typeof makeGroup>) =>
  cluster.put("podgroups.scheduling.k8s.io", makeGroup(...args));

function putPods(cluster: FakeCluster, group: string, count: number, more: { priority?: number; cpu?: string } = {}) {
  const { priority = 0, cpu = "2" } = more;
  for (let i = 0; i < count; i++) {
    const spec = { schedulingGroup: { podGroupName: group } };
    cluster.put("pods", makePod({ name: `${group}-${i}`, priority, requests: { cpu }, spec }));
  }
}

const condition = (cluster: FakeCluster, group: string) =>
  (cluster.objects.get(`podgroups.scheduling.k8s.io/default/${group}`)?.status as { conditions?: object[] })
    ?.conditions?.[0];
const message = (cluster: FakeCluster, pod: string) => cluster.pod(pod).status?.conditions?.[0]?.message;

describe("Gangs", () => {
  it("[GS1] wait for their group, then for enough of them", async () => {
    const { cluster, settle, scheduler } = start({}, {});
    putPods(cluster, "g", 2);
    await settle();
    expect(scheduler.metrics().queue.held).toBe(2);
    putGroup(cluster, "g", 3);
    await settle();
    expect(cluster.bindings).toEqual([]);
    cluster.put("pods", makePod({ name: "g-2", spec: { schedulingGroup: { podGroupName: "g" } } }));
    await settle();
    expect(cluster.bindings).toHaveLength(3);
    expect(condition(cluster, "g")).toMatchObject({ type: "PodGroupScheduled", status: "True", reason: "Scheduled" });
  });

  it("[GS2] all or none: what is free is left to others", async () => {
    const { cluster, settle } = start({ cpu: "2" }, { cpu: "2" });
    putGroup(cluster, "g", 3);
    putPods(cluster, "g", 3);
    await settle();
    expect(cluster.bindings).toEqual([]);
    expect(message(cluster, "g-0")).toBe("waiting for minCount pods from a gang to be scheduled");
    expect(message(cluster, "g-2")).toContain("0/2 nodes are available: 2 Insufficient cpu.");
    expect(condition(cluster, "g")).toMatchObject({ status: "False", reason: "Unschedulable" });
    cluster.put("pods", makePod({ name: "other", requests: { cpu: "2" } }));
    await settle();
    expect(cluster.bindings).toHaveLength(1);
  });

  it("[GS3] go when there is room for all", async () => {
    const { cluster, settle } = start({ cpu: "2" }, { cpu: "2" });
    putGroup(cluster, "g", 3);
    putPods(cluster, "g", 3);
    await settle();
    cluster.put("nodes", makeNode({ name: "n2", cpu: "2" }));
    await settle();
    expect(cluster.bindings).toHaveLength(3);
    expect(condition(cluster, "g")).toMatchObject({ status: "True" });
  });

  it("[GS4] more than the minimum: those that fit go", async () => {
    const { cluster, settle } = start({ cpu: "2" }, { cpu: "2" });
    putGroup(cluster, "g", 2);
    putPods(cluster, "g", 3);
    await settle();
    expect(cluster.bindings).toHaveLength(2);
    cluster.put("nodes", makeNode({ name: "n2", cpu: "2" }));
    await settle();
    expect(cluster.bindings).toHaveLength(3);
  });

  it("[GS5] two gangs that fit one at a time do not block each other", async () => {
    const { cluster, settle } = start({ cpu: "4" });
    putGroup(cluster, "g", 2);
    putGroup(cluster, "h", 2);
    putPods(cluster, "g", 2);
    putPods(cluster, "h", 2);
    await settle();
    expect(cluster.bindings.map((each) => each[0])).toEqual(["g", "g"]);
    cluster.remove("pods", "default", "g-0");
    cluster.remove("pods", "default", "g-1");
    await settle();
    expect(cluster.bindings.map((each) => each[0])).toEqual(["g", "g", "h", "h"]);
  });

  it("[GS6] a lower minimum lets them go", async () => {
    const { cluster, settle } = start({ cpu: "4" });
    putGroup(cluster, "g", 3);
    putPods(cluster, "g", 2);
    await settle();
    expect(cluster.bindings).toEqual([]);
    putGroup(cluster, "g", 2);
    await settle();
    expect(cluster.bindings).toHaveLength(2);
  });

  it("[GS7] lesser pods leave for a whole gang, or not at all", async () => {
    const { cluster, settle } = start({ cpu: "2" }, { cpu: "2" });
    for (const i of [0, 1]) {
      cluster.put("pods", makePod({ name: `low-${i}`, node: `n${i}`, priority: 1, requests: { cpu: "2" } }));
      cluster.graceful.add(`low-${i}`);
    }
    putGroup(cluster, "big", 3);
    putPods(cluster, "big", 3, { priority: 9 });
    await settle();
    expect(cluster.deletions).toEqual([]);
    putGroup(cluster, "g", 2);
    putPods(cluster, "g", 2, { priority: 9 });
    await settle();
    expect([...cluster.deletions].sort()).toEqual(["low-0", "low-1"]);
    expect(message(cluster, "g-0")).toBe("pod group is waiting for preemption to complete");
    cluster.remove("pods", "default", "low-0");
    await settle();
    expect(cluster.bindings).toEqual([]);
    cluster.remove("pods", "default", "low-1");
    await settle();
    expect(cluster.bindings.map((each) => each.slice(0, 3)).sort()).toEqual(["g-0", "g-1"]);
    expect(cluster.deletions).toHaveLength(2);
  });

  it("[GS8] all in one zone where the group says so", async () => {
    const zone = (name: string): NodeWish => ({ cpu: "2", labels: { zone: name } });
    const { cluster, settle } = start(zone("a"), zone("b"), zone("b"), zone("c"));
    putGroup(cluster, "g", 2, { schedulingConstraints: { topology: [{ key: "zone" }] } });
    putPods(cluster, "g", 2);
    await settle();
    expect(cluster.bindings.map((each) => each.split(" → ")[1]).sort()).toEqual(["n1", "n2"]);
  });

  it("[GS10] pods of several profiles are not scheduled together", async () => {
    const { cluster, clock, settle } = startScheduler({
      configuration: {
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
        profiles: [{ schedulerName: "default-scheduler" }, { schedulerName: "packer" }],
      },
    });
    cluster.put("nodes", makeNode({ name: "n" }));
    putGroup(cluster, "g", 2);
    putPods(cluster, "g", 1);
    await settle();
    clock.nowMs += 1_000;
    const spec = { schedulerName: "packer", schedulingGroup: { podGroupName: "g" } };
    cluster.put("pods", makePod({ name: "g-1", spec }));
    await settle();
    const why =
      'all pods in a single pod group should have the same .spec.schedulerName set, got: "packer" and "default-scheduler"';
    for (const name of ["g-0", "g-1"]) {
      expect(cluster.pod(name).status?.conditions).toMatchObject([{ reason: "SchedulerError", message: why }]);
    }
    expect(condition(cluster, "g")).toMatchObject({ status: "False", reason: "SchedulerError", message: why });
    cluster.remove("pods", "default", "g-1");
    cluster.put("pods", makePod({ name: "g-2", spec: { schedulingGroup: { podGroupName: "g" } } }));
    clock.nowMs += 10_000;
    await settle();
    expect(cluster.bindings.map((each) => each.slice(0, 3)).sort()).toEqual(["g-0", "g-2"]);
  });

  it("[GS11] what is wrong with one of them keeps all of them", async () => {
    const { cluster, settle, scheduler } = start({});
    const devices = [{ name: "d" }];
    cluster.put("resourceslices.resource.k8s.io", makeSlice({ name: "s", nodeName: "n0", devices }) as KubeObject);
    cluster.put("deviceclasses.resource.k8s.io", makeDeviceClass("gpu", "device.nothing") as KubeObject);
    cluster.put("resourceclaims.resource.k8s.io", makeResourceClaim({ name: "c" }) as KubeObject);
    putGroup(cluster, "g", 2);
    putPods(cluster, "g", 1);
    const resourceClaims = [{ name: "dev", resourceClaimName: "c" }];
    const spec = { resourceClaims, schedulingGroup: { podGroupName: "g" } };
    cluster.put("pods", makePod({ name: "g-1", spec: spec as never }));
    await settle();
    const why = 'running "DynamicResources" filter plugin: class gpu: selector #0: CEL compile error: ';
    expect(message(cluster, "g-1")).toMatch(new RegExp(`^${why}`));
    expect(message(cluster, "g-0")).toMatch(new RegExp(`^failed to schedule other pod from a pod group: ${why}`));
    expect(condition(cluster, "g")).toMatchObject({ reason: "SchedulerError" });
    expect([cluster.bindings, scheduler.metrics().queue.backoff]).toEqual([[], 2]);
  });

  it("[GS12] who comes later goes to the domain the others are in, or waits", async () => {
    const zone = (name: string, cpu: string): NodeWish => ({ cpu, labels: { zone: name } });
    const { cluster, settle } = start(zone("a", "2"), zone("b", "4"), zone("c", "64"));
    putGroup(cluster, "g", 2, { schedulingConstraints: { topology: [{ key: "zone" }] } });
    cluster.put("pods", makePod({ name: "g-9", node: "n1", spec: { schedulingGroup: { podGroupName: "g" } } }));
    putPods(cluster, "g", 3);
    await settle();
    expect(cluster.bindings.map((each) => each.split(" → ")[1])).toEqual(["n1", "n1"]);
    expect(message(cluster, "g-2")).toContain("Insufficient cpu");
  });

  it("[GS13] nodes without the label are no domain", async () => {
    const { cluster, settle } = start({}, {});
    putGroup(cluster, "g", 1, { schedulingConstraints: { topology: [{ key: "zone" }] } });
    putPods(cluster, "g", 1);
    await settle();
    expect([cluster.bindings, message(cluster, "g-0")]).toEqual([[], "pod group is unschedulable"]);
    cluster.put("nodes", makeNode({ name: "n0", labels: { zone: "a" } }));
    await settle();
    expect(cluster.bindings).toEqual(["g-0 → n0"]);
  });

  it.each<[string, NodeWish[], string[]]>([
    ["[GS14] of domains that take all, the fullest", [{ cpu: "16" }, { cpu: "6" }, { cpu: "32" }], ["n1", "n1", "n1"]],
    ["[GS15] what more it takes counts for more than that", [{ cpu: "6" }, { cpu: "4" }], ["n0", "n0", "n0"]],
  ])("%s, is chosen", async (_name, nodes, expected) => {
    const { cluster, settle } = start(
      ...nodes.map((node, i) => ({ ...node, memory: "64Gi", labels: { zone: `z${i}` } })),
    );
    putGroup(cluster, "g", 2, { schedulingConstraints: { topology: [{ key: "zone" }] } });
    putPods(cluster, "g", 3);
    await settle();
    expect(cluster.bindings.map((each) => each.split(" → ")[1])).toEqual(expected);
  });

  it("[GS9] a group without a gang goes pod by pod", async () => {
    const { cluster, settle } = start({ cpu: "2" });
    putGroup(cluster, "g", undefined);
    putPods(cluster, "g", 2);
    await settle();
    expect(cluster.bindings).toHaveLength(1);
  });
});
