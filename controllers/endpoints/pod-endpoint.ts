import type { Node, Pod, Service } from "../../kinds/core/v1-types.ts";
import type { Endpoint, EndpointPort } from "../../kinds/discovery/v1-types.ts";
import { isReady } from "../workload/pods.ts";
import { addressesOf, hostnameUnder, isOfFamily, podPort } from "./service-pods.ts";

const ZONE = "topology.kubernetes.io/zone";

/** A pod as an endpoint of a slice; undefined when it has no address of the family. */
export function podEndpoint(options: {
  pod: Pod;
  service: Service;
  node: Node | undefined;
  family: string;
}): Endpoint | undefined {
  const { pod, service, node, family } = options;
  const addresses = addressesOf(pod).filter((address) => isOfFamily(address, family));
  if (addresses.length === 0) return undefined;
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameUnder(service, pod);
  const zone = node?.metadata.labels?.[ZONE];
  const { nodeName } = pod.spec;
  const hints = ready ? hintsFor(service, { zone, nodeName }) : undefined;
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
  };
}

/** spec.trafficDistribution says which clients should prefer an endpoint. */
function hintsFor(service: Service, at: { zone: string | undefined; nodeName: string | undefined }): Endpoint["hints"] {
  const preference = service.spec?.trafficDistribution;
  const forZones = at.zone ? { forZones: [{ name: at.zone }] } : undefined;
  if (preference === "PreferClose" || preference === "PreferSameZone") return forZones;
  if (preference !== "PreferSameNode") return undefined;
  const forNodes = at.nodeName ? { forNodes: [{ name: at.nodeName }] } : undefined;
  return forZones || forNodes ? { ...forNodes, ...forZones } : undefined;
}

/** The ports of a service as this pod serves them: a named target port may be another number in another pod. */
export function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const servicePort of service.spec?.ports ?? []) {
    const port = podPort(servicePort, pod);
    if (port === undefined) continue;
    ports.push({
      name: servicePort.name ?? "",
      port,
      protocol: servicePort.protocol ?? "TCP",
      ...(servicePort.appProtocol && { appProtocol: servicePort.appProtocol }),
    });
  }
  return ports;
}

/** Pods with equal keys can share a slice. */
export const portsKey = (ports: readonly EndpointPort[]): string =>
  ports
    .map(({ name = "", port, protocol = "TCP", appProtocol = "" }) => [name, port, protocol, appProtocol].join("/"))
    .sort()
    .join(",");

/** An endpoint stays the same one while these do, whatever its conditions. */
export function endpointKey({ addresses, hostname = "", targetRef }: Endpoint): string {
  const address = addresses.length === 1 ? addresses[0] : [...addresses].sort().join("|");
  return `${address}|${hostname}|${targetRef?.namespace ?? ""}|${targetRef?.name ?? ""}`;
}
