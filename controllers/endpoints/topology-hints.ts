/**
 * Topology-aware routing: endpoints are shared out over zones by the CPU that each zone's nodes have.
 * Source: https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/
 */
import type { Node, Service } from "../../kinds/core/v1-types.ts";
import type { Endpoint } from "../../kinds/discovery/v1-types.ts";
import { milliValue } from "../../machinery/meta/quantity.ts";

const ZONE = "topology.kubernetes.io/zone";
const MODE = "service.kubernetes.io/topology-mode";
const OLD_MODE = "service.kubernetes.io/topology-aware-hints";
const EXCLUDED = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
/** How much more than its share an endpoint may get. */
const OVERLOAD = 0.2;

export function wantsTopologyHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations[MODE] ?? annotations[OLD_MODE];
  return mode === "Auto" || mode === "auto";
}

const isReadyNode = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** What of a node the shares depend on. */
export const topologyOf = (node: Node): string =>
  JSON.stringify([
    node.metadata.labels?.[ZONE],
    isReadyNode(node),
    node.status?.allocatable?.cpu,
    EXCLUDED.some((label) => node.metadata.labels?.[label] !== undefined),
  ]);

/** Each zone's share of all CPU, sums to 1; undefined when it is not known, or there is one zone only. */
export function zoneShares(nodes: Iterable<Node>): Map<string, number> | undefined {
  const cpu = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    const { labels = {} } = node.metadata;
    if (EXCLUDED.some((label) => labels[label] !== undefined) || !isReadyNode(node)) continue;
    const zone = labels[ZONE];
    const milli = milliValue(node.status?.allocatable?.cpu ?? "0");
    if (!zone || milli === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + milli);
    total += milli;
  }
  if (cpu.size < 2) return undefined;
  return new Map([...cpu].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, milli]) => [zone, milli / total]));
}

export type Hints = { ok: true; zones: Map<Endpoint, string> } | { ok: false; problem: string };

/**
 * The zone each ready endpoint should serve: its own, unless its zone has more endpoints than its share and another
 * has fewer. Endpoints keep what they have been given as far as possible, so that small changes write little.
 *
 * @param before the zone an endpoint serves until now
 */
export function planHints(options: {
  endpoints: readonly Endpoint[];
  shares: ReadonlyMap<string, number> | undefined;
  before(endpoint: Endpoint): string | undefined;
}): Hints {
  const { shares, before } = options;
  const ready = options.endpoints.filter(({ conditions }) => conditions?.ready);
  if (!shares) {
    const problem = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
    return { ok: false, problem };
  }
  const counts = `(${ready.length} endpoints, ${shares.size} zones)`;
  if (shares.size > ready.length) return { ok: false, problem: `Insufficient number of endpoints ${counts}` };
  const desired = new Map<string, number>();
  let minimumTotal = 0;
  for (const [zone, share] of shares) {
    const minimum = Math.ceil((share * ready.length) / (1 + OVERLOAD));
    minimumTotal += minimum;
    desired.set(zone, Math.max(share * ready.length, minimum));
  }
  if (minimumTotal > ready.length) {
    const problem = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold";
    return { ok: false, problem: `${problem} ${counts}` };
  }
  const zones = new Map<Endpoint, string>();
  for (const endpoint of ready) {
    if (!endpoint.zone) return { ok: false, problem: "One or more endpoints do not have a zone specified" };
    const kept = before(endpoint);
    zones.set(endpoint, kept !== undefined && shares.has(kept) ? kept : endpoint.zone);
  }
  redistribute(zones, desired);
  return { ok: true, zones };
}

/** Moves endpoints one by one from the zone that has the most above its share to the one that lacks the most. */
function redistribute(zones: Map<Endpoint, string>, desired: ReadonlyMap<string, number>): void {
  const surplus = new Map<string, number>();
  for (const zone of zones.values()) surplus.set(zone, (surplus.get(zone) ?? 0) + 1);
  // A zone without nodes has no clients that could be sent to its endpoints: it gives all away.
  for (const [zone, share] of desired) surplus.set(zone, (surplus.get(zone) ?? 0) - share);
  for (;;) {
    const order = [...surplus].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const [giver, above] = order[0] ?? ["", 0];
    const [receiver, below] = order.at(-1) ?? ["", 0];
    if (above < 0.5 || -below < 0.5 || (above < 1 && -below < 1)) return;
    const moved = mostWilling(zones, giver, receiver);
    if (!moved) return;
    zones.set(moved, receiver);
    surplus.set(giver, above - 1);
    surplus.set(receiver, below + 1);
  }
}

/** One that goes home, else one that is not at home anyway, else any. */
function mostWilling(zones: ReadonlyMap<Endpoint, string>, giver: string, receiver: string): Endpoint | undefined {
  const rank = ({ zone }: Endpoint): number => (zone === receiver ? 0 : zone === giver ? 2 : 1);
  let best: Endpoint | undefined;
  for (const [endpoint, zone] of zones) {
    if (zone === giver && (!best || rank(endpoint) < rank(best))) best = endpoint;
  }
  return best;
}
