/** Devices on the whole program: what is held back, what is written before a binding, what is given back. */
import { describe, expect, it } from "vitest";
import type { ResourceClaim } from "../kinds/generated/api/resource-v1.ts";
import type { KubeObject } from "../machinery/meta/object.ts";
import { ApiError } from "../machinery/meta/status.ts";
import { makeNode, makePod } from "./testing/builders.ts";
import {
  DRIVER,
  exactly,
  makeDevice,
  makeDeviceClass,
  makeResourceClaim,
  makeSlice,
} from "./testing/device-builders.ts";
import type { FakeCluster } from "./testing/fake-cluster.ts";
import { startScheduler } from "./testing/start-scheduler.ts";

const put = (cluster: FakeCluster, plural: string, object: object) =>
  cluster.put(`${plural}.resource.k8s.io`, object as KubeObject);
const claimOf = (cluster: FakeCluster, name: string) =>
  cluster.objects.get(`resourceclaims.resource.k8s.io/default/${name}`) as ResourceClaim | undefined;

/** Two nodes of which only "b" has devices. */
function start({ devices = ["d0"] }: { devices?: string[] } = {}) {
  const started = startScheduler();
  const { cluster } = started;
  for (const name of ["a", "b"]) cluster.put("nodes", makeNode({ name, cpu: "8" }));
  put(cluster, "deviceclasses", makeDeviceClass("gpu"));
  put(
    cluster,
    "resourceslices",
    makeSlice({ name: "s", nodeName: "b", devices: devices.map((name) => makeDevice(name)) }),
  );
  return started;
}

const using = (pod: string, claim: string) =>
  makePod({ name: pod, spec: { resourceClaims: [{ name: "dev", resourceClaimName: claim }] } as never });
const messageOf = (cluster: FakeCluster, pod: string) => cluster.pod(pod).status?.conditions?.[0]?.message;

describe("Devices in the program", () => {
  it("[DV1] allocates, reserves, protects and binds, in one go", async () => {
    const { cluster, settle } = start();
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.put("pods", using("p", "c"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
    expect(claimOf(cluster, "c")).toMatchObject({
      metadata: { finalizers: ["resource.kubernetes.io/delete-protection"] },
      status: {
        allocation: {
          devices: { results: [{ request: "r", driver: DRIVER, pool: "b", device: "d0" }] },
          nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", values: ["b"] }] }] },
        },
        reservedFor: [{ resource: "pods", name: "p", uid: cluster.pod("p").metadata.uid }],
      },
    });
  });

  it("[DV2] what is taken is not given again; the pod that waits goes on when it is given back", async () => {
    const { cluster, settle } = start();
    for (const name of ["c", "e"]) put(cluster, "resourceclaims", makeResourceClaim({ name }));
    cluster.put("pods", using("p", "c"));
    cluster.put("pods", using("q", "e"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
    expect(messageOf(cluster, "q")).toBe(
      "0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, " +
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
    cluster.remove("pods", "default", "p");
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    await settle();
    expect(cluster.bindings).toEqual(["p → b", "q → b"]);
  });

  it("[DV3] a claim that is not there, or not the pod's own, holds the pod back without a word", async () => {
    const { cluster, settle, scheduler } = start();
    cluster.put("pods", using("p", "c"));
    const generated = makePod({
      name: "q",
      spec: { resourceClaims: [{ name: "dev", resourceClaimTemplateName: "t" }] } as never,
    });
    cluster.put("pods", generated);
    await settle();
    expect(scheduler.metrics().queue.held).toBe(2);
    expect(messageOf(cluster, "p")).toBeUndefined();
    put(cluster, "resourceclaims", makeResourceClaim({ name: "q-dev", ownerPod: "somebody" }));
    const status = { resourceClaimStatuses: [{ name: "dev", resourceClaimName: "q-dev" }] };
    cluster.put("pods", { ...cluster.pod("q"), status } as never);
    await settle();
    expect(scheduler.metrics().queue.held).toBe(2);
    put(cluster, "resourceclaims", makeResourceClaim({ name: "q-dev", ownerPod: cluster.pod("q").metadata.uid ?? "" }));
    await settle();
    expect(cluster.bindings).toEqual(["q → b"]);
  });

  it("[DV4] pods that share a claim go where its devices are", async () => {
    const { cluster, settle } = start();
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    for (const name of ["p", "q"]) cluster.put("pods", using(name, "c"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b", "q → b"]);
    expect(claimOf(cluster, "c")?.status?.reservedFor).toHaveLength(2);
  });

  it("[DV5] a class that comes later, and an allocation out of reach that nobody uses", async () => {
    const { cluster, settle } = start();
    const requests = [exactly("r", { deviceClassName: "late" })];
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c", requests }));
    cluster.put("pods", using("p", "c"));
    await settle();
    expect(messageOf(cluster, "p")).toBe(
      "0/2 nodes are available: request r: device class late does not exist. no new claims to deallocate, " +
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
    put(cluster, "deviceclasses", makeDeviceClass("late"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
    const nodeSelector = {
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In" as const, values: ["gone"] }] }],
    };
    put(
      cluster,
      "resourceclaims",
      makeResourceClaim({ name: "e", allocation: { nodeSelector, devices: { results: [] } } }),
    );
    put(
      cluster,
      "resourceslices",
      makeSlice({ name: "s2", pool: "other", nodeName: "a", devices: [makeDevice("d9")] }),
    );
    cluster.put("pods", using("q", "e"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b", "q → a"]);
  });

  it("[DV6] a write that fails gives the devices back, and the pod is tried again", async () => {
    const { cluster, clock, settle, scheduler } = start();
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.refuse = (op) =>
      op.resource === "resourceclaims.resource.k8s.io" ? new ApiError(409, "Conflict", "changed") : undefined;
    cluster.put("pods", using("p", "c"));
    await settle();
    expect(cluster.bindings).toEqual([]);
    expect(scheduler.metrics().bindFailures).toBe(1);
    cluster.refuse = () => undefined;
    clock.nowMs += 1_000;
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
  });

  it("[DV8] a binding that fails gives up the reservation, not the allocation, and makes it anew", async () => {
    const { cluster, clock, settle } = start();
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.refuse = (op) =>
      "subresource" in op && op.subresource === "binding" ? new ApiError(500, "InternalError", "no") : undefined;
    cluster.put("pods", using("p", "c"));
    await settle();
    const { allocation, reservedFor } = claimOf(cluster, "c")?.status ?? {};
    expect([allocation?.devices?.results?.[0]?.device, reservedFor]).toEqual(["d0", []]);
    cluster.refuse = () => undefined;
    clock.nowMs += 1_000;
    await settle();
    expect([cluster.bindings, claimOf(cluster, "c")?.status?.reservedFor]).toMatchObject([["p → b"], [{ name: "p" }]]);
  });

  it("[DV7] devices that must be made ready are waited for", async () => {
    const { cluster, settle, scheduler } = start({ devices: [] });
    const device = makeDevice("d", { bindingConditions: ["Ready"], bindingFailureConditions: ["Broken"] });
    put(cluster, "resourceslices", makeSlice({ name: "s", nodeName: "b", devices: [device] }));
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.put("pods", using("p", "c"));
    await settle();
    expect([cluster.bindings, scheduler.metrics().waiting]).toEqual([[], 1]);
    const claim = claimOf(cluster, "c")!;
    const conditions = [{ type: "Ready", status: "True" as const, reason: "r", message: "", lastTransitionTime: "" }];
    const devices = [{ driver: DRIVER, pool: "b", device: "d", conditions }];
    put(cluster, "resourceclaims", { ...claim, status: { ...claim.status, devices } });
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
  });
});

describe("What is wrong with devices", () => {
  it("[DX1] an expression that fails on one node's device ends the attempt, which is made again after a back-off", async () => {
    const { cluster, clock, settle, scheduler } = start();
    put(cluster, "resourceslices", makeSlice({ name: "t", nodeName: "a", devices: [makeDevice("d", sizeOf("big"))] }));
    const expression = `device.attributes["${DRIVER}"].size == "big"`;
    const requests = [exactly("r", { selectors: [{ cel: { expression } }] })];
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c", requests }));
    cluster.put("pods", using("p", "c"));
    await settle();
    const message =
      'running "DynamicResources" filter plugin: claim default/c: selector #0: CEL runtime error: no such key: size';
    expect(cluster.pod("p").status?.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", reason: "SchedulerError", message },
    ]);
    expect(cluster.events).toMatchObject([{ reason: "FailedScheduling", message }]);
    expect(scheduler.metrics().queue).toMatchObject({ backoff: 1, unschedulable: 0 });
    expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 1_000);
    // Mended, but not before its time.
    put(
      cluster,
      "resourceslices",
      makeSlice({ name: "s", nodeName: "b", devices: [makeDevice("d", sizeOf("small"))] }),
    );
    await settle();
    expect(cluster.bindings).toEqual([]);
    clock.nowMs += 1_000;
    await settle();
    expect(cluster.bindings).toEqual(["p → a"]);
  });

  it("[DX2] a pool that is invalid rejects its node only", async () => {
    const { cluster, settle } = start({ devices: ["d", "d"] });
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.put("pods", using("p", "c"));
    await settle();
    expect(messageOf(cluster, "p")).toContain(
      "0/2 nodes are available: 1 cannot allocate all claims, 1 invalid resource pools were encountered.",
    );
  });
});

const sizeOf = (size: string) => ({ attributes: { size: { string: size } } });

describe("Devices that must be made ready", () => {
  const conditionOf = (type: string, more: object = {}) => ({
    type,
    status: "True" as const,
    reason: "Why",
    message: "",
    lastTransitionTime: "",
    ...more,
  });

  async function waiting() {
    const started = start({ devices: [] });
    const { cluster, settle } = started;
    const more = { bindingConditions: ["Ready"], bindingFailureConditions: ["Broken"] };
    const devices = [makeDevice("d", more), makeDevice("e", more)];
    put(cluster, "resourceslices", makeSlice({ name: "s", nodeName: "b", devices }));
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    cluster.put("pods", using("p", "c"));
    await settle();
    const deviceOf = () => claimOf(cluster, "c")?.status?.allocation?.devices?.results?.[0]?.device;
    const report = (condition: object): void => {
      const claim = claimOf(cluster, "c")!;
      const told = [{ driver: DRIVER, pool: "b", device: deviceOf()!, conditions: [condition as never] }];
      put(cluster, "resourceclaims", { ...claim, status: { ...claim.status, devices: told } });
    };
    return { ...started, deviceOf, report };
  }

  it("[DB1] the pod says so, and the allocation since when", async () => {
    const { cluster, clock } = await waiting();
    expect(cluster.events).toMatchObject([
      { reason: "BindingConditionsPending", message: "waiting for binding conditions for device on node b" },
    ]);
    expect(claimOf(cluster, "c")?.status?.allocation?.allocationTimestamp).toBe(
      new Date(clock.nowMs).toISOString().replace(".000Z", "Z"),
    );
  });

  it.each<[string, (world: Awaited<ReturnType<typeof waiting>>) => void, string]>([
    [
      "[DB2] when the driver says that it has failed",
      ({ report }) => report(conditionOf("Broken", { message: "no power" })),
      'running PreBind plugin "DynamicResources": claim c binding failed: reason=Why, message="no power"',
    ],
    [
      "[DB3] when it takes too long",
      ({ clock }) => {
        clock.nowMs += 600_000;
      },
      'running PreBind plugin "DynamicResources": device binding timeout',
    ],
  ])("%s, the pod is told, the devices are given back and others are tried", async (_name, fail, message) => {
    const world = await waiting();
    const { cluster, clock, settle, deviceOf, report } = world;
    fail(world);
    await settle();
    expect(cluster.pod("p").status?.conditions).toMatchObject([{ reason: "SchedulerError", message }]);
    clock.nowMs += 1_000;
    await settle();
    expect(cluster.events.map(({ message: told }) => told)).toContainEqual(
      expect.stringContaining(
        "2 resourceclaim not available on the node. deallocation of ResourceClaim completed, preemption: ",
      ),
    );
    // Given anew, from now on; what was told of the former devices has gone.
    expect([deviceOf(), claimOf(cluster, "c")?.status?.devices]).toEqual(["d", undefined]);
    report(conditionOf("Ready"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
  });
});

describe("Alternatives", () => {
  const alternatives = (...classes: string[]) =>
    classes.map((deviceClassName, i) => ({ name: `alternative-${i}`, deviceClassName, count: 1 }));
  it.each([
    ["[DP1] a node that has what is named first is preferred", alternatives("big", "small"), "p → b"],
    ["[DP2] whichever that is", alternatives("small", "big"), "p → a"],
  ])("%s", async (_name, firstAvailable, bound) => {
    const { cluster, settle } = startScheduler();
    for (const [name, size] of [
      ["a", "small"],
      ["b", "big"],
    ] as const) {
      // What "a" has besides makes it the better place for anything else.
      cluster.put("nodes", makeNode({ name, cpu: name === "a" ? "64" : "8" }));
      const device = makeDevice("d", { attributes: { size: { string: size } } });
      put(cluster, "resourceslices", makeSlice({ name, nodeName: name, devices: [device] }));
      put(cluster, "deviceclasses", makeDeviceClass(size, `device.attributes["${DRIVER}"].size == "${size}"`));
    }
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c", requests: [{ name: "r", firstAvailable }] }));
    cluster.put("pods", using("p", "c"));
    await settle();
    expect(cluster.bindings).toEqual([bound]);
  });
});
