/** What claims and volumes say of their class. Source: https://kubernetes.io/docs/concepts/storage/storage-classes/ */
import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { StorageClass } from "../../kinds/storage/v1-types.ts";

/** Where the class stood before `spec.storageClassName` did. */
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** "" for none. */
export const classOf = ({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "";

/** Not even that it wants none: it is given the default class once there is one. */
export const saysNoClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  spec.storageClassName === undefined && metadata.annotations?.[CLASS_ANNOTATION] === undefined;

/** Of several default classes the newest. */
export function defaultClass(classes: Iterable<StorageClass>): StorageClass | undefined {
  let newest: StorageClass | undefined;
  for (const candidate of classes) {
    if (!DEFAULT_ANNOTATIONS.some((name) => candidate.metadata.annotations?.[name] === "true")) continue;
    if (!newest || isNewer(candidate, newest)) newest = candidate;
  }
  return newest;
}

function isNewer({ metadata: a }: StorageClass, { metadata: b }: StorageClass): boolean {
  const [createdA, createdB] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return createdA === createdB ? (a.name ?? "") < (b.name ?? "") : createdA > createdB;
}

export const waitsForConsumer = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === "WaitForFirstConsumer";
