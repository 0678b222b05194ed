/**
 * Changes of resources of a running pod: whether this node can give what is asked for. Until it can, the pod goes on
 * with what it has. Source: KEP-1287. Pure.
 */
import type { Container, Node, PodStatus } from "../../kinds/core/v1-types.ts";
import { lackOfResources } from "./admission.ts";
import { latest, type ObservedContainer, type ObservedPod } from "./observed.ts";
import { containersOf, type NodePod } from "./pod.ts";
import { qosClass } from "./qos.ts";
import { podTotal, resizable } from "./resources.ts";

export interface ResizePending {
  /** Infeasible: this node never can. Deferred: it could if others left. */
  reason: "Infeasible" | "Deferred";
  message: string;
}

/** Resources of containers by name. */
export type Granted = ReadonlyMap<string, Container["resources"]>;

export const resourcesOf = (pod: NodePod): Granted =>
  new Map(containersOf(pod).map(({ name, resources }) => [name, resources]));

/** What running containers were told to have last. */
export const grantedBefore = (status: PodStatus | undefined): Granted =>
  new Map(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .filter(({ state, resources }) => state?.running && resources)
      .map(({ name, resources }) => [name, resources]),
  );

/** The pod with the resources it was granted, where its spec asks for others; the same object where it does not. */
export function withGranted(pod: NodePod, granted: Granted): NodePod {
  const { containers, initContainers } = pod.spec;
  const before = (container: Container): Container => {
    if (!granted.has(container.name)) return container;
    const { resources: _, ...rest } = container;
    const resources = granted.get(container.name);
    const had = { ...rest, ...(resources && { resources }) };
    return resizable(had) === resizable(container) ? container : had;
  };
  const regular = containers.map(before);
  const init = initContainers?.map(before);
  const isSame = [...regular, ...(init ?? [])].every(
    (container) =>
      container === containers.find(({ name }) => name === container.name) ||
      container === initContainers?.find(({ name }) => name === container.name),
  );
  if (isSame) return pod;
  return { ...pod, spec: { ...pod.spec, containers: regular, ...(init && { initContainers: init }) } };
}

/**
 * Whether a running container has other resources than its pod was granted.
 *
 * @param resized what running containers have been resized to since they were made, by id
 */
export const resizeIsUnderWay = (pod: NodePod, observed: ObservedPod, resized: ReadonlyMap<string, string>): boolean =>
  containersOf(pod).some((container) => {
    const last = latest(observed, container.name);
    return last?.state === "running" && hasOtherResources(container, last, resized);
  });

/** Whether what a container was given is known, and is not what it should have. */
export function hasOtherResources(
  container: Container,
  { id, resources }: Pick<ObservedContainer, "id" | "resources">,
  resized: ReadonlyMap<string, string> | undefined,
): boolean {
  const has = resized?.get(id) ?? resources;
  return has !== "" && has !== resizable(container);
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
