import type { PreEnqueuePlugin } from "../framework/plugin.ts";
import { groupKey } from "../framework/pod-groups.ts";

/**
 * Pods of a PodGroup wait until the group is there and, when they are a gang, until enough of them are. That they are
 * then scheduled together or not at all is the group cycle's doing.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/gang-scheduling/
 */
export const gangScheduling: PreEnqueuePlugin = {
  name: "GangScheduling",
  holdsBack({ group, footprint }, { groups }) {
    if (group === undefined) return false;
    const key = groupKey(footprint.namespace, group);
    const known = groups.get(key);
    return !known || groups.countOf(key) < (known.minCount ?? 0);
  },
};
