/** NodeNetwork: CNI configuration, routes between nodes, masquerading, and pods' resolv.conf. */
import { join } from "node:path";
import type { Node, PodSpec } from "../../kinds/core/v1-types.ts";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Informer, Log, NodeConfig, NodeNetwork } from "../contracts.ts";
import { isIpv4, parseCidr } from "./address.ts";
import { writeCniConfig } from "./cni-config.ts";
import { chooseNodeIp, ROUTE_PROTOCOL, readLinks, readRoutes } from "./host.ts";
import { openHostFirewall } from "./host-firewall.ts";
import { type PeerNode, planPeers, planRouteChanges, type WantedRoute } from "./plan-routes.ts";
import { type PodResolvConf, planResolvConf, type ResolvConf, readHostResolvConf } from "./resolv-conf.ts";
import { renderNetworkRules, tableExists } from "./rules.ts";
import { type Run, run as runCommand } from "./run.ts";
import { applySysctls, SYSCTLS } from "./sysctls.ts";
import { NETWORK_TABLE } from "./tables.ts";
import { applyTunnelEntries, ensureTunnelDevice, planTunnelRoutes, removeTunnelDevice } from "./tunnel.ts";

/** Routes also vanish without a word (a link that went down); they are looked at this often. */
const RESYNC_MS = 60_000;
const COALESCE_MS = 50;
const MIN_RETRY_MS = 1000;

export interface NetworkOptions {
  config: Pick<
    NodeConfig,
    "nodeName" | "nodeIp" | "stateDir" | "clusterCidr" | "serviceCidr" | "dnsServiceIp" | "clusterDomain"
  >;
  nodes: Informer<Node>;
  log: Log;
  clock?: Clock;
  run?: Run;
  /** Of the node itself; default /etc/resolv.conf. */
  hostResolvConfPath?: string;
}

export interface Network extends NodeNetwork {
  start(): Promise<void>;
  /**
   * Ends watching; what is in the kernel stays, so that pods keep their network. Resolves when nothing is changed there
   * any more. See cleanup.ts.
   */
  stop(): Promise<void>;
}

export function createNetwork(options: NetworkOptions): Network {
  return new LinuxNetwork(options);
}

class LinuxNetwork implements Network {
  readonly #config: NetworkOptions["config"];
  readonly #nodes: Informer<Node>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #run: Run;
  readonly #resolvConfPath: string;
  #hostResolvConf: ResolvConf = { nameservers: [], searches: [], options: [] };
  #podCidr: string | undefined;
  #reason = "cni plugin not initialized: this node has no pod CIDR yet";
  #ready = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #timerDueMs = 0;
  #retryMs = MIN_RETRY_MS;
  /** Applying is one at a time. */
  #applying: Promise<void> = Promise.resolve();
  #rules = "";
  #problems = "";

  constructor({ config, nodes, log, clock, run, hostResolvConfPath }: NetworkOptions) {
    this.#config = config;
    this.#nodes = nodes;
    this.#log = log;
    this.#clock = clock ?? systemClock;
    this.#run = run ?? runCommand;
    this.#resolvConfPath = hostResolvConfPath ?? "/etc/resolv.conf";
  }

  async start(): Promise<void> {
    this.#hostResolvConf = await readHostResolvConf(this.#resolvConfPath, this.#config.dnsServiceIp);
    this.#nodes.onChange((_key, current, previous) => {
      if (peerKey(current) !== peerKey(previous)) this.#schedule(COALESCE_MS);
    });
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    return this.#applying;
  }

  status(): { ready: true } | { ready: false; reason: string } {
    return this.#ready ? { ready: true } : { ready: false, reason: this.#reason };
  }

  async configure(podCidr: string): Promise<void> {
    if (!parseCidr(podCidr)) throw new Error(`pod CIDR ${JSON.stringify(podCidr)} is not an IPv4 range`);
    if (this.#podCidr === podCidr && this.#ready) return;
    if (this.#podCidr !== undefined && this.#podCidr !== podCidr) this.#ready = false;
    this.#podCidr = podCidr;
    await this.#apply();
  }

  resolvConf(pod: KubeObject): PodResolvConf {
    return planResolvConf({
      spec: pod.spec as PodSpec,
      namespace: pod.metadata.namespace ?? "default",
      host: this.#hostResolvConf,
      clusterDnsIp: this.#config.dnsServiceIp,
      clusterDomain: this.#config.clusterDomain,
    });
  }

  #schedule(delayMs: number): void {
    if (this.#stopped || this.#podCidr === undefined) return;
    const dueMs = this.#clock.now() + delayMs;
    if (this.#cancelTimer && this.#timerDueMs <= dueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      // #apply has told the log and status(); it is tried again at the next resync.
      this.#apply().catch(() => {});
    });
  }

  /** Applies what is wanted now. Rejects with the first failure, which status() tells too until it is mended. */
  #apply(): Promise<void> {
    const done = this.#applying.then(() => this.#applyNow());
    this.#applying = done.then(
      () => {
        this.#retryMs = MIN_RETRY_MS;
        this.#schedule(RESYNC_MS);
      },
      (error) => {
        this.#reason = `network set-up failed: ${(error as Error).message}`;
        this.#log.error("network set-up failed", { error: (error as Error).message, retryInMs: this.#retryMs });
        this.#schedule(this.#retryMs);
        this.#retryMs = Math.min(RESYNC_MS, this.#retryMs * 2);
      },
    );
    return done;
  }

  async #applyNow(): Promise<void> {
    const podCidr = this.#podCidr as string;
    const config = this.#config;
    this.#hostResolvConf = await readHostResolvConf(this.#resolvConfPath, config.dnsServiceIp);
    await applySysctls(SYSCTLS, { root: "/proc/sys", stateFile: sysctlStateFile(config.stateDir) });
    const [links, routes] = await Promise.all([readLinks(this.#run), readRoutes(this.#run)]);
    const nodeIp = chooseNodeIp({ configured: config.nodeIp, links, routes });
    const link = links.find((l) => l.addresses.some((a) => a.local === nodeIp));
    if (nodeIp === undefined || link === undefined) {
      throw new Error(nodeIp === undefined ? "cannot tell this node's address; set nodeIp" : `no link has ${nodeIp}`);
    }
    const peers = planPeers({
      self: config.nodeName,
      nodes: [...this.#nodes.values()].map(peerOf),
      routes,
      ownAddresses: new Set(links.flatMap((l) => l.addresses.map((a) => a.local))),
      ownPodCidr: podCidr,
      clusterCidr: config.clusterCidr,
    });
    this.#tellProblems(peers.problems);
    await this.#applyRules(
      renderNetworkRules({
        podCidr,
        clusterCidr: config.clusterCidr,
        tunnelPeers: peers.tunnelled.map((p) => p.internalIp),
      }),
    );
    await openHostFirewall(this.#run, { ...config, tunnel: peers.tunnelled.length > 0 }, this.#log);
    if (peers.tunnelled.length > 0) {
      await ensureTunnelDevice(this.#run, { nodeIp, podCidr, underlayMtu: link.mtu });
      await applyTunnelEntries(this.#run, peers.tunnelled);
    } else await removeTunnelDevice(this.#run);
    // Service addresses exist in rules only. The route gives the node's own connections to them a source address and
    // an MTU, also where there is no default route; the rules send each packet its real way.
    const services: WantedRoute = { dst: config.serviceCidr, device: link.name, source: nodeIp };
    const wanted = [services, ...peers.direct, ...planTunnelRoutes(peers.tunnelled)];
    await this.#applyRoutes(wanted);
    const conf = await writeCniConfig({ podCidr, mtu: podMtu(link), stateDir: config.stateDir });
    if (conf === "written") this.#log.info("CNI configuration written", { podCidr, nodeIp, mtu: podMtu(link) });
    this.#ready = true;
  }

  async #applyRoutes(wanted: readonly WantedRoute[]): Promise<void> {
    const ours = (await readRoutes(this.#run)).filter((r) => r.protocol === ROUTE_PROTOCOL);
    const lines = planRouteChanges(wanted, ours);
    if (lines.length > 0) await this.#run("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n` });
  }

  async #applyRules(rules: string): Promise<void> {
    const there = rules === this.#rules && (await tableExists(this.#run, NETWORK_TABLE));
    if (there) return;
    await this.#run("nft", ["-f", "-"], { input: rules });
    this.#rules = rules;
  }

  #tellProblems(problems: readonly string[]): void {
    const text = problems.join("; ");
    if (text !== this.#problems && text !== "") this.#log.warn("some nodes cannot be reached", { problems });
    this.#problems = text;
  }
}

/** The pods' MTU is the underlay's; the tunnel device's own, lower one is told to senders by ICMP. */
const podMtu = (link: { mtu: number }): number => link.mtu;

export const sysctlStateFile = (stateDir: string): string => join(stateDir, "network-sysctls.json");

const peerOf = (node: Node): PeerNode => ({
  name: node.metadata.name ?? "",
  podCidr: [...(node.spec?.podCIDRs ?? []), ...(node.spec?.podCIDR ? [node.spec.podCIDR] : [])].find((c) =>
    parseCidr(c),
  ),
  internalIp: node.status?.addresses?.find((a) => a.type === "InternalIP" && isIpv4(a.address))?.address,
});

const peerKey = (node: Node | undefined): string => (node ? JSON.stringify(peerOf(node)) : "");
