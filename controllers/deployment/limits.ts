import type { Deployment } from "../../kinds/apps/v1-types.ts";
import { scaledValue } from "../workload/int-or-percent.ts";

export const replicasOf = ({ spec }: { spec: { replicas?: number } }): number => spec.replicas ?? 1;

export const isRollingUpdate = ({ spec }: Deployment): boolean =>
  (spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate";

/** How many pods may be above and below the wanted count during a rolling update; both 0 for Recreate. */
export function rollingLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue((maxSurge ?? "25%") as number | string, replicas, "up");
  let unavailable = scaledValue((maxUnavailable ?? "25%") as number | string, replicas, "down");
  // Percentages may both come to 0; then nothing could ever move.
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, replicas) };
}

/** Upstream's stand-in for "no limit". */
const NO_LIMIT = 2_147_483_647;

export const hasProgressDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_LIMIT;

/** Old ReplicaSets to keep; undefined: all. */
export const historyLimit = ({ spec }: Deployment): number | undefined =>
  spec.revisionHistoryLimit === NO_LIMIT ? undefined : spec.revisionHistoryLimit;
