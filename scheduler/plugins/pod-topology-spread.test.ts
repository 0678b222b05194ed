import { describe, expect, it } from "vitest";
import type { TopologySpreadConstraint } from "../../kinds/core/v1-types.ts";
import { type PodWish, TestCluster } from "../testing/builders.ts";
import { podTopologySpread, SYSTEM_DEFAULT_CONSTRAINTS } from "./pod-topology-spread.ts";

const plugin = podTopologySpread({ defaultConstraints: SYSTEM_DEFAULT_CONSTRAINTS, isSystemDefault: true });
const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";
const UNEVEN = "node(s) didn't match pod topology spread constraints";
const NO_LABEL = `${UNEVEN} (missing required label)`;
const web = { app: "web" };

const spread = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey: ZONE,
  maxSkew: 1,
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: web },
  ...more,
});
const pod = (constraints: TopologySpreadConstraint[], more: PodWish = {}): PodWish => ({
  labels: web,
  ...more,
  spec: { topologySpreadConstraints: constraints, ...more.spec },
});

/** Nodes a and b in zone 1, c in zone 2, d in none; so many web pods on each. */
function setUp(counts: { [node: string]: number }): TestCluster {
  const cluster = new TestCluster();
  for (const name of ["a", "b"]) cluster.node({ name, labels: { [ZONE]: "1", pool: "x" } });
  cluster.node({ name: "c", labels: { [ZONE]: "2" } }).node({ name: "d" });
  for (const [node, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) cluster.pod({ name: `${node}${i}`, node, labels: web });
  }
  return cluster;
}

function verdicts(cluster: TestCluster, wish: PodWish, using = plugin): { [node: string]: string } {
  const prepared = using.prepare(cluster.classOf(wish), cluster.view);
  const found: { [node: string]: string } = {};
  if (prepared?.refresh() !== "active") return found;
  for (const name of ["a", "b", "c", "d"]) {
    const rejection = prepared.filter(cluster.row(name));
    if (rejection) found[name] = rejection.reasons.join();
  }
  return found;
}

function scores(cluster: TestCluster, wish: PodWish, names = ["a", "b", "c", "d"]): number[] | "all the same" {
  const prepared = plugin.prepareScore(cluster.classOf(wish), cluster.view);
  if (!prepared) return "all the same";
  const rows = Int32Array.from(names.map((name) => cluster.row(name)));
  const result = new Int32Array(names.length);
  return prepared.score({ rows, count: names.length }, result) ? [...result] : "all the same";
}

describe("PodTopologySpread", () => {
  it.each<{ name: string; counts: { [node: string]: number }; wish: PodWish; rejects: { [node: string]: string } }>([
    { name: "[TS1] even", counts: {}, wish: pod([spread()]), rejects: { d: NO_LABEL } },
    {
      name: "[TS2] one zone ahead",
      counts: { a: 1 },
      wish: pod([spread()]),
      rejects: { a: UNEVEN, b: UNEVEN, d: NO_LABEL },
    },
    { name: "[TS3] within the skew", counts: { a: 1 }, wish: pod([spread({ maxSkew: 2 })]), rejects: { d: NO_LABEL } },
    {
      name: "[TS4] by node",
      counts: { a: 1 },
      wish: pod([spread({ topologyKey: HOSTNAME })]),
      rejects: { a: UNEVEN },
    },
    {
      name: "[TS5] a pod that does not count itself",
      counts: { a: 1 },
      wish: { ...pod([spread()]), labels: { app: "other" } },
      rejects: { d: NO_LABEL },
    },
    {
      name: "[TS6] both constraints must hold",
      counts: { b: 1, c: 1 },
      wish: pod([spread(), spread({ topologyKey: HOSTNAME })]),
      rejects: { b: UNEVEN, c: UNEVEN, d: NO_LABEL },
    },
    {
      name: "[TS7] too few domains: the minimum is 0",
      counts: { a: 1, c: 1 },
      wish: pod([spread({ minDomains: 3 })]),
      rejects: { a: UNEVEN, b: UNEVEN, c: UNEVEN, d: NO_LABEL },
    },
    {
      name: "[TS8] enough domains",
      counts: { a: 1, c: 1 },
      wish: pod([spread({ minDomains: 2 })]),
      rejects: { d: NO_LABEL },
    },
    {
      name: "[TS9] zones out of reach of node affinity do not count",
      counts: { a: 1 },
      wish: pod([spread()], { spec: { nodeSelector: { pool: "x" } } }),
      rejects: { d: NO_LABEL },
    },
    {
      name: "[TS10] unless they are to",
      counts: { a: 1 },
      wish: pod([spread({ nodeAffinityPolicy: "Ignore" })], { spec: { nodeSelector: { pool: "x" } } }),
      rejects: { a: UNEVEN, b: UNEVEN, d: NO_LABEL },
    },
    {
      name: "[TS11] only this revision counts",
      counts: { a: 1 },
      wish: pod([spread({ matchLabelKeys: ["hash"] })], { labels: { ...web, hash: "2" } }),
      rejects: { d: NO_LABEL },
    },
    {
      name: "[TS12] ScheduleAnyway rejects nobody",
      counts: { a: 9 },
      wish: pod([spread({ whenUnsatisfiable: "ScheduleAnyway" })]),
      rejects: {},
    },
  ])("$name", ({ counts, wish, rejects }) => {
    expect(verdicts(setUp(counts), wish)).toEqual(rejects);
  });

  it("[TS13] tainted nodes count unless they are not to", () => {
    const cluster = setUp({ a: 1, b: 1 }).node({
      name: "c",
      labels: { [ZONE]: "2" },
      taints: [{ key: "k", effect: "NoSchedule" }],
    });
    expect(verdicts(cluster, pod([spread()]))).toEqual({ a: UNEVEN, b: UNEVEN, d: NO_LABEL });
    expect(verdicts(cluster, pod([spread({ nodeTaintsPolicy: "Honor" })]))).toEqual({ d: NO_LABEL });
  });

  it("[TS14] pods that are leaving, and those of other namespaces, do not count", () => {
    const cluster = setUp({ a: 1 });
    cluster.pod({ name: "elsewhere", namespace: "other", node: "c", labels: web });
    expect(verdicts(cluster, pod([spread()]))).toEqual({ a: UNEVEN, b: UNEVEN, d: NO_LABEL });
    const leaving = { name: "a0", namespace: "default", labels: web, deletionTimestamp: "2026-01-01T00:00:00Z" };
    cluster.put("pods", { apiVersion: "v1", kind: "Pod", metadata: leaving, spec: { containers: [], nodeName: "a" } });
    expect(verdicts(cluster, pod([spread()]))).toEqual({ d: NO_LABEL });
  });

  it("[TS15] follows pods and nodes", () => {
    const cluster = setUp({ a: 1 });
    const prepared = plugin.prepare(cluster.classOf(pod([spread()])), cluster.view)!;
    const open = () => {
      prepared.refresh();
      return ["a", "b", "c", "d"].filter((name) => prepared.filter(cluster.row(name)) === undefined);
    };
    expect(open()).toEqual(["c"]);
    cluster.pod({ name: "c0", node: "c", labels: web });
    expect(open()).toEqual(["a", "b", "c"]);
    cluster.node({ name: "d", labels: { [ZONE]: "3" } });
    expect(open()).toEqual(["d"]);
    cluster.remove("nodes", "", "d");
    expect(["a", "b", "c"].filter((name) => !prepared.filter(cluster.row(name)))).toEqual([]);
    prepared.refresh();
    expect(["a", "b", "c"].filter((name) => !prepared.filter(cluster.row(name)))).toEqual(["a", "b", "c"]);
  });

  it.each<{ name: string; counts: { [node: string]: number }; wish: PodWish; expected: number[] | "all the same" }>([
    {
      name: "[TS16] fewer pods score more",
      counts: { a: 2, c: 1 },
      wish: pod([spread({ whenUnsatisfiable: "ScheduleAnyway" })]),
      expected: [33, 33, 100, 0],
    },
    {
      name: "[TS17] by node",
      counts: { a: 2, c: 1 },
      wish: pod([spread({ whenUnsatisfiable: "ScheduleAnyway", topologyKey: HOSTNAME })]),
      expected: [0, 100, 50, 100],
    },
    { name: "[TS18] DoNotSchedule scores nothing", counts: { a: 2 }, wish: pod([spread()]), expected: "all the same" },
    {
      name: "[TS19] without a selector there are no defaults",
      counts: { a: 2 },
      wish: { labels: web },
      expected: "all the same",
    },
  ])("$name", ({ counts, wish, expected }) => {
    expect(scores(setUp(counts), wish)).toEqual(expected);
  });

  const service = (selector: { [key: string]: string }) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name: "service" },
    spec: { selector },
  });

  it("[TS20] pods of a service are spread by default, over nodes without a zone too", () => {
    const cluster = setUp({ a: 2, d: 1 });
    expect(scores(cluster, { labels: web })).toBe("all the same");
    cluster.put("services", service(web));
    const [a, b, c, d] = scores(cluster, { labels: web }) as number[];
    expect([a! < b!, b! < c!, a! < d!]).toEqual([true, true, true]);
    cluster.put("services", service({ app: "other" }));
    expect(scores(cluster, { labels: web })).toBe("all the same");
  });

  it("[TS21] so are pods of a ReplicaSet, by its selector", () => {
    const cluster = setUp({ a: 2 });
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "u", controller: true }];
    cluster.put("replicasets.apps", {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { namespace: "default", name: "rs" },
      spec: { selector: { matchLabels: web } },
    });
    cluster.put("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "owned", namespace: "default", labels: web, ownerReferences },
      spec: { schedulerName: "default-scheduler", containers: [] },
    });
    const owned = cluster.state.pods.get("default", "owned")!.pending!.podClass;
    const prepared = plugin.prepareScore(owned, cluster.view)!;
    const result = new Int32Array(2);
    const rows = Int32Array.from(["a", "b"].map((name) => cluster.row(name)));
    expect(prepared.score({ rows, count: 2 }, result)).toBe(true);
    expect(result[0]).toBeLessThan(result[1]!);
  });

  it("[TS22] a profile may have defaults of its own, which need all labels and may reject", () => {
    const strict = podTopologySpread({
      defaultConstraints: [{ topologyKey: ZONE, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }],
      isSystemDefault: false,
    });
    const cluster = setUp({ a: 1 });
    cluster.put("services", service(web));
    expect(verdicts(cluster, { labels: web }, strict)).toEqual({ a: UNEVEN, b: UNEVEN, d: NO_LABEL });
    expect(verdicts(cluster, { labels: { app: "other" } }, strict)).toEqual({});
  });

  it.each<{ name: string; change: (cluster: TestCluster) => void; helps: boolean }>([
    { name: "[TS23] a pod left", change: (cluster) => cluster.remove("pods", "default", "a0"), helps: true },
    { name: "[TS24] a pod came", change: (cluster) => cluster.pod({ name: "x", node: "c", labels: web }), helps: true },
    {
      name: "[TS25] a pod of another namespace came",
      change: (cluster) => cluster.pod({ name: "x", namespace: "other", node: "c", labels: web }),
      helps: false,
    },
    { name: "[TS26] a node came", change: (cluster) => cluster.node({ name: "e" }), helps: true },
    { name: "[TS27] a node grew", change: (cluster) => cluster.node({ name: "d", cpu: "8" }), helps: false },
  ])("$name: helps $helps", ({ change, helps }) => {
    const cluster = setUp({ a: 1 });
    const podClass = cluster.classOf(pod([spread()]));
    cluster.changes.length = 0;
    change(cluster);
    expect(cluster.changes.some((each) => plugin.retryAfter(each, podClass, cluster.view))).toBe(helps);
  });
});
