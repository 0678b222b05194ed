/** Regular cleaning: log rotation, dead containers, unused images, tokens that are due. */
import { statfs } from "node:fs/promises";
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { deadContainers, deadSandboxes, imagesToRemove } from "./garbage.ts";
import { removeLogs, rotateLog } from "./log-rotation.ts";
import type { RuntimeCache } from "./runtime-cache.ts";

const LOGS_MS = 10_000;
/** Looking costs a walk over all their files; kubelet looks at volumes every minute. */
const STORAGE_MS = 30_000;
const CONTAINERS_MS = 60_000;
const IMAGES_MS = 300_000;

export interface HousekeepingOptions {
  runtime: Runtime;
  cache: RuntimeCache;
  clock: Clock;
  log: Log;
  /** Every minute: tokens and other things that age. */
  minute(): Promise<void>;
  /** Looks whether pods keep their limits of storage. */
  storage(): Promise<void>;
  /** ids of images that are in use though no container runs them. */
  held(): ReadonlySet<string>;
}

/** Runs until the returned function is called. One failing task does not stop the others. */
export function startHousekeeping(options: HousekeepingOptions): () => void {
  const { clock, log } = options;
  const cancels = new Set<() => void>();
  const lastUsedMs = new Map<string, number>();
  const every = (periodMs: number, name: string, task: () => Promise<void>): void => {
    const again = (): void => {
      const cancel = clock.after(periodMs, () => {
        cancels.delete(cancel);
        task()
          .catch((error) => log.warn(`${name} failed`, { error: String(error) }))
          .finally(() => {
            if (!stopped) again();
          });
      });
      cancels.add(cancel);
    };
    again();
  };
  let stopped = false;

  every(LOGS_MS, "log rotation", () => rotateLogs(options));
  every(CONTAINERS_MS, "container cleaning", async () => {
    await removeDead(options);
    await options.minute();
  });
  every(STORAGE_MS, "look at pods' storage", () => options.storage());
  every(IMAGES_MS, "image cleaning", () => removeImages(options, lastUsedMs));
  return () => {
    stopped = true;
    for (const cancel of cancels) cancel();
  };
}

async function rotateLogs({ runtime, cache, clock }: HousekeepingOptions): Promise<void> {
  for (const { containers } of cache.all()) {
    for (const { id, state, logPath } of containers) {
      if (state === "running" && logPath) await rotateLog(runtime, { containerId: id, logPath, nowMs: clock.now() });
    }
  }
}

async function removeDead({ runtime, cache }: HousekeepingOptions): Promise<void> {
  for (const pod of [...cache.all()]) {
    const containers = deadContainers(pod);
    const sandboxes = deadSandboxes(pod);
    for (const { id, logPath } of containers) {
      await runtime.removeContainer(id);
      if (logPath) await removeLogs(logPath);
    }
    for (const id of sandboxes) await runtime.removeSandbox(id);
    if (containers.length + sandboxes.length > 0) await cache.refresh(pod);
  }
}

async function removeImages(
  { runtime, clock, log, held }: HousekeepingOptions,
  lastUsedMs: Map<string, number>,
): Promise<void> {
  const [images, containers, filesystems, status] = await Promise.all([
    runtime.listImages(),
    runtime.listContainers(),
    runtime.imageFilesystems(),
    runtime.status(),
  ]);
  const nowMs = clock.now();
  const inUse = new Set([...containers.map(({ imageRef }) => imageRef), ...held()]);
  for (const image of images) {
    const used =
      image.tags.includes(status.sandboxImage ?? "") || [image.id, ...image.digests].some((ref) => inUse.has(ref));
    if (used) inUse.add(image.id);
    if (used || !lastUsedMs.has(image.id)) lastUsedMs.set(image.id, nowMs);
  }
  for (const id of lastUsedMs.keys()) if (!images.some((image) => image.id === id)) lastUsedMs.delete(id);
  const mountpoint = filesystems[0]?.mountpoint;
  if (!mountpoint) return;
  const { bsize, blocks, bavail } = await statfs(mountpoint);
  const disk = { capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
  for (const image of imagesToRemove({ images, inUse, lastUsedMs, disk, nowMs })) {
    log.info("removing unused image", { image: image.tags[0] ?? image.id, bytes: image.sizeBytes });
    await runtime.removeImage(image.id);
  }
}
