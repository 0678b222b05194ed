/**
 * The APIServices of what the API server serves itself, as kube-aggregator keeps them: made at start, and taken away
 * when their version is served no more. Clients wait for them and list what is served by them.
 * Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
import type { Registry } from "../../kinds/kind.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";

/** Who looks after an APIService, and when. */
export const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";
const ON_START = "onstart";

export const isAutomanaged = ({ metadata }: KubeObject): boolean => metadata.labels?.[AUTOMANAGED] === ON_START;

/** Priorities of groups, as upstream orders them. The group of APIServices has none of its own. */
const GROUPS: ReadonlyMap<string, number> = new Map([
  ["", 18_000],
  ["apps", 17_800],
  ["events.k8s.io", 17_750],
  ["authentication.k8s.io", 17_700],
  ["authorization.k8s.io", 17_600],
  ["autoscaling", 17_500],
  ["batch", 17_400],
  ["certificates.k8s.io", 17_300],
  ["networking.k8s.io", 17_200],
  ["policy", 17_100],
  ["rbac.authorization.k8s.io", 17_000],
  ["storage.k8s.io", 16_800],
  ["apiextensions.k8s.io", 16_700],
  ["admissionregistration.k8s.io", 16_700],
  ["scheduling.k8s.io", 16_600],
  ["coordination.k8s.io", 16_500],
  ["node.k8s.io", 16_300],
  ["discovery.k8s.io", 16_200],
  ["flowcontrol.apiserver.k8s.io", 16_100],
  ["internal.apiserver.k8s.io", 16_000],
  ["resource.k8s.io", 15_900],
  ["storagemigration.k8s.io", 15_800],
  // As metrics-server's own.
  ["metrics.k8s.io", 100],
]);

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
    const groupPriorityMinimum = GROUPS.get(group);
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
