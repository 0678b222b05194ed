/** Read-only mounts whose submounts are read-only too. Source: KEP-3857. Pure. */
import type { NodeRuntimeHandler, VolumeMount } from "../../kinds/core/v1-types.ts";
import type { NodePod } from "./pod.ts";

/** Whether the runtime can do it for this pod. Of handlers other than the default one nothing is known here. */
export const canBeRecursive = ({ spec }: NodePod, handlers: readonly NodeRuntimeHandler[] = []): boolean =>
  !spec.runtimeClassName &&
  handlers.some(({ name = "", features }) => name === "" && features?.recursiveReadOnlyMounts === true);

/** @throws Error when it must be and cannot be */
export function isRecursive({ name, readOnly, recursiveReadOnly }: VolumeMount, { can }: { can: boolean }): boolean {
  if (!readOnly) return false;
  if (recursiveReadOnly === "Enabled" && !can) {
    throw new Error(`volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`);
  }
  return can && (recursiveReadOnly === "Enabled" || recursiveReadOnly === "IfPossible");
}
