/**
 * A scheduler written as plainly as can be, to hold the real one against: no tables, no caches, straight from pods and
 * nodes. Shares no code with the framework but quantities.
 */
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Taint,
  Toleration,
} from "../../kinds/core/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { milliValue, wholeValue } from "../../machinery/meta/quantity.ts";
import { affinityRejection, affinityScores, type World } from "./reference-affinity.ts";
import { type NodeRules, spreadRejection, spreadScores } from "./reference-spread.ts";

export interface Answer {
  /** Names of the nodes that can take the pod, sorted. */
  feasible: string[];
  /** Names of the feasible nodes with the highest score, sorted. */
  best: string[];
  /** Reason → nodes. */
  reasons: { [reason: string]: number };
}

type Requests = { [name: string]: number };

/** What the pods of a service are spread by, when they say nothing. */
export type DefaultSelector = (pod: Pod) => LabelSelector | undefined;

export function askReference(pod: Pod, world: World, byDefault: DefaultSelector = () => undefined): Answer {
  const reasons: { [reason: string]: number } = {};
  const feasible: Node[] = [];
  for (const node of world.nodes) {
    const why = reject(pod, node, world);
    if (why.length === 0) feasible.push(node);
    for (const reason of why) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const scores = total(pod, feasible, world, byDefault(pod));
  const top = Math.max(...scores);
  return {
    feasible: feasible.map(nameOf).sort(),
    best: feasible
      .filter((_, i) => scores[i] === top)
      .map(nameOf)
      .sort(),
    reasons,
  };
}

const nameOf = (node: Node): string => node.metadata?.name ?? "";

function requests(pod: Pod, unstated: Requests = {}): Requests {
  const sum: Requests = {};
  for (const container of pod.spec?.containers ?? []) {
    const own: Requests = { ...unstated };
    for (const [name, text] of Object.entries(container.resources?.requests ?? {})) {
      own[name] = name === "cpu" ? milliValue(text) : wholeValue(text);
    }
    for (const [name, amount] of Object.entries(own)) sum[name] = (sum[name] ?? 0) + amount;
  }
  return sum;
}

function used(pods: readonly Pod[], unstated: Requests = {}): Requests {
  const sum: Requests = {};
  for (const pod of pods) {
    for (const [name, amount] of Object.entries(requests(pod, unstated))) sum[name] = (sum[name] ?? 0) + amount;
  }
  return sum;
}

function allocatable(node: Node, name: string): number {
  const text = node.status?.allocatable?.[name];
  return text === undefined ? 0 : name === "cpu" ? milliValue(text) : wholeValue(text);
}

function isTolerated(taint: Taint, tolerations: readonly Toleration[] = []): boolean {
  return tolerations.some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (!effect || effect === taint.effect) &&
      (!key || key === taint.key) &&
      (operator === "Exists" || value === (taint.value ?? "")),
  );
}

function meets({ key, operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  if (operator === "In") return actual !== undefined && values.includes(actual);
  if (operator === "NotIn") return actual === undefined || !values.includes(actual);
  if (operator === "Exists") return actual !== undefined;
  if (operator === "DoesNotExist") return actual === undefined;
  throw new Error(`${key} ${operator} is not in the generator's vocabulary`);
}

function matches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata?.labels?.[requirement.key])) &&
    matchFields.every((requirement) => meets(requirement, nameOf(node)))
  );
}

const rules: NodeRules = {
  matchesAffinity: ({ spec }, node) => {
    const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    const selected = Object.entries(spec.nodeSelector ?? {}).every(([k, v]) => node.metadata?.labels?.[k] === v);
    return selected && (!required || required.some((term) => matches(term, node)));
  },
  toleratesTaints: ({ spec }, node) =>
    (node.spec?.taints ?? []).every(
      (taint) => taint.effect === "PreferNoSchedule" || isTolerated(taint, spec.tolerations),
    ),
};

/** Why a pod cannot be on a node; [] when it can. */
export function reject(pod: Pod, node: Node, world: World): string[] {
  const there = world.placed.get(nameOf(node)) ?? [];
  const { spec } = pod;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const named = required?.length === 1 ? required[0]?.matchFields?.[0]?.values : undefined;
  if (named && !named.includes(nameOf(node))) return ["node(s) didn't satisfy plugin(s) [NodeAffinity]"];

  const cordon: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
  if (node.spec?.unschedulable && !isTolerated(cordon, spec.tolerations)) return ["node(s) were unschedulable"];
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== "PreferNoSchedule" && !isTolerated(taint, spec.tolerations)) {
      return ["node(s) had untolerated taint(s)"];
    }
  }
  if (!rules.matchesAffinity(pod, node)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const ports = (each: Pod) => (each.spec?.containers ?? []).flatMap((c) => (c.ports ?? []).map((p) => p.hostPort));
  const taken = new Set(there.flatMap(ports));
  if (ports(pod).some((port) => port !== undefined && taken.has(port))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  const why: string[] = [];
  if (there.length + 1 > allocatable(node, "pods")) why.push("Too many pods");
  const inUse = used(there);
  for (const [name, amount] of Object.entries(requests(pod))) {
    if (amount > 0 && (inUse[name] ?? 0) + amount > allocatable(node, name)) why.push(`Insufficient ${name}`);
  }
  if (why.length > 0) return why;
  const beyond = spreadRejection(pod, node, world, rules) ?? affinityRejection(pod, node, world);
  return beyond === undefined ? [] : [beyond];
}

function total(pod: Pod, feasible: readonly Node[], world: World, byDefault: LabelSelector | undefined): number[] {
  const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const affinity = feasible.map((node) =>
    preferred.reduce((sum, { weight, preference }) => sum + (matches(preference, node) ? weight : 0), 0),
  );
  const taints = feasible.map(
    (node) =>
      (node.spec?.taints ?? []).filter(
        (taint) => taint.effect === "PreferNoSchedule" && !isTolerated(taint, pod.spec?.tolerations),
      ).length,
  );
  const share = (score: number, all: number[]) => {
    const top = Math.max(0, ...all);
    return top === 0 ? 0 : Math.floor((score * 100) / top);
  };
  const pods = affinityScores(pod, feasible, world);
  const spread = spreadScores(pod, feasible, { world, rules, byDefault });
  const images = imageScores(pod, feasible, world);
  return feasible.map((node, i) => {
    const there = world.placed.get(nameOf(node)) ?? [];
    return (
      3 * (100 - share(taints[i]!, taints)) +
      2 * share(affinity[i]!, affinity) +
      2 * pods[i]! +
      2 * spread[i]! +
      images[i]! +
      free(pod, node, there) +
      balance(pod, node, there)
    );
  });
}

function free(pod: Pod, node: Node, there: readonly Pod[]): number {
  const unstated = { cpu: 100, memory: 200 * 1024 * 1024 };
  const inUse = used(there, unstated);
  const own = requests(pod, unstated);
  const scores: number[] = [];
  for (const name of ["cpu", "memory"]) {
    const all = allocatable(node, name);
    if (all === 0) continue;
    const after = (inUse[name] ?? 0) + (own[name] ?? 0);
    scores.push(after > all ? 0 : Math.floor(((all - after) * 100) / all));
  }
  return scores.length === 0 ? 0 : Math.floor(scores.reduce((a, b) => a + b, 0) / scores.length);
}

function balance(pod: Pod, node: Node, there: readonly Pod[]): number {
  const own = requests(pod);
  if (!own.cpu && !own.memory) return 0;
  const evenness = (use: Requests): number => {
    const shares = ["cpu", "memory"].flatMap((name) => {
      const all = allocatable(node, name);
      return all === 0 ? [] : [Math.min(1, (use[name] ?? 0) / all)];
    });
    return shares.length < 2 ? 100 : Math.trunc((1 - Math.abs(shares[0]! - shares[1]!) / 2) * 100);
  };
  const before = used(there);
  const after = { cpu: (before.cpu ?? 0) + (own.cpu ?? 0), memory: (before.memory ?? 0) + (own.memory ?? 0) };
  return 50 + Math.trunc((50 + evenness(after) - evenness(before)) / 2);
}

function imageScores(pod: Pod, feasible: readonly Node[], { nodes }: World): number[] {
  const has = (node: Node, image: string) => node.status?.images?.find(({ names }) => names?.includes(image));
  const images = pod.spec.containers.map(({ image = "" }) => (image.includes(":") ? image : `${image}:latest`));
  const mega = 1024 * 1024;
  return feasible.map((node) => {
    let sum = 0;
    for (const image of images) {
      const found = has(node, image);
      const holders = nodes.filter((each) => has(each, image)).length;
      if (found) sum += Math.trunc((found.sizeBytes ?? 0) * (holders / nodes.length));
    }
    const most = 1000 * mega * images.length;
    const within = Math.min(Math.max(sum, 23 * mega), most);
    return Math.trunc((100 * (within - 23 * mega)) / (most - 23 * mega));
  });
}
