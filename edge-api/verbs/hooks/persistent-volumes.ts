/** When a volume came into its phase. */
import type { PersistentVolume } from "../../../kinds/core/v1-types.ts";
import { formatTime } from "../../../machinery/clock.ts";
import type { StorageHooks } from "./hooks.ts";

export const persistentVolumeHooks: StorageHooks = {
  beforeUpdate(next, prev, env) {
    const { status } = next as PersistentVolume;
    const before = (prev as PersistentVolume).status;
    if (!status || (status.phase ?? "") === (before?.phase ?? "")) return;
    // Whoever changes the phase may say when that was.
    const said = status.lastPhaseTransitionTime;
    if (!said || said === before?.lastPhaseTransitionTime) status.lastPhaseTransitionTime = formatTime(env.clock.now());
  },
};
