/** What the types of services mean for their fields. */
import type { Service } from "./v1-types.ts";

export const isHeadless = ({ spec }: Service): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";

export const hasClusterIp = ({ spec }: Service): boolean => spec.type !== "ExternalName";

export const hasNodePorts = ({ spec }: Service): boolean =>
  spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);

/** Nodes say on a port of their own whether they have endpoints of the service. */
export const hasHealthCheckPort = ({ spec }: Service): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

export const isExternallyAccessible = ({ spec }: Service): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);
