import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Endpoints, Namespace, Node, Pod } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { deployment, namespace, node, service } from "../fakes/cluster-objects.ts";
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
});
