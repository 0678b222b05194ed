/** Gives a running container, or a pod as a whole, other resources. */
import type { ObservedPod } from "./observed.ts";
import { findContainer } from "./pod.ts";
import { WHOLE_POD } from "./resize.ts";
import { linuxResources, memoryLimitOf, podResizable } from "./resources.ts";
import type { PodRun } from "./run-actions.ts";
import type { PodServices } from "./services.ts";

/** @throws Error with the message for the pod's status when they cannot be given now */
export async function resizeContainer(
  { runtime, cgroups, host }: PodServices,
  { pod, resized }: PodRun,
  { id, name, resources, observed }: { id: string; name: string; resources: string; observed: ObservedPod },
): Promise<void> {
  const found = findContainer(pod, name);
  if (!found) return;
  const wanted = linuxResources(pod, found.container, host());
  const before = resized.get(id) ?? observed.containers.find((container) => container.id === id)?.resources ?? "";
  const limitBytes = Number(wanted.memoryLimitInBytes ?? 0);
  if (limitBytes > 0 && limitBytes < memoryLimitOf(before)) {
    // The kernel would kill what does not fit.
    const usage = (await runtime.containerStats()).find(({ containerId }) => containerId === id);
    const usedBytes = Number(usage?.memoryWorkingSetBytes ?? 0);
    if (usedBytes > limitBytes) {
      throw new Error(
        `attempting to set container "${name}" memory limit (${limitBytes}) below current usage (${usedBytes})`,
      );
    }
  }
  // The pod's own limits first when they grow; when they shrink they follow all containers.
  await cgroups.limit(pod).catch(() => {});
  await runtime.updateResources(id, wanted);
  resized.set(id, resources);
}

/** @throws Error as resizeContainer */
export async function resizePod({ cgroups }: PodServices, { pod, resized }: PodRun): Promise<void> {
  // Until it is done it has neither what it had nor what it should have.
  resized.set(WHOLE_POD, "between");
  await cgroups.limit(pod);
  resized.set(WHOLE_POD, podResizable(pod));
}
