/** Environment variables that tell of services. Rules: k8s.io/kubernetes/pkg/kubelet/envvars. */
import type { Service } from "../../kinds/core/v1-types.ts";

const upper = (name: string): string => name.toUpperCase().replaceAll("-", "_");

const bracketed = (ip: string): string => (ip.includes(":") ? `[${ip}]` : ip);

/** Whether a service has an address of its own. */
const hasAddress = ({ spec }: Service): boolean =>
  spec.clusterIP !== undefined && spec.clusterIP !== "" && spec.clusterIP !== "None";

/** `FOO_SERVICE_HOST`, `FOO_SERVICE_PORT`, `FOO_PORT_80_TCP_ADDR` … of each service with an address. */
export function serviceVariables(services: Iterable<Service>): [string, string][] {
  const variables: [string, string][] = [];
  for (const service of services) {
    const ports = service.spec.ports ?? [];
    const [first] = ports;
    if (!hasAddress(service) || !first) continue;
    const name = upper(service.metadata.name ?? "");
    const ip = service.spec.clusterIP as string;
    variables.push([`${name}_SERVICE_HOST`, ip], [`${name}_SERVICE_PORT`, String(first.port)]);
    for (const port of ports) {
      if (port.name) variables.push([`${name}_SERVICE_PORT_${upper(port.name)}`, String(port.port)]);
    }
    ports.forEach(({ port, protocol = "TCP" }, index) => {
      const url = `${protocol.toLowerCase()}://${bracketed(ip)}:${port}`;
      if (index === 0) variables.push([`${name}_PORT`, url]);
      const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
      variables.push(
        [prefix, url],
        [`${prefix}_PROTO`, protocol.toLowerCase()],
        [`${prefix}_PORT`, String(port)],
        [`${prefix}_ADDR`, ip],
      );
    });
  }
  return variables;
}

/**
 * The services a pod in `namespace` hears of: `kubernetes` of the default namespace always, its own namespace's with
 * `enableServiceLinks`.
 */
export function* visibleServices(
  services: Iterable<Service>,
  pod: { namespace: string; serviceLinks: boolean },
): Iterable<Service> {
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const isMaster = namespace === "default" && name === "kubernetes";
    if (isMaster || (pod.serviceLinks && namespace === pod.namespace)) yield service;
  }
}
