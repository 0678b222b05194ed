/** Linked and allocated fields of services, which clients may leave out or know only in part. */
import { same } from "../common/same.ts";
import { hasClusterIp, hasHealthCheckPort, hasNodePorts, isExternallyAccessible } from "./service-types.ts";
import type { Service } from "./v1-types.ts";

/** Old clients know only the first of the cluster IPs. Changes `next`. */
export function pluralizeClusterIp({ spec }: Service): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

/** What was allocated before stays, where the client says nothing about it. Changes `next`. */
function keepAllocated(next: Service, prev: Service): void {
  const [spec, old] = [next.spec, prev.spec];
  if (hasClusterIp(prev) && hasClusterIp(next)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs];
  }
  if (hasNodePorts(prev) && hasNodePorts(next)) {
    const used = new Set(old.ports?.map((port) => port.nodePort).filter((number) => number));
    const taken = new Set(spec.ports?.map((port) => port.nodePort).filter((number) => used.has(number)));
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const before = old.ports?.find((candidate) => (candidate.name ?? "") === (port.name ?? ""))?.nodePort;
      if (!before || taken.has(before)) continue;
      port.nodePort = before;
      taken.add(before);
    }
  }
  if (hasHealthCheckPort(prev) && hasHealthCheckPort(next) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** Makes the single cluster IP and the list of them agree again after a client has changed one. Changes `next`. */
function normalizeClusterIps(next: Service, prev: Service): void {
  const [spec, old] = [next.spec, prev.spec];
  if ((spec.clusterIP ?? "") === (old.clusterIP ?? "")) {
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs];
  } else if (same(spec.clusterIPs, old.clusterIPs)) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
    else delete spec.clusterIPs;
  }
}

type Field = keyof Service["spec"];

/** Drops fields that the new type has no use for and that the client has not changed. Changes `next`. */
function dropForType(next: Service, prev: Service): void {
  const [spec, old] = [next.spec, prev.spec];
  const drop = (...fields: Field[]): void => {
    for (const field of fields) if (same(spec[field], old[field])) delete spec[field];
  };
  if (hasClusterIp(prev) && !hasClusterIp(next)) {
    if (same(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop("ipFamilies", "ipFamilyPolicy");
  }
  const usesNoNodePort = spec.type === "ClusterIP" || spec.type === "ExternalName";
  const usedNodePorts = old.type === "NodePort" || old.type === "LoadBalancer";
  const before = new Set(old.ports?.map((port) => port.nodePort));
  if (usedNodePorts && usesNoNodePort && spec.ports?.every(({ nodePort }) => !nodePort || before.has(nodePort))) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (hasHealthCheckPort(prev) && !hasHealthCheckPort(next)) drop("healthCheckNodePort");
  if (old.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    drop("allocateLoadBalancerNodePorts", "loadBalancerClass");
  }
  if (isExternallyAccessible(prev) && !isExternallyAccessible(next)) drop("externalTrafficPolicy");
}

export function prepareServiceUpdate(next: Service, prev: Service): void {
  keepAllocated(next, prev);
  normalizeClusterIps(next, prev);
  dropForType(next, prev);
}
