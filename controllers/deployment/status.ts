import type { Deployment, DeploymentStatus } from "../../kinds/apps/v1-types.ts";
import { availableCondition, type Conditions } from "./conditions.ts";
import { actualOf, availableOf, type Draft, sum } from "./draft.ts";
import { replicasOf, rollingLimits } from "./limits.ts";

/** Counts and the Available condition. Counts of 0 are left out, as Go writes them. */
export function statusOf(options: {
  deployment: Deployment;
  all: readonly Draft[];
  newest: Draft | undefined;
  conditions: Conditions;
  collisionCount: number | undefined;
  nowMs: number;
}): DeploymentStatus {
  const { deployment, all, newest, collisionCount, nowMs } = options;
  const available = sum(all, availableOf);
  const minimum = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  const terminating = terminatingOf(all);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all, actualOf),
    updatedReplicas: newest ? actualOf(newest) : 0,
    readyReplicas: sum(all, ({ replicaSet }) => replicaSet.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, ({ replicas }) => replicas) - available),
  };
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: [...availableCondition(options.conditions, available >= minimum, nowMs)],
  };
}

/** Undefined until all ReplicaSets have said. */
function terminatingOf(all: readonly Draft[]): number | undefined {
  let total = 0;
  for (const { replicaSet } of all) {
    const count = replicaSet.status?.terminatingReplicas;
    if (count === undefined) return undefined;
    total += count;
  }
  return total;
}
