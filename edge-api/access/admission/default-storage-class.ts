/**
 * Claims that name no class get the default one.
 * Source: https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { defaultClass } from "./default-class.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  resources: ["persistentvolumeclaims"],
  admit({ operation, subresource, object }, { store }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const claim = object as KubeObject & { spec?: { storageClassName?: string } };
    const { annotations } = claim.metadata;
    // "" is a choice, too: no class at all.
    if (claim.spec?.storageClassName !== undefined) return;
    if (annotations && Object.hasOwn(annotations, CLASS_ANNOTATION)) return;
    const name = defaultClass(store, "storageclasses.storage.k8s.io", DEFAULT_ANNOTATIONS);
    if (name !== undefined) claim.spec = { ...claim.spec, storageClassName: name };
  },
};
