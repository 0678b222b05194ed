import type { Pod, Volume } from "../../kinds/core/v1-types.ts";

type Named = { metadata: { name?: string } };

/**
 * The PersistentVolumeClaim behind one of a pod's volumes; that of an ephemeral volume is named after pod and volume.
 * Undefined for volumes of other kinds.
 */
export function claimNameOf(pod: Named, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? (ephemeral && `${pod.metadata.name}-${name}`);
}

/** "namespace/name" of every claim that a pod uses. */
export function claimKeysOf(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const claim = claimNameOf(pod, volume);
    return claim === undefined ? [] : [`${pod.metadata.namespace}/${claim}`];
  });
}
