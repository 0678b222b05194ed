/**
 * The VXLAN device to nodes behind a router. Each node's tunnel end has the first address of its pod CIDR and a MAC
 * made from its InternalIP, so that every node knows all others' from their Node objects and nothing is learnt from
 * the wire.
 */
import { formatIpv4, parseCidr, parseIpv4 } from "./address.ts";
import { parseIpJson, TUNNEL_DEVICE } from "./host.ts";
import type { PeerPlan, WantedRoute } from "./plan-routes.ts";
import { TUNNEL_PORT } from "./rules.ts";
import type { Run } from "./run.ts";

/** Any number that other overlays are unlikely to use. */
const VNI = 10_744;
/** Outer IPv4, UDP, VXLAN and inner Ethernet headers. */
const OVERHEAD_BYTES = 50;

/** 0e: locally administered, unicast. 6b: "k". */
export function tunnelMac(internalIp: string): string {
  const value = parseIpv4(internalIp) as number;
  const octets = [24, 16, 8, 0].map((shift) => ((value >>> shift) & 255).toString(16).padStart(2, "0"));
  return `0e:6b:${octets.join(":")}`;
}

/** First address of the pod CIDR: host-local never gives it to a pod. */
export const tunnelAddress = (podCidr: string): string => formatIpv4((parseCidr(podCidr) as { base: number }).base);

export const planTunnelRoutes = (peers: PeerPlan["tunnelled"]): WantedRoute[] =>
  peers.map(({ podCidr }) => ({ dst: podCidr, device: TUNNEL_DEVICE, via: tunnelAddress(podCidr), onlink: true }));

interface Neighbour {
  dst?: string;
  lladdr?: string;
}
interface ForwardingEntry {
  mac?: string;
  dst?: string;
}

/** Lines for `ip -batch` and `bridge -batch` so that the tunnel knows exactly these peers. Pure. */
export function planTunnelEntries(
  peers: PeerPlan["tunnelled"],
  seen: { neighbours: readonly Neighbour[]; forwarding: readonly ForwardingEntry[] },
): { ip: string[]; bridge: string[] } {
  const neighbours = new Map(peers.map((p) => [tunnelAddress(p.podCidr), tunnelMac(p.internalIp)]));
  const forwarding = new Map(peers.map((p) => [tunnelMac(p.internalIp), p.internalIp]));
  const plan = { ip: [] as string[], bridge: [] as string[] };
  for (const { dst, lladdr } of seen.neighbours) {
    if (dst === undefined) continue;
    if (!neighbours.has(dst)) plan.ip.push(`neigh del ${dst} dev ${TUNNEL_DEVICE}`);
    else if (neighbours.get(dst) === lladdr) neighbours.delete(dst);
  }
  for (const { mac, dst } of seen.forwarding) {
    if (mac === undefined || dst === undefined) continue;
    if (!forwarding.has(mac)) plan.bridge.push(`fdb del ${mac} dev ${TUNNEL_DEVICE} dst ${dst} self`);
    else if (forwarding.get(mac) === dst) forwarding.delete(mac);
  }
  for (const [dst, mac] of neighbours)
    plan.ip.push(`neigh replace ${dst} lladdr ${mac} dev ${TUNNEL_DEVICE} nud permanent`);
  for (const [mac, dst] of forwarding)
    plan.bridge.push(`fdb replace ${mac} dev ${TUNNEL_DEVICE} dst ${dst} self permanent`);
  return plan;
}

export interface TunnelEnd {
  nodeIp: string;
  podCidr: string;
  /** Of the device that carries nodeIp. */
  underlayMtu: number;
}

/** Makes the device as it must be, replacing one made for another address. Idempotent. */
export async function ensureTunnelDevice(run: Run, { nodeIp, podCidr, underlayMtu }: TunnelEnd): Promise<void> {
  const device = { name: TUNNEL_DEVICE, mac: tunnelMac(nodeIp), address: tunnelAddress(podCidr) };
  const seen = parseIpJson<{ ifname?: string; address?: string; flags?: string[] }>(
    await run("ip", ["-j", "link", "show", "type", "vxlan"]),
  ).find((link) => link.ifname === device.name);
  if (seen && seen.address !== device.mac) await run("ip", ["link", "del", device.name]);
  if (!seen || seen.address !== device.mac) {
    const vxlan = ["type", "vxlan", "id", String(VNI), "local", nodeIp, "dstport", String(TUNNEL_PORT), "nolearning"];
    await run("ip", ["link", "add", device.name, "address", device.mac, ...vxlan]);
  }
  const mtu = String(underlayMtu - OVERHEAD_BYTES);
  await run("ip", ["-batch", "-"], {
    input: `link set ${device.name} mtu ${mtu} up\naddr replace ${device.address}/32 dev ${device.name}\n`,
  });
}

/** Makes the device's neighbour and forwarding entries those of `peers`. */
export async function applyTunnelEntries(run: Run, peers: PeerPlan["tunnelled"]): Promise<void> {
  const [neighbours, forwarding] = await Promise.all([
    run("ip", ["-j", "-4", "neigh", "show", "dev", TUNNEL_DEVICE, "nud", "permanent"]).then(parseIpJson<Neighbour>),
    run("bridge", ["-j", "fdb", "show", "dev", TUNNEL_DEVICE]).then(parseIpJson<ForwardingEntry>),
  ]);
  const plan = planTunnelEntries(peers, { neighbours, forwarding });
  if (plan.ip.length > 0) await run("ip", ["-batch", "-"], { input: `${plan.ip.join("\n")}\n` });
  if (plan.bridge.length > 0) await run("bridge", ["-batch", "-"], { input: `${plan.bridge.join("\n")}\n` });
}

export async function removeTunnelDevice(run: Run): Promise<void> {
  const links = parseIpJson<{ ifname?: string }>(await run("ip", ["-j", "link", "show", "type", "vxlan"]));
  if (links.some((link) => link.ifname === TUNNEL_DEVICE)) await run("ip", ["link", "del", TUNNEL_DEVICE]);
}
