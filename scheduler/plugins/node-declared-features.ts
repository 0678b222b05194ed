import type { ClusterView } from "../framework/cluster-view.ts";
import type { ClusterFilterPlugin, PreparedFilter, Rejection } from "../framework/plugin.ts";

const NAME = "NodeDeclaredFeatures";

const REJECTION: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match Pod's required features"],
  podsInTheWay: false,
};

class Filter implements PreparedFilter {
  readonly #features: readonly string[];
  readonly #cluster: ClusterView;

  constructor(features: readonly string[], cluster: ClusterView) {
    this.#features = features;
    this.#cluster = cluster;
  }

  refresh(): "active" {
    return "active";
  }

  filter(row: number): Rejection | undefined {
    const declared = this.#cluster.nodes.facts[row]?.declaredFeatures ?? [];
    return this.#features.every((feature) => declared.includes(feature)) ? undefined : REJECTION;
  }
}

/**
 * A pod that needs what not every kubelet can do goes to nodes that declare it. Last of all filters, as upstream's, so
 * that what a node lacks otherwise is told first.
 * Source: KEP-5328, https://kubernetes.io/docs/concepts/scheduling-eviction/node-declared-features/
 */
export const nodeDeclaredFeatures: ClusterFilterPlugin = {
  name: NAME,
  prepare: ({ features }, cluster) => (features.length > 0 ? new Filter(features, cluster) : undefined),
  retryAfter: (change) => change.what === "node added" || (change.what === "node changed" && change.features),
};
