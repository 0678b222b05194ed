/** Random nodes and pods in a small vocabulary, so that everything meets everything. */
import type {
  Node,
  NodeSelectorTerm,
  Pod,
  PodAffinityTerm,
  PodSpec,
  Taint,
  TopologySpreadConstraint,
} from "../../kinds/core/v1-types.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { makeNode, makePod } from "./builders.ts";

export interface Dice {
  random: () => number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export const diceOf = (random: () => number): Dice => ({
  random,
  pick: (items) => items[Math.floor(random() * items.length)]!,
  chance: (probability) => random() < probability,
});

const KEYS = ["a", "b"];
const VALUES = ["1", "2"];
const ZONE = "topology.kubernetes.io/zone";
export const NAMESPACES = ["blue", "green"];
const MEGA = 1024 * 1024;

function randomTaints({ pick, chance }: Dice): Taint[] {
  const effects = ["NoSchedule", "NoExecute", "PreferNoSchedule", "PreferNoSchedule"] as const;
  return KEYS.flatMap((key) => (chance(0.2) ? [{ key, value: pick(VALUES), effect: pick(effects) }] : []));
}

export function randomNode(name: string, dice: Dice): Node & KubeObject {
  const { pick, chance } = dice;
  const labels = Object.fromEntries(KEYS.filter(() => chance(0.6)).map((key) => [key, pick(VALUES)]));
  if (chance(0.8)) labels[ZONE] = pick(["z1", "z2", "z3"]);
  return makeNode({
    name,
    cpu: pick(["0", "1", "2", "2500m"]),
    memory: pick(["1Gi", "2Gi", "1500M"]),
    pods: pick(["1", "3", "9"]),
    labels,
    taints: randomTaints(dice),
    unschedulable: chance(0.05),
    more: chance(0.3) ? { "x.y/z": "2" } : {},
    images: chance(0.3) ? { "web:latest": 900 * MEGA } : {},
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

function randomSelector({ pick, chance }: Dice): LabelSelector {
  if (chance(0.1)) return {};
  if (chance(0.6)) return { matchLabels: { app: pick(["web", "db"]) } };
  return {
    matchExpressions: [{ key: "app", operator: pick(["In", "NotIn"] as const), values: [pick(["web", "db"])] }],
  };
}

const TOPOLOGY_KEYS = [ZONE, "kubernetes.io/hostname", "a"];

function randomPodTerm(dice: Dice): PodAffinityTerm {
  const { pick, chance } = dice;
  return {
    labelSelector: randomSelector(dice),
    topologyKey: pick(TOPOLOGY_KEYS),
    ...(chance(0.2) && { namespaces: [pick(NAMESPACES)] }),
    ...(chance(0.2) && { namespaceSelector: pick([{}, { matchLabels: { team: "x" } }]) }),
  };
}

function randomPodAffinity(dice: Dice): NonNullable<PodSpec["affinity"]>["podAffinity"] {
  const { pick, chance } = dice;
  return {
    ...(chance(0.5) && { requiredDuringSchedulingIgnoredDuringExecution: [randomPodTerm(dice)] }),
    ...(chance(0.5) && {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: pick([1, 10, 100]), podAffinityTerm: randomPodTerm(dice) },
      ],
    }),
  };
}

function randomConstraint(dice: Dice): TopologySpreadConstraint {
  const { pick, chance } = dice;
  const whenUnsatisfiable = pick(["DoNotSchedule", "ScheduleAnyway"] as const);
  return {
    labelSelector: randomSelector(dice),
    topologyKey: pick(TOPOLOGY_KEYS),
    maxSkew: pick([1, 2]),
    whenUnsatisfiable,
    ...(chance(0.2) && { nodeAffinityPolicy: pick(["Honor", "Ignore"] as const) }),
    ...(chance(0.2) && { nodeTaintsPolicy: pick(["Honor", "Ignore"] as const) }),
    ...(whenUnsatisfiable === "DoNotSchedule" && chance(0.2) && { minDomains: pick([1, 2, 4]) }),
  };
}

export function randomPod(name: string, dice: Dice, names: readonly string[]): Pod & KubeObject {
  const { pick, chance } = dice;
  const requests: { [name: string]: string } = {};
  if (chance(0.7)) requests.cpu = pick(["0", "100m", "300m", "1"]);
  if (chance(0.7)) requests.memory = pick(["64Mi", "300M", "1Gi"]);
  if (chance(0.1)) requests["x.y/z"] = "1";
  const nodeAffinity = {
    ...(chance(0.2) && {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [randomTerm(dice, names)] },
    }),
    ...(chance(0.2) && {
      preferredDuringSchedulingIgnoredDuringExecution: KEYS.map(() => ({
        weight: pick([1, 10, 33, 100]),
        preference: randomTerm(dice, names),
      })),
    }),
  };
  const podAffinity = chance(0.3) ? randomPodAffinity(dice) : undefined;
  const podAntiAffinity = chance(0.3) ? randomPodAffinity(dice) : undefined;
  const spec: Partial<PodSpec> = {
    affinity: { nodeAffinity, ...(podAffinity && { podAffinity }), ...(podAntiAffinity && { podAntiAffinity }) },
    tolerations: KEYS.flatMap((key) =>
      chance(0.4) ? [chance(0.5) ? { key, operator: "Exists" as const } : { key, value: pick(VALUES) }] : [],
    ),
    ...(chance(0.15) && { nodeSelector: { [pick(KEYS)]: pick(VALUES) } }),
    ...(chance(0.4) && {
      topologySpreadConstraints: uniqueConstraints(Array.from({ length: pick([1, 2]) }, () => randomConstraint(dice))),
    }),
  };
  const pod = makePod({
    name,
    namespace: pick(NAMESPACES),
    labels: { app: pick(["web", "db"]) },
    priority: pick([0, 0, 5, 9]),
    requests,
    spec,
  });
  pod.spec.containers[0]!.image = pick(["web", "other"]);
  if (chance(0.2)) pod.spec.containers[0]!.ports = [{ containerPort: 1, hostPort: pick([80, 81]) }];
  return pod;
}

/** The API allows one constraint for each key and action. */
function uniqueConstraints(constraints: TopologySpreadConstraint[]): TopologySpreadConstraint[] {
  const seen = new Set<string>();
  return constraints.filter(({ topologyKey, whenUnsatisfiable }) => {
    const key = `${topologyKey} ${whenUnsatisfiable}`;
    return !seen.has(key) && seen.add(key);
  });
}
