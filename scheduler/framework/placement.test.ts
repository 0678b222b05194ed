import { describe, expect, it } from "vitest";
import { readConfiguration } from "../config/configuration.ts";
import { type NodeWish, type PodWish, TestCluster } from "../testing/builders.ts";
import { describe as describeFailure } from "./diagnosis.ts";
import { Placer } from "./placement.ts";

const profile = readConfiguration(undefined).profiles.get("default-scheduler")!;

function setUp(...nodes: NodeWish[]) {
  const cluster = new TestCluster();
  for (const [i, wish] of nodes.entries()) cluster.node({ name: `node-${i}`, ...wish });
  const placer = new Placer(profile, cluster.view);
  const explain = (wish: PodWish) => describeFailure(placer.explain(cluster.classOf(wish)));
  return { cluster, placer, explain };
}

describe("Placer", () => {
  it("[PL1] picks among equals by chance, and only among them", () => {
    const { cluster, placer } = setUp({ cpu: "4" }, { cpu: "8" }, { cpu: "8" });
    const podClass = cluster.classOf({ requests: { cpu: "1" } });
    const rows = new Set([0, 0.25, 0.5, 0.75, 0.999].map((number) => placer.place(podClass, () => number).row));
    expect([...rows].sort()).toEqual([1, 2]);
  });

  it("[PL2] says what is wrong in upstream's words", () => {
    const { explain } = setUp(
      { cpu: "1" },
      { cpu: "1", memory: "1Gi" },
      { taints: [{ key: "a", effect: "NoSchedule" }] },
    );
    expect(explain({ requests: { cpu: "2", memory: "2Gi" } })).toBe(
      "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 2 Insufficient cpu.",
    );
    const term = { matchFields: [{ key: "metadata.name", operator: "In" as const, values: ["node-0"] }] };
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
    };
    expect(explain({ requests: { cpu: "2" }, spec: { affinity } })).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
    const other = { matchFields: [...term.matchFields, { ...term.matchFields[0]!, values: ["node-1"] }] };
    const conflict = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [other] } },
    };
    expect(explain({ spec: { affinity: conflict } })).toBe("0/3 nodes are available: pod affinity terms conflict.");
    expect(setUp().explain({})).toBe("no nodes available to schedule pods");
  });

  it("[PL3] pods that are to come to a node count for others of their priority or less", () => {
    const { cluster, placer } = setUp({ cpu: "4" });
    const coming = cluster.pending({ name: "coming", priority: 5, requests: { cpu: "3" } });
    cluster.nodes.nominate(0, { uid: "coming", priority: 5, load: coming.footprint, pod: coming });
    const fits = (priority: number) => !placer.whyNot(cluster.classOf({ priority, requests: { cpu: "2" } }));
    expect([fits(4), fits(5), fits(6)]).toEqual([false, false, true]);
    cluster.nodes.withdraw(0, "coming");
    expect(fits(4)).toBe(true);
  });

  it("[PL4] so do their affinity terms", () => {
    const { cluster, placer } = setUp({}, {});
    const term = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "kubernetes.io/hostname" };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const coming = cluster.pending({ name: "coming", priority: 5, labels: { app: "web" }, spec: { affinity } });
    cluster.nodes.nominate(0, { uid: "coming", priority: 5, load: coming.footprint, pod: coming });
    const podClass = cluster.classOf({ labels: { app: "web" } });
    expect([0, 1].map((row) => !placer.whyNot(podClass, row))).toEqual([false, true]);
    expect(placer.place(podClass, () => 0).row).toBe(1);
    const higher = cluster.classOf({ priority: 6, labels: { app: "web" } });
    expect([0, 1].map((row) => !placer.whyNot(higher, row))).toEqual([true, true]);
  });

  it("[PL5] what was judged long ago is judged anew", () => {
    const { cluster, placer } = setUp({}, {});
    const podClass = cluster.classOf({ requests: { cpu: "3" } });
    expect(placer.place(podClass, () => 0).feasibleCount).toBe(2);
    for (let i = 0; i < 100; i++) {
      cluster.pod({ name: `p${i}`, node: "node-0", requests: { cpu: "20m" } });
    }
    expect(placer.place(podClass, () => 0)).toEqual({ row: 1, feasibleCount: 1 });
  });
});
