/** Node selectors compiled to functions. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ */
import type { NodeSelectorRequirement, NodeSelectorTerm } from "../../kinds/core/v1-types.ts";
import { parseInt64 } from "../../machinery/meta/selector-syntax.ts";

export interface SelectableNode {
  name: string;
  labels: { readonly [key: string]: string };
}

export type NodeMatcher = (node: SelectableNode) => boolean;

const labelOf = ({ labels }: SelectableNode, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** All labels must be as given. Undefined when there is nothing to match. */
export function compileLabels(labels: { [key: string]: string } | undefined): NodeMatcher | undefined {
  const wanted = Object.entries(labels ?? {});
  if (wanted.length === 0) return undefined;
  return (node) => wanted.every(([key, value]) => labelOf(node, key) === value);
}

/** Any of the terms must match; no terms match nothing, and neither does an empty term. */
export function compileTerms(terms: readonly NodeSelectorTerm[]): NodeMatcher {
  const matchers = terms.map(compileTerm);
  return (node) => matchers.some((matches) => matches(node));
}

export function compileTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeMatcher {
  const matchers = [
    ...matchExpressions.map((requirement) => compileRequirement(requirement, (node) => labelOf(node, requirement.key))),
    ...matchFields.map((requirement) =>
      compileRequirement(requirement, (node) => (requirement.key === "metadata.name" ? node.name : undefined)),
    ),
  ];
  if (matchers.length === 0) return () => false;
  return (node) => matchers.every((matches) => matches(node));
}

function compileRequirement(
  { operator, values = [] }: NodeSelectorRequirement,
  read: (node: SelectableNode) => string | undefined,
): NodeMatcher {
  switch (operator) {
    case "In": {
      const set = new Set<string | undefined>(values);
      return (node) => set.has(read(node));
    }
    case "NotIn": {
      const set = new Set<string | undefined>(values);
      return (node) => !set.has(read(node));
    }
    case "Exists":
      return (node) => read(node) !== undefined;
    case "DoesNotExist":
      return (node) => read(node) === undefined;
    case "Gt":
    case "Lt": {
      const bound = parseInt64(values[0] ?? "");
      return (node) => {
        const value = parseInt64(read(node) ?? "");
        if (bound === undefined || value === undefined) return false;
        return operator === "Gt" ? value > bound : value < bound;
      };
    }
    default:
      // Validation lets no other operator in; what is not understood must not match.
      return () => false;
  }
}

/**
 * The only nodes the terms can match, when each of them names nodes (as DaemonSet pods do); else undefined.
 */
export function namedNodes(terms: readonly NodeSelectorTerm[]): string[] | undefined {
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let allowed: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== "metadata.name" || operator !== "In") continue;
      allowed = new Set(allowed === undefined ? values : values.filter((value) => allowed?.has(value)));
    }
    if (allowed === undefined) return undefined;
    for (const name of allowed) names.add(name);
  }
  return terms.length === 0 ? undefined : [...names];
}
