/** PodTopologySpread for the reference scheduler. */
import type { Node, Pod, TopologySpreadConstraint } from "../../kinds/core/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { selects, type World } from "./reference-affinity.ts";

/** What the reference scheduler knows of nodes by its own rules. */
export interface NodeRules {
  matchesAffinity(pod: Pod, node: Node): boolean;
  toleratesTaints(pod: Pod, node: Node): boolean;
}

const HOSTNAME = "kubernetes.io/hostname";
const SYSTEM_DEFAULTS: TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME, maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
];

const label = (node: Node, key: string): string | undefined => node.metadata.labels?.[key];

/** Selected pods of the namespace on a node; those that are leaving do not count. */
function count(pod: Pod, node: Node, selector: LabelSelector | undefined, { placed }: World): number {
  const there = placed.get(node.metadata.name ?? "") ?? [];
  return there.filter(
    ({ metadata }) =>
      metadata.namespace === pod.metadata.namespace &&
      metadata.deletionTimestamp === undefined &&
      selects(selector, metadata.labels),
  ).length;
}

const hasAll = (node: Node, constraints: readonly TopologySpreadConstraint[]): boolean =>
  constraints.every(({ topologyKey }) => label(node, topologyKey) !== undefined);

function isCounted(constraint: TopologySpreadConstraint, pod: Pod, node: Node, rules: NodeRules): boolean {
  if (constraint.nodeAffinityPolicy !== "Ignore" && !rules.matchesAffinity(pod, node)) return false;
  return constraint.nodeTaintsPolicy !== "Honor" || rules.toleratesTaints(pod, node);
}

const own = (pod: Pod, action: TopologySpreadConstraint["whenUnsatisfiable"]): TopologySpreadConstraint[] =>
  (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);

export function spreadRejection(pod: Pod, node: Node, world: World, rules: NodeRules): string | undefined {
  const constraints = own(pod, "DoNotSchedule");
  for (const constraint of constraints) {
    const { topologyKey, labelSelector, maxSkew, minDomains = 1 } = constraint;
    const value = label(node, topologyKey);
    if (value === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)";
    const domains = new Map<string, number>();
    for (const each of world.nodes) {
      if (!hasAll(each, constraints) || !isCounted(constraint, pod, each, rules)) continue;
      const at = label(each, topologyKey)!;
      domains.set(at, (domains.get(at) ?? 0) + count(pod, each, labelSelector, world));
    }
    const least = domains.size < minDomains ? 0 : Math.min(...domains.values());
    const itself = selects(labelSelector, pod.metadata.labels) ? 1 : 0;
    if ((domains.get(value) ?? 0) + itself - least > maxSkew)
      return "node(s) didn't match pod topology spread constraints";
  }
  return undefined;
}

/** @param byDefault what pods without constraints are spread by, if anything */
export function spreadScores(
  pod: Pod,
  feasible: readonly Node[],
  { world, rules, byDefault }: { world: World; rules: NodeRules; byDefault: LabelSelector | undefined },
): number[] {
  const isDefault = (pod.spec.topologySpreadConstraints ?? []).length === 0;
  const constraints = isDefault
    ? byDefault
      ? SYSTEM_DEFAULTS.map((each) => ({ ...each, labelSelector: byDefault }))
      : []
    : own(pod, "ScheduleAnyway");
  if (constraints.length === 0) return feasible.map(() => 0);
  const isScored = (node: Node) => isDefault || hasAll(node, constraints);
  const scored = feasible.filter(isScored);
  const raw = feasible.map((node) => {
    if (!isScored(node)) return undefined;
    let sum = 0;
    for (const constraint of constraints) {
      const { topologyKey, labelSelector, maxSkew } = constraint;
      const value = label(node, topologyKey);
      if (value === undefined) continue;
      if (topologyKey === HOSTNAME) {
        sum += count(pod, node, labelSelector, world) * Math.log(scored.length + 2) + maxSkew - 1;
        continue;
      }
      const size = new Set(scored.map((each) => label(each, topologyKey) ?? "")).size;
      let pods = 0;
      for (const each of world.nodes) {
        const isThere = label(each, topologyKey) === value && (isDefault || hasAll(each, constraints));
        if (isThere && isCounted(constraint, pod, each, rules)) pods += count(pod, each, labelSelector, world);
      }
      sum += pods * Math.log(size + 2) + maxSkew - 1;
    }
    return Math.round(sum);
  });
  const known = raw.filter((score) => score !== undefined);
  const most = Math.max(0, ...known);
  const least = Math.min(...known);
  return raw.map((score) => {
    if (score === undefined) return 0;
    return most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most);
  });
}
