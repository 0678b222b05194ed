import type { Pod } from "../../kinds/core/v1-types.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import {
  DEPLOYMENTS,
  DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { planBudget, planStaleDisruption, type ScaleOf, staleCandidate } from "./plan.ts";

const STALE = "stale:";
const SCALABLE: ReadonlySet<string> = new Set([DEPLOYMENTS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS]);

/** A change of a size that budgets may count by. */
const resized = ({ object, previous }: Change<KubeObject>, view: View): Iterable<string> | undefined => {
  const replicas = (of: KubeObject | undefined) => (of?.spec as { replicas?: number } | undefined)?.replicas;
  return previous && replicas(previous) === replicas(object)
    ? undefined
    : [...view.disruptionBudgets.inNamespace(object.metadata.namespace ?? "")].map(keyOf);
};

export const disruptionController: Controller = {
  name: "disruption-controller",
  eventSource: "controllermanager",
  watches: {
    [DISRUPTION_BUDGETS]: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]),
    [PODS]: keysOf,
    [DEPLOYMENTS]: resized,
    [REPLICA_SETS]: resized,
    [REPLICATION_CONTROLLERS]: resized,
    [STATEFUL_SETS]: resized,
  },
  plan(key, view, { nowMs }) {
    if (key.startsWith(STALE)) {
      const { namespace, name } = splitKey(key.slice(STALE.length));
      const pod = view.pods.get(namespace, name);
      return pod ? planStaleDisruption(pod, nowMs) : NOTHING;
    }
    const { namespace, name } = splitKey(key);
    const budget = view.disruptionBudgets.get(namespace, name);
    if (!budget) return NOTHING;
    const matches = compileSelector(budget.spec.selector);
    const pods = [...view.pods.inNamespace(namespace)].filter(({ metadata }) => matches(metadata.labels));
    return planBudget({ budget, pods, scaleOf: (pod) => scaleOf(pod, view), nowMs });
  },
};

function* keysOf({ type, object, previous }: Change<Pod>, view: View): Generator<string> {
  if (type !== "deleted" && staleCandidate(object)) yield STALE + keyOf(object);
  for (const budget of view.disruptionBudgets.inNamespace(object.metadata.namespace ?? "")) {
    const matches = compileSelector((budget as PodDisruptionBudget).spec.selector);
    if (matches(object.metadata.labels) || (previous && matches(previous.metadata.labels))) yield keyOf(budget);
  }
}

/** What a pod's controller wants, or what that one's controller wants: of a Deployment's pods, the Deployment. */
function scaleOf(pod: Pod, view: View): ReturnType<ScaleOf> {
  const reference = controllerOf(pod);
  const kind = reference && view.registry.findKind(reference.apiVersion, reference.kind);
  if (reference && !kind)
    return {
      error: `no matches for kind ${JSON.stringify(reference.kind)} in version ${JSON.stringify(reference.apiVersion)}`,
    };
  if (kind && !SCALABLE.has(kind.storage)) return { error: `${kind.storage} does not implement the scale subresource` };
  const owner = view.byUid(reference?.uid ?? "");
  if (!owner || !SCALABLE.has(owner.resource))
    return { error: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` };
  const above = owner.resource === REPLICA_SETS ? view.byUid(controllerOf(owner.object)?.uid ?? "") : undefined;
  const scaled = above?.resource === DEPLOYMENTS ? above.object : owner.object;
  return { uid: scaled.metadata.uid ?? "", replicas: (scaled.spec as { replicas?: number }).replicas ?? 1 };
}
