import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { scaledValue } from "../workload/int-or-percent.ts";
import { replicasOf, revisionOf } from "./identity.ts";
import { isUnavailable } from "./status.ts";

/**
 * Pods that a rolling update deletes now so that they come back at the update revision: from the highest ordinal down to
 * the partition, as many as maxUnavailable allows. Under Parallel, pods that are unavailable anyway go first and cost
 * nothing; else a broken revision could never be replaced.
 *
 * @param places the set's pods by ordinal, lowest first; undefined where there is none yet
 */
export function podsToUpdate(options: {
  set: StatefulSet;
  places: readonly (Pod | undefined)[];
  updateRevision: string;
  nowMs: number;
}): Pod[] {
  const { set, places, updateRevision, nowMs } = options;
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== "RollingUpdate") return [];
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const isDown = (pod: Pod | undefined) => !pod || isUnavailable(pod, minReadySeconds, nowMs);
  const outdated = places
    .slice(rollingUpdate?.partition ?? 0)
    .filter((pod) => pod !== undefined)
    .filter((pod) => revisionOf(pod) !== updateRevision && !pod.metadata.deletionTimestamp)
    .reverse();
  const room = Math.max(0, maxUnavailableOf(set) - places.filter(isDown).length);
  if (set.spec.podManagementPolicy !== "Parallel") return outdated.slice(0, room);
  return [...outdated.filter(isDown), ...outdated.filter((pod) => !isDown(pod)).slice(0, room)];
}

/** A percentage rounds down, and it is never less than 1. */
function maxUnavailableOf(set: StatefulSet): number {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable as number | string | undefined;
  return value === undefined ? 1 : Math.max(1, scaledValue(value, replicasOf(set), "down"));
}
