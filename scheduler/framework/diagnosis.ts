import type { Diagnosis } from "./placement.ts";

/** Why a pod is on no node, in upstream's words: `0/5 nodes are available: 2 Insufficient cpu, 3 …`. */
export function describe({ nodeCount, cluster, counts }: Diagnosis, afterword = ""): string {
  if (nodeCount === 0) return "no nodes available to schedule pods";
  const reasons = cluster ? [cluster.message] : [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort();
  const why = reasons.length > 0 ? ` ${reasons.join(", ")}.` : "";
  return `0/${nodeCount} nodes are available:${why}${afterword && ` ${afterword}`}`;
}
