/** Services and endpoints as DNS asks for them: by name and by address. */
import type { Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { Informer } from "../contracts.ts";

export interface DnsEndpoint {
  /** Label of the endpoint below its service: its hostname, or its address with dashes. */
  hostname: string;
  ip: string;
}

export interface DnsEndpointPort {
  name: string;
  /** "tcp" */
  protocol: string;
  port: number;
  endpoints: DnsEndpoint[];
}

/** What answers are made of. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  hasNamespace(namespace: string): boolean;
  /** Ready endpoints, each address and hostname once. */
  endpoints(namespace: string, name: string): DnsEndpoint[];
  /** Ready endpoints by port. */
  endpointPorts(namespace: string, name: string): DnsEndpointPort[];
  /** Names below svc.<zone> that an address has: "web.default", or "10-244-0-5.web.default" for endpoints. */
  namesOf(ip: string): string[];
}

const SERVICE_LABEL = "kubernetes.io/service-name";

export const endpointHostname = (hostname: string | undefined, ip: string): string =>
  hostname ? hostname.toLowerCase() : ip.replaceAll(/[.:]/g, "-");

const isHeadless = (service: Service): boolean => service.spec.clusterIP === "None" || !service.spec.clusterIP;

const clusterIps = ({ spec }: Service): string[] =>
  [...new Set([...(spec.clusterIPs ?? []), spec.clusterIP])].filter(
    (ip) => ip !== undefined && ip !== "" && ip !== "None",
  ) as string[];

/** Keeps indexes over the informers' caches; every lookup is a few map reads. */
export class InformerView implements ClusterView {
  readonly #services: Informer<Service>;
  /** "namespace/service" → slices by key. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  /** Address → keys of services with that cluster IP. */
  readonly #byClusterIp = new Map<string, Set<string>>();
  /** Address → service keys that have it as an endpoint, counted over slices. */
  readonly #byEndpoint = new Map<string, Map<string, number>>();
  /** Namespace → how many services it has. */
  readonly #namespaces = new Map<string, number>();

  constructor(services: Informer<Service>, slices: Informer<EndpointSlice>) {
    this.#services = services;
    services.onChange((key, current, previous) => this.#serviceChanged(key, current, previous));
    slices.onChange((key, current, previous) => this.#sliceChanged(key, current, previous));
    for (const service of services.values()) {
      this.#serviceChanged(`${service.metadata.namespace}/${service.metadata.name}`, service, undefined);
    }
    for (const slice of slices.values()) {
      this.#sliceChanged(`${slice.metadata.namespace}/${slice.metadata.name}`, slice, undefined);
    }
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  hasNamespace(namespace: string): boolean {
    return (this.#namespaces.get(namespace) ?? 0) > 0;
  }

  endpoints(namespace: string, name: string): DnsEndpoint[] {
    const found = new Map<string, DnsEndpoint>();
    for (const slice of this.#slicesOf(namespace, name)) collectReady(slice, found);
    return [...found.values()];
  }

  endpointPorts(namespace: string, name: string): DnsEndpointPort[] {
    const ports = new Map<string, DnsEndpointPort & { found: Map<string, DnsEndpoint> }>();
    for (const slice of this.#slicesOf(namespace, name)) {
      for (const { name: portName = "", protocol = "TCP", port } of slice.ports ?? []) {
        if (port === undefined || port === null) continue;
        const key = `${portName}/${protocol}/${port}`;
        const entry = ports.get(key) ?? {
          name: portName,
          protocol: protocol.toLowerCase(),
          port,
          endpoints: [],
          found: new Map<string, DnsEndpoint>(),
        };
        ports.set(key, entry);
        collectReady(slice, entry.found);
      }
    }
    return [...ports.values()].map(({ found, ...port }) => ({ ...port, endpoints: [...found.values()] }));
  }

  namesOf(ip: string): string[] {
    const names: string[] = [];
    for (const key of this.#byClusterIp.get(ip) ?? []) names.push(domainOf(key));
    for (const key of this.#byEndpoint.get(ip)?.keys() ?? []) {
      const [namespace, name] = key.split("/") as [string, string];
      const service = this.service(namespace, name);
      // A pod behind a plain service has a name of its own only where it was given one.
      for (const endpoint of service ? this.endpoints(namespace, name) : []) {
        const named = endpoint.hostname !== endpointHostname(undefined, ip);
        if (endpoint.ip === ip && (named || isHeadless(service as Service))) {
          names.push(`${endpoint.hostname}.${domainOf(key)}`);
        }
      }
    }
    return names;
  }

  #slicesOf(namespace: string, name: string): Iterable<EndpointSlice> {
    return this.#slices.get(`${namespace}/${name}`)?.values() ?? [];
  }

  #serviceChanged(key: string, current: Service | undefined, previous: Service | undefined): void {
    for (const ip of previous ? clusterIps(previous) : []) {
      this.#byClusterIp.get(ip)?.delete(key);
      if (this.#byClusterIp.get(ip)?.size === 0) this.#byClusterIp.delete(ip);
    }
    for (const ip of current ? clusterIps(current) : []) {
      const keys = this.#byClusterIp.get(ip);
      if (keys) keys.add(key);
      else this.#byClusterIp.set(ip, new Set([key]));
    }
    const namespace = key.slice(0, key.indexOf("/"));
    count(this.#namespaces, namespace, (current ? 1 : 0) - (previous ? 1 : 0));
  }

  #sliceChanged(key: string, current: EndpointSlice | undefined, previous: EndpointSlice | undefined): void {
    for (const [slice, step] of [
      [previous, -1],
      [current, 1],
    ] as const) {
      const service = slice?.metadata.labels?.[SERVICE_LABEL];
      if (!slice || !service) continue;
      const serviceKey = `${slice.metadata.namespace}/${service}`;
      const group = this.#slices.get(serviceKey) ?? new Map<string, EndpointSlice>();
      if (step > 0) group.set(key, slice);
      else group.delete(key);
      if (group.size > 0) this.#slices.set(serviceKey, group);
      else this.#slices.delete(serviceKey);
      for (const endpoint of slice.endpoints ?? []) {
        for (const ip of endpoint.addresses) {
          const services = this.#byEndpoint.get(ip) ?? new Map<string, number>();
          count(services, serviceKey, step);
          if (services.size > 0) this.#byEndpoint.set(ip, services);
          else this.#byEndpoint.delete(ip);
        }
      }
    }
  }
}

const domainOf = (key: string): string => {
  const slash = key.indexOf("/");
  return `${key.slice(slash + 1)}.${key.slice(0, slash)}`;
};

function collectReady(slice: EndpointSlice, found: Map<string, DnsEndpoint>): void {
  if (slice.addressType === "FQDN") return;
  for (const endpoint of slice.endpoints ?? []) {
    if (endpoint.conditions?.ready === false) continue;
    for (const ip of endpoint.addresses) {
      const hostname = endpointHostname(endpoint.hostname, ip);
      found.set(`${hostname}/${ip}`, { hostname, ip });
    }
  }
}

function count(counts: Map<string, number>, key: string, step: number): void {
  const next = (counts.get(key) ?? 0) + step;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
