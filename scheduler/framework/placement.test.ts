import { describe, expect, it } from "vitest";
import type { Node, NodeSelectorTerm, Pod, PodSpec, Taint } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { defaultProfile } from "../plugins/default-profile.ts";
import { factsOf, makeNode, makePod, makeTable } from "../testing/builders.ts";
import { askReference } from "../testing/reference.ts";
import { describe as describeFailure } from "./diagnosis.ts";
import { NodeTable } from "./node-table.ts";
import { Placer } from "./placement.ts";
import { PodShapes } from "./pod-shape.ts";
import { ResourceColumns } from "./resources.ts";

type Chance = (probability: number) => boolean;
interface Dice {
  pick<T>(items: readonly T[]): T;
  chance: Chance;
}

const diceOf = (random: () => number): Dice => ({
  pick: (items) => items[Math.floor(random() * items.length)]!,
  chance: (probability) => random() < probability,
});

const KEYS = ["a", "b"];
const VALUES = ["1", "2"];

function randomTaints({ pick, chance }: Dice): Taint[] {
  const effects = ["NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule"] as const;
  return KEYS.flatMap((key) => (chance(0.25) ? [{ key, value: pick(VALUES), effect: pick(effects) }] : []));
}

function randomNode(name: string, dice: Dice): Node & KubeObject {
  const { pick, chance } = dice;
  const labels = Object.fromEntries(KEYS.filter(() => chance(0.6)).map((key) => [key, pick(VALUES)]));
  return makeNode({
    name,
    cpu: pick(["0", "1", "2", "2500m"]),
    memory: pick(["1Gi", "2Gi", "1500M"]),
    pods: pick(["1", "3", "9"]),
    labels,
    taints: randomTaints(dice),
    unschedulable: chance(0.1),
    more: chance(0.3) ? { "x.y/z": "2" } : {},
  });
}

function randomTerm({ pick, chance }: Dice, names: readonly string[]): NodeSelectorTerm {
  if (chance(0.1)) return { matchFields: [{ key: "metadata.name", operator: "In", values: [pick(names)] }] };
  return {
    matchExpressions: KEYS.filter(() => chance(0.6)).map((key) => {
      const operator = pick(["In", "NotIn", "Exists", "DoesNotExist"] as const);
      return { key, operator, ...(operator.endsWith("In") && { values: [pick(VALUES)] }) };
    }),
  };
}

function randomPod(name: string, dice: Dice, names: readonly string[]): Pod & KubeObject {
  const { pick, chance } = dice;
  const requests: { [name: string]: string } = {};
  if (chance(0.7)) requests.cpu = pick(["0", "100m", "300m", "1"]);
  if (chance(0.7)) requests.memory = pick(["64Mi", "300M", "1Gi"]);
  if (chance(0.1)) requests["x.y/z"] = "1";
  const affinity = {
    ...(chance(0.3) && {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [randomTerm(dice, names)] },
    }),
    ...(chance(0.3) && {
      preferredDuringSchedulingIgnoredDuringExecution: KEYS.map(() => ({
        weight: pick([1, 10, 33, 100]),
        preference: randomTerm(dice, names),
      })),
    }),
  };
  const spec: Partial<PodSpec> = {
    affinity: { nodeAffinity: affinity },
    tolerations: KEYS.flatMap((key) =>
      chance(0.4) ? [chance(0.5) ? { key, operator: "Exists" as const } : { key, value: pick(VALUES) }] : [],
    ),
    ...(chance(0.2) && { nodeSelector: { [pick(KEYS)]: pick(VALUES) } }),
  };
  const pod = makePod({ name, requests, spec });
  if (chance(0.2)) pod.spec!.containers[0]!.ports = [{ containerPort: 1, hostPort: pick([80, 81]) }];
  return pod;
}

describe("Placer", () => {
  const seed = 20_260_201;
  it(`[PL1] agrees with the reference on random clusters (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const dice = diceOf(random);
    let placedCount = 0;
    let rejectedCount = 0;
    for (let cluster = 0; cluster < 150; cluster++) {
      const columns = new ResourceColumns();
      const table = new NodeTable(columns);
      const shapes = new PodShapes(columns);
      const placer = new Placer(defaultProfile, table);
      const nodes = new Map<string, Node & KubeObject>();
      const names = Array.from({ length: 1 + Math.floor(random() * 7) }, (_, i) => `n${i}`);
      const placed = new Map<string, Pod[]>(names.map((name) => [name, []]));
      const setNode = (name: string) => {
        const node = randomNode(name, dice);
        nodes.set(name, node);
        table.setNode(factsOf(node));
      };
      for (const name of names) setNode(name);
      // A few kinds of pods come again and again, while nodes change, go, and pods leave.
      const kinds = Array.from({ length: 4 }, (_, i) => randomPod(`k${i}`, dice, names));
      for (let step = 0; step < 25; step++) {
        const name = dice.pick(names);
        if (dice.chance(0.1)) setNode(name);
        if (dice.chance(0.05) && nodes.delete(name)) table.removeNode(name);
        const leaving = dice.chance(0.2) ? placed.get(name)?.pop() : undefined;
        if (leaving) table.removePod(table.rowOf(name)!, shapes.of(leaving));

        const pod = dice.pick(kinds);
        const shape = shapes.of(pod);
        const answer = askReference(pod, [...nodes.values()], placed);
        const { row, feasibleCount } = placer.place(shape, random);
        const context = `cluster ${cluster} step ${step}: ${JSON.stringify(pod.spec)}`;
        expect(feasibleCount, context).toBe(answer.feasible.length);
        if (row >= 0) {
          const chosen = table.nameOf(row);
          expect(answer.best, context).toContain(chosen);
          expect(placer.fits(shape, row)).toBe(true);
          table.addPod(row, shape);
          placed.get(chosen)!.push(pod);
          placedCount++;
        } else {
          expect(Object.fromEntries(placer.explain(shape).counts), context).toEqual(answer.reasons);
          rejectedCount++;
        }
      }
    }
    expect(placedCount).toBeGreaterThan(1_000);
    expect(rejectedCount).toBeGreaterThan(500);
  });

  it("[PL2] picks among equals by chance, and only among them", () => {
    const { table, shapeOf } = makeTable({ cpu: "4" }, { cpu: "8" }, { cpu: "8" });
    const placer = new Placer(defaultProfile, table);
    const shape = shapeOf({ requests: { cpu: "1" } });
    const rows = new Set([0, 0.25, 0.5, 0.75, 0.999].map((number) => placer.place(shape, () => number).row));
    expect([...rows].sort()).toEqual([1, 2]);
  });

  it("[PL3] says what is wrong in upstream's words", () => {
    const { table, shapeOf } = makeTable(
      { cpu: "1" },
      { cpu: "1", memory: "1Gi" },
      { taints: [{ key: "a", effect: "NoSchedule" }] },
    );
    const placer = new Placer(defaultProfile, table);
    expect(describeFailure(placer.explain(shapeOf({ requests: { cpu: "2", memory: "2Gi" } })))).toBe(
      "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 2 Insufficient cpu.",
    );
    const term = { matchFields: [{ key: "metadata.name", operator: "In" as const, values: ["node-0"] }] };
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
    };
    expect(describeFailure(placer.explain(shapeOf({ requests: { cpu: "2" }, spec: { affinity } })))).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
    expect(describeFailure(new Placer(defaultProfile, makeTable().table).explain(shapeOf()))).toBe(
      "no nodes available to schedule pods",
    );
  });
});
