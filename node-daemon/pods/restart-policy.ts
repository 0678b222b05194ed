/** Whether an ended container is started again: the pod's restartPolicy, and a container's own where it has one. */
import type { Container } from "../../kinds/core/v1-types.ts";
import { latest, type ObservedContainer, type ObservedPod } from "./observed.ts";
import type { AnyContainer, NodePod } from "./pod.ts";

/** A container's first matching exit code rule, else its own policy, else the pod's. */
export function restartsAfter(pod: NodePod, container: AnyContainer, exitCode: number): boolean {
  const { restartPolicy, restartPolicyRules } = container as Container;
  for (const { action, exitCodes } of restartPolicyRules ?? []) {
    if (!exitCodes) continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if ((exitCodes.operator === "In") === listed) return action !== "Terminate";
  }
  switch (restartPolicy ?? pod.spec.restartPolicy ?? "Always") {
    case "Always":
      return true;
    case "OnFailure":
      return exitCode !== 0;
    default:
      return false;
  }
}

/** Whether a container that is not running should be. */
export function shouldRestart(pod: NodePod, container: AnyContainer, observed: ObservedPod): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  const last = latest(observed, container.name);
  if (!last) return true;
  if (last.state === "running") return false;
  if (last.state !== "exited") return true;
  return restartsAfter(pod, container, last.exitCode);
}

/** Whether the pod keeps going after failures at all. */
export const podRestartsOnFailure = (pod: NodePod): boolean => pod.spec.restartPolicy !== "Never";

/** A regular init container's end that holds the pod up. */
export const initFailed = ({ state, exitCode }: ObservedContainer): boolean =>
  (state === "exited" && exitCode !== 0) || state === "unknown";
