/** What is no longer of use: dead containers and sandboxes, unused images. Pure. */
import type { Image } from "../runtime/runtime.ts";
import type { ObservedContainer, ObservedPod } from "./observed.ts";

/** One ended instance of each container stays: `kubectl logs --previous` shows it. */
export function deadContainers(observed: ObservedPod): ObservedContainer[] {
  const kept = new Set<string>();
  return observed.containers.filter(({ name, state }) => {
    if (state !== "exited") return false;
    if (!kept.has(name)) {
      kept.add(name);
      return false;
    }
    return true;
  });
}

/** Ended sandboxes that have a successor and no container left. */
export const deadSandboxes = ({ sandboxes, containers }: ObservedPod): string[] =>
  sandboxes
    .slice(1)
    .filter(({ id, ready }) => !ready && !containers.some(({ sandboxId }) => sandboxId === id))
    .map(({ id }) => id);

/** Above this share of the disk images are removed, down to the other; kubelet's defaults. */
const HIGH_SHARE = 0.85;
const LOW_SHARE = 0.8;
const MIN_AGE_MS = 120_000;

/**
 * Unused images to remove, those longest unused first, until enough is free.
 *
 * @param lastUsedMs when an image was last seen in use, or first seen at all
 */
export function imagesToRemove(input: {
  images: readonly Image[];
  inUse: ReadonlySet<string>;
  lastUsedMs: ReadonlyMap<string, number>;
  disk: { capacityBytes: number; availableBytes: number };
  nowMs: number;
}): Image[] {
  const { images, inUse, lastUsedMs, disk, nowMs } = input;
  const usedBytes = disk.capacityBytes - disk.availableBytes;
  if (disk.capacityBytes === 0 || usedBytes < disk.capacityBytes * HIGH_SHARE) return [];
  let toFree = usedBytes - disk.capacityBytes * LOW_SHARE;
  const last = (image: Image): number => lastUsedMs.get(image.id) ?? nowMs;
  const removable = images
    .filter((image) => !image.pinned && !inUse.has(image.id) && nowMs - last(image) >= MIN_AGE_MS)
    .sort((a, b) => last(a) - last(b));
  const chosen: Image[] = [];
  for (const image of removable) {
    if (toFree <= 0) break;
    chosen.push(image);
    toFree -= image.sizeBytes;
  }
  return chosen;
}
