/** Services and slices for the proxy's tests. */
import type { Service, ServiceSpec } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { ProxyNode } from "./plan-service.ts";

export const node: ProxyNode = {
  name: "a",
  zone: "z1",
  clusterCidr: "10.244.0.0/16",
  ip: "192.0.2.1",
  servedIps: ["10.96.0.1", "10.96.0.10"],
};

export const makeService = (spec: Partial<ServiceSpec> = {}, name = "web"): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { clusterIP: "10.96.0.20", ports: [{ name: "http", port: 80, protocol: "TCP" }], ...spec },
});

/** "10.244.0.5@a": on node a; a leading "-" is not ready, "~" terminating but serving. */
export function makeSlice(
  endpoints: string[],
  options: { service?: string; name?: string; protocol?: "TCP" | "UDP" } = {},
): EndpointSlice {
  const { service = "web", name = "http", protocol = "TCP" } = options;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${service}-1`, namespace: "default", labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name, port: 8080, protocol }],
    endpoints: endpoints.map(makeEndpoint),
  };
}

function makeEndpoint(text: string): Endpoint {
  const [, mark, ip, nodeName] = /^([-~]?)([\d.]+)@(\w+)$/.exec(text) as unknown as [string, string, string, string];
  return {
    addresses: [ip],
    nodeName,
    conditions: { ready: mark === "", serving: mark !== "-", terminating: mark === "~" },
  };
}
