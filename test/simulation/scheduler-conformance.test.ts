/** What each conformance test of sig-scheduling requires, on the whole control plane in one process. */
import { describe, expect, it } from "vitest";
import type { Pod, PodSpec } from "../../kinds/core/v1-types.ts";
import { ok } from "../conformance/kit.ts";
import { startWorld, type World } from "./scheduler-world.ts";

const PODS = "/api/v1/namespaces/default/pods";
const RESOURCE = "example.com/fake";
const CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses";

interface PodWish {
  name: string;
  namespace?: string;
  requests?: { [resource: string]: string };
  finalizers?: string[];
  labels?: { [key: string]: string };
  spec?: Partial<PodSpec>;
}

async function create(world: World, { name, namespace = "default", requests, finalizers, labels, spec }: PodWish) {
  const resources = requests && { requests, limits: requests };
  const metadata = { name, ...(finalizers && { finalizers }), ...(labels && { labels }) };
  const containers = [{ name: "pause", image: "pause", ...(resources && { resources }) }];
  return ok(
    await world.create(`/api/v1/namespaces/${namespace}/pods`, { metadata, spec: { containers, ...spec } }),
    201,
  ) as Pod;
}

async function run(world: World, wish: PodWish): Promise<Pod> {
  await create(world, wish);
  await world.settle();
  const pod = await world.pod(wish.name, wish.namespace);
  expect(pod.status?.phase, `${wish.name}: ${JSON.stringify(pod.status)}`).toBe("Running");
  return pod;
}

const scheduled = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
const eventsOf = async (world: World, name: string) =>
  ok(await world.get(`/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D${name}`)).items as {
    reason: string;
    message: string;
  }[];

async function advertise(world: World, amount: string): Promise<string[]> {
  const names: string[] = ok(await world.get("/api/v1/nodes")).items.map((node: Pod) => node.metadata.name);
  for (const name of names) {
    ok(
      await world.patch(`/api/v1/nodes/${name}/status`, { status: { capacity: { [RESOURCE]: amount } } }, "strategic"),
    );
  }
  await world.settle();
  return names;
}

async function classes(world: World, values: { [name: string]: number }): Promise<void> {
  for (const [name, value] of Object.entries(values))
    ok(await world.create(CLASSES, { metadata: { name }, value }), 201);
}

const onNode = (name: string): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
      },
    },
  },
});

describe("[sig-scheduling] SchedulerPredicates [Serial]", () => {
  it("validates resource limits of pods that are allowed to run [Conformance]", async () => {
    const world = await startWorld({ count: 2, capacity: { cpu: "4", memory: "8Gi", pods: "110" } });
    const nodes = await advertise(world, "10");
    for (const [i, node] of nodes.entries()) {
      await run(world, { name: `filler-${i}`, requests: { cpu: "2800m" }, spec: onNode(node) });
    }
    await create(world, { name: "additional-pod", requests: { cpu: "2" } });
    await world.settle();
    const pod = await world.pod("additional-pod");
    expect(pod.spec.nodeName).toBeUndefined();
    expect(scheduled(pod)).toMatchObject({ status: "False", reason: "Unschedulable" });
    expect(scheduled(pod)?.message).toMatch(
      /^0\/2 nodes are available: 2 Insufficient cpu\. no new claims to deallocate, preemption: /,
    );
    expect((await eventsOf(world, "additional-pod")).map(({ reason }) => reason)).toEqual(["FailedScheduling"]);
  });

  it("validates that NodeSelector is respected if not matching [Conformance]", async () => {
    const world = await startWorld({ count: 2 });
    await create(world, { name: "restricted-pod", spec: { nodeSelector: { label: "nonempty" } } });
    await world.settle();
    const pod = await world.pod("restricted-pod");
    expect(pod.spec.nodeName).toBeUndefined();
    const message =
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, " +
      "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
    expect(scheduled(pod)?.message).toBe(message);
    expect(await eventsOf(world, "restricted-pod")).toMatchObject([{ reason: "FailedScheduling", message }]);
  });

  it("validates that NodeSelector is respected if matching [Conformance]", async () => {
    const world = await startWorld({ count: 3 });
    await create(world, { name: "with-labels", spec: { nodeSelector: { k: "v" } } });
    await world.settle();
    expect((await world.pod("with-labels")).spec.nodeName).toBeUndefined();
    ok(await world.patch("/api/v1/nodes/simulated-1", { metadata: { labels: { k: "v" } } }));
    await world.settle();
    const pod = await world.pod("with-labels");
    expect([pod.spec.nodeName, pod.status?.phase]).toEqual(["simulated-1", "Running"]);
    expect((await eventsOf(world, "with-labels")).map(({ message }) => message)).toContain(
      "Successfully assigned default/with-labels to simulated-1",
    );
  });

  it("validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance]", async () => {
    const world = await startWorld({ count: 2 });
    const node = { nodeSelector: { "kubernetes.io/hostname": "simulated-0" } };
    const withPort = (hostIP: string): Partial<PodSpec> => ({
      ...node,
      containers: [
        { name: "c", image: "i", ports: [{ containerPort: 8080, hostPort: 54_322, protocol: "TCP", hostIP }] },
      ],
    });
    expect((await run(world, { name: "pod4", spec: withPort("0.0.0.0") })).spec.nodeName).toBe("simulated-0");
    await create(world, { name: "pod5", spec: withPort("127.0.0.1") });
    await world.settle();
    const pod = await world.pod("pod5");
    expect(pod.spec.nodeName).toBeUndefined();
    expect(scheduled(pod)?.message).toContain("1 node(s) didn't have free ports for the requested pod ports");
    // Once the port is free the pod goes by itself.
    ok(await world.delete(`${PODS}/pod4`));
    await world.settle();
    expect((await world.pod("pod5")).spec.nodeName).toBe("simulated-0");
  });
});

describe("[sig-scheduling] SchedulerPreemption [Serial]", () => {
  /** One pod on each node that takes 2 of its 3, the first of them of lower priority. */
  async function fill(world: World): Promise<string[]> {
    const nodes = await advertise(world, "3");
    await classes(world, { low: 1, medium: 100, high: 1_000 });
    const names: string[] = [];
    for (const [i, node] of nodes.entries()) {
      const priorityClassName = i === 0 ? "low" : "medium";
      const name = `pod${i}-${priorityClassName}`;
      names.push(name);
      await run(world, { name, requests: { [RESOURCE]: "2" }, spec: { priorityClassName, ...onNode(node) } });
    }
    return names;
  }

  const survivors = async (world: World): Promise<string[]> =>
    (await world.pods()).filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name!);

  it("validates basic preemption works [Conformance]", async () => {
    const world = await startWorld({ count: 3 });
    const [low, ...others] = await fill(world);
    const pod = await run(world, {
      name: "preemptor-pod",
      requests: { [RESOURCE]: "2" },
      spec: { priorityClassName: "high" },
    });
    expect(pod.spec.nodeName).toBe("simulated-0");
    const left = await survivors(world);
    expect(left).not.toContain(low);
    expect(left).toEqual(expect.arrayContaining(others));
  });

  it("validates lower priority pod preemption by critical pod [Conformance]", async () => {
    const world = await startWorld({ count: 3 });
    const [low, ...others] = await fill(world);
    const critical = {
      name: "critical-pod",
      namespace: "kube-system",
      requests: { [RESOURCE]: "2" },
      spec: { priorityClassName: "system-cluster-critical" },
    };
    expect((await run(world, critical)).spec.nodeName).toBe("simulated-0");
    const left = await survivors(world);
    expect(left).not.toContain(low);
    expect(left).toEqual(expect.arrayContaining(others));
  });

  it("validates pod disruption condition is added to the preempted pod [Conformance]", async () => {
    const world = await startWorld({ count: 1 });
    await advertise(world, "1");
    await classes(world, { low: 1, high: 1_000 });
    const victim = {
      name: "victim-pod",
      requests: { [RESOURCE]: "1" },
      finalizers: ["example.com/test-finalizer"],
      spec: { priorityClassName: "low" },
    };
    await run(world, victim);
    await create(world, { name: "preemptor-pod", requests: { [RESOURCE]: "1" }, spec: { priorityClassName: "high" } });
    await world.settle();
    const preempted = await world.pod("victim-pod");
    expect(preempted.metadata.deletionTimestamp).toBeDefined();
    expect(preempted.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }),
    );
    ok(await world.patch(`${PODS}/victim-pod`, { metadata: { finalizers: null } }));
    await world.settle();
    expect((await world.get(`${PODS}/victim-pod`)).status).toBe(404);
    expect((await world.pod("preemptor-pod")).status?.phase).toBe("Running");
  });

  it("PreemptionExecutionPath runs ReplicaSets to verify preemption running path [Conformance]", async () => {
    const world = await startWorld({ count: 1 });
    await advertise(world, "1000");
    await classes(world, { p1: 1, p2: 2, p3: 3, p4: 4 });
    const replicaSet = (name: string, replicas: number, amount: string) => ({
      metadata: { name: `rs-pod-${name}` },
      spec: {
        replicas,
        selector: { matchLabels: { name } },
        template: {
          metadata: { labels: { name } },
          spec: {
            priorityClassName: name,
            terminationGracePeriodSeconds: 0,
            containers: [
              { name, image: "pause", resources: { requests: { [RESOURCE]: amount }, limits: { [RESOURCE]: amount } } },
            ],
          },
        },
      },
    });
    const count = async (name: string) =>
      (await world.pods(`?labelSelector=name%3D${name}`)).filter(({ status }) => status?.phase === "Running").length;
    const make = async (...args: Parameters<typeof replicaSet>) => {
      ok(await world.create("/apis/apps/v1/namespaces/default/replicasets", replicaSet(...args)), 201);
      await world.settle();
    };
    await make("p1", 1, "200");
    await make("p2", 1, "300");
    await make("p3", 1, "450");
    expect(await Promise.all(["p1", "p2", "p3"].map(count))).toEqual([1, 1, 1]);
    // 950 of 1000 are taken: 500 for the fourth are free only without the first two, not without the third.
    await make("p4", 1, "500");
    expect(await Promise.all(["p1", "p2", "p3", "p4"].map(count))).toEqual([0, 0, 1, 1]);
  });

  it("PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods [Conformance]", async () => {
    const world = await startWorld({ count: 1 });
    await classes(world, { p1: 1, p2: 2 });
    const names = ok(await world.get(CLASSES)).items.map((each: Pod) => each.metadata.name);
    expect(names).toEqual(expect.arrayContaining(["p1", "p2", "system-cluster-critical", "system-node-critical"]));
    const first = ok(await world.get(`${CLASSES}/p1`));
    // What may change.
    const changed = ok(await world.patch(`${CLASSES}/p1`, { description: "updated" }));
    expect(changed.description).toBe("updated");
    expect(ok(await world.replace(`${CLASSES}/p1`, { ...changed, description: "again" })).description).toBe("again");
    // What may not.
    expect((await world.patch(`${CLASSES}/p1`, { value: first.value * 10 })).status).toBe(422);
    expect((await world.replace(`${CLASSES}/p1`, { ...first, value: 10, metadata: { name: "p1" } })).status).toBe(422);
    expect(ok(await world.get(`${CLASSES}/p1`)).value).toBe(1);
  });
});

describe("[sig-scheduling] LimitRange", () => {
  const RANGES = "/api/v1/namespaces/default/limitranges";
  const amounts = (cpu: string, memory: string, storage: string) => ({ cpu, memory, "ephemeral-storage": storage });
  const range = (name: string, labels: object = {}) => ({
    metadata: { name, labels },
    spec: {
      limits: [
        {
          type: "Container",
          min: amounts("50m", "100Mi", "100Gi"),
          max: amounts("500m", "500Mi", "500Gi"),
          default: amounts("500m", "500Mi", "500Gi"),
          defaultRequest: amounts("100m", "200Mi", "200Gi"),
        },
      ],
    },
  });
  const podWith = (name: string, requests: object, limits: object = {}) => ({
    metadata: { name },
    spec: { containers: [{ name: "c", image: "i", resources: { requests, limits } }] },
  });

  it("should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]", async () => {
    const world = await startWorld({ count: 1 });
    ok(await world.create(RANGES, range("limit-range")), 201);
    const plain = ok(await world.create(PODS, podWith("pod-no-resources", {})), 201);
    expect(plain.spec.containers[0].resources).toMatchObject({
      requests: amounts("100m", "200Mi", "200Gi"),
      limits: amounts("500m", "500Mi", "500Gi"),
    });
    const partial = podWith("partial", { memory: "150Mi", "ephemeral-storage": "150Gi" }, { cpu: "300m" });
    expect(ok(await world.create(PODS, partial), 201).spec.containers[0].resources).toMatchObject({
      requests: amounts("300m", "150Mi", "150Gi"),
      limits: amounts("300m", "500Mi", "500Gi"),
    });
    const less = podWith("less", amounts("10m", "50Mi", "50Gi"));
    const more = podWith("more", amounts("600m", "600Mi", "600Gi"));
    expect((await world.create(PODS, less)).status).toBe(403);
    // Its request is above the limit it gets by default.
    expect((await world.create(PODS, more)).status).toBeGreaterThanOrEqual(400);
    const lower = ok(await world.get(`${RANGES}/limit-range`));
    lower.spec.limits[0].min = amounts("9m", "49Mi", "49Gi");
    ok(await world.replace(`${RANGES}/limit-range`, lower));
    ok(await world.create(PODS, less), 201);
    expect((await world.create(PODS, more)).status).toBeGreaterThanOrEqual(400);
    ok(await world.delete(`${RANGES}/limit-range`));
    ok(await world.create(PODS, more), 201);
    // The scheduler counts what was put in.
    await world.settle();
    expect((await world.pods()).filter(({ spec }) => spec.nodeName).length).toBeGreaterThan(0);
  });

  it("should list, patch and delete a LimitRange by collection [Conformance]", async () => {
    const world = await startWorld({ count: 1 });
    ok(await world.create("/api/v1/namespaces", { metadata: { name: "other" } }), 201);
    const labels = { e2e: "range", state: "created" };
    ok(await world.create(RANGES, range("one", labels)), 201);
    ok(await world.create("/api/v1/namespaces/other/limitranges", range("one", labels)), 201);
    const list = async (selector: string) =>
      ok(await world.get(`/api/v1/limitranges?labelSelector=${encodeURIComponent(selector)}`)).items;
    expect(await list("e2e=range")).toHaveLength(2);
    const min = amounts("9m", "49Mi", "49Gi");
    const patch = {
      metadata: { labels: { state: "patched" } },
      spec: { limits: [{ ...range("one").spec.limits[0], min }] },
    };
    const patched = ok(await world.patch(`${RANGES}/one`, patch, "strategic"));
    expect([patched.metadata.labels.state, patched.spec.limits[0].min]).toEqual(["patched", min]);
    ok(await world.request("DELETE", `${RANGES}?labelSelector=state%3Dpatched`));
    expect(await list("state=patched")).toHaveLength(0);
    expect(await list("e2e=range")).toHaveLength(1);
  });
});
