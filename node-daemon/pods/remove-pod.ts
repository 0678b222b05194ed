/** Removes what is left of a pod that is gone: sandboxes with their containers, and logs. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime } from "../runtime/runtime.ts";
import type { ObservedPod } from "./observed.ts";
import { type PodPaths, podLogName } from "./paths.ts";
import type { RuntimeCache } from "./runtime-cache.ts";

/** Idempotent. Nothing of the pod may run any more. @throws RuntimeError */
export async function removePod(
  { runtime, paths, cache }: { runtime: Runtime; paths: PodPaths; cache: RuntimeCache },
  observed: ObservedPod,
): Promise<void> {
  for (const { id } of observed.containers) await runtime.removeContainer(id);
  for (const { id } of observed.sandboxes) await runtime.removeSandbox(id);
  await rm(join(paths.logs, podLogName(observed)), { recursive: true, force: true });
  await cache.refresh(observed);
}
