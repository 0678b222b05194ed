/**
 * Claims grow only where their class says that its volumes can.
 * Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { compareQuantities } from "../../../machinery/meta/quantity.ts";
import type { Store } from "../../store/contract.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

interface Claim extends KubeObject {
  spec: { storageClassName?: string; resources?: { requests?: { storage?: string } } };
  status?: { phase?: string };
}

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  resources: ["persistentvolumeclaims"],
  validate(attributes, { store }) {
    const { operation, subresource, object, old } = attributes;
    if (operation !== "UPDATE" || subresource !== "") return;
    const [next, prev] = [object as Claim, old as Claim];
    if (compareQuantities(sizeOf(next), sizeOf(prev)) <= 0) return;
    if (prev.status?.phase !== "Bound") throw refuse(attributes, "Only bound persistent volume claims can be expanded");
    const className = classOf(next);
    if (!className || className !== classOf(prev) || !allowsExpansion(store, className))
      throw refuse(
        attributes,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
  },
};

const sizeOf = ({ spec }: Claim): string => spec.resources?.requests?.storage ?? "0";

const classOf = ({ metadata, spec }: Claim): string =>
  metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";

function allowsExpansion(store: Store, name: string): boolean {
  const row = store.get({ resource: "storageclasses.storage.k8s.io", namespace: "", name });
  return (
    row !== undefined && (JSON.parse(row.value) as { allowVolumeExpansion?: boolean }).allowVolumeExpansion === true
  );
}
