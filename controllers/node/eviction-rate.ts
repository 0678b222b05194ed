/**
 * How fast pods are made to leave nodes that are lost. One lost node is the node's fault; many at once are more likely
 * the network's or the control plane's, and moving all pods would only make it worse.
 * Source: https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
 */
import type { Node } from "../../kinds/core/v1-types.ts";

/** The defaults of kube-controller-manager's flags. */
const NODES_PER_SECOND = 0.1;
const SECONDARY_NODES_PER_SECOND = 0.01;
const UNHEALTHY_ZONE_THRESHOLD = 0.55;
const LARGE_CLUSTER_NODES = 50;
/** As few nodes as this may be lost at once without saying anything of their zone. */
const UNSUSPICIOUS_NODES = 2;

export interface ZoneCount {
  ready: number;
  notReady: number;
}

export type ZoneState = "normal" | "partly disrupted" | "fully disrupted";

const label = ({ metadata: { labels = {} } }: Node, name: string, oldName: string): string =>
  labels[name] ?? labels[oldName] ?? "";

/** Nodes without labels are one zone. */
export const zoneOf = (node: Node): string =>
  [
    label(node, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
    label(node, "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
  ].join("\n");

export const isReady = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

export function countZones(nodes: Iterable<Node>): Map<string, ZoneCount> {
  const zones = new Map<string, ZoneCount>();
  for (const node of nodes) {
    const zone = zoneOf(node);
    const count = zones.get(zone) ?? { ready: 0, notReady: 0 };
    zones.set(zone, count);
    if (isReady(node)) count.ready++;
    else count.notReady++;
  }
  return zones;
}

export function stateOf({ ready, notReady }: ZoneCount): ZoneState {
  if (ready === 0 && notReady > 0) return "fully disrupted";
  const isSuspicious = notReady > UNSUSPICIOUS_NODES && notReady / (ready + notReady) >= UNHEALTHY_ZONE_THRESHOLD;
  return isSuspicious ? "partly disrupted" : "normal";
}

/** Nodes a second that pods may be made to leave. A zone that is lost as a whole is evacuated: there are others. */
export function rateOf(count: ZoneCount): number {
  if (stateOf(count) !== "partly disrupted") return NODES_PER_SECOND;
  return count.ready + count.notReady > LARGE_CLUSTER_NODES ? SECONDARY_NODES_PER_SECOND : 0;
}

/** What may be done about a node that is not ready: its pods may leave, must wait, or are to stay. */
export type Eviction = { do: "allow" } | { do: "hold"; againAtMs?: number } | { do: "cancel" };

/** Remembers when each zone has lost a node last. What it knows dies with the process: then one goes at once. */
export class EvictionRate {
  #zones: Map<string, ZoneCount> | undefined;
  readonly #nextMs = new Map<string, number>();
  readonly #allowed = new Map<string, string>();

  /** To be told of whenever a node has come, gone, or changed its readiness or zone. */
  nodesChanged(): void {
    this.#zones = undefined;
  }

  /** A node that is ready, or gone, needs to be asked for anew when it is lost again. */
  forget(name: string): void {
    this.#allowed.delete(name);
  }

  /** Whether `node`, which is not ready, may lose its pods now. Once allowed it stays so, until it is forgotten. */
  ask(node: Node, nodes: () => Iterable<Node>, nowMs: number): Eviction {
    this.#zones ??= countZones(nodes());
    const zones = this.#zones;
    if ([...zones.values()].every((count) => stateOf(count) === "fully disrupted")) {
      this.#allowed.clear();
      return { do: "cancel" };
    }
    const { name = "", uid = "" } = node.metadata;
    if (this.#allowed.get(name) === uid) return { do: "allow" };
    const zone = zoneOf(node);
    const perSecond = rateOf(zones.get(zone) ?? { ready: 0, notReady: 1 });
    if (perSecond === 0) return { do: "hold" };
    const next = this.#nextMs.get(zone) ?? 0;
    if (next > nowMs) return { do: "hold", againAtMs: next };
    this.#nextMs.set(zone, nowMs + 1_000 / perSecond);
    this.#allowed.set(name, uid);
    return { do: "allow" };
  }
}
