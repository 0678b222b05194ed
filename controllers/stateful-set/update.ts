import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { scaledValue } from "../workload/int-or-percent.ts";
import { replicasOf, revisionOf } from "./identity.ts";
import { isUnavailable } from "./status.ts";

/**
 * Pods that a rolling update deletes now so that they come back at the update revision, from the highest ordinal down to
 * the partition. By default they go one by one, each when those above it are available at the update revision, whatever
 * those below it are like: so a broken revision is replaced. With a maxUnavailable (KEP-961), which v1.36 leaves off by
 * default, as many go as it allows; under Parallel, those that are unavailable anyway go first and cost nothing.
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
  const isOutdated = (pod: Pod) => revisionOf(pod) !== updateRevision && !pod.metadata.deletionTimestamp;
  const above = places.slice(rollingUpdate?.partition ?? 0).reverse();
  if (rollingUpdate?.maxUnavailable === undefined) {
    const next = above.find((pod) => !pod || isOutdated(pod) || isDown(pod));
    return next && isOutdated(next) ? [next] : [];
  }
  const outdated = above.filter((pod) => pod !== undefined).filter(isOutdated);
  const room = Math.max(0, maxUnavailableOf(set) - places.filter(isDown).length);
  if (set.spec.podManagementPolicy !== "Parallel") return outdated.slice(0, room);
  return [...outdated.filter(isDown), ...outdated.filter((pod) => !isDown(pod)).slice(0, room)];
}

/** A percentage rounds down, and it is never less than 1. */
const maxUnavailableOf = (set: StatefulSet): number =>
  Math.max(
    1,
    scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable as number | string, replicasOf(set), "down"),
  );
