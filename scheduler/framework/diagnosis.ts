import type { Diagnosis } from "./placement.ts";

/** Why a pod is on no node, in upstream's words: `0/5 nodes are available: 2 Insufficient cpu, 3 …`. */
export function describe({ nodeCount, counts }: Diagnosis): string {
  if (nodeCount === 0) return "no nodes available to schedule pods";
  const reasons = [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort();
  return `0/${nodeCount} nodes are available:${reasons.length > 0 ? ` ${reasons.join(", ")}.` : ""}`;
}
