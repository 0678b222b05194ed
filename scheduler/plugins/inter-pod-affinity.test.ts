import { describe, expect, it } from "vitest";
import type { Affinity, PodAffinityTerm } from "../../kinds/core/v1-types.ts";
import { type PodWish, TestCluster } from "../testing/builders.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";

const plugin = interPodAffinity({ hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false });
const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "zone";
const NO_AFFINITY = "node(s) didn't match pod affinity rules";
const NO_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";

const web = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: ZONE };
const required = (kind: "podAffinity" | "podAntiAffinity", ...terms: PodAffinityTerm[]): Affinity => ({
  [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const preferred = (
  kind: "podAffinity" | "podAntiAffinity",
  weight: number,
  podAffinityTerm: PodAffinityTerm,
): Affinity => ({
  [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] },
});

/** Nodes a and b in zone 1, c in zone 2, d in none. */
function setUp(...pods: PodWish[]): TestCluster {
  const cluster = new TestCluster().namespace("default").namespace("other", { team: "x" });
  for (const name of ["a", "b"]) cluster.node({ name, labels: { zone: "1" } });
  cluster.node({ name: "c", labels: { zone: "2" } }).node({ name: "d" });
  for (const [i, pod] of pods.entries()) cluster.pod({ name: `there-${i}`, ...pod });
  return cluster;
}

function verdicts(cluster: TestCluster, pod: PodWish): { [node: string]: string } {
  const prepared = plugin.prepare(cluster.classOf(pod), cluster.view)!;
  const found: { [node: string]: string } = {};
  const state = prepared.refresh();
  for (const name of ["a", "b", "c", "d"]) {
    const rejection = state === "idle" ? undefined : prepared.filter(cluster.row(name));
    if (rejection) found[name] = rejection.reasons.join();
  }
  prepared.dispose?.();
  return found;
}

function scores(cluster: TestCluster, pod: PodWish, using = plugin): number[] | "all the same" {
  const prepared = using.prepareScore(cluster.classOf(pod), cluster.view)!;
  const rows = Int32Array.from(["a", "b", "c", "d"].map((name) => cluster.row(name)));
  const result = new Int32Array(4);
  const isSet = prepared.score({ rows, count: 4 }, result);
  return isSet ? [...result] : "all the same";
}

describe("InterPodAffinity", () => {
  it.each<{ name: string; there: PodWish[]; pod: PodWish; rejects: { [node: string]: string } }>([
    {
      name: "[IA1] wants company in its zone",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAffinity", web) } },
      rejects: { c: NO_AFFINITY, d: NO_AFFINITY },
    },
    {
      name: "[IA2] nobody to be with",
      there: [{ node: "a", labels: { app: "db" } }],
      pod: { spec: { affinity: required("podAffinity", web) } },
      rejects: { a: NO_AFFINITY, b: NO_AFFINITY, c: NO_AFFINITY, d: NO_AFFINITY },
    },
    {
      name: "[IA3] the first of its kind goes anywhere with the label",
      there: [],
      pod: { labels: { app: "web" }, spec: { affinity: required("podAffinity", web) } },
      rejects: { d: NO_AFFINITY },
    },
    {
      name: "[IA4] the second does not",
      there: [{ node: "c", labels: { app: "web" } }],
      pod: { labels: { app: "web" }, spec: { affinity: required("podAffinity", web) } },
      rejects: { a: NO_AFFINITY, b: NO_AFFINITY, d: NO_AFFINITY },
    },
    {
      name: "[IA5] one pod must match all terms",
      there: [
        { node: "a", labels: { app: "web" } },
        { node: "a", labels: { tier: "front" } },
        { node: "c", labels: { app: "web", tier: "front" } },
      ],
      pod: {
        spec: {
          affinity: required("podAffinity", web, {
            labelSelector: { matchLabels: { tier: "front" } },
            topologyKey: ZONE,
          }),
        },
      },
      rejects: { a: NO_AFFINITY, b: NO_AFFINITY, d: NO_AFFINITY },
    },
    {
      name: "[IA6] keeps away",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      rejects: { a: NO_ANTI_AFFINITY, b: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA7] keeps away from each node alone",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", { ...web, topologyKey: HOSTNAME }) } },
      rejects: { a: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA8] those there may keep it away",
      there: [{ node: "c", spec: { affinity: required("podAntiAffinity", web) } }],
      pod: { labels: { app: "web" } },
      rejects: { c: EXISTING },
    },
    {
      name: "[IA9] and do not where they mean others",
      there: [{ node: "c", spec: { affinity: required("podAntiAffinity", web) } }],
      pod: { labels: { app: "db" } },
      rejects: {},
    },
    {
      name: "[IA10] a term means the pod's own namespace",
      there: [{ node: "a", namespace: "other", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      rejects: {},
    },
    {
      name: "[IA11] or the namespaces it names",
      there: [{ node: "a", namespace: "other", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", { ...web, namespaces: ["other"] }) } },
      rejects: { a: NO_ANTI_AFFINITY, b: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA12] or selects",
      there: [{ node: "a", namespace: "other", labels: { app: "web" } }],
      pod: {
        spec: { affinity: required("podAntiAffinity", { ...web, namespaceSelector: { matchLabels: { team: "x" } } }) },
      },
      rejects: { a: NO_ANTI_AFFINITY, b: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA13] an empty namespace selector means all",
      there: [{ node: "a", namespace: "unheard-of", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", { ...web, namespaceSelector: {} }) } },
      rejects: { a: NO_ANTI_AFFINITY, b: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA14] without a label selector nobody is meant",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: required("podAntiAffinity", { topologyKey: ZONE }) } },
      rejects: {},
    },
    {
      name: "[IA15] matchLabelKeys: the pod's own value",
      there: [
        { node: "a", labels: { app: "web", hash: "1" } },
        { node: "c", labels: { app: "web", hash: "2" } },
      ],
      pod: {
        labels: { app: "web", hash: "2" },
        spec: { affinity: required("podAntiAffinity", { ...web, matchLabelKeys: ["hash"] }) },
      },
      rejects: { c: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA16] mismatchLabelKeys: any other",
      there: [
        { node: "a", labels: { app: "web", hash: "1" } },
        { node: "c", labels: { app: "web", hash: "2" } },
      ],
      pod: {
        labels: { app: "web", hash: "2" },
        spec: { affinity: required("podAntiAffinity", { ...web, mismatchLabelKeys: ["hash"] }) },
      },
      rejects: { a: NO_ANTI_AFFINITY, b: NO_ANTI_AFFINITY },
    },
    {
      name: "[IA17] who has ended counts no more",
      there: [],
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      rejects: {},
    },
  ])("$name", ({ there, pod, rejects }) => {
    expect(verdicts(setUp(...there), pod)).toEqual(rejects);
  });

  it("[IA18] follows pods, labels of nodes and of namespaces", () => {
    const cluster = setUp({ node: "a", labels: { app: "web" } });
    const pod: PodWish = {
      spec: { affinity: required("podAntiAffinity", { ...web, namespaceSelector: { matchLabels: { team: "x" } } }) },
    };
    const prepared = plugin.prepare(cluster.classOf(pod), cluster.view)!;
    const rejected = () => {
      const state = prepared.refresh();
      return ["a", "b", "c"].filter((name) => state !== "idle" && prepared.filter(cluster.row(name)));
    };
    expect(rejected()).toEqual([]);
    cluster.namespace("default", { team: "x" });
    expect(rejected()).toEqual(["a", "b"]);
    cluster.node({ name: "a", labels: { zone: "2" } });
    expect(rejected()).toEqual(["a", "c"]);
    cluster.pod({ name: "more", node: "b", namespace: "other", labels: { app: "web" } });
    expect(rejected()).toEqual(["a", "b", "c"]);
    cluster.remove("pods", "default", "there-0");
    expect(rejected()).toEqual(["b"]);
    cluster.remove("nodes", "", "b");
    expect(rejected()).toEqual([]);
  });

  it.each<{ name: string; there: PodWish[]; pod: PodWish; expected: number[] | "all the same" }>([
    {
      name: "[IA19] preferred affinity draws",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: preferred("podAffinity", 10, web) } },
      expected: [100, 100, 0, 0],
    },
    {
      name: "[IA20] preferred anti-affinity drives away",
      there: [{ node: "a", labels: { app: "web" } }],
      pod: { spec: { affinity: preferred("podAntiAffinity", 10, web) } },
      expected: [0, 0, 100, 100],
    },
    {
      name: "[IA21] more pods weigh more",
      there: [
        { node: "a", labels: { app: "web" } },
        { node: "b", labels: { app: "web" } },
        { node: "c", labels: { app: "web" } },
      ],
      pod: { spec: { affinity: preferred("podAffinity", 10, web) } },
      expected: [100, 100, 50, 0],
    },
    {
      name: "[IA22] those there may want it near, or far",
      there: [
        { node: "a", spec: { affinity: preferred("podAffinity", 10, web) } },
        { node: "c", spec: { affinity: preferred("podAntiAffinity", 30, web) } },
      ],
      pod: { labels: { app: "web" } },
      expected: [100, 100, 0, 75],
    },
    {
      name: "[IA23] who requires its company is given it",
      there: [{ node: "c", labels: { app: "web" }, spec: { affinity: required("podAffinity", web) } }],
      pod: { labels: { app: "web" } },
      expected: [0, 0, 100, 0],
    },
    { name: "[IA24] nothing to prefer", there: [{ node: "a" }], pod: {}, expected: "all the same" },
  ])("$name", ({ there, pod, expected }) => {
    expect(scores(setUp(...there), pod)).toEqual(expected);
  });

  it("[IA25] can be told not to heed what those there prefer", () => {
    const cluster = setUp({ node: "a", spec: { affinity: preferred("podAffinity", 10, web) } });
    const deaf = interPodAffinity({ hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: true });
    expect(scores(cluster, { labels: { app: "web" } }, deaf)).toBe("all the same");
    const own = { labels: { app: "web" }, spec: { affinity: preferred("podAffinity", 1, web) } };
    expect(scores(cluster, own, deaf)).toEqual([100, 100, 0, 0]);
  });

  it.each<{ name: string; pod: PodWish; change: (cluster: TestCluster) => void; helps: boolean }>([
    {
      name: "[IA26] a pod it wants to be with came",
      pod: { spec: { affinity: required("podAffinity", web) } },
      change: (cluster) => cluster.pod({ name: "new", node: "a", labels: { app: "web" } }),
      helps: true,
    },
    {
      name: "[IA27] another came",
      pod: { spec: { affinity: required("podAffinity", web) } },
      change: (cluster) => cluster.pod({ name: "new", node: "a", labels: { app: "db" } }),
      helps: false,
    },
    {
      name: "[IA28] one it keeps away from left",
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      change: (cluster) => cluster.remove("pods", "default", "there-0"),
      helps: true,
    },
    {
      name: "[IA29] a node got other labels",
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      change: (cluster) => cluster.node({ name: "a", labels: { zone: "9" } }),
      helps: true,
    },
    {
      name: "[IA30] a node got a taint",
      pod: { spec: { affinity: required("podAntiAffinity", web) } },
      change: (cluster) => cluster.node({ name: "d", taints: [{ key: "k", effect: "NoSchedule" }] }),
      helps: false,
    },
  ])("$name: helps $helps", ({ pod, change, helps }) => {
    const cluster = setUp({ node: "a", labels: { app: "web" } });
    const podClass = cluster.classOf(pod);
    cluster.changes.length = 0;
    change(cluster);
    expect(cluster.changes.some((each) => plugin.retryAfter(each, podClass, cluster.view))).toBe(helps);
  });
});
