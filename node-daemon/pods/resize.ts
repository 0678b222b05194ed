/**
 * Changes of resources of a running pod: whether this node can give what is asked for. Until it can, the pod goes on
 * with what it has. Source: KEP-1287. Pure.
 */
import type { Container, Node, PodStatus } from "../../kinds/core/v1-types.ts";
import { lackOfResources } from "./admission.ts";
import type { NodePod } from "./pod.ts";
import { podTotal, resizable } from "./resources.ts";

export interface ResizePending {
  /** Infeasible: this node never can. Deferred: it could if others left. */
  reason: "Infeasible" | "Deferred";
  message: string;
}

/** The pod with the resources its running containers were told to have last, where the spec asks for others. */
export function withAllocated(pod: NodePod, status: PodStatus | undefined): NodePod {
  const told = new Map(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .filter(({ state, resources }) => state?.running && resources)
      .map(({ name, resources }) => [name, resources]),
  );
  const allocated = (container: Container): Container => {
    const resources = told.get(container.name);
    const before = resources && { ...container, resources };
    return before && resizable(before) !== resizable(container) ? before : container;
  };
  const { containers, initContainers } = pod.spec;
  const before = { containers: containers.map(allocated), initContainers: initContainers?.map(allocated) };
  const isSame =
    before.containers.every((container, i) => container === containers[i]) &&
    (before.initContainers ?? []).every((container, i) => container === initContainers?.[i]);
  if (isSame) return pod;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: before.containers,
      ...(before.initContainers && { initContainers: before.initContainers }),
    },
  };
}

/**
 * @param before the pod as it is allocated now
 * @param others pods that take up the node, as they are allocated
 * @returns undefined when the change can be made
 */
export function resizePending(
  pod: NodePod,
  before: NodePod,
  { node, others }: { node: Node | undefined; others: readonly NodePod[] },
): ResizePending | undefined {
  if (!node || !asksForMore(pod, before)) return undefined;
  const alone = lackOfResources(pod, node, []);
  const never = alone.find(({ resource }) => resource === "memory") ?? alone.find(({ resource }) => resource === "cpu");
  if (never) {
    const { resource, requested, capacity } = never;
    return {
      reason: "Infeasible",
      message: `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`,
    };
  }
  const [first] = lackOfResources(pod, node, others);
  return first && { reason: "Deferred", message: first.message };
}

const asksForMore = (next: NodePod, before: NodePod): boolean => {
  const [wanted, had] = [podTotal(next, "requests"), podTotal(before, "requests")];
  return wanted.cpu > had.cpu || wanted.memory > had.memory;
};
