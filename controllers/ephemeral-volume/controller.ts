import type { PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import {
  type Action,
  type Controller,
  type EventDraft,
  keyOf,
  NOTHING,
  type Plan,
  splitKey,
} from "../runner/controller.ts";
import { controllerReference, createOp } from "../runner/ops.ts";
import { claimNameOf } from "../view/claim-names.ts";
import { PODS, VOLUME_CLAIMS } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { isFinished } from "../workload/pods.ts";

/** Makes the claims of pods' ephemeral volumes; the garbage collector removes them with their pods. */
export const ephemeralVolumeController: Controller = {
  name: "ephemeral-volume-controller",
  eventSource: "ephemeral_volume",
  watches: {
    [PODS]: ({ type, object }: Change<Pod>) =>
      type !== "deleted" && object.spec.volumes?.some(({ ephemeral }) => ephemeral) ? [keyOf(object)] : undefined,
    // A claim that was deleted is made again; one that is in the way may go.
    [VOLUME_CLAIMS]: ({ type, object }: Change<PersistentVolumeClaim>, view) =>
      type === "deleted"
        ? [...view.pods.by("claim", keyOf(object))]
            .filter(({ spec }) => spec.volumes?.some(({ ephemeral }) => ephemeral))
            .map(keyOf)
        : undefined,
  },
  plan(key, view) {
    const { namespace, name } = splitKey(key);
    const pod = view.pods.get(namespace, name);
    return pod ? planEphemeralClaims(pod, (claim) => view.volumeClaims.get(namespace, claim)) : NOTHING;
  },
};

/** Source: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes */
export function planEphemeralClaims(pod: Pod, claimNamed: (name: string) => PersistentVolumeClaim | undefined): Plan {
  if (pod.metadata.deletionTimestamp || isFinished(pod)) return NOTHING;
  const actions: Action[] = [];
  const events: EventDraft[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const { name } = volume;
    const template = volume.ephemeral?.volumeClaimTemplate;
    const claimName = claimNameOf(pod, volume);
    if (!template || claimName === undefined) continue;
    const failed = (why: string): EventDraft => ({
      about: pod,
      type: "Warning",
      reason: "FailedBinding",
      message: `ephemeral volume ${name}: ${why}`,
    });
    const claim = claimNamed(claimName);
    if (claim) {
      if (controllerOf(claim)?.uid !== pod.metadata.uid) {
        const { namespace } = pod.metadata;
        const why = `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
        events.push(failed(why));
      }
      continue;
    }
    const { labels, annotations } = template.metadata ?? {};
    const object = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: claimName,
        namespace: pod.metadata.namespace ?? "",
        ...(labels && { labels }),
        ...(annotations && { annotations }),
        ownerReferences: [controllerReference(pod)],
      },
      spec: template.spec as unknown as Fields,
    };
    actions.push({
      op: createOp(VOLUME_CLAIMS, object),
      failureEvent: ({ message }) => failed(`create PVC ${claimName}: ${message}`),
      isFine: ({ reason }) => reason === "AlreadyExists",
    });
  }
  return { actions, ...(events.length > 0 && { events }) };
}
