/** What is counted as things change is what counting from the start comes to. */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../machinery/meta/random.ts";
import { TestCluster } from "../testing/builders.ts";
import { compilePodSelector } from "./affinity-terms.ts";

const NAMES = ["a", "b", "c"];
const TEAMS = [{ team: "x" }, { team: "y" }, {}];

describe("Counters of pods", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  it(`[AP1] follow pods and labels of nodes and namespaces (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const cluster = new TestCluster();
    for (const name of NAMES) cluster.node({ name, labels: { zone: pick(NAMES) } }).namespace(name, pick(TEAMS));
    const selectors = [{ namespaces: ["a"] }, { namespaces: ["b"], namespaceSelector: { matchLabels: { team: "x" } } }];
    const wanted = selectors.flatMap((each) => {
      const selector = compilePodSelector({ labelSelector: { matchLabels: { app: "web" } }, ...each });
      return [
        { selectors: [selector], topologyKey: "zone", countsTerminating: true },
        { selectors: [selector], countsTerminating: false },
      ];
    });
    const kept = wanted.map((each) => cluster.view.pods.counter(each));
    const there = new Map<string, string>();
    let total = 0;
    for (let step = 0; step < 1_000; step++) {
      const name = `p${Math.floor(random() * 20)}`;
      const what = random();
      if (what < 0.1) cluster.namespace(pick(NAMES), pick(TEAMS));
      else if (what < 0.2) cluster.node({ name: pick(NAMES), labels: { zone: pick(NAMES) } });
      else if (there.has(name) && what < 0.5) {
        cluster.remove("pods", there.get(name)!, name);
        there.delete(name);
      } else if (!there.has(name)) {
        there.set(name, pick(NAMES));
        cluster.pod({ name, namespace: there.get(name)!, node: pick(NAMES), labels: { app: pick(["web", "db"]) } });
      }
      // A counter of another's key is counted from the start.
      const fresh = wanted.map((each) =>
        cluster.view.pods.counter({
          ...each,
          selectors: [...each.selectors, { ...each.selectors[0]!, key: `${step}` }],
        }),
      );
      for (const [i, { topology, counts }] of kept.entries()) {
        const limit = topology?.domainLimit ?? cluster.nodes.rowLimit;
        const all = (of: { get(index: number): number }) => Array.from({ length: limit }, (_, at) => of.get(at));
        expect(all(counts), `step ${step}, counter ${i}`).toEqual(all(fresh[i]!.counts));
        total += counts.total;
      }
      for (const counter of fresh) cluster.view.pods.release(counter);
    }
    expect(total).toBeGreaterThan(1_000);
  });

  it("[AP2] labels of a namespace that select no other pods than before change nothing", () => {
    const cluster = new TestCluster().namespace("a", { team: "x" });
    const term = { topologyKey: "zone", namespaceSelector: { matchLabels: { team: "x" } }, labelSelector: {} };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    cluster.pod({ spec: { affinity: { podAntiAffinity } } });
    const told = (): number => cluster.changes.filter(({ what }) => what === "namespace changed").length;
    const before = [told(), cluster.view.pods.carrierVersion];
    cluster.namespace("a", { team: "x", more: "yes" }).namespace("b", { team: "y" });
    expect([told(), cluster.view.pods.carrierVersion]).toEqual(before);
    cluster.namespace("b", { team: "x" });
    expect([told(), cluster.view.pods.carrierVersion]).toEqual([before[0]! + 1, before[1]! + 1]);
  });
});
