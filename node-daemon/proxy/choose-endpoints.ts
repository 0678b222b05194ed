/**
 * Which endpoints of a service take its traffic on this node.
 * Source: https://kubernetes.io/docs/reference/networking/virtual-ips/ (traffic policies, topology, termination).
 */
import type { ProxyEndpoint, ServicePort } from "./service-ports.ts";

export interface NodePlace {
  name: string;
  /** Label topology.kubernetes.io/zone. */
  zone: string | undefined;
}

export interface ChosenEndpoints {
  /** For traffic policy Cluster. */
  cluster: readonly ProxyEndpoint[];
  /** For traffic policy Local. */
  local: readonly ProxyEndpoint[];
  /** Whether any endpoint anywhere could take traffic: decides between reject and drop. */
  any: boolean;
}

const isDraining = (e: ProxyEndpoint): boolean => !e.ready && e.serving && e.terminating;

/** Ready endpoints; where there is none, those that still serve while they terminate. Pure. */
export function chooseEndpoints({ endpoints }: Pick<ServicePort, "endpoints">, node: NodePlace): ChosenEndpoints {
  const near = nearby(endpoints, node);
  const ready = endpoints.filter((e) => e.ready && near(e));
  const cluster = ready.length > 0 ? ready : endpoints.filter(isDraining);
  const here = endpoints.filter((e) => e.local);
  const hereReady = here.filter((e) => e.ready);
  return {
    cluster,
    local: hereReady.length > 0 ? hereReady : here.filter(isDraining),
    any: cluster.length > 0,
  };
}

/**
 * Topology hints: the same node, else the same zone, if every ready endpoint has such a hint and one of them names
 * this node or zone; else all endpoints.
 */
function nearby(endpoints: readonly ProxyEndpoint[], { name, zone }: NodePlace): (e: ProxyEndpoint) => boolean {
  const ready = endpoints.filter((e) => e.ready);
  const forNode = (e: ProxyEndpoint): boolean => e.forNodes.includes(name);
  const forZone = (e: ProxyEndpoint): boolean => zone !== undefined && e.forZones.includes(zone);
  if (ready.every((e) => e.forNodes.length > 0) && ready.some(forNode)) return forNode;
  if (ready.every((e) => e.forZones.length > 0) && ready.some(forZone)) return forZone;
  return () => true;
}
