/** The scheduler's tables and counts against a reference that looks at every pod and node, on random small clusters. */
import { describe, expect, it } from "vitest";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { readConfiguration } from "../../scheduler/config/configuration.ts";
import { Placer } from "../../scheduler/framework/placement.ts";
import { TestCluster } from "../../scheduler/testing/builders.ts";
import { type Dice, diceOf, NAMESPACES, randomNode, randomPod } from "../../scheduler/testing/random-cluster.ts";
import { askReference } from "../../scheduler/testing/reference.ts";

const profile = readConfiguration(undefined).profiles.get("default-scheduler")!;

/** One random cluster, as the scheduler sees it and as the reference does. */
class Simulation {
  readonly dice: Dice;
  readonly cluster = new TestCluster();
  readonly placer = new Placer(profile, this.cluster.view);
  readonly names: string[];
  readonly nodes = new Map<string, Node & KubeObject>();
  readonly placed: Map<string, Pod[]>;
  readonly namespaces = new Map<string, { [key: string]: string }>();
  readonly services = new Map<string, { [key: string]: string }>();
  readonly kinds: (Pod & KubeObject)[];
  #podCount = 0;

  constructor(random: () => number) {
    this.dice = diceOf(random);
    this.names = Array.from({ length: 1 + Math.floor(random() * 7) }, (_, i) => `n${i}`);
    this.placed = new Map(this.names.map((name) => [name, []]));
    for (const name of this.names) this.setNode(name);
    for (const namespace of NAMESPACES) this.setNamespace(namespace);
    // A few kinds of pods come again and again, while nodes change, go, and pods leave.
    this.kinds = Array.from({ length: 4 }, (_, i) => randomPod(`k${i}`, this.dice, this.names));
  }

  setNode(name: string): void {
    const node = randomNode(name, this.dice);
    this.nodes.set(name, node);
    this.cluster.put("nodes", node);
  }

  setNamespace(name: string): void {
    const labels: { [key: string]: string } = this.dice.chance(0.5) ? { team: "x" } : {};
    this.namespaces.set(name, labels);
    this.cluster.namespace(name, labels);
  }

  /** Now and then a service selects web pods of the blue namespace. */
  setService(): void {
    const selector = this.dice.chance(0.7) ? { app: "web" } : undefined;
    const metadata = { namespace: "blue", name: "web" };
    this.cluster.put("services", { apiVersion: "v1", kind: "Service", metadata, spec: selector ? { selector } : {} });
    if (selector) this.services.set("blue", selector);
    else this.services.delete("blue");
  }

  defaultSelector({ metadata }: Pod): LabelSelector | undefined {
    const selector = this.services.get(metadata.namespace ?? "");
    return selector && metadata.labels?.app === selector.app ? { matchLabels: selector } : undefined;
  }

  /** Something happens that has nothing to do with the pod to come. */
  disturb(): void {
    const { pick, chance } = this.dice;
    const name = pick(this.names);
    const there = this.placed.get(name)!;
    if (chance(0.1)) this.setNode(name);
    if (chance(0.03) && this.nodes.delete(name)) this.cluster.remove("nodes", "", name);
    if (chance(0.05)) this.setNamespace(pick(NAMESPACES));
    if (chance(0.05)) this.setService();
    const leaving = chance(0.2) ? there.pop() : undefined;
    if (leaving) this.cluster.remove("pods", leaving.metadata.namespace ?? "", leaving.metadata.name ?? "");
    const ending = chance(0.05) ? there.at(-1) : undefined;
    if (ending && ending.metadata.deletionTimestamp === undefined) {
      ending.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
      this.cluster.put("pods", ending);
    }
  }

  put(kind: Pod, node: string): void {
    const pod = structuredClone(kind);
    pod.metadata.name = `p${this.#podCount++}`;
    pod.metadata.uid = `uid-of-${pod.metadata.name}`;
    pod.spec.nodeName = node;
    this.placed.get(node)!.push(pod);
    this.cluster.put("pods", pod);
  }
}

describe("Placement", () => {
  const seed = Number(process.env.KEDGE_SEED ?? 20_260_201);
  const clusters = Number(process.env.KEDGE_CLUSTERS ?? 1_000);
  it(`[PR1] agrees with the reference on ${clusters} random clusters (seed ${seed})`, { timeout: 120_000 }, () => {
    const random = seededRandom(seed);
    let placedCount = 0;
    let rejectedCount = 0;
    for (let i = 0; i < clusters; i++) {
      const simulation = new Simulation(random);
      const { cluster, placer, dice, kinds, placed, nodes, namespaces } = simulation;
      for (let step = 0; step < 20; step++) {
        simulation.disturb();
        const pod = dice.pick(kinds);
        const world = { nodes: [...nodes.values()], placed, namespaces };
        const answer = askReference(pod, world, (each) => simulation.defaultSelector(each));
        const podClass = cluster.view.classes.of(pod);
        const { row, feasibleCount } = placer.place(podClass, random);
        const context = () => `cluster ${i} step ${step}: ${JSON.stringify([pod.metadata, pod.spec])}`;
        if (feasibleCount !== answer.feasible.length) expect(feasibleCount, context()).toBe(answer.feasible.length);
        if (row >= 0) {
          const chosen = cluster.nodes.nameOf(row);
          if (!answer.best.includes(chosen)) expect(answer.best, context()).toContain(chosen);
          simulation.put(pod, chosen);
          placedCount++;
        } else {
          expect(Object.fromEntries(placer.explain(podClass).counts), context()).toEqual(answer.reasons);
          rejectedCount++;
        }
      }
    }
    expect(placedCount).toBeGreaterThan(4 * clusters);
    expect(rejectedCount).toBeGreaterThan(2 * clusters);
  });
});
