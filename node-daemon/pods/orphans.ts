/** What is left on the node of pods the API no longer has: they went while the daemon was away. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ObservedPod, runningContainers } from "./observed.ts";
import type { NodePod } from "./pod.ts";
import { removePod } from "./remove-pod.ts";
import type { PodServices } from "./services.ts";
import { stopPod } from "./stop-pod.ts";

/** Enough of a pod to stop what the runtime has of it. */
const remembered = (observed: ObservedPod): NodePod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: observed.name, namespace: observed.namespace, uid: observed.uid },
  spec: {
    containers: [],
    terminationGracePeriodSeconds: Math.max(0, ...runningContainers(observed).map((c) => c.gracePeriodSeconds)),
  },
});

/** @param isKnown whether the API has a pod with this uid on this node, or a worker still looks after it */
export async function removeOrphans(
  services: PodServices,
  isKnown: (uid: string) => boolean,
  cgroupUids: () => Promise<Set<string>>,
): Promise<void> {
  const { cache, volumes, cgroups, paths, log } = services;
  const strangers = [...cache.all()].filter(({ uid }) => !isKnown(uid));
  await Promise.all(
    strangers.map(async (observed) => {
      log.info("removing a pod that the API does not have", {
        pod: observed.name,
        namespace: observed.namespace,
        uid: observed.uid,
      });
      try {
        await stopPod(services, remembered(observed), observed);
        await removePod(services, cache.get(observed.uid) ?? observed);
      } catch (error) {
        log.warn("pod not removed", { pod: observed.name, error: String(error) });
      }
    }),
  );
  for (const uid of await volumes.present()) {
    if (isKnown(uid) || cache.get(uid)) continue;
    await volumes.unmount({ uid }).catch((error) => log.warn("volumes not removed", { uid, error: String(error) }));
  }
  for (const uid of await cgroupUids()) if (!isKnown(uid) && !cache.get(uid)) await cgroups.remove(uid);
  for (const name of await logDirectories(paths.logs)) {
    const uid = name.split("_")[2] ?? "";
    if (!isKnown(uid) && !cache.get(uid)) await rm(join(paths.logs, name), { recursive: true, force: true });
  }
}

async function logDirectories(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
