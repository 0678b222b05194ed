/**
 * What a pod needs of a node that not every kubelet can do: nodes declare it in status.declaredFeatures. Only what
 * Kubernetes 1.36 knows of is looked for.
 * Source: KEP-5328, https://kubernetes.io/docs/concepts/scheduling-eviction/node-declared-features/
 */
import { milliValue } from "../../machinery/meta/quantity.ts";
import { same } from "../common/same.ts";
import type { Container, Pod, PodSpec } from "../core/v1-types.ts";

/** The CPUs of a Guaranteed pod can be changed while it runs. */
export const GUARANTEED_CPU_RESIZE = "GuaranteedQoSPodCPUResize";
/** What the pod as a whole asks for can be changed while it runs. */
export const POD_LEVEL_RESIZE = "InPlacePodLevelResourcesVerticalScaling";
/** The end of one container can restart all of its pod's in place. */
export const RESTART_ALL = "RestartAllContainersOnContainerExits";
const HOST_NETWORK_IN_USER_NAMESPACE = "UserNamespacesHostNetworkSupport";

const NONE: readonly string[] = [];

const restartsAll = ({ restartPolicyRules }: Container): boolean =>
  restartPolicyRules?.some(({ action }) => action === "RestartAllContainers") ?? false;

/** What a node must declare to be given the pod, in alphabetical order. Nearly always nothing. */
export function featuresToSchedule({ containers, initContainers, hostNetwork, hostUsers }: PodSpec): readonly string[] {
  const needsRestart = containers.some(restartsAll) || (initContainers?.some(restartsAll) ?? false);
  const needsNetwork = hostNetwork === true && hostUsers === false;
  if (!needsRestart && !needsNetwork) return NONE;
  return [...(needsRestart ? [RESTART_ALL] : []), ...(needsNetwork ? [HOST_NETWORK_IN_USER_NAMESPACE] : [])];
}

/** What the pod's node must declare for the pod to become `next`, in alphabetical order. */
export function featuresToUpdate(next: Pick<Pod, "spec">, prev: Pick<Pod, "spec" | "status">): readonly string[] {
  const cpuOf = ({ resources }: Container): number => milliValue(resources?.requests?.cpu ?? "0");
  const isGuaranteed = (prev.status?.qosClass ?? "Guaranteed") === "Guaranteed";
  const cpuChanges = prev.spec.containers.some((container, i) => {
    const now = next.spec.containers[i];
    return now !== undefined && cpuOf(now) !== cpuOf(container);
  });
  const { resources: now } = next.spec;
  const { resources: was } = prev.spec;
  const podChanges = (now !== undefined || was !== undefined) && !same(now ?? {}, was ?? {});
  return [...(isGuaranteed && cpuChanges ? [GUARANTEED_CPU_RESIZE] : []), ...(podChanges ? [POD_LEVEL_RESIZE] : [])];
}
