/**
 * Volumes, claims and attribute classes stay as long as somebody uses them: controllers take the finalizer away.
 * Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
import type { AdmissionPlugin } from "./plugin.ts";

const FINALIZERS: ReadonlyMap<string, string> = new Map([
  ["persistentvolumes", "kubernetes.io/pv-protection"],
  ["persistentvolumeclaims", "kubernetes.io/pvc-protection"],
  ["volumeattributesclasses.storage.k8s.io", "kubernetes.io/vac-protection"],
]);

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  resources: [...FINALIZERS.keys()],
  admit({ operation, kind, subresource, object }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const finalizer = FINALIZERS.get(kind.storage)!;
    const { metadata } = object!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
