/** Whether a pod may start on this node. The scheduler has asked the same; pods may come past it. Pure. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm } from "../../kinds/core/v1-types.ts";
import { milliValue, parseQuantity } from "../../machinery/meta/quantity.ts";
import { type NodePod, usesHostNetwork } from "./pod.ts";
import { podTotal } from "./resources.ts";
import type { Rejection } from "./services.ts";

/** Namespaced in the kernel and without effect on others. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

/**
 * @param others   pods that take up the node already, the new one not among them
 * @param appArmor whether the node's kernel enforces AppArmor profiles
 */
export function admitPod(
  pod: NodePod,
  node: Node | undefined,
  { others, appArmor }: { others: readonly NodePod[]; appArmor: boolean },
): Rejection | undefined {
  if (!node) return undefined;
  return (
    operatingSystem(pod) ??
    sysctls(pod) ??
    supplementalGroups(pod, node) ??
    affinity(pod, node) ??
    (appArmor ? undefined : withoutAppArmor(pod)) ??
    hostPorts(pod, others) ??
    resources(pod, node, others)
  );
}

function operatingSystem({ spec }: NodePod): Rejection | undefined {
  if (!spec.os || spec.os.name === "linux") return undefined;
  return {
    reason: "PodOSNotSupported",
    message: "Failed to admit pod as the OS field doesn't match node OS",
  };
}

function sysctls({ spec }: NodePod): Rejection | undefined {
  const bad = (spec.securityContext?.sysctls ?? []).find(({ name }) => !SAFE_SYSCTLS.has(name.replaceAll("/", ".")));
  return bad && { reason: "SysctlForbidden", message: `forbidden sysctl: "${bad.name}" not allowlisted` };
}

function supplementalGroups({ spec }: NodePod, node: Node): Rejection | undefined {
  if (spec.securityContext?.supplementalGroupsPolicy !== "Strict") return undefined;
  if (node.status?.features?.supplementalGroupsPolicy) return undefined;
  return {
    reason: "SupplementalGroupsPolicyNotSupported",
    message: "SupplementalGroupsPolicy=Strict is not supported in this node",
  };
}

function withoutAppArmor({ spec }: NodePod): Rejection | undefined {
  const contexts = [spec, ...(spec.initContainers ?? []), ...spec.containers].map(
    ({ securityContext }) => securityContext?.appArmorProfile?.type ?? "Unconfined",
  );
  if (contexts.every((type) => type === "Unconfined")) return undefined;
  return { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" };
}

function affinity({ spec }: NodePod, node: Node): Rejection | undefined {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const matches = !required || required.nodeSelectorTerms.some((term) => termMatches(term, node));
  if (selected && matches) return undefined;
  return {
    reason: "NodeAffinity",
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  };
}

function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { "metadata.name": node.metadata.name ?? "" };
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => matchesRequirement(requirement, fields))
  );
}

function matchesRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: { [key: string]: string },
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Host ports as "TCP 0.0.0.0 8080". */
function portsOf(pod: NodePod): { protocol: string; ip: string; port: number }[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ containerPort, hostPort, hostIP, protocol = "TCP" }) => {
      const port = hostPort ?? (usesHostNetwork(pod) ? containerPort : 0);
      return port > 0 ? [{ protocol, ip: hostIP || "0.0.0.0", port }] : [];
    }),
  );
}

function hostPorts(pod: NodePod, others: readonly NodePod[]): Rejection | undefined {
  const wanted = portsOf(pod);
  if (wanted.length === 0) return undefined;
  const taken = others.flatMap(portsOf);
  const clash = wanted.some((want) =>
    taken.some(
      (have) =>
        have.port === want.port &&
        have.protocol === want.protocol &&
        (have.ip === want.ip || have.ip === "0.0.0.0" || want.ip === "0.0.0.0"),
    ),
  );
  if (!clash) return undefined;
  return {
    reason: "NodePorts",
    message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}

/** In the units upstream's message has: milli for cpu, whole for the rest. */
const inUnits = (resource: string, nanos: bigint): bigint => nanos / (resource === "cpu" ? 1_000_000n : 1_000_000_000n);

function resources(pod: NodePod, node: Node, others: readonly NodePod[]): Rejection | undefined {
  const [lack] = lackOfResources(pod, node, others);
  return lack && { reason: `OutOf${lack.resource}`, message: lack.message };
}

export interface Lack {
  resource: string;
  requested: bigint;
  used: bigint;
  capacity: bigint;
  message: string;
}

/** What the node has too little of for the pod beside the others. */
export function lackOfResources(pod: NodePod, node: Node, others: readonly NodePod[]): Lack[] {
  const allocatable = node.status?.allocatable ?? {};
  const lacking = (resource: string, amounts: { requested: bigint; used: bigint; capacity: bigint }): Lack => ({
    resource,
    ...amounts,
    message: `Node didn't have enough resource: ${resource}, requested: ${amounts.requested}, used: ${amounts.used}, capacity: ${amounts.capacity}`,
  });
  const lacks: Lack[] = [];
  const podLimit = allocatable.pods === undefined ? undefined : BigInt(Math.floor(milliValue(allocatable.pods) / 1000));
  if (podLimit !== undefined && BigInt(others.length) >= podLimit) {
    lacks.push(lacking("pods", { requested: 1n, used: BigInt(others.length), capacity: podLimit }));
  }
  const wanted = podTotal(pod, "requests");
  const totals = others.map((other) => podTotal(other, "requests"));
  for (const [resource, amount] of Object.entries(wanted)) {
    const quantity = allocatable[resource];
    if (amount === 0n || (quantity === undefined && resource === "ephemeral-storage")) continue;
    const capacity = quantity === undefined ? 0n : parseQuantity(quantity);
    const used = totals.reduce((sum, total) => sum + (total[resource] ?? 0n), 0n);
    if (used + amount <= capacity) continue;
    const amounts = {
      requested: inUnits(resource, amount),
      used: inUnits(resource, used),
      capacity: inUnits(resource, capacity),
    };
    lacks.push(lacking(resource, amounts));
  }
  return lacks;
}
