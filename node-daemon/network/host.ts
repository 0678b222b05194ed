/** What the daemon's network namespace looks like: links, addresses, routes, as `ip -j` tells. */
import { type Cidr, contains, isIpv4, parseCidr, parseIpv4 } from "./address.ts";
import type { Run } from "./run.ts";

/** Marks the routes that are ours (rtm_protocol; not in use by any routing daemon listed in iproute2). */
export const ROUTE_PROTOCOL = "107";

export interface HostRoute {
  /** Destination as `ip` prints it: "default", "10.244.1.0/24", "192.0.2.7". */
  dst: string;
  gateway?: string;
  dev?: string;
  prefsrc?: string;
  protocol?: string;
  flags?: string[];
}

export interface HostLink {
  name: string;
  mtu: number;
  /** Lower-case MAC address. */
  mac?: string;
  addresses: { local: string; prefix: number; scope: string }[];
}

interface AddressJson {
  ifname?: string;
  mtu?: number;
  address?: string;
  addr_info?: { family?: string; local?: string; prefixlen?: number; scope?: string }[];
}

/** `ip -j` prints nothing at all when there is nothing to show. */
export const parseIpJson = <T>(text: string): T[] => (text.trim() === "" ? [] : (JSON.parse(text) as T[]));

export async function readLinks(run: Run): Promise<HostLink[]> {
  const links = parseIpJson<AddressJson>(await run("ip", ["-j", "-4", "addr", "show"]));
  return links
    .filter((link) => link.ifname !== undefined)
    .map((link) => ({
      name: link.ifname as string,
      mtu: link.mtu ?? 1500,
      ...(link.address !== undefined && { mac: link.address.toLowerCase() }),
      addresses: (link.addr_info ?? [])
        .filter((a) => a.family === "inet" && a.local !== undefined)
        .map((a) => ({ local: a.local as string, prefix: a.prefixlen ?? 32, scope: a.scope ?? "global" })),
    }));
}

export const readRoutes = async (run: Run): Promise<HostRoute[]> =>
  parseIpJson<HostRoute>(await run("ip", ["-j", "-4", "-d", "route", "show", "table", "main"]));

/** Destination of a route as a range; undefined for what is not IPv4 unicast. */
export const routeCidr = (route: HostRoute): Cidr | undefined =>
  route.dst === "default" ? { base: 0, prefix: 0 } : parseCidr(route.dst);

/** The route the kernel would take, by longest prefix; ours and those without a device are left out. */
export function lookUpRoute(routes: readonly HostRoute[], address: string): HostRoute | undefined {
  const value = parseIpv4(address);
  if (value === undefined) return undefined;
  let best: HostRoute | undefined;
  let bestPrefix = -1;
  for (const route of routes) {
    const cidr = route.dev === undefined || route.protocol === ROUTE_PROTOCOL ? undefined : routeCidr(route);
    if (cidr && cidr.prefix > bestPrefix && contains(cidr, value)) {
      best = route;
      bestPrefix = cidr.prefix;
    }
  }
  return best;
}

/**
 * The node's own address: what was configured, else the source address of the default route, else the only global
 * address there is. Undefined when that is not decided.
 */
export function chooseNodeIp(seen: {
  configured?: string | undefined;
  links: readonly HostLink[];
  routes: readonly HostRoute[];
}): string | undefined {
  if (seen.configured !== undefined) return isIpv4(seen.configured) ? seen.configured : undefined;
  const global = (link: HostLink): string[] =>
    link.addresses.filter((a) => a.scope === "global" && a.prefix < 32).map((a) => a.local);
  const outward = seen.links.filter((link) => link.name !== "lo" && link.name !== TUNNEL_DEVICE);
  const gateway = seen.routes.find((route) => route.dst === "default" && route.dev !== undefined);
  if (gateway) {
    if (isIpv4(gateway.prefsrc)) return gateway.prefsrc;
    const link = outward.find((l) => l.name === gateway.dev);
    const first = link && (global(link)[0] ?? link.addresses[0]?.local);
    if (first !== undefined) return first;
  }
  const candidates = outward.flatMap(global);
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** Reads and chooses. @throws Error when no address can be told; says what to configure */
export async function detectNodeIp(run: Run, configured?: string): Promise<string> {
  const [links, routes] = await Promise.all([readLinks(run), readRoutes(run)]);
  const address = chooseNodeIp({ configured, links, routes });
  if (address === undefined) {
    throw new Error(
      configured === undefined
        ? "cannot tell which address this node has: no default route and not exactly one address; set nodeIp"
        : `nodeIp ${JSON.stringify(configured)} is not an IPv4 address`,
    );
  }
  return address;
}

/** The VXLAN device to nodes that are not on a common link. */
export const TUNNEL_DEVICE = "kedge.1";
