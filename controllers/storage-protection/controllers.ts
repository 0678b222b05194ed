import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { claimKeysOf } from "../view/claim-names.ts";
import { PERSISTENT_VOLUMES, PODS, VOLUME_ATTRIBUTES_CLASSES, VOLUME_CLAIMS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { isVolumeUsed, planProtection, usesClaim } from "./plan.ts";

/** A claim that a pod uses stays until the pod is gone. */
export const claimProtectionController: Controller = {
  name: "pvc-protection-controller",
  watches: {
    [VOLUME_CLAIMS]: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]),
    [PODS]: ({ object }, view) => deletedClaimsOf(object, view),
  },
  plan(key, view) {
    const { namespace, name } = splitKey(key);
    const claim = view.volumeClaims.get(namespace, name);
    if (!claim) return NOTHING;
    const isUsed = () => [...view.pods.by("claim", key)].some((pod) => usesClaim(pod, claim));
    return planProtection({
      resource: VOLUME_CLAIMS,
      object: claim,
      finalizer: "kubernetes.io/pvc-protection",
      isUsed,
    });
  },
};

function* deletedClaimsOf(pod: Pod, view: View): Generator<string> {
  for (const key of claimKeysOf(pod)) {
    const { namespace, name } = splitKey(key);
    if (view.volumeClaims.get(namespace, name)?.metadata.deletionTimestamp) yield key;
  }
}

/** A volume that a claim has stays until the claim is gone. */
export const volumeProtectionController: Controller = {
  name: "pv-protection-controller",
  watches: {
    [PERSISTENT_VOLUMES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
  },
  plan(name, view) {
    const volume = view.persistentVolumes.get("", name);
    if (!volume) return NOTHING;
    const isUsed = () => isVolumeUsed(volume);
    return planProtection({
      resource: PERSISTENT_VOLUMES,
      object: volume,
      finalizer: "kubernetes.io/pv-protection",
      isUsed,
    });
  },
};

/** Names of the classes of attributes that a claim or volume has, or is to have. */
function attributesClasses(object: PersistentVolume | PersistentVolumeClaim | undefined): string[] {
  const status = (object?.status ?? {}) as PersistentVolumeClaim["status"] & object;
  return [
    object?.spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "") as string[];
}

/** A VolumeAttributesClass that a claim or volume names stays until none does. */
export const attributesClassProtectionController: Controller = {
  name: "volumeattributesclass-protection-controller",
  watches: {
    [VOLUME_ATTRIBUTES_CLASSES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    [VOLUME_CLAIMS]: ({ object, previous }) => [...attributesClasses(object), ...attributesClasses(previous)],
    [PERSISTENT_VOLUMES]: ({ object, previous }) => [...attributesClasses(object), ...attributesClasses(previous)],
  },
  plan(name, view) {
    const found = view.table(VOLUME_ATTRIBUTES_CLASSES)?.get("", name);
    if (!found) return NOTHING;
    const isUsed = () => {
      for (const table of [view.volumeClaims, view.persistentVolumes]) {
        for (const object of table.values()) if (attributesClasses(object).includes(name)) return true;
      }
      return false;
    };
    return planProtection({
      resource: VOLUME_ATTRIBUTES_CLASSES,
      object: found,
      finalizer: "kubernetes.io/vac-protection",
      isUsed,
    });
  },
};
