import type { NodeFacts } from "../framework/node-table.ts";
import { type Claim, claimKey, type Storage, type Volume } from "../framework/storage.ts";

/**
 * The volume a claim would get on a node: the one promised to it, else the smallest that is large enough and fits in all
 * else. Undefined: there is none.
 */
export function chooseVolume(options: {
  claim: Claim;
  facts: NodeFacts;
  storage: Storage;
  taken: ReadonlySet<Volume>;
}): Volume | undefined {
  const { claim, facts, storage, taken } = options;
  const key = claimKey(claim);
  let smallest: Volume | undefined;
  for (const volume of storage.volumesOfClass(claim.className)) {
    if (taken.has(volume) || !fits(volume, claim) || (volume.reachableFrom && !volume.reachableFrom(facts))) continue;
    const owner = storage.claimOf(volume);
    if (owner === key) return volume;
    if (owner !== undefined || volume.deleting || !volume.isAvailable) continue;
    if (claim.selector && !claim.selector(volume.labels)) continue;
    if (
      !smallest ||
      volume.sizeBytes < smallest.sizeBytes ||
      (volume.sizeBytes === smallest.sizeBytes && volume.name < smallest.name)
    )
      smallest = volume;
  }
  return smallest;
}

const fits = (volume: Volume, claim: Claim): boolean =>
  volume.volumeMode === claim.volumeMode &&
  volume.attributesClass === claim.attributesClass &&
  volume.sizeBytes >= claim.sizeBytes &&
  claim.accessModes.every((mode) => volume.accessModes.includes(mode));
