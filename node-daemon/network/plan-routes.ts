/** Which routes lead to the pods of other nodes. */
import { type Cidr, contains, formatCidr, parseCidr, parseIpv4, widen } from "./address.ts";
import { type HostRoute, lookUpRoute, ROUTE_PROTOCOL } from "./host.ts";

export interface PeerNode {
  name: string;
  podCidr: string | undefined;
  internalIp: string | undefined;
}

/** A route that must exist, in the words of `ip route`. */
export interface WantedRoute {
  /** Canonical CIDR. */
  dst: string;
  device: string;
  via?: string;
  source?: string;
  /** The gateway is to be believed reachable although no address of the device covers it. */
  onlink?: boolean;
}

export interface PeerPlan {
  /** Peers on a common link: the pod CIDR is reached through the node's own address. */
  direct: WantedRoute[];
  /** Peers behind a router: the pod CIDR is reached through VXLAN. */
  tunnelled: { name: string; podCidr: string; internalIp: string }[];
  /** Nodes that cannot be reached, and why; in words for the log. */
  problems: string[];
}

/**
 * Decides how each other node is reached. Pure. A node without an address or pod CIDR yet is left out silently. Where
 * two nodes claim overlapping ranges, the one first by name keeps it.
 *
 * @param routes the main table; ours are ignored
 * @param ownAddresses addresses of this node
 */
export function planPeers({ self, nodes, routes, ownAddresses, ownPodCidr, clusterCidr }: PeerInput): PeerPlan {
  const plan: PeerPlan = { direct: [], tunnelled: [], problems: [] };
  const cluster = parseCidr(clusterCidr);
  const taken = new RangeSet();
  const own = parseCidr(ownPodCidr);
  if (own) taken.add(own);
  const peers = nodes.filter((n) => n.name !== self).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, podCidr, internalIp } of peers) {
    if (podCidr === undefined || internalIp === undefined) continue;
    const range = parseCidr(podCidr);
    const address = parseIpv4(internalIp);
    if (!range || address === undefined) continue; // IPv6 ranges are not routed yet
    if (ownAddresses.has(internalIp)) {
      plan.problems.push(`node ${name} claims this node's own address ${internalIp}`);
    } else if (!cluster || range.prefix < cluster.prefix || !contains(cluster, range.base)) {
      plan.problems.push(`node ${name} has pod CIDR ${podCidr}, which is outside ${clusterCidr}`);
    } else if (!taken.add(range)) {
      plan.problems.push(`node ${name} has pod CIDR ${podCidr}, which another node has too`);
    } else {
      const route = lookUpRoute(routes, internalIp);
      if (!route) plan.problems.push(`node ${name} has address ${internalIp}, to which there is no route`);
      else if (route.gateway !== undefined) plan.tunnelled.push({ name, podCidr: formatCidr(range), internalIp });
      else plan.direct.push({ dst: formatCidr(range), device: route.dev as string, via: internalIp });
    }
  }
  return plan;
}

export interface PeerInput {
  self: string;
  nodes: readonly PeerNode[];
  routes: readonly HostRoute[];
  ownAddresses: ReadonlySet<string>;
  ownPodCidr: string;
  clusterCidr: string;
}

/** Ranges that do not overlap. CIDRs either nest or are disjoint. */
class RangeSet {
  readonly #ranges = new Set<string>();
  /** Every range that contains one of `#ranges`. */
  readonly #containing = new Set<string>();

  /** False, and nothing added, when it overlaps what is there. */
  add(range: Cidr): boolean {
    const around = Array.from({ length: range.prefix + 1 }, (_, prefix) => formatCidr(widen(range, prefix)));
    if (around.some((r) => this.#ranges.has(r)) || this.#containing.has(formatCidr(range))) return false;
    this.#ranges.add(formatCidr(range));
    for (const r of around) this.#containing.add(r);
    return true;
  }
}

/** Lines for `ip -batch`: what to replace and what to delete so that our routes are exactly `wanted`. */
export function planRouteChanges(wanted: readonly WantedRoute[], existing: readonly HostRoute[]): string[] {
  const lines: string[] = [];
  const missing = new Map(wanted.map((route) => [route.dst, route]));
  for (const route of existing) {
    const dst = canonical(route.dst);
    const want = missing.get(dst);
    if (!want) lines.push(`route del ${dst} proto ${ROUTE_PROTOCOL}`);
    else if (
      want.device === route.dev &&
      want.via === route.gateway &&
      want.source === route.prefsrc &&
      (want.onlink ?? false) === (route.flags ?? []).includes("onlink")
    )
      missing.delete(dst);
  }
  for (const route of missing.values()) {
    const via = route.via === undefined ? "" : ` via ${route.via}`;
    const source = route.source === undefined ? "" : ` src ${route.source}`;
    lines.push(
      `route replace ${route.dst}${via} dev ${route.device}${source} proto ${ROUTE_PROTOCOL}${route.onlink ? " onlink" : ""}`,
    );
  }
  return lines;
}

const canonical = (dst: string): string => {
  const cidr = parseCidr(dst);
  return cidr ? formatCidr(cidr) : dst;
};
