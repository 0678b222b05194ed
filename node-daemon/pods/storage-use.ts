/** What pods store on the node's disk. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Runtime } from "../runtime/runtime.ts";
import type { VolumeManager } from "../volumes/volume-manager.ts";
import type { PodPaths } from "./paths.ts";
import type { NodePod } from "./pod.ts";
import type { RuntimeCache } from "./runtime-cache.ts";
import type { StorageUse } from "./storage-limits.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** Bytes of disk below a directory, on its file system alone; 0 when it is not there. @throws Error without du(1) */
export async function diskBytes(directory: string): Promise<number> {
  try {
    const { stdout } = await run("du", ["-s", "-x", "--block-size=1", directory], { timeout: TIMEOUT_MS });
    return Number.parseInt(stdout, 10) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    // The directory is not there, or files went while it looked: what it has counted is good enough.
    return Number.parseInt((error as { stdout?: string }).stdout ?? "", 10) || 0;
  }
}

export async function measureStorage(
  services: { runtime: Runtime; cache: RuntimeCache; volumes: VolumeManager; paths: PodPaths },
  pods: readonly NodePod[],
): Promise<Map<NodePod, StorageUse>> {
  const { runtime, cache, volumes, paths } = services;
  const layers = new Map(
    (await runtime.containerStats()).map(({ containerId, writableLayerBytes }) => [containerId, writableLayerBytes]),
  );
  const found = new Map<NodePod, StorageUse>();
  for (const pod of pods) {
    const ofVolumes = new Map<string, number>();
    for (const { name, emptyDir } of pod.spec.volumes ?? []) {
      if (emptyDir) ofVolumes.set(name, await diskBytes(volumes.emptyDirPath(pod.metadata.uid, name)));
    }
    const ofContainers = new Map<string, number>();
    for (const { name } of pod.spec.containers) ofContainers.set(name, await diskBytes(join(paths.podLogs(pod), name)));
    for (const { id, name } of cache.get(pod.metadata.uid)?.containers ?? []) {
      ofContainers.set(name, (ofContainers.get(name) ?? 0) + Number(layers.get(id) ?? 0n));
    }
    found.set(pod, { volumes: ofVolumes, containers: ofContainers });
  }
  return found;
}
