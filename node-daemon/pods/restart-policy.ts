/** Whether an ended container is started again: the pod's restartPolicy, and a container's own where it has one. */
import type { Container } from "../../kinds/core/v1-types.ts";
import { latest, type ObservedContainer, type ObservedPod } from "./observed.ts";
import { type AnyContainer, containersOf, type NodePod } from "./pod.ts";

/** What a container's first rule for an exit code says; undefined: there is none. */
function ruledAction({ restartPolicyRules }: Container, exitCode: number): string | undefined {
  return restartPolicyRules?.find(
    ({ exitCodes }) => exitCodes && (exitCodes.operator === "In") === (exitCodes.values ?? []).includes(exitCode),
  )?.action;
}

const RESTART_ALL = "RestartAllContainers";

/** Whether the end of some container may restart the whole pod in place. */
export const mayRestartAll = (pod: NodePod): boolean =>
  containersOf(pod).some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === RESTART_ALL));

/** The container whose end restarts the whole pod in place; undefined: none has ended so. Source: KEP-5532. */
export function restartAllTrigger(pod: NodePod, observed: ObservedPod): Container | undefined {
  if (pod.metadata.deletionTimestamp || !mayRestartAll(pod)) return undefined;
  return containersOf(pod).find((container) => {
    const last = latest(observed, container.name);
    return last?.state === "exited" && ruledAction(container, last.exitCode) === RESTART_ALL;
  });
}

/** A container's own restart policy, else its pod's. */
export const policyOf = (pod: NodePod, container: AnyContainer): string =>
  (container as Container).restartPolicy ?? pod.spec.restartPolicy ?? "Always";

/** A container's first matching exit code rule, else its own policy, else the pod's. */
export function restartsAfter(pod: NodePod, container: AnyContainer, exitCode: number): boolean {
  const ruled = ruledAction(container as Container, exitCode);
  if (ruled !== undefined) return ruled !== "Terminate";
  switch (policyOf(pod, container)) {
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
