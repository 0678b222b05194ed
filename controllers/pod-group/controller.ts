import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { planProtection } from "../storage-protection/plan.ts";
import { POD_GROUPS, PODS } from "../view/resources.ts";
import { isFinished } from "../workload/pods.ts";

export const FINALIZER = "scheduling.k8s.io/podgroup-protection";

/** A PodGroup stays as long as a pod that has not ended is in it. Source: KEP-4671. */
export const podGroupProtectionController: Controller = {
  name: "podgroup-protection-controller",
  watches: {
    [POD_GROUPS]: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]),
    [PODS]: ({ type, object, previous }: Change<Pod>) => {
      const name = object.spec.schedulingGroup?.podGroupName;
      const isNews = type !== "changed" || !previous || isFinished(previous) !== isFinished(object);
      return name && isNews ? [`${object.metadata.namespace}/${name}`] : undefined;
    },
  },
  plan(key, view) {
    const { namespace, name } = splitKey(key);
    const group = view.table(POD_GROUPS)?.get(namespace, name) as KubeObject | undefined;
    if (!group) return NOTHING;
    const isUsed = () => [...view.pods.by("podGroup", key)].some((pod) => !isFinished(pod));
    // One that nobody has used may go at once.
    if (!group.metadata.deletionTimestamp && !isUsed()) return NOTHING;
    return planProtection({ resource: POD_GROUPS, object: group, finalizer: FINALIZER, isUsed });
  },
};
