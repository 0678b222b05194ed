/**
 * What a pod on a node takes while it is being resized: of what it asks for, what it was given and what it has, the
 * most, until kubelet has done what was asked. What kubelet says it cannot do does not count.
 * Source: KEP-1287, https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { Container, ContainerStatus, Pod, PodSpec, ResourceRequirements } from "../../kinds/core/v1-types.ts";
import { amountOf } from "./resources.ts";

type Requests = { [name: string]: string };

/** The spec with these amounts as requests; the same object where nothing differs. */
export function actualSpec({ spec, status }: Pod): PodSpec | undefined {
  if (!spec?.nodeName || !status?.containerStatuses) return spec;
  const isInfeasible =
    status.conditions?.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible") ?? false;
  const isActual = (container: Container, of: ContainerStatus | undefined): boolean =>
    !of?.resources ||
    (isSame(container.resources?.requests, of.resources.requests) &&
      (!of.allocatedResources || isSame(container.resources?.requests, of.allocatedResources)));
  const statusOf = (list: readonly ContainerStatus[] | undefined, { name }: Container): ContainerStatus | undefined =>
    list?.find((each) => each.name === name);
  const actual = (list: readonly Container[], statuses: readonly ContainerStatus[] | undefined): Container[] =>
    list.map((container) => {
      const of = statusOf(statuses, container);
      if (!of?.resources || isActual(container, of)) return container;
      const asked = isInfeasible ? undefined : container.resources?.requests;
      return withRequests(container, most(asked, of.resources.requests, of.allocatedResources));
    });
  const { containers, initContainers, resources } = spec;
  const sidecars = initContainers?.map((container) =>
    container.restartPolicy === "Always" ? actual([container], status.initContainerStatuses)[0]! : container,
  );
  const now = actual(containers, status.containerStatuses);
  const podLevel =
    resources?.requests && status.resources
      ? most(isInfeasible ? undefined : resources.requests, status.resources.requests, status.allocatedResources)
      : resources?.requests;
  const isUnchanged =
    now.every((container, i) => container === containers[i]) &&
    (sidecars?.every((container, i) => container === initContainers![i]) ?? true) &&
    isSame(podLevel, resources?.requests);
  if (isUnchanged) return spec;
  return {
    ...spec,
    containers: now,
    ...(sidecars && { initContainers: sidecars }),
    ...(podLevel && { resources: { ...resources, requests: podLevel } }),
  };
}

const withRequests = <T extends { resources?: ResourceRequirements }>(of: T, requests: Requests): T => ({
  ...of,
  resources: { ...of.resources, requests },
});

function isSame(a: Requests = {}, b: Requests = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

function most(...lists: (Requests | undefined)[]): Requests {
  const found = new Map<string, string>();
  for (const list of lists) {
    for (const [name, quantity] of Object.entries(list ?? {})) {
      const known = found.get(name);
      if (known === undefined || amountOf(name, quantity) > amountOf(name, known)) found.set(name, quantity);
    }
  }
  return Object.fromEntries(found);
}
