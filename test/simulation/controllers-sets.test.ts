import { describe, expect, it } from "vitest";
import type { DaemonSet, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import { metadata, namespace, node, template } from "../fakes/cluster-objects.ts";
import { World } from "./controllers-world.ts";

const tolerant = (app: string, image: string) => {
  const made = template({ app }, image);
  const tolerations = [{ operator: "Exists" as const, effect: "NoExecute" as const }];
  return { ...made, spec: { ...made.spec, tolerations } };
};

const statefulSet = (name: string, spec: Partial<StatefulSet["spec"]>): StatefulSet =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(name),
    spec: {
      replicas: 3,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: tolerant(name, "v0"),
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 3,
      ...spec,
    },
    status: {},
  }) as StatefulSet;

const daemonSet = (name: string, maxSurge: number): DaemonSet =>
  ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: metadata(name),
    spec: {
      selector: { matchLabels: { app: name } },
      template: tolerant(name, "v0"),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable: maxSurge ? 0 : 1 } },
      revisionHistoryLimit: 3,
    },
    status: {},
  }) as unknown as DaemonSet;

const isLiving = ({ metadata: { deletionTimestamp } }: Pod) => deletionTimestamp === undefined;
const targetOf = ({ spec }: Pod): string =>
  spec.nodeName ??
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]
    ?.values?.[0] ??
  "";

describe("StatefulSets and DaemonSets in a faulty world", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "[SIM4] seed %i: in order, one for each node, and all at the last revision",
    async (seed) => {
      const world = new World(seed);
      const { cluster } = world;
      cluster.create("namespaces", namespace("default"));
      for (const name of ["n1", "n2", "n3"]) cluster.create("nodes", node(name));
      cluster.create("statefulsets.apps", statefulSet("db", {}));
      cluster.create("statefulsets.apps", statefulSet("cache", { podManagementPolicy: "Parallel" }));
      cluster.create("daemonsets.apps", daemonSet("agent", 0));
      cluster.create("daemonsets.apps", daemonSet("proxy", 1));
      const podsOf = (app: string) =>
        cluster.list<Pod>("pods").filter(({ metadata: { labels } }) => labels?.app === app);
      let steps = 0;
      cluster.onCommit(({ resource, type }, object) => {
        const pod = object as Pod;
        if (resource !== "pods" || type !== "ADDED") return;
        steps++;
        const app = pod.metadata.labels?.app ?? "";
        if (app === "db") {
          // What comes before it is there; nothing is made on top of a gap.
          const ordinal = Number(pod.metadata.name?.split("-")[1]);
          for (let before = 0; before < ordinal; before++)
            expect(cluster.get("pods", "default", `db-${before}`)).toBeDefined();
        }
        if (app === "agent" || app === "proxy") {
          const there = podsOf(app).filter((other) => isLiving(other) && targetOf(other) === targetOf(pod));
          expect(there.length).toBeLessThanOrEqual(app === "agent" ? 1 : 2);
        }
      });
      for (let step = 0; step < 900; step++) {
        const what = world.random();
        if (what < 0.3) await cluster.deliver();
        else if (what < 0.55) await world.wake();
        else if (what < 0.85) {
          const pod = world.pick(cluster.list<Pod>("pods"));
          if (pod && !pinElsewhere(world, pod)) world.stepPod(pod);
        } else if (what < 0.9) world.clock.advance(Math.floor(world.random() * 20_000));
        else if (what < 0.93) world.evict();
        else if (what < 0.96) {
          const pod = world.pick(cluster.list<Pod>("pods"));
          if (pod) cluster.delete("pods", pod);
        } else deed(world);
      }
      for (let round = 0; round < 80; round++) {
        await world.settle();
        let bound = false;
        for (const pod of cluster.list<Pod>("pods")) bound = pinElsewhere(world, pod) || bound;
        if (!bound) break;
      }
      await world.settle();
      for (const name of ["db", "cache"]) {
        const set = cluster.get<StatefulSet>("statefulsets.apps", "default", name)!;
        const names = podsOf(name)
          .map(({ metadata: { name: its } }) => its)
          .sort();
        expect(names).toEqual(Array.from({ length: set.spec.replicas ?? 0 }, (_, i) => `${name}-${i}`));
        for (const pod of podsOf(name)) expect(pod.spec.containers).toEqual(set.spec.template.spec?.containers);
        expect(set.status).toMatchObject({ replicas: set.spec.replicas, availableReplicas: set.spec.replicas });
        expect(set.status?.currentRevision).toBe(set.status?.updateRevision);
      }
      const nodes = cluster
        .list<Node>("nodes")
        .map(({ metadata: { name } }) => name)
        .sort();
      for (const name of ["agent", "proxy"]) {
        const set = cluster.get<DaemonSet>("daemonsets.apps", "default", name)!;
        expect(podsOf(name).map(targetOf).sort()).toEqual(nodes);
        for (const pod of podsOf(name)) expect(pod.spec.containers).toEqual(set.spec.template.spec?.containers);
        expect(set.status).toMatchObject({
          desiredNumberScheduled: nodes.length,
          numberAvailable: nodes.length,
          updatedNumberScheduled: nodes.length,
        });
      }
      expect(cluster.list("controllerrevisions.apps").length).toBeLessThanOrEqual(4 * 5);
      expect(world.errors).toEqual([]);
      expect(steps).toBeGreaterThan(10);
    },
  );
});

/** A daemon pod goes to the node it is pinned to, not to any. Whether it was bound now. */
function pinElsewhere(world: World, pod: Pod): boolean {
  const target = targetOf(pod);
  if (pod.spec.nodeName || !target || !isLiving(pod) || !world.cluster.get("nodes", "", target)) return false;
  world.cluster.change<Pod>("pods", pod, ({ spec }) => {
    spec.nodeName = target;
  });
  return true;
}

function deed(world: World): void {
  const { cluster } = world;
  const image = `v${Math.floor(world.random() * 4)}`;
  const set = world.pick([
    ...cluster.list<StatefulSet>("statefulsets.apps"),
    ...cluster.list<DaemonSet>("daemonsets.apps"),
  ]);
  if (!set) return;
  const resource = set.kind === "StatefulSet" ? "statefulsets.apps" : "daemonsets.apps";
  if (world.chance(0.6)) {
    cluster.change<StatefulSet>(resource, set, ({ spec, metadata: { name } }) => {
      spec.template = tolerant(name ?? "", image);
    });
  } else if (set.kind === "StatefulSet") {
    cluster.change<StatefulSet>(resource, set, ({ spec }) => {
      spec.replicas = 1 + Math.floor(world.random() * 4);
    });
  } else if (!cluster.get("nodes", "", "n4")) cluster.create("nodes", node("n4"));
}
