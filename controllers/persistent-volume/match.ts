import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { parseQuantity } from "../../machinery/meta/quantity.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { classOf } from "./classes.ts";

/** Whether the volume is promised to this claim, by its user (without a uid) or by us. */
export function isPromisedTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

export const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeMode ?? "Filesystem";

/** Of what is cached, which never changes: many claims look at the same volumes. */
const sizes = new WeakMap<PersistentVolume, bigint>();

function sizeOf(volume: PersistentVolume): bigint {
  const known = sizes.get(volume);
  if (known !== undefined) return known;
  const size = parseQuantity(volume.spec.capacity?.storage ?? "0");
  sizes.set(volume, size);
  return size;
}

const requestOf = ({ spec }: PersistentVolumeClaim): bigint => parseQuantity(spec.resources?.requests?.storage ?? "0");

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
  const request = requestOf(claim);
  const className = classOf(claim);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const isPromised = isPromisedTo(volume, claim);
    if (!isPromised && (volume.spec.claimRef || waitsForConsumer || volume.status?.phase !== "Available")) continue;
    if (volume.metadata.deletionTimestamp || sizeOf(volume) < request || !canHold(volume, claim)) continue;
    if (isPromised) return volume;
    if (isTaken(volume) || classOf(volume) !== className) continue;
    if (matches && !matches(volume.metadata.labels)) continue;
    if (!best || isBetter(volume, best)) best = volume;
  }
  return best;
}

const canHold = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  modeOf(volume) === modeOf(claim) &&
  (volume.spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "") &&
  (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode));

function isBetter(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0);
  if (modes !== 0) return modes < 0;
  const [sizeA, sizeB] = [sizeOf(a), sizeOf(b)];
  return sizeA === sizeB ? (a.metadata.name ?? "") < (b.metadata.name ?? "") : sizeA < sizeB;
}

/** Why a volume that the claim names cannot be bound to it, in upstream's words. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (sizeOf(volume) < requestOf(claim)) return "requested PV is too small";
  if (classOf(volume) !== classOf(claim)) return "storageClassName does not match";
  if (modeOf(volume) !== modeOf(claim)) return "incompatible volumeMode";
  if ((volume.spec.volumeAttributesClassName ?? "") !== (claim.spec.volumeAttributesClassName ?? ""))
    return "volumeAttributesClassName does not match";
  const hasModes = (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode));
  return hasModes ? undefined : "incompatible accessMode";
}
