/** Whether a pod needs anything of the API to run: what a node makes itself must not. Pure. */
import type { Fields } from "../../../machinery/meta/object.ts";
import { type PodShape, referencesOf } from "./pod-references.ts";

/** Volume sources that need an object of the API, and how upstream calls it. */
const SOURCES: readonly [source: string, what: string][] = [
  ["configMap", "configmaps (via configmap volumes)"],
  ["secret", "secrets (via secret volumes)"],
  ["csi", "csidrivers (via CSI volumes)"],
  ["glusterfs", "endpoints (via glusterFS volumes)"],
  ["persistentVolumeClaim", "persistentvolumeclaims"],
  ["ephemeral", "persistentvolumeclaims (via ephemeral volumes)"],
  ["azureFile", "secrets (via azureFile volumes)"],
];

const PROJECTED: readonly [source: string, what: string][] = [
  ["configMap", "configmaps (via projected volumes)"],
  ["secret", "secrets (via projected volumes)"],
  ["serviceAccountToken", "serviceaccounts (via projected volumes)"],
  ["clusterTrustBundle", "clustertrustbundles"],
  ["podCertificate", "podcertificates"],
];

/** The first that is found, in upstream's words; undefined when there is none. */
export function apiReference({ spec = {}, ...pod }: PodShape): string | undefined {
  if (spec.serviceAccountName) return "serviceaccounts";
  // A mirror pod's references count for nothing elsewhere: here they are looked for all the same.
  const references = referencesOf({ ...pod, metadata: { ...pod.metadata, annotations: {} }, spec });
  if (references.some((reference) => reference.startsWith("secret/"))) return "secrets";
  if (references.some((reference) => reference.startsWith("configMap/"))) return "configmaps";
  if (spec.resourceClaims?.length) return "resourceclaims";
  for (const volume of spec.volumes ?? []) {
    const found = SOURCES.find(([source]) => volume[source] !== undefined);
    if (found) return found[1];
    for (const projection of (volume.projected as { sources?: Fields[] } | undefined)?.sources ?? []) {
      const part = PROJECTED.find(([source]) => projection[source] !== undefined);
      if (part) return part[1];
    }
  }
  return undefined;
}
