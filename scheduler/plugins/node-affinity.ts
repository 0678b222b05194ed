import type { NodeFacts } from "../framework/node-table.ts";
import type { FilterPlugin, Rejection, ScorePlugin } from "../framework/plugin.ts";
import type { PodShape } from "../framework/pod-shape.ts";

const REJECTION: Rejection = {
  plugin: "NodeAffinity",
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  podsInTheWay: false,
};

const matches = ({ nodeSelector, requiredAffinity }: PodShape, facts: NodeFacts): boolean =>
  (nodeSelector?.(facts) ?? true) && (requiredAffinity?.(facts) ?? true);

/** nodeSelector and required node affinity must match; preferred terms that match add their weight. */
export const nodeAffinity: FilterPlugin = {
  name: "NodeAffinity",
  appliesTo: ({ nodeSelector, requiredAffinity }) => nodeSelector !== undefined || requiredAffinity !== undefined,
  candidates: (shape) => shape.namedNodes,
  filter(shape, nodes, row) {
    const facts = nodes.facts[row];
    return facts && matches(shape, facts) ? undefined : REJECTION;
  },
  retryAfter(change, shape, nodes) {
    const mayHelp = change.what === "node added" || (change.what === "node changed" && change.labels);
    return mayHelp && this.filter(shape, nodes, change.row) === undefined;
  },
};

export const nodeAffinityScore: ScorePlugin = {
  name: "NodeAffinity",
  appliesTo: ({ preferredAffinity }) => preferredAffinity.length > 0,
  score({ preferredAffinity }, nodes, row) {
    const facts = nodes.facts[row];
    let total = 0;
    for (const term of preferredAffinity) if (facts && term.matches(facts)) total += term.weight;
    return total;
  },
  normalize: "highest",
};
