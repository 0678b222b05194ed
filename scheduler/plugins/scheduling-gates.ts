import type { PreEnqueuePlugin } from "../framework/plugin.ts";

/** A pod with scheduling gates is not tried until all are gone. */
export const schedulingGates: PreEnqueuePlugin = {
  name: "SchedulingGates",
  holdsBack: (pod) => pod.pending.gated,
};
