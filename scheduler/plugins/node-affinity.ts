import type { NodeSelector, PreferredSchedulingTerm } from "../../kinds/core/v1-types.ts";
import { compileTerm, compileTerms } from "../framework/node-selector.ts";
import type { NodeFacts } from "../framework/node-table.ts";
import type { ClusterRejection, FilterPlugin, Rejection, ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";

const rejection = (reason: string): Rejection => ({ plugin: "NodeAffinity", reasons: [reason], podsInTheWay: false });
const MISMATCH = rejection("node(s) didn't match Pod's node affinity/selector");
const ENFORCED = rejection("node(s) didn't match scheduler-enforced node affinity");

/** Each term asks for two nodes at once. */
const CONFLICT: ClusterRejection = { plugin: "NodeAffinity", message: "pod affinity terms conflict" };

const matches = ({ nodeSelector, requiredAffinity }: PodShape, facts: NodeFacts): boolean =>
  (nodeSelector?.(facts) ?? true) && (requiredAffinity?.(facts) ?? true);

/** Affinity that a profile adds to that of its pods. */
export interface NodeAffinityArgs {
  required?: NodeSelector;
  preferred?: readonly PreferredSchedulingTerm[];
}

/** nodeSelector and required node affinity must match; preferred terms that match add their weight. */
export function nodeAffinity(args: NodeAffinityArgs = {}): { filter: FilterPlugin; score: ScorePlugin } {
  const enforced = args.required && compileTerms(args.required.nodeSelectorTerms);
  const added = (args.preferred ?? []).map(({ weight, preference }) => ({ weight, matches: compileTerm(preference) }));
  const filter: FilterPlugin = {
    name: "NodeAffinity",
    appliesTo: ({ nodeSelector, requiredAffinity }) =>
      nodeSelector !== undefined || requiredAffinity !== undefined || enforced !== undefined,
    candidates: ({ namedNodes }) => (namedNodes?.length === 0 ? CONFLICT : namedNodes),
    filter(shape, nodes, row) {
      const facts = nodes.facts[row];
      if (!facts) return MISMATCH;
      if (enforced && !enforced(facts)) return ENFORCED;
      return matches(shape, facts) ? undefined : MISMATCH;
    },
    retryAfter(change, shape, nodes) {
      if (change.what !== "node added" && !(change.what === "node changed" && change.labels)) return false;
      return filter.filter(shape, nodes, change.row) === undefined;
    },
  };
  const score: ScorePlugin = {
    name: "NodeAffinity",
    appliesTo: ({ preferredAffinity }) => preferredAffinity.length + added.length > 0,
    score({ preferredAffinity }, nodes, row) {
      const facts = nodes.facts[row];
      let total = 0;
      if (!facts) return total;
      for (const term of preferredAffinity) if (term.matches(facts)) total += term.weight;
      for (const term of added) if (term.matches(facts)) total += term.weight;
      return total;
    },
    normalize: "highest",
  };
  return { filter, score };
}
