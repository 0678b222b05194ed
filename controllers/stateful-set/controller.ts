import type { ControllerRevision } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { CONTROLLER_REVISIONS, PODS, STATEFUL_SETS, VOLUME_CLAIMS } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { matchingOwners } from "../workload/owners.ts";
import { isClaimOf } from "./claims.ts";
import { planStatefulSet } from "./plan.ts";

export const statefulSetController: Controller = {
  name: "statefulset-controller",
  watches: {
    [STATEFUL_SETS]: ({ object }) => [keyOf(object)],
    [PODS]: (change, view) => matchingOwners(change, { kind: "StatefulSet", owners: view.statefulSets }),
    [CONTROLLER_REVISIONS]: ({ object }) => {
      const owner = controllerOf(object);
      return owner?.kind === "StatefulSet" ? [`${object.metadata.namespace}/${owner.name}`] : undefined;
    },
    // A pod may be waiting for an old claim of its name to go.
    [VOLUME_CLAIMS]: ({ type, object }, view) =>
      type === "deleted"
        ? [...view.statefulSets.inNamespace(object.metadata.namespace ?? "")]
            .filter((set) => isClaimOf(set, object.metadata.name ?? ""))
            .map(keyOf)
        : undefined,
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const set = view.statefulSets.get(namespace, name);
    if (!set) return NOTHING;
    const uid = set.metadata.uid ?? "";
    return planStatefulSet({
      set,
      controlled: view.controlledBy<Pod>(uid, PODS),
      orphans: view.pods.by("orphan", namespace),
      revisions: view.controlledBy<ControllerRevision>(uid, CONTROLLER_REVISIONS),
      orphanRevisions: view.controllerRevisions.by("orphan", namespace),
      revisionNamed: (revision) => view.controllerRevisions.get(namespace, revision),
      claimNamed: (claim) => view.volumeClaims.get(namespace, claim),
      nowMs,
    });
  },
};
