import type { Pod, ReplicationController } from "../../kinds/core/v1-types.ts";
import { planReplicaSet } from "../replica-set/plan.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { PODS, REPLICATION_CONTROLLERS } from "../view/resources.ts";
import { matchingOwners } from "../workload/owners.ts";

export const replicationController: Controller = {
  name: "replication-controller",
  watches: {
    [REPLICATION_CONTROLLERS]: ({ object }) => [keyOf(object)],
    [PODS]: (change, view) =>
      matchingOwners(change, {
        kind: "ReplicationController",
        owners: view.replicationControllers,
        selectorOf(owner) {
          const { selector } = (owner as ReplicationController).spec;
          return selector && { matchLabels: selector };
        },
      }),
  },
  plan(key, view, { nowMs, random, failures }) {
    const { namespace, name } = splitKey(key);
    const owner = view.replicationControllers.get(namespace, name);
    if (!owner) return NOTHING;
    const controlled = view.controlledBy<Pod>(owner.metadata.uid ?? "", PODS);
    return planReplicaSet({
      replicaSet: owner,
      controlled,
      orphans: view.pods.by("orphan", namespace),
      related: () => controlled,
      failures,
      nowMs,
      random,
    });
  },
};
