import { describe, expect, it } from "vitest";
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { CronJob, Job } from "../../kinds/batch/v1-types.ts";
import type { Endpoints, Namespace, Node, Pod } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import { deployment, namespace, node, service, template } from "../fakes/cluster-objects.ts";
import { RealWorld } from "./controllers-real.ts";

async function setUp(replicas = 3): Promise<RealWorld> {
  const world = new RealWorld();
  world.create("nodes", node("n1"));
  // The service account must be there before pods are.
  await world.settle();
  world.create("deployments.apps", deployment("web", { spec: { replicas } }));
  world.create("services", service("web", { spec: { clusterIP: "10.96.0.99", clusterIPs: ["10.96.0.99"] } }));
  return world;
}

describe("controllers over the real API", () => {
  it("[REAL1] a Deployment and its Service come up; then everything sleeps", async () => {
    const world = await setUp();
    await world.settle();
    expect(world.problems).toEqual([]);
    const web = world.get<Deployment>("deployments.apps", "default", "web");
    expect(web?.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3 });
    expect(world.list<Pod>("pods").map(({ spec }) => spec.serviceAccountName)).toEqual([
      "default",
      "default",
      "default",
    ]);
    const [slice] = world
      .list<EndpointSlice>("endpointslices.discovery.k8s.io", "default")
      .filter(({ metadata }) => metadata.name?.startsWith("web-"));
    expect(slice?.endpoints?.filter(({ conditions }) => conditions?.ready)).toHaveLength(3);
    expect(world.get<Endpoints>("endpoints", "default", "web")?.subsets?.[0]?.addresses).toHaveLength(3);
    expect(world.get<Node>("nodes", "", "n1")?.spec).toMatchObject({ podCIDR: "10.244.0.0/24" });
    expect(world.get("configmaps", "kube-system", "kube-root-ca.crt")).toMatchObject({ data: { "ca.crt": "PEM" } });
    const before = world.store.revision();
    const commits = world.program.metrics().commits;
    world.clock.advance(600_000);
    await world.settle();
    expect([world.store.revision(), world.program.metrics().commits, world.program.nextWakeMs()]).toEqual([
      before,
      commits,
      undefined,
    ]);
  });

  it("[REAL2] rolls out, rolls back, keeps history and events", async () => {
    const world = await setUp();
    await world.settle();
    const setImage = (image: string) =>
      world.do({
        verb: "patch",
        resource: "deployments.apps",
        namespace: "default",
        name: "web",
        patchType: "strategic",
        patch: { spec: { template: { spec: { containers: [{ name: "web", image }] } } } },
      });
    setImage("web:2");
    await world.settle();
    setImage("web:1");
    await world.settle();
    const sets = world.list<ReplicaSet>("replicasets.apps");
    expect(
      sets
        .map(({ spec, metadata }) => [spec.replicas, metadata.annotations?.["deployment.kubernetes.io/revision"]])
        .sort(),
    ).toEqual([
      [0, "2"],
      [3, "3"],
    ]);
    expect(world.get<Deployment>("deployments.apps", "default", "web")?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
    });
    expect(world.list("events", "default").map((event) => event.reason)).toEqual(
      expect.arrayContaining(["ScalingReplicaSet", "SuccessfulCreate", "SuccessfulDelete"]),
    );
    expect(world.problems).toEqual([]);
  });

  it("[REAL3] deleting a Deployment takes all that it owns, in background and in foreground", async () => {
    for (const propagationPolicy of ["Background", "Foreground"] as const) {
      const world = await setUp();
      await world.settle();
      world.do({
        verb: "delete",
        resource: "deployments.apps",
        namespace: "default",
        name: "web",
        options: { propagationPolicy },
      });
      await world.settle();
      for (const resource of ["deployments.apps", "replicasets.apps", "pods"]) expect(world.list(resource)).toEqual([]);
      expect(world.problems).toEqual([]);
    }
  });

  it("[REAL4] orphans survive their Deployment, and a new one adopts them", async () => {
    const world = await setUp();
    await world.settle();
    const [before] = world.list<ReplicaSet>("replicasets.apps");
    world.do({
      verb: "delete",
      resource: "deployments.apps",
      namespace: "default",
      name: "web",
      options: { propagationPolicy: "Orphan" },
    });
    await world.settle();
    expect(world.list("deployments.apps")).toEqual([]);
    expect(world.list("pods")).toHaveLength(3);
    expect(world.list<ReplicaSet>("replicasets.apps")[0]?.metadata.ownerReferences).toBeUndefined();
    world.create("deployments.apps", deployment("web"));
    await world.settle();
    expect(world.list<ReplicaSet>("replicasets.apps").map(({ metadata }) => metadata.uid)).toEqual([
      before?.metadata.uid,
    ]);
    expect(world.problems).toEqual([]);
  });

  it("[REAL5] a namespace goes with all it has, pods first", async () => {
    const world = await setUp();
    world.create("namespaces", namespace("old"));
    await world.settle();
    world.create("deployments.apps", deployment("web", { metadata: { namespace: "old" } }));
    world.create(
      "services",
      service("web", { metadata: { namespace: "old" }, spec: { clusterIP: "10.96.0.98", clusterIPs: ["10.96.0.98"] } }),
    );
    await world.settle();
    expect(world.list("pods", "old")).toHaveLength(3);
    world.do({ verb: "delete", resource: "namespaces", namespace: "", name: "old" });
    await world.settle({ kubelets: false });
    expect(
      world.get<Namespace>("namespaces", "", "old")?.status?.conditions?.map(({ type, status }) => `${type}=${status}`),
    ).toContain("NamespaceContentRemaining=True");
    expect(world.list("deployments.apps", "old")).toHaveLength(1);
    await world.settle();
    expect(world.get("namespaces", "", "old")).toBeUndefined();
    expect(world.store.countByResource("old")).toEqual([]);
    expect(world.problems.filter((problem) => !problem.includes("NamespaceTerminating"))).toEqual([]);
  });

  it("[REAL6] pods of a lost node run elsewhere after their toleration time", async () => {
    const world = await setUp();
    await world.settle();
    world.create("nodes", node("n2"));
    await world.settle();
    const lost = { type: "Ready", status: "Unknown", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const patch = { status: { conditions: [lost] } };
    world.do({
      verb: "patch",
      resource: "nodes",
      namespace: "",
      name: "n1",
      subresource: "status",
      patchType: "strategic",
      patch,
    });
    const start = world.clock.now();
    await world.settle({ withinMs: 10_000, kubelets: false });
    expect(
      world
        .get<Node>("nodes", "", "n1")
        ?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)
        .sort(),
    ).toEqual(["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"]);
    expect(world.list<Pod>("pods").filter(({ metadata }) => metadata.deletionTimestamp)).toHaveLength(0);
    await world.settle({ withinMs: 60_000, kubelets: false });
    expect(world.clock.now() - start).toBe(30_000);
    const pods = world.list<Pod>("pods");
    expect(pods.filter(({ metadata }) => metadata.deletionTimestamp)).toHaveLength(3);
    expect(pods.filter(({ metadata }) => !metadata.deletionTimestamp)).toHaveLength(3);
    expect(world.problems).toEqual([]);
  });

  it("[REAL7] a StatefulSet comes up in order with its claims, and rolls", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    await world.settle();
    world.create("statefulsets.apps", {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db", namespace: "default" },
      spec: {
        replicas: 3,
        serviceName: "db",
        selector: { matchLabels: { app: "db" } },
        template: template({ app: "db" }, "db:1"),
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    });
    await world.settle();
    expect(world.list("pods").map(({ metadata: { name } }) => name)).toEqual(["db-0", "db-1", "db-2"]);
    expect(world.list("persistentvolumeclaims").map(({ metadata: { name } }) => name)).toEqual([
      "data-db-0",
      "data-db-1",
      "data-db-2",
    ]);
    const patch = { spec: { template: { spec: { containers: [{ name: "web", image: "db:2" }] } } } };
    world.do({
      verb: "patch",
      resource: "statefulsets.apps",
      namespace: "default",
      name: "db",
      patchType: "strategic",
      patch,
    });
    await world.settle();
    expect(world.list<Pod>("pods").map(({ spec }) => spec.containers[0]?.image)).toEqual(["db:2", "db:2", "db:2"]);
    const status = world.get<StatefulSet>("statefulsets.apps", "default", "db")?.status;
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
    });
    expect(status?.currentRevision).toBe(status?.updateRevision);
    world.do({ verb: "delete", resource: "statefulsets.apps", namespace: "default", name: "db" });
    await world.settle();
    expect(world.list("pods")).toEqual([]);
    expect(world.list("controllerrevisions.apps")).toEqual([]);
    expect(world.list("persistentvolumeclaims")).toHaveLength(3);
    expect(world.problems).toEqual([]);
  });

  it("[REAL8] a DaemonSet has a pod on each node, cordoned ones included", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    world.create("nodes", node("n2", { spec: { unschedulable: true } }));
    await world.settle();
    world.create("daemonsets.apps", {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "agent", namespace: "kube-system" },
      spec: { selector: { matchLabels: { app: "agent" } }, template: template({ app: "agent" }, "agent:1") },
    });
    await world.settle({ kubelets: false });
    const status = world.get<DaemonSet>("daemonsets.apps", "kube-system", "agent")?.status;
    expect(status).toMatchObject({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberReady: 0,
    });
    // Two controllers write to n2 in one commit: one of them has to look again.
    expect(world.problems.filter((problem) => !problem.includes('"reason":"Conflict"'))).toEqual([]);
  });

  it("[REAL9] Jobs count their pods, end, and are cleaned up after their time", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    await world.settle();
    world.create("jobs.batch", {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "sum", namespace: "default" },
      spec: {
        completions: 3,
        parallelism: 2,
        completionMode: "Indexed",
        ttlSecondsAfterFinished: 100,
        template: { metadata: {}, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
      },
    });
    await world.settle();
    expect(world.get<Job>("jobs.batch", "default", "sum")?.status).toMatchObject({ active: 2, ready: 2 });
    world.endPods({ "job-name": "sum" }, "Succeeded");
    await world.settle();
    world.endPods({ "job-name": "sum" }, "Failed");
    await world.settle();
    world.endPods({ "job-name": "sum" }, "Succeeded");
    await world.settle({ withinMs: 60_000 });
    const done = world.get<Job>("jobs.batch", "default", "sum");
    expect(done?.status).toMatchObject({
      succeeded: 3,
      failed: 1,
      completedIndexes: "0-2",
      uncountedTerminatedPods: {},
    });
    expect(done?.status?.conditions?.map(({ type, reason }) => `${type}/${reason}`)).toEqual([
      "SuccessCriteriaMet/CompletionsReached",
      "Complete/CompletionsReached",
    ]);
    await world.settle({ withinMs: 200_000 });
    expect([world.list("jobs.batch"), world.list("pods")]).toEqual([[], []]);
    expect(world.problems).toEqual([]);
  });

  it("[REAL10] a CronJob starts a Job each minute, keeps the last ones, and goes with all of them", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    await world.settle();
    world.create("cronjobs.batch", {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "tick", namespace: "default" },
      spec: {
        schedule: "* * * * *",
        successfulJobsHistoryLimit: 2,
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: "OnFailure", containers: [{ name: "c", image: "i" }] } } },
        },
      },
    });
    for (let minute = 0; minute < 4; minute++) {
      await world.settle({ withinMs: 61_000 });
      world.endPods({}, "Succeeded");
    }
    await world.settle({ withinMs: 1_000 });
    const status = world.get<CronJob>("cronjobs.batch", "default", "tick")?.status;
    expect([status?.lastScheduleTime, status?.lastSuccessfulTime, status?.active]).toEqual([
      expect.any(String),
      expect.any(String),
      undefined,
    ]);
    expect(world.list("jobs.batch")).toHaveLength(2);
    world.do({ verb: "delete", resource: "cronjobs.batch", namespace: "default", name: "tick" });
    await world.settle();
    expect([world.list("jobs.batch"), world.list("pods")]).toEqual([[], []]);
    expect(world.problems).toEqual([]);
  });

  it("[REAL11] evictions stop where the budget does", async () => {
    const world = await setUp(3);
    world.create("poddisruptionbudgets.policy", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web", namespace: "default" },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
    });
    await world.settle();
    const budget = () => world.get<PodDisruptionBudget>("poddisruptionbudgets.policy", "default", "web")?.status;
    expect(budget()).toMatchObject({ expectedPods: 3, currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
    const evict = (name: string) =>
      world.do({
        verb: "create",
        resource: "pods",
        namespace: "default",
        name,
        subresource: "eviction",
        object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "default" } },
      });
    const [first = "", second = ""] = world.list("pods").map(({ metadata: { name } }) => name);
    evict(first);
    expect(() => evict(second)).toThrow("disruption budget");
    await world.settle();
    expect(budget()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
    evict(second);
    await world.settle();
    expect(world.list("pods")).toHaveLength(3);
    expect(world.problems).toEqual([]);
  });

  it("[REAL12] a ReplicationController is a ReplicaSet of old", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    await world.settle();
    world.create("replicationcontrollers", {
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "old", namespace: "default" },
      spec: { replicas: 2, template: template({ app: "old" }, "old:1") },
    });
    await world.settle();
    expect(world.get("replicationcontrollers", "default", "old")?.status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(world.problems).toEqual([]);
  });

  it("[REAL13] 100 Deployments at rest for ten minutes: no write, no wake-up, no timer", async () => {
    const world = new RealWorld();
    world.create("nodes", node("n1"));
    await world.settle();
    for (let i = 0; i < 100; i++) {
      const name = `web-${i}`;
      const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template: template({ app: name }) };
      world.create("deployments.apps", deployment(name, { spec }));
    }
    await world.settle();
    expect(world.list<Deployment>("deployments.apps").map(({ status }) => status?.availableReplicas)).toEqual(
      Array(100).fill(1),
    );
    const before = [world.store.revision(), world.program.metrics().commits];
    expect(world.program.nextWakeMs()).toBeUndefined();
    world.clock.advance(600_000);
    await world.settle();
    expect([world.store.revision(), world.program.metrics().commits]).toEqual(before);
    expect(world.program.nextWakeMs()).toBeUndefined();
    expect(world.problems).toEqual([]);
  });
});
