import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { compareQuantities } from "../../machinery/meta/quantity.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { classOf } from "./classes.ts";

/** Whether the volume is promised to this claim, by its user (without a uid) or by us. */
export function isPromisedTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

export const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeMode ?? "Filesystem";

export const sizeOf = ({ spec }: PersistentVolume): string => spec.capacity?.storage ?? "0";
const requestOf = ({ spec }: PersistentVolumeClaim): string => spec.resources?.requests?.storage ?? "0";

/**
 * The volume that a claim gets: one that is promised to it; else, unless it waits for its pod to be scheduled, the one
 * with the fewest access modes that are enough, of these the smallest that is large enough.
 *
 * @param volumes those promised to the claim and those of its class, at least
 * @param isTaken whether a volume has just been given away
 */
export function bestMatch(options: {
  claim: PersistentVolumeClaim;
  volumes: Iterable<PersistentVolume>;
  isTaken(volume: PersistentVolume): boolean;
  waitsForConsumer: boolean;
}): PersistentVolume | undefined {
  const { claim, volumes, isTaken, waitsForConsumer } = options;
  const matches = claim.spec.selector && compileSelector(claim.spec.selector);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const { claimRef } = volume.spec;
    const isPromised = isPromisedTo(volume, claim);
    if ((claimRef && !isPromised) || volume.metadata.deletionTimestamp || !canHold(volume, claim)) continue;
    if (isPromised) return volume;
    if (waitsForConsumer || volume.status?.phase !== "Available" || isTaken(volume)) continue;
    if (matches && !matches(volume.metadata.labels)) continue;
    if (classOf(volume) !== classOf(claim)) continue;
    if (!best || compareFit(volume, best) < 0) best = volume;
  }
  return best;
}

const canHold = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  modeOf(volume) === modeOf(claim) &&
  (volume.spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "") &&
  (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
  compareQuantities(sizeOf(volume), requestOf(claim)) >= 0;

const compareFit = (a: PersistentVolume, b: PersistentVolume): number =>
  (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0) ||
  compareQuantities(sizeOf(a), sizeOf(b)) ||
  ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);

/** Why a volume that the claim names cannot be bound to it, in upstream's words. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return "requested PV is too small";
  if (classOf(volume) !== classOf(claim)) return "storageClassName does not match";
  if (modeOf(volume) !== modeOf(claim)) return "incompatible volumeMode";
  if ((volume.spec.volumeAttributesClassName ?? "") !== (claim.spec.volumeAttributesClassName ?? ""))
    return "volumeAttributesClassName does not match";
  const hasModes = (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode));
  return hasModes ? undefined : "incompatible accessMode";
}
