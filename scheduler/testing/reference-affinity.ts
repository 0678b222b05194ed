/** InterPodAffinity for the reference scheduler: every pod looked at, every time. */
import type { Node, Pod, PodAffinityTerm } from "../../kinds/core/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";

export interface World {
  nodes: readonly Node[];
  /** By node name. */
  placed: ReadonlyMap<string, readonly Pod[]>;
  /** Labels by namespace. */
  namespaces: ReadonlyMap<string, { [key: string]: string }>;
}

export function selects(selector: LabelSelector | undefined, labels: { [key: string]: string } = {}): boolean {
  if (!selector) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const actual = labels[key];
    if (operator === "In" && !(actual !== undefined && values.includes(actual))) return false;
    if (operator === "NotIn" && actual !== undefined && values.includes(actual)) return false;
    if (operator === "Exists" && actual === undefined) return false;
    if (operator === "DoesNotExist" && actual !== undefined) return false;
  }
  return true;
}

/** Whether a term of `owner` selects `pod`. */
function concerns(term: PodAffinityTerm, owner: Pod, pod: Pod, { namespaces }: World): boolean {
  const namespace = pod.metadata.namespace ?? "";
  const named =
    term.namespaces?.length || term.namespaceSelector ? (term.namespaces ?? []) : [owner.metadata.namespace];
  const isThere =
    named.includes(namespace) ||
    (term.namespaceSelector !== undefined && selects(term.namespaceSelector, namespaces.get(namespace)));
  return isThere && selects(term.labelSelector, pod.metadata.labels);
}

const domain = (node: Node, key: string): string | undefined => node.metadata.labels?.[key];

/** Pods on nodes in the same domain as `node`. */
function* neighbours(node: Node, key: string, { nodes, placed }: World): Generator<Pod> {
  const value = domain(node, key);
  if (value === undefined) return;
  for (const other of nodes) if (domain(other, key) === value) yield* placed.get(other.metadata.name ?? "") ?? [];
}

const required = (pod: Pod, kind: "podAffinity" | "podAntiAffinity"): PodAffinityTerm[] =>
  pod.spec.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

export function affinityRejection(pod: Pod, node: Node, world: World): string | undefined {
  const wanted = required(pod, "podAffinity");
  const isMatch = (other: Pod) => wanted.every((term) => concerns(term, pod, other, world));
  if (wanted.some(({ topologyKey }) => domain(node, topologyKey) === undefined))
    return "node(s) didn't match pod affinity rules";
  const hasCompany = wanted.every(({ topologyKey }) => [...neighbours(node, topologyKey, world)].some(isMatch));
  if (!hasCompany) {
    const anywhere = world.nodes.some((each) =>
      wanted.some(
        ({ topologyKey }) =>
          domain(each, topologyKey) !== undefined && (world.placed.get(each.metadata.name ?? "") ?? []).some(isMatch),
      ),
    );
    if (anywhere || !isMatch(pod)) return "node(s) didn't match pod affinity rules";
  }
  for (const term of required(pod, "podAntiAffinity")) {
    for (const other of neighbours(node, term.topologyKey, world)) {
      if (concerns(term, pod, other, world)) return "node(s) didn't match pod anti-affinity rules";
    }
  }
  for (const there of world.nodes) {
    for (const other of world.placed.get(there.metadata.name ?? "") ?? []) {
      for (const term of required(other, "podAntiAffinity")) {
        const value = domain(there, term.topologyKey);
        const isNear = value !== undefined && value === domain(node, term.topologyKey);
        if (isNear && concerns(term, other, pod, world))
          return "node(s) didn't satisfy existing pods anti-affinity rules";
      }
    }
  }
  return undefined;
}

function rawScore(pod: Pod, node: Node, world: World): number {
  let score = 0;
  const preferred = (owner: Pod) => [
    ...(owner.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => ({
      ...each,
      sign: 1,
    })),
    ...(owner.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => ({
      ...each,
      sign: -1,
    })),
  ];
  for (const { weight, podAffinityTerm: term, sign } of preferred(pod)) {
    for (const other of neighbours(node, term.topologyKey, world)) {
      if (concerns(term, pod, other, world)) score += sign * weight;
    }
  }
  for (const there of world.nodes) {
    for (const other of world.placed.get(there.metadata.name ?? "") ?? []) {
      const isNear = (key: string) => domain(there, key) !== undefined && domain(there, key) === domain(node, key);
      for (const { weight, podAffinityTerm: term, sign } of preferred(other)) {
        if (isNear(term.topologyKey) && concerns(term, other, pod, world)) score += sign * weight;
      }
      for (const term of required(other, "podAffinity")) {
        if (isNear(term.topologyKey) && concerns(term, other, pod, world)) score += 1;
      }
    }
  }
  return score;
}

/** 0 to 100 for each feasible node. */
export function affinityScores(pod: Pod, feasible: readonly Node[], world: World): number[] {
  const raw = feasible.map((node) => rawScore(pod, node, world));
  const least = Math.min(...raw);
  const most = Math.max(...raw);
  return raw.map((score) => (most === least ? 0 : Math.floor((100 * (score - least)) / (most - least) + 1e-9)));
}
