import { describe, expect, it } from "vitest";
import { isActive } from "../../controllers/workload/pods.ts";
import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Endpoints, Namespace, Node, Pod, Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { formatTime } from "../../machinery/clock.ts";
import { deployment, namespace, node, service, template } from "../fakes/cluster-objects.ts";
import { World } from "./controllers-world.ts";

const NAMESPACES = ["a", "b", "c"];
const APPS = ["web", "api"];

const toleratingTemplate = (app: string, image: string) => {
  const made = template({ app }, image);
  const tolerations = ["not-ready", "unreachable"].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists" as const,
    effect: "NoExecute" as const,
    tolerationSeconds: 30,
  }));
  return { ...made, spec: { ...made.spec, tolerations } };
};

function newDeployment(world: World, name: string, ns: string): void {
  world.cluster.create(
    "deployments.apps",
    deployment(name, {
      metadata: { namespace: ns },
      spec: {
        replicas: 1 + Math.floor(world.random() * 4),
        selector: { matchLabels: { app: name } },
        template: toleratingTemplate(name, "v1"),
      },
    }),
  );
}

function newNamespace(world: World, name: string): void {
  world.cluster.create("namespaces", namespace(name));
  for (const app of APPS) {
    world.cluster.create("services", service(app, { metadata: { namespace: name }, spec: { selector: { app } } }));
    newDeployment(world, app, name);
  }
}

function setReady(world: World, name: string, status: "True" | "Unknown"): void {
  const current = world.cluster.get<Node>("nodes", "", name);
  if (!current) return;
  world.cluster.change<Node>("nodes", current, (copy) => {
    copy.status = { conditions: [{ type: "Ready", status, lastTransitionTime: formatTime(world.clock.now()) }] };
  });
}

/** Something a user or the weather does. */
const DEEDS: ((world: World, ns: string) => void)[] = [
  ({ cluster, random }, ns) => {
    const target = cluster.list<Deployment>("deployments.apps", ns)[0];
    if (target) {
      cluster.change<Deployment>("deployments.apps", target, ({ spec }) => {
        spec.replicas = Math.floor(random() * 6);
      });
    }
  },
  (world, ns) => {
    const target = world.pick(world.cluster.list<Deployment>("deployments.apps", ns));
    if (target) {
      world.cluster.change<Deployment>("deployments.apps", target, ({ spec, metadata }) => {
        spec.template = toleratingTemplate(metadata.name ?? "", `v${Math.floor(world.random() * 5)}`);
      });
    }
  },
  (world, ns) => {
    const target = world.pick(world.cluster.list("deployments.apps", ns));
    const propagationPolicy = world.pick(["Background", "Foreground", "Orphan"] as const);
    if (target && propagationPolicy) world.cluster.delete("deployments.apps", target, { propagationPolicy });
  },
  (world, ns) => {
    const missing = APPS.find((app) => !world.cluster.get("deployments.apps", ns, app));
    const lives = !world.cluster.get("namespaces", "", ns)?.metadata.deletionTimestamp;
    if (missing && lives && world.cluster.get("namespaces", "", ns)) newDeployment(world, missing, ns);
  },
  (world, ns) => {
    const target = world.pick(world.cluster.list<Pod>("pods", ns));
    if (target) world.cluster.delete("pods", target);
  },
  (world, ns) => {
    const target = world.pick(world.cluster.list<Pod>("pods", ns));
    if (target && !target.metadata.deletionTimestamp) {
      world.cluster.change<Pod>("pods", target, ({ metadata }) => {
        metadata.labels = { app: "quarantine" };
      });
    }
  },
  (world) => setReady(world, `n${1 + Math.floor(world.random() * 4)}`, "Unknown"),
  (world) => setReady(world, `n${1 + Math.floor(world.random() * 4)}`, "True"),
  (world) => {
    const name = `n${1 + Math.floor(world.random() * 4)}`;
    const target = world.cluster.get("nodes", "", name);
    if (target && world.chance(0.3)) world.cluster.delete("nodes", target);
    else if (!target) world.cluster.create("nodes", node(name));
  },
  (world, ns) => {
    const target = world.cluster.get<Namespace>("namespaces", "", ns);
    if (!target) newNamespace(world, ns);
    else if (world.chance(0.3)) world.cluster.delete("namespaces", target);
  },
  (world, ns) => {
    const target = world.pick(world.cluster.list<Service>("services", ns));
    if (!target) return;
    if (world.chance(0.3)) world.cluster.delete("services", target);
    else {
      world.cluster.change<Service>("services", target, (copy) => {
        copy.metadata.labels = { touched: String(world.clock.now()) };
      });
    }
  },
];

function checkOwners(world: World): void {
  const uids = new Set(
    registry.all().flatMap(({ storage }) => world.cluster.list(storage).map(({ metadata }) => metadata.uid)),
  );
  for (const { storage } of registry.all()) {
    for (const { metadata } of world.cluster.list(storage)) {
      const owners = metadata.ownerReferences ?? [];
      if (owners.length === 0 || metadata.deletionTimestamp) continue;
      expect([storage, metadata.name, owners.every(({ uid }) => uids.has(uid))]).toEqual([
        storage,
        metadata.name,
        true,
      ]);
    }
  }
}

function checkDeployments({ cluster }: World): void {
  for (const { metadata, spec, status } of cluster.list<Deployment>("deployments.apps")) {
    // It, or its namespace, may wait for a pod whose node is lost.
    if (
      metadata.deletionTimestamp ||
      cluster.get("namespaces", "", metadata.namespace ?? "")?.metadata.deletionTimestamp
    )
      continue;
    const sets = cluster
      .list<ReplicaSet>("replicasets.apps")
      .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
    const uids = new Set(sets.map((set) => set.metadata.uid));
    const pods = cluster
      .list<Pod>("pods", metadata.namespace)
      .filter((pod) => isActive(pod) && pod.metadata.ownerReferences?.some(({ uid }) => uids.has(uid)));
    expect([metadata.name, pods.length]).toEqual([metadata.name, spec.replicas]);
    expect(status?.replicas ?? 0).toBe(spec.replicas);
    expect(status?.availableReplicas ?? 0).toBe(spec.replicas);
  }
}

function checkServices({ cluster }: World): void {
  for (const { metadata, spec } of cluster.list<Service>("services")) {
    const ready = cluster
      .list<Pod>("pods", metadata.namespace)
      .filter(
        (pod) =>
          isActive(pod) &&
          pod.metadata.labels?.app === spec?.selector?.app &&
          pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
      )
      .map((pod) => pod.status?.podIP)
      .sort();
    const slices = cluster
      .list<EndpointSlice>("endpointslices.discovery.k8s.io", metadata.namespace)
      .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
    const inSlices = slices.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions?.ready);
    expect(inSlices.flatMap(({ addresses }) => addresses).sort()).toEqual(ready);
    expect(slices).toHaveLength(1);
    const endpoints = cluster.get<Endpoints>("endpoints", metadata.namespace ?? "", metadata.name ?? "");
    expect((endpoints?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).sort()).toEqual(
      ready,
    );
  }
}

function checkNodes({ cluster }: World): void {
  const nodes = cluster.list<Node>("nodes");
  expect(new Set(nodes.map(({ spec }) => spec?.podCIDR)).size).toBe(nodes.length);
  for (const { metadata, spec, status } of nodes) {
    const lost = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value !== "True");
    expect([metadata.name, (spec?.taints ?? []).length]).toEqual([metadata.name, lost ? 2 : 0]);
    const pods = cluster.list<Pod>("pods").filter((pod) => pod.spec.nodeName === metadata.name);
    if (lost) for (const pod of pods) expect(pod.metadata.deletionTimestamp).toBeDefined();
  }
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const { spec } of cluster.list<Pod>("pods")) expect(names.has(spec.nodeName)).toBe(true);
}

function checkNamespaces({ cluster }: World): void {
  const names = new Set(cluster.list("namespaces").map(({ metadata }) => metadata.name));
  for (const { metadata } of cluster.list<Namespace>("namespaces")) {
    if (metadata.deletionTimestamp) {
      // Only pods on lost nodes may hold a namespace.
      expect(cluster.list("pods", metadata.name).length).toBeGreaterThan(0);
      continue;
    }
    expect(cluster.get("serviceaccounts", metadata.name ?? "", "default")).toBeDefined();
    expect(cluster.get("configmaps", metadata.name ?? "", "kube-root-ca.crt")).toMatchObject({
      data: { "ca.crt": "CA PEM" },
    });
  }
  for (const { storage, namespaced } of registry.all()) {
    if (!namespaced || storage === "events") continue;
    for (const { metadata } of cluster.list(storage)) expect(names.has(metadata.namespace)).toBe(true);
  }
}

describe("all controllers in a faulty world", () => {
  it.each([1, 2, 3, 4, 5, 6])("[SIM2] seed %i: everything ends as it was declared", async (seed) => {
    const world = new World(seed);
    for (const name of ["n1", "n2", "n3", "n4"]) world.cluster.create("nodes", node(name));
    for (const name of NAMESPACES) newNamespace(world, name);
    let deeds = 0;
    for (let step = 0; step < 600; step++) {
      const what = world.random();
      if (what < 0.3) await world.cluster.deliver();
      else if (what < 0.55) await world.wake();
      else if (what < 0.85) {
        const pod = world.pick(world.cluster.list<Pod>("pods"));
        if (pod) world.stepPod(pod);
      } else if (what < 0.9) world.clock.advance(Math.floor(world.random() * 20_000));
      else if (what < 0.92) world.evict();
      else {
        deeds++;
        world.pick(DEEDS)?.(world, world.pick(NAMESPACES) ?? "a");
      }
    }
    // Somewhere to run for what is left.
    if (!world.cluster.get("nodes", "", "n1")) world.cluster.create("nodes", node("n1"));
    setReady(world, "n1", "True");
    await world.settle();
    checkOwners(world);
    checkDeployments(world);
    checkServices(world);
    checkNodes(world);
    checkNamespaces(world);
    expect(world.errors).toEqual([]);
    expect(deeds).toBeGreaterThan(20);
    expect(world.evictions).toBeGreaterThan(0);
    // Nothing waits any more but what waits for a moment that is far away.
    expect(world.program.nextWakeMs()).toBeUndefined();
  });
});
