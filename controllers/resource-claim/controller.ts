import type { Pod } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../../kinds/resource/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { PODS, RESOURCE_CLAIM_TEMPLATES, RESOURCE_CLAIMS } from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { planResourceClaim } from "./plan-claim.ts";
import { planPodClaims } from "./plan-pod.ts";
import { claimNamesOf } from "./pod-claims.ts";

const POD = "pod:";
const CLAIM = "claim:";

/** Dynamic resource allocation: makes pods' claims from templates, and frees what pods no longer use. */
export const resourceClaimController: Controller = {
  name: "resource-claim-controller",
  eventSource: "resource_claim",
  watches: {
    [PODS]: podChanged,
    [RESOURCE_CLAIMS]: claimChanged,
    [RESOURCE_CLAIM_TEMPLATES]: ({ type, object }, view) =>
      type === "deleted" ? undefined : podsWaitingFor(keyOf(object), view),
  },
  plan(key, view, { random }) {
    const isPod = key.startsWith(POD);
    const { namespace, name } = splitKey(key.slice((isPod ? POD : CLAIM).length));
    const claimNamed = (claim: string) => view.resourceClaims.get(namespace, claim);
    if (!isPod) {
      const claim = claimNamed(name);
      return claim ? planResourceClaim(claim, (pod) => view.pods.get(namespace, pod)) : NOTHING;
    }
    const pod = view.pods.get(namespace, name);
    if (!pod) return NOTHING;
    return planPodClaims({
      pod,
      claim: claimNamed,
      template: (template) => view.resourceClaimTemplates.get(namespace, template),
      owned: view.controlledBy(pod.metadata.uid ?? "", RESOURCE_CLAIMS),
      random,
    });
  },
};

function* podChanged({ type, object }: Change<Pod>): Generator<string> {
  if (type !== "deleted" && object.spec.resourceClaims?.length) yield POD + keyOf(object);
  for (const claim of claimNamesOf(object)) yield `${CLAIM}${object.metadata.namespace}/${claim}`;
}

function* claimChanged({ type, object }: Change<ResourceClaim>, view: View): Generator<string> {
  if (type !== "deleted") yield CLAIM + keyOf(object);
  const namespace = object.metadata.namespace ?? "";
  const owner = controllerOf(object);
  if (owner?.kind === "Pod") yield `${POD}${namespace}/${owner.name}`;
  // Now that it is allocated, pods that are on a node already may reserve it.
  if (!object.status?.allocation) return;
  for (const pod of view.pods.by("resourceClaim", keyOf(object))) if (pod.spec.nodeName) yield POD + keyOf(pod);
}

function* podsWaitingFor(template: string, view: View): Generator<string> {
  for (const pod of view.pods.by("resourceClaimTemplate", template)) yield POD + keyOf(pod);
}
