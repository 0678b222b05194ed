/** Which pods stand behind a service, and how: shared by EndpointSlices and Endpoints. */
import type { Pod, Service, ServicePort } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { keyOf } from "../runner/controller.ts";
import type { View } from "../view/view.ts";
import { isFinished, isReady, podCondition } from "../workload/pods.ts";

type Labels = { [key: string]: string };

/** A service whose endpoints a controller keeps: with a selector, and not a mere name. */
export const hasEndpoints = (service: Service): boolean =>
  service.spec?.selector !== undefined && service.spec.type !== "ExternalName";

export const isHeadless = ({ spec }: Service): boolean => !spec?.clusterIP || spec.clusterIP === "None";

/** A selector that is {} selects every pod of the namespace, unlike one that is absent. */
const selects = (selector: Labels, labels: Labels = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

export function* podsOf(service: Service, view: View): Generator<Pod> {
  const selector = service.spec?.selector ?? {};
  for (const pod of view.pods.inNamespace(service.metadata.namespace ?? "")) {
    if (selects(selector, pod.metadata.labels)) yield pod;
  }
}

/** Keys of the services that a pod's change matters to. */
export function* servicesOf({ type, object, previous }: Change<Pod>, view: View): Generator<string> {
  const relabelled = previous && !deepEqual(previous.metadata.labels, object.metadata.labels);
  if (type === "changed" && previous && !relabelled && deepEqual(aspects(previous), aspects(object))) return;
  for (const service of view.services.inNamespace(object.metadata.namespace ?? "")) {
    const selector = service.spec?.selector;
    if (!selector) continue;
    if (selects(selector, object.metadata.labels) || (relabelled && selects(selector, previous.metadata.labels))) {
      yield keyOf(service);
    }
  }
}

/** All of a pod that endpoints depend on, but labels. */
const aspects = (pod: Pod): unknown => [
  isReady(pod),
  isFinished(pod),
  pod.metadata.deletionTimestamp !== undefined,
  pod.spec.nodeName,
  pod.spec.hostname,
  pod.spec.subdomain,
  pod.status?.podIP,
  pod.status?.podIPs,
];

/** Has an address and may still serve. */
export const mayServe = (pod: Pod, options: { includeTerminating: boolean }): boolean =>
  !isFinished(pod) &&
  addressesOf(pod).length > 0 &&
  (options.includeTerminating || pod.metadata.deletionTimestamp === undefined);

export function addressesOf({ status }: Pod): string[] {
  if (status?.podIPs?.length) return status.podIPs.map(({ ip }) => ip);
  return status?.podIP ? [status.podIP] : [];
}

export const isOfFamily = (address: string, family: string): boolean => address.includes(":") === (family === "IPv6");

/** The pod's own port behind a service's: a number, or that of a container port by name. */
export function podPort({ targetPort, protocol = "TCP", port }: ServicePort, { spec }: Pod): number | undefined {
  if (typeof targetPort === "number") return targetPort;
  if (targetPort === undefined || targetPort === "") return port;
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const found = container.ports?.find(({ name, protocol: its = "TCP" }) => name === targetPort && its === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** A pod has a DNS name of its own under the service it names as subdomain. */
export const hostnameUnder = (service: Service, { spec }: Pod): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined;

export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

/**
 * When what is being published came about: the earliest moment since `before` at which a pod became or ceased to be
 * ready, or the service was made. Undefined when nothing is newer.
 */
export function triggerTime(service: Service, pods: Iterable<Pod>, before: string | undefined): string | undefined {
  let earliest: string | undefined;
  const consider = (time: string | undefined) => {
    if (!time || (before !== undefined && Date.parse(time) <= Date.parse(before))) return;
    if (earliest === undefined || time < earliest) earliest = time;
  };
  consider(service.metadata.creationTimestamp);
  for (const pod of pods) consider(podCondition(pod, "Ready")?.lastTransitionTime);
  return earliest;
}
