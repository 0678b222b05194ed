/** Kinds of volumes that are no longer, claims of half a byte, and annotations that have become fields. */
import { milliValue } from "../../machinery/meta/quantity.ts";
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../generated/api/core-v1.ts";
import type { CSIStorageCapacity, StorageClass } from "../generated/api/storage-v1.ts";
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from "./node-labels.ts";

/** By field. */
type Removed = readonly (readonly [field: string, says: string])[];

const REMOVED_EVERYWHERE: Removed = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

export const REMOVED_VOLUMES: Removed = [
  ...REMOVED_EVERYWHERE,
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["storageOS", "deprecated in v1.22, non-functional in v1.25+"],
];
const REMOVED_PERSISTENT: Removed = [
  ...REMOVED_EVERYWHERE,
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
];

export const removedVolumeWarnings = (volume: object, at: string, removed: Removed): string[] =>
  removed.filter(([field]) => Object.hasOwn(volume, field)).map(([field, says]) => `${at}.${nameOf(field)}: ${says}`);

/** As upstream spells it in the path. */
const nameOf = (field: string): string => (field === "storageos" ? "storageOS" : field);

export function fractionWarnings(at: string, quantity: string | number | undefined): string[] {
  if (quantity === undefined || milliValue(quantity) % 1000 === 0) return [];
  return [`${at}: fractional byte value "${quantity}" is invalid, must be an integer`];
}

export const storageFractionWarnings = (at: string, spec: PersistentVolumeClaimSpec | undefined): string[] => [
  ...fractionWarnings(`${at}.resources.requests[storage]`, spec?.resources?.requests?.storage),
  ...fractionWarnings(`${at}.resources.limits[storage]`, spec?.resources?.limits?.storage),
];

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const OPTIONS_ANNOTATION = "volume.beta.kubernetes.io/mount-options";
const USE_CLASS = 'deprecated since v1.8; use "storageClassName" attribute instead';
const USE_OPTIONS = 'deprecated since v1.31; use "mountOptions" attribute instead';
const NO_RECYCLING =
  "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";

const annotationWarnings = (
  { metadata }: { metadata: { annotations?: { [key: string]: string } } },
  key: string,
  says: string,
): string[] => (Object.hasOwn(metadata.annotations ?? {}, key) ? [`metadata.annotations[${key}]: ${says}`] : []);

export const claimWarnings = (claim: PersistentVolumeClaim): string[] => [
  ...annotationWarnings(claim, CLASS_ANNOTATION, USE_CLASS),
  ...storageFractionWarnings("spec", claim.spec),
];

export const persistentVolumeWarnings = (volume: PersistentVolume): string[] => [
  ...annotationWarnings(volume, CLASS_ANNOTATION, USE_CLASS),
  ...annotationWarnings(volume, OPTIONS_ANNOTATION, USE_OPTIONS),
  ...(volume.spec.persistentVolumeReclaimPolicy === "Recycle"
    ? [`spec.persistentVolumeReclaimPolicy: ${NO_RECYCLING}`]
    : []),
  ...(volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
    nodeSelectorTermWarnings(`spec.nodeAffinity.required.nodeSelectorTerms[${i}]`, term, { checkValues: false }),
  ),
  ...removedVolumeWarnings(volume.spec, "spec", REMOVED_PERSISTENT),
];

export const storageClassWarnings = ({ allowedTopologies = [] }: StorageClass): string[] =>
  allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
    matchLabelExpressions.flatMap(({ key }, j) => {
      const message = deprecatedNodeLabel(key);
      return message ? [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${key} is ${message}`] : [];
    }),
  );

export function storageCapacityWarnings({ nodeTopology }: CSIStorageCapacity): string[] {
  const warnings = nodeSelectorTermWarnings("nodeTopology", nodeTopology ?? {}, { checkValues: false });
  for (const label of Object.keys(nodeTopology?.matchLabels ?? {})) {
    const message = deprecatedNodeLabel(label);
    if (message) warnings.push(`nodeTopology.matchLabels.${label}: ${message}`);
  }
  return warnings;
}
