import type { ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { PODS, REPLICA_SETS } from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { matchingOwners } from "../workload/owners.ts";
import { planReplicaSet } from "./plan.ts";

export const replicaSetController: Controller = {
  name: "replicaset-controller",
  watches: {
    [REPLICA_SETS]: ({ object }) => [keyOf(object)],
    [PODS]: (change, view) => matchingOwners(change, { kind: "ReplicaSet", owners: view.replicaSets }),
  },
  plan(key, view, { nowMs, random, failures }) {
    const { namespace, name } = splitKey(key);
    const replicaSet = view.replicaSets.get(namespace, name);
    if (!replicaSet) return NOTHING;
    return planReplicaSet({
      replicaSet,
      controlled: view.controlledBy<Pod>(replicaSet.metadata.uid ?? "", PODS),
      orphans: view.pods.by("orphan", namespace),
      related: () => relatedPods(view, replicaSet),
      failures,
      nowMs,
      random,
    });
  },
};

/** Pods of all ReplicaSets that have the same controller. */
function* relatedPods(view: View, replicaSet: ReplicaSet): Generator<Pod> {
  const deployment = controllerOf(replicaSet);
  const siblings = deployment ? view.controlledBy<ReplicaSet>(deployment.uid, REPLICA_SETS) : [replicaSet];
  for (const { metadata } of siblings) yield* view.controlledBy<Pod>(metadata.uid ?? "", PODS);
}
