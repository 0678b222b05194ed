/** Whom the scheduler makes leave, against a reference that tries every node and asks every pod. */
import { describe, expect, it } from "vitest";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { readConfiguration } from "../../scheduler/config/configuration.ts";
import { Placer } from "../../scheduler/framework/placement.ts";
import { Preemption } from "../../scheduler/framework/preemption.ts";
import type { PendingPod, QueuedPod } from "../../scheduler/framework/queued-pod.ts";
import { TestCluster } from "../../scheduler/testing/builders.ts";
import { type Dice, diceOf, NAMESPACES, randomNode, randomPod } from "../../scheduler/testing/random-cluster.ts";
import { askForVictims, type ReferenceBudget } from "../../scheduler/testing/reference-preemption.ts";

const profile = readConfiguration(undefined).profiles.get("default-scheduler")!;

class Simulation {
  readonly dice: Dice;
  readonly cluster = new TestCluster();
  readonly placer = new Placer(profile, this.cluster.view);
  readonly preemption = new Preemption(profile.preemption!, this.cluster.view, this.placer);
  readonly nodes: (Node & KubeObject)[];
  readonly placed: Map<string, Pod[]>;
  readonly namespaces = new Map<string, { [key: string]: string }>(NAMESPACES.map((name) => [name, {}]));
  readonly budgets: ReferenceBudget[] = [];
  readonly #kinds: (Pod & KubeObject)[];
  #podCount = 0;

  constructor(random: () => number) {
    this.dice = diceOf(random);
    const names = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, i) => `n${i}`);
    this.nodes = names.map((name) => randomNode(name, this.dice));
    for (const node of this.nodes) this.cluster.put("nodes", node);
    for (const name of NAMESPACES) this.cluster.namespace(name);
    this.placed = new Map(names.map((name) => [name, []]));
    this.#kinds = Array.from({ length: 6 }, (_, i) => randomPod(`k${i}`, this.dice, names));
    if (this.dice.chance(0.4)) this.#addBudget();
  }

  #addBudget(): void {
    const { pick } = this.dice;
    const budget = { namespace: pick(NAMESPACES), selector: { matchLabels: { app: "web" } }, allowed: pick([0, 1, 2]) };
    this.budgets.push(budget);
    this.cluster.put("poddisruptionbudgets.policy", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "budget", namespace: budget.namespace },
      spec: { selector: budget.selector },
      status: { disruptionsAllowed: budget.allowed },
    });
  }

  pendingPod(): Pod & KubeObject {
    const pod = structuredClone(this.dice.pick(this.#kinds));
    pod.metadata.name = `p${this.#podCount++}`;
    pod.metadata.uid = `uid-of-${pod.metadata.name}`;
    return pod;
  }

  queued(pod: Pod & KubeObject): QueuedPod {
    this.cluster.put("pods", pod);
    const { namespace = "", name = "" } = pod.metadata;
    return {
      pod: this.cluster.state.pods.get(namespace, name) as PendingPod,
      where: "in flight",
      sequence: 0,
      attempts: 1,
      parkedMs: 0,
      notBeforeMs: 0,
      sinceMs: 0,
      takenMs: 0,
      nominatedRow: -1,
      told: undefined,
    };
  }

  remove(pod: Pod): void {
    this.cluster.remove("pods", pod.metadata.namespace ?? "", pod.metadata.name ?? "");
  }

  place(pod: Pod & KubeObject, node: string): void {
    pod.spec.nodeName = node;
    // No two start at the same time, so that there is one order of importance.
    pod.status = { phase: "Running", startTime: new Date(1_000_000 * this.#podCount).toISOString() };
    this.placed.get(node)!.push(pod);
    this.cluster.put("pods", pod);
  }
}

describe("Preemption", () => {
  const seed = Number(process.env.KEDGE_SEED ?? 20_260_301);
  const clusters = Number(process.env.KEDGE_CLUSTERS ?? 500);
  it(`[PP1] agrees with the reference on ${clusters} random clusters (seed ${seed})`, { timeout: 120_000 }, () => {
    const random = seededRandom(seed);
    let found = 0;
    let hopeless = 0;
    for (let i = 0; i < clusters; i++) {
      const simulation = new Simulation(random);
      const { cluster, placer, preemption, nodes, placed, namespaces, budgets } = simulation;
      for (let step = 0; step < 20; step++) {
        const pod = simulation.pendingPod();
        const queued = simulation.queued(pod);
        const { row } = placer.place(queued.pod.pending.podClass, random);
        if (row >= 0) {
          simulation.place(pod, cluster.nodes.nameOf(row));
          continue;
        }
        const world = { nodes, placed, namespaces };
        const expected = askForVictims(pod, world, budgets);
        const { candidate } = preemption.find(queued, random);
        const context = `cluster ${i} step ${step}: ${JSON.stringify([pod.metadata, pod.spec])}`;
        const actual = candidate && {
          node: cluster.nodes.nameOf(candidate.row),
          victims: candidate.victims.map(({ metadata }) => metadata.name).sort(),
        };
        if (expected.length === 0) {
          expect(actual, context).toBeUndefined();
          hopeless++;
          simulation.remove(pod);
          continue;
        }
        expect(
          expected.map(({ node, victims }) => ({ node, victims })),
          context,
        ).toContainEqual(actual);
        found++;
        const there = placed.get(actual!.node)!;
        for (const victim of there.filter(({ metadata }) => actual!.victims.includes(metadata.name))) {
          there.splice(there.indexOf(victim), 1);
          simulation.remove(victim);
        }
        expect(placer.whyNot(queued.pod.pending.podClass, candidate!.row), context).toBeUndefined();
        simulation.place(pod, actual!.node);
      }
    }
    expect(found).toBeGreaterThan(clusters / 2);
    expect(hopeless).toBeGreaterThan(clusters);
  });
});
