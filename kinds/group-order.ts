/**
 * The order of API groups: that of discovery, and so of what wins when a short name fits resources of several groups.
 * Source: GroupPriorityMinimum in https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/
 */

/** As upstream's. */
export const GROUP_PRIORITIES: ReadonlyMap<string, number> = new Map([
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

/** The group of APIServices is nobody's service: it has no priority, and its place is behind the core group's. */
const APISERVICES = "apiregistration.k8s.io";

const priorityOf = (group: string): number =>
  group === APISERVICES ? GROUP_PRIORITIES.get("")! - 1 : (GROUP_PRIORITIES.get(group) ?? 0);

/** Higher priorities first; of one priority by name. */
export const compareGroups = (a: string, b: string): number =>
  priorityOf(b) - priorityOf(a) || (a < b ? -1 : a > b ? 1 : 0);
