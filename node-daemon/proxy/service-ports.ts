/** What the proxy needs of Services and EndpointSlices, checked: nothing else reaches a rule. */
import type { Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { formatCidr, isIpv4, parseCidr } from "../network/address.ts";

export type Protocol = "tcp" | "udp" | "sctp";

export interface ProxyEndpoint {
  ip: string;
  port: number;
  /** On this node. */
  local: boolean;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  forNodes: readonly string[];
  forZones: readonly string[];
}

/** One port of one service, with its endpoints in a stable order. */
export interface ServicePort {
  /** "namespace/name/tcp/portname": part of chain names. */
  id: string;
  protocol: Protocol;
  clusterIp: string;
  port: number;
  nodePort: number | undefined;
  externalIps: readonly string[];
  loadBalancerIps: readonly string[];
  /** CIDRs; empty: everyone. */
  loadBalancerSourceRanges: readonly string[];
  internalLocal: boolean;
  externalLocal: boolean;
  /** Of sessionAffinity ClientIP; undefined: none. */
  affinitySeconds: number | undefined;
  endpoints: readonly ProxyEndpoint[];
}

const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const DEFAULT_AFFINITY_SECONDS = 10_800;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const PROTOCOLS: { readonly [name: string]: Protocol } = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

/** Key of the Service a slice belongs to, or undefined when it is nobody's or not ours to serve. */
export function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.["kubernetes.io/service-name"];
  return name === undefined || name === "" ? undefined : `${slice.metadata.namespace}/${name}`;
}

/** Whether the proxy leaves this service alone: headless, ExternalName, or another proxy's. */
function isIgnored({ metadata, spec }: Service): boolean {
  const labels = metadata.labels ?? {};
  return spec.type === "ExternalName" || PROXY_NAME_LABEL in labels || HEADLESS_LABEL in labels;
}

/** IPv4 cluster IP, undefined when it has none (headless, ExternalName, IPv6 only). */
export const clusterIpv4 = ({ spec }: Service): string | undefined =>
  [spec.clusterIP, ...(spec.clusterIPs ?? [])].find(isIpv4);

/** All proxied ports of a service. Pure; malformed parts are left out. */
export function servicePorts(service: Service, slices: Iterable<EndpointSlice>, nodeName: string): ServicePort[] {
  const { metadata, spec } = service;
  const clusterIp = clusterIpv4(service);
  if (clusterIp === undefined || isIgnored(service)) return [];
  if (!DNS_LABEL.test(metadata.namespace ?? "") || !DNS_LABEL.test(metadata.name ?? "")) return [];
  const usable = [...slices].filter((slice) => slice.addressType === "IPv4" && !isForeign(slice));
  const ingress = spec.type === "LoadBalancer" ? (service.status?.loadBalancer?.ingress ?? []) : [];
  const ports: ServicePort[] = [];
  for (const port of spec.ports ?? []) {
    const protocol = PROTOCOLS[port.protocol ?? "TCP"];
    const name = port.name ?? "";
    if (protocol === undefined || !isPort(port.port) || (name !== "" && !DNS_LABEL.test(name))) continue;
    ports.push({
      id: `${metadata.namespace}/${metadata.name}/${protocol}/${name}`,
      protocol,
      clusterIp,
      port: port.port,
      nodePort: isPort(port.nodePort) ? port.nodePort : undefined,
      externalIps: (spec.externalIPs ?? []).filter(isIpv4),
      loadBalancerIps: ingress.filter((i) => i.ipMode !== "Proxy").flatMap((i) => (isIpv4(i.ip) ? [i.ip] : [])),
      loadBalancerSourceRanges: sourceRanges(spec.loadBalancerSourceRanges ?? []),
      internalLocal: spec.internalTrafficPolicy === "Local",
      externalLocal: spec.externalTrafficPolicy === "Local",
      affinitySeconds:
        spec.sessionAffinity === "ClientIP"
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
          : undefined,
      endpoints: endpointsOf({ slices: usable, name, protocol, nodeName }),
    });
  }
  return ports;
}

const isForeign = (slice: EndpointSlice): boolean => {
  const labels = slice.metadata.labels ?? {};
  return PROXY_NAME_LABEL in labels || HEADLESS_LABEL in labels;
};

const isPort = (port: unknown): port is number =>
  Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536;

function sourceRanges(ranges: readonly string[]): string[] {
  const cidrs = ranges.map((range) => parseCidr(range.trim())).filter((range) => range !== undefined);
  return cidrs.some((range) => range.prefix === 0) ? [] : cidrs.map(formatCidr);
}

interface EndpointsQuery {
  slices: readonly EndpointSlice[];
  name: string;
  protocol: Protocol;
  nodeName: string;
}

/** Endpoints of one port, each address and port once, ordered so that equal sets make equal rules. */
function endpointsOf({ slices, name, protocol, nodeName }: EndpointsQuery): ProxyEndpoint[] {
  const found = new Map<string, ProxyEndpoint>();
  for (const slice of slices) {
    const port = slice.ports?.find((p) => (p.name ?? "") === name && PROTOCOLS[p.protocol ?? "TCP"] === protocol)?.port;
    if (!isPort(port)) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (!isIpv4(ip)) continue;
      const ready = endpoint.conditions?.ready ?? true;
      const seen = found.get(`${ip}:${port}`);
      // While an endpoint moves between slices it may stand in two; the better news counts.
      if (seen?.ready && !ready) continue;
      found.set(`${ip}:${port}`, {
        ip,
        port,
        local: endpoint.nodeName === nodeName,
        ready,
        serving: endpoint.conditions?.serving ?? ready,
        terminating: endpoint.conditions?.terminating ?? false,
        forNodes: (endpoint.hints?.forNodes ?? []).map((hint) => hint.name),
        forZones: (endpoint.hints?.forZones ?? []).map((hint) => hint.name),
      });
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, endpoint]) => endpoint);
}
