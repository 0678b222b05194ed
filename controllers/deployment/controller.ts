import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { DEPLOYMENTS, PODS, REPLICA_SETS } from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { matchingOwners } from "../workload/owners.ts";
import { isRollingUpdate } from "./limits.ts";
import { planDeployment } from "./plan.ts";

export const deploymentController: Controller = {
  name: "deployment-controller",
  watches: {
    [DEPLOYMENTS]: ({ object }) => [keyOf(object)],
    [REPLICA_SETS]: (change, view) => matchingOwners(change, { kind: "Deployment", owners: view.deployments }),
    // A Recreate waits for the old pods to be gone, which no status tells.
    [PODS]: ({ type, object }, view) => {
      const gone = type === "deleted" || object.status?.phase === "Succeeded" || object.status?.phase === "Failed";
      const deployment = gone ? deploymentOf(object, view) : undefined;
      return deployment && !isRollingUpdate(deployment) ? [keyOf(deployment)] : undefined;
    },
  },
  plan(key, view, { nowMs, failures }) {
    const { namespace, name } = splitKey(key);
    const deployment = view.deployments.get(namespace, name);
    if (!deployment) return NOTHING;
    return planDeployment({
      deployment,
      controlled: view.controlledBy<ReplicaSet>(deployment.metadata.uid ?? "", REPLICA_SETS),
      orphans: view.replicaSets.by("orphan", namespace),
      replicaSetNamed: (replicaSet) => view.replicaSets.get(namespace, replicaSet),
      podsOf: ({ metadata }) => view.controlledBy<Pod>(metadata.uid ?? "", PODS),
      failures,
      nowMs,
    });
  },
};

function deploymentOf(pod: Pod, view: View): Deployment | undefined {
  const owner = view.byUid(controllerOf(pod)?.uid ?? "")?.object;
  const reference = owner && controllerOf(owner);
  return reference?.kind === "Deployment"
    ? view.deployments.get(pod.metadata.namespace ?? "", reference.name)
    : undefined;
}
