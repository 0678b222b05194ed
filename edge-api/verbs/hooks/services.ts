/** Services get a cluster IP and node ports when they are made, and give them back when they go. */
import { invalid, invalidObject } from "../../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { claimAddress, pickAddress, releaseAddress } from "../allocation/cluster-ips.ts";
import { claimPort, pickPort, releasePort } from "../allocation/node-ports.ts";
import type { Environment } from "../environment.ts";
import type { StorageHooks } from "./hooks.ts";

interface ServicePort {
  port: number;
  protocol?: string;
  nodePort?: number;
}

interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  ports?: ServicePort[];
  allocateLoadBalancerNodePorts?: boolean;
  externalTrafficPolicy?: string;
  healthCheckNodePort?: number;
  [field: string]: unknown;
}

const specOf = (service: KubeObject): ServiceSpec => service.spec as ServiceSpec;
const idOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

const hasClusterIp = ({ type }: ServiceSpec): boolean => type !== "ExternalName";
const isHeadless = ({ clusterIP }: ServiceSpec): boolean => clusterIP === "None";

const wantsNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

const wantsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

export const serviceHooks: StorageHooks = {
  beforeCreate(next, env) {
    allocateAddress(next, env);
    allocatePorts(next, [], env);
  },
  beforeUpdate(next, prev, env) {
    const spec = specOf(next);
    const old = specOf(prev);
    const hadAddress = old.clusterIP !== undefined && old.clusterIP !== "" && !isHeadless(old);
    if (!hasClusterIp(spec)) {
      if (hadAddress) releaseAddress(env, old.clusterIP!);
      for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) delete spec[field];
    } else if (!spec.clusterIP) {
      if (hadAddress && hasClusterIp(old)) keepAddress(spec, old);
      else allocateAddress(next, env);
    } else if (spec.clusterIP !== old.clusterIP) {
      if (hadAddress) releaseAddress(env, old.clusterIP!);
      allocateAddress(next, env);
    }
    allocatePorts(next, portsOf(old), env);
  },
  afterDelete(prev, env) {
    const spec = specOf(prev);
    if (spec.clusterIP && !isHeadless(spec) && hasClusterIp(spec)) releaseAddress(env, spec.clusterIP);
    for (const port of portsOf(spec)) releasePort(env, port);
  },
};

function keepAddress(spec: ServiceSpec, old: ServiceSpec): void {
  for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) spec[field] ??= old[field];
  spec.clusterIP = old.clusterIP!;
  if (old.clusterIPs) spec.clusterIPs = old.clusterIPs;
}

function allocateAddress(service: KubeObject, env: Environment): void {
  const spec = specOf(service);
  if (!hasClusterIp(spec)) return;
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies ??= ["IPv4"];
  if (spec.ipFamilies.includes("IPv6")) {
    throw refuse(service, "spec.ipFamilies[0]", "IPv6", "not configured on this cluster");
  }
  const asked = spec.clusterIP || spec.clusterIPs?.[0];
  if (asked === "None") {
    spec.clusterIP = "None";
    spec.clusterIPs = ["None"];
    return;
  }
  const address = asked || pickAddress(env);
  if (address === undefined)
    throw refuse(service, "spec.clusterIPs", [], "failed to allocate a serviceIP: range is full");
  const problem = claimAddress(env, address, service.metadata);
  if (problem) throw refuse(service, "spec.clusterIPs", [address], `failed to allocate IP ${address}: ${problem}`);
  spec.clusterIP = address;
  spec.clusterIPs = [address];
}

/** Every node port of a service, the health check's included, each once. */
function portsOf(spec: ServiceSpec): number[] {
  const ports = (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0);
  return [...new Set([...ports, spec.healthCheckNodePort ?? 0])].filter((port) => port !== 0);
}

function allocatePorts(service: KubeObject, held: readonly number[], env: Environment): void {
  const spec = specOf(service);
  const claimed = new Set(held);
  const claim = (port: number, field: string): void => {
    if (claimed.has(port)) return;
    const problem = claimPort(env, port, idOf(service));
    if (problem) throw refuse(service, field, port, problem);
    claimed.add(port);
  };
  const ports = spec.ports ?? [];
  if (!wantsNodePorts(spec)) for (const port of ports) if (spec.type !== "LoadBalancer") delete port.nodePort;
  ports.forEach(({ nodePort }, i) => {
    if (nodePort) claim(nodePort, `spec.ports[${i}].nodePort`);
  });
  if (wantsNodePorts(spec)) {
    for (const port of ports) {
      // One number may serve TCP and UDP of the same port.
      port.nodePort ||= siblingPort(ports, port) ?? freePort(service, env, claim);
    }
  }
  if (wantsHealthPort(spec)) {
    if (spec.healthCheckNodePort) claim(spec.healthCheckNodePort, "spec.healthCheckNodePort");
    else spec.healthCheckNodePort = freePort(service, env, claim);
  } else delete spec.healthCheckNodePort;
  const used = new Set(portsOf(spec));
  for (const port of held) if (!used.has(port)) releasePort(env, port);
}

const siblingPort = (ports: readonly ServicePort[], { port, protocol }: ServicePort): number | undefined =>
  ports.find((other) => other.port === port && other.protocol !== protocol && other.nodePort)?.nodePort;

function freePort(service: KubeObject, env: Environment, claim: (port: number, field: string) => void): number {
  const port = pickPort(env);
  if (port === undefined)
    throw refuse(service, "spec.ports[0].nodePort", 0, "failed to allocate a nodePort: range is full");
  claim(port, "spec.ports[0].nodePort");
  return port;
}

const refuse = (service: KubeObject, field: string, value: unknown, why: string): Error =>
  invalidObject({ group: "", kind: "Service", name: service.metadata.name ?? "" }, [invalid(field, value, why)]);
