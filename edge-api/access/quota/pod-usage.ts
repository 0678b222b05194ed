/** What pods count for. Pure. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core. */
import { aggregateContainers } from "../../../kinds/core/pod-template/pod-resources.ts";
import type { Container, PodSpec } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { podTotal } from "../admission/pod-total.ts";
import { addTo, largest, type ResourceList } from "./resource-list.ts";

interface Resources {
  requests?: ResourceList;
  limits?: ResourceList;
}

/** What a container has, or a pod as a whole. */
interface Actual {
  allocatedResources?: ResourceList;
  resources?: Resources;
}

interface ContainerStatus extends Actual {
  name: string;
}

interface PodStatus extends Actual {
  phase?: string;
  conditions?: { type: string; reason?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

const COMPUTE = ["cpu", "memory", "ephemeral-storage"];

const POD_NAMES: ReadonlySet<string> = new Set([
  "count/pods",
  "pods",
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");

/** Of these names in a quota the ones that pods count for. */
export const isPodResource = (name: string): boolean =>
  POD_NAMES.has(name) ||
  name.startsWith("hugepages-") ||
  name.startsWith("requests.hugepages-") ||
  (name.startsWith("requests.") &&
    (!isNative(name.slice("requests.".length)) || name.startsWith("requests.deviceclass.resource.kubernetes.io/")));

/**
 * As long as a pod is not over. A pod whose deletion should be done by now counts here all the same: whoever adds up
 * all of them leaves it out (isOverdue), and whoever counts one more or less then adds up all.
 */
export function podUsage(pod: KubeObject): ResourceList {
  const usage: ResourceList = { "count/pods": "1" };
  const { phase } = (pod.status ?? {}) as PodStatus;
  if (phase === "Failed" || phase === "Succeeded") return usage;
  const spec = withActual(pod);
  addTo(usage, computeUsage(totalOf(spec, "requests"), totalOf(spec, "limits")));
  return usage;
}

const totalOf = (spec: PodSpec, which: "requests" | "limits"): ResourceList =>
  podTotal(spec, aggregateContainers(spec, which) as ResourceList, which);

/** While a pod is being resized it counts for what it has and for what it will have, whichever is more. */
function withActual(pod: KubeObject): PodSpec {
  const spec = pod.spec as PodSpec;
  const status = (pod.status ?? {}) as PodStatus;
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = status;
  const statuses = new Map([...containerStatuses, ...initContainerStatuses].map((one) => [one.name, one]));
  const infeasible = conditions.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible");
  const effective = (asked: Resources | undefined, actual: Actual | undefined): Resources | undefined => {
    if (!actual?.resources) return asked;
    const { requests, limits } = infeasible ? {} : (asked ?? {});
    return {
      requests: largest(requests, actual.resources.requests, actual.allocatedResources),
      limits: largest(limits, actual.resources.limits),
    };
  };
  const ofContainer = (container: Container): Container => {
    const resources = effective(container.resources as Resources | undefined, statuses.get(container.name));
    return resources ? { ...container, resources: resources as NonNullable<Container["resources"]> } : container;
  };
  const whole = spec.resources && effective(spec.resources as Resources, status);
  return {
    ...spec,
    ...(whole && { resources: whole as NonNullable<PodSpec["resources"]> }),
    ...(statuses.size > 0 && {
      containers: (spec.containers ?? []).map(ofContainer),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(ofContainer) }),
    }),
  };
}

/** The names quotas have for one pod's (or container's) requests and limits. */
export function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: ResourceList = { pods: "1" };
  for (const name of COMPUTE) {
    if (requests[name] !== undefined) usage[name] = usage[`requests.${name}`] = requests[name];
    if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name];
  }
  for (const [name, amount] of Object.entries(requests)) {
    if (name.startsWith("hugepages-")) usage[name] = usage[`requests.${name}`] = amount;
    else if (!isNative(name) || name.startsWith("deviceclass.resource.kubernetes.io/"))
      usage[`requests.${name}`] = amount;
  }
  return usage;
}

/** Names that every container must say something about once a quota counts them: so it was from the beginning. */
const REQUIRED: ReadonlySet<string> = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

/** What containers must say and do not, in upstream's words. @param names that the quota counts */
export function podConstraint(pod: KubeObject, names: readonly string[]): string | undefined {
  const spec = pod.spec as PodSpec;
  const { requests, limits } = (spec.resources ?? {}) as { requests?: ResourceList; limits?: ResourceList };
  if (Object.keys(requests ?? {}).length > 0 || Object.keys(limits ?? {}).length > 0) return undefined;
  const missing = new Map<string, Set<string>>();
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const { resources } = container;
    const said = computeUsage((resources?.requests ?? {}) as ResourceList, (resources?.limits ?? {}) as ResourceList);
    for (const name of names) {
      if (!REQUIRED.has(name) || said[name] !== undefined) continue;
      const containers = missing.get(name) ?? new Set();
      missing.set(name, containers.add(container.name));
    }
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()].sort().map((name) => `${name} for: ${[...missing.get(name)!].sort().join(",")}`);
  return `must specify ${parts.join("; ")}`;
}

/** Whether a pod should be gone by now, twice its grace period after it was deleted: its node is probably lost. */
export function isOverdue({ metadata }: KubeObject, nowMs: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return nowMs > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}
