/**
 * The APIServices of what the API server serves itself, as kube-aggregator keeps them: made at start, and taken away
 * when their version is served no more. Clients wait for them and list what is served by them.
 * Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
import { GROUP_PRIORITIES } from "../../kinds/group-order.ts";
import type { Registry } from "../../kinds/kind.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";

/** Who looks after an APIService, and when. */
export const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";
const ON_START = "onstart";

export const isAutomanaged = ({ metadata }: KubeObject): boolean => metadata.labels?.[AUTOMANAGED] === ON_START;

/** Versions whose priority does not follow from their name. */
const VERSIONS: ReadonlyMap<string, number> = new Map([
  ["v1.", 1],
  ["v2.autoscaling", 30],
  ["v1.flowcontrol.apiserver.k8s.io", 21],
  ["v1beta1.metrics.k8s.io", 100],
]);

function priorityOf(name: string, version: string): number {
  return VERSIONS.get(name) ?? (version.includes("alpha") ? 9 : version.includes("beta") ? 12 : 15);
}

export function localApiServices(registry: Registry): KubeObject[] {
  const services = new Map<string, KubeObject>();
  for (const { group, version } of registry.all()) {
    const groupPriorityMinimum = GROUP_PRIORITIES.get(group);
    const name = `${version}.${group}`;
    if (groupPriorityMinimum === undefined || services.has(name)) continue;
    services.set(name, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name, labels: { [AUTOMANAGED]: ON_START } },
      spec: {
        ...(group !== "" && { group }),
        version,
        groupPriorityMinimum,
        versionPriority: priorityOf(name, version),
      },
    } as KubeObject);
  }
  return [...services.values()];
}
