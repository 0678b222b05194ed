/**
 * Changes of resources of a running pod: whether this node can give what is asked for. Until it can, the pod goes on
 * with what it has. Source: KEP-1287. Pure.
 */
import type { Container, Node, PodSpec, PodStatus } from "../../kinds/core/v1-types.ts";
import { lackOfResources } from "./admission.ts";
import { latest, type ObservedContainer, type ObservedPod } from "./observed.ts";
import { containersOf, type NodePod } from "./pod.ts";
import { qosClass } from "./qos.ts";
import { podResizable, podTotal, resizable } from "./resources.ts";

export interface ResizePending {
  /** Infeasible: this node never can. Deferred: it could if others left. */
  reason: "Infeasible" | "Deferred";
  message: string;
}

export interface Granted {
  containers: ReadonlyMap<string, Container["resources"]>;
  /** Of the pod as a whole. */
  pod: PodSpec["resources"];
}

export const resourcesOf = (pod: NodePod): Granted => ({
  containers: new Map(containersOf(pod).map(({ name, resources }) => [name, resources])),
  pod: pod.spec.resources,
});

/** What running containers and the pod were told to have last. */
export const grantedBefore = ({ spec }: NodePod, status: PodStatus | undefined): Granted => ({
  containers: new Map(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .filter(({ state, resources }) => state?.running && resources)
      .map(({ name, resources }) => [name, resources]),
  ),
  pod: status?.resources ?? spec.resources,
});

const withResources = <T extends { resources?: Container["resources"] }>(
  { resources: _, ...rest }: T,
  resources: Container["resources"],
): T => ({ ...rest, ...(resources && { resources }) }) as T;

/** The pod with the resources it was granted, where its spec asks for others; the same object where it does not. */
export function withGranted(pod: NodePod, granted: Granted): NodePod {
  const before = (container: Container): Container =>
    granted.containers.has(container.name)
      ? withResources(container, granted.containers.get(container.name))
      : container;
  const { containers, initContainers } = pod.spec;
  const spec = {
    ...withResources(pod.spec, granted.pod),
    containers: containers.map(before),
    ...(initContainers && { initContainers: initContainers.map(before) }),
  };
  const had = { ...pod, spec };
  return sameResources(pod, had) ? pod : had;
}

function sameResources(a: NodePod, b: NodePod): boolean {
  const others = containersOf(b);
  return (
    podResizable(a) === podResizable(b) &&
    containersOf(a).every((one, i) => resizable(a, one) === resizable(b, others[i] as Container))
  );
}

/** What the daemon itself has given, so far as it knows, as `resizable` has it: to containers by id, to the pod by WHOLE_POD. */
export type Given = ReadonlyMap<string, string>;

/** No container has such an id. */
export const WHOLE_POD = "";

/** Whether the pod or a running container of it has other resources than it was granted. */
export const resizeIsUnderWay = (pod: NodePod, observed: ObservedPod, given: Given): boolean =>
  podHasOtherResources(pod, given) ||
  containersOf(pod).some((container) => {
    const last = latest(observed, container.name);
    return last?.state === "running" && hasOtherResources(pod, { container, last, given });
  });

/** Whether what the pod as a whole was given is known, and is not what it should have. */
export const podHasOtherResources = (pod: NodePod, given: Given | undefined): boolean => {
  const has = given?.get(WHOLE_POD);
  return has !== undefined && has !== podResizable(pod);
};

/** Whether what a container was given is known, and is not what it should have. */
export function hasOtherResources(
  pod: NodePod,
  {
    container,
    last,
    given,
  }: {
    container: Container;
    last: Pick<ObservedContainer, "id" | "resources">;
    given: Given | undefined;
  },
): boolean {
  const has = given?.get(last.id) ?? last.resources;
  return has !== "" && has !== resizable(pod, container);
}

/** As events of resizes have it: what the pod asks for. Key order as upstream's. */
export function resizeSummary(pod: NodePod, generation: number, error?: string): string {
  const sorted = (map: { [name: string]: string }): object =>
    Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  const summary = ({ name, resources: { limits, requests } = {} }: Container): object => ({
    name,
    resources: { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) },
  });
  const { initContainers = [], containers } = pod.spec;
  return JSON.stringify({
    ...(initContainers.length > 0 && { initContainers: initContainers.map(summary) }),
    containers: containers.map(summary),
    generation,
    ...(error && { error }),
  });
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

const QOS_ORDER = ["Guaranteed", "Burstable", "BestEffort"];

/** Whose deferred change is tried first: higher priority, then better quality of service. */
export const byResizePriority = (a: NodePod, b: NodePod): number =>
  (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || QOS_ORDER.indexOf(qosClass(a)) - QOS_ORDER.indexOf(qosClass(b));

const asksForMore = (next: NodePod, before: NodePod): boolean => {
  const [wanted, had] = [podTotal(next, "requests"), podTotal(before, "requests")];
  return wanted.cpu > had.cpu || wanted.memory > had.memory;
};
