/** The service proxy: keeps the kernel's rules as the Services and EndpointSlices want them. */
import type { Node, Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { Informer, Log, NodeConfig } from "../contracts.ts";
import { type Run, run as runCommand } from "../network/run.ts";
import { ConntrackCleaner, planStaleFlows, type StaleFlow } from "./conntrack.ts";
import { HealthCheckServer, planHealthCheck } from "./health-check.ts";
import { type HostPort, planHostPorts } from "./host-ports.ts";
import { NftTable } from "./nft-table.ts";
import { type ProxyNode, planService } from "./plan-service.ts";
import { RuleState } from "./rule-state.ts";
import { type ServicePort, serviceKeyOf, servicePorts } from "./service-ports.ts";

export interface ServiceProxyOptions {
  config: Pick<NodeConfig, "nodeName" | "nodeIp" | "clusterCidr" | "serviceCidr" | "dnsServiceIp" | "apiServiceIp">;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  /** For this node's zone. */
  nodes: Informer<Node>;
  log: Log;
  clock?: Clock;
  run?: Run;
}

export interface ServiceProxy {
  /** Resolves once the rules are in the kernel for the first time (after services and slices have synced). */
  start(): Promise<void>;
  /** Ends following; the rules stay. */
  stop(): void;
  /** Replaces the list of hostPorts on this node. */
  setHostPorts(ports: readonly HostPort[]): void;
  /** When the rules last equalled what was wanted, ms since the epoch; 0 before the first time. */
  lastSyncMs(): number;
}

/** Changes that come together are applied together. */
const COALESCE_MS = 20;
const MAX_BACKOFF_MS = 30_000;
/** How often it is checked that nobody has flushed our table. */
const CHECK_MS = 60_000;
const HOST_PORTS_OWNER = "~hostports";

export const createServiceProxy = (options: ServiceProxyOptions): ServiceProxy => new NftServiceProxy(options);

class NftServiceProxy implements ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #table: NftTable;
  readonly #conntrack: ConntrackCleaner;
  readonly #healthChecks: HealthCheckServer;
  readonly #state = new RuleState();
  /** Service key → its slices, by slice key. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  /** Service key → ports as last planned. */
  readonly #planned = new Map<string, ServicePort[]>();
  #hostPorts: readonly HostPort[] = [];
  /** What is planned anew by the next sync. Between syncs only, because the state must not change while one applies it. */
  readonly #dirty = new Set<string>();
  #stale: StaleFlow[] = [];
  #node: ProxyNode;
  #cancelTimer: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #resyncNeeded = true;
  #started = false;
  #stopped = false;
  #backoffMs = 0;
  #lastSyncMs = 0;
  #conflicts = "";

  constructor(options: ServiceProxyOptions) {
    const { config, log, clock, run } = options;
    this.#options = options;
    this.#log = log;
    this.#clock = clock ?? systemClock;
    const servedIps = [config.dnsServiceIp, config.apiServiceIp];
    this.#table = new NftTable(run ?? runCommand, { ...config, servedIps }, log, this.#clock);
    // Rules that cannot be applied make the node a bad target, whatever endpoints it has.
    this.#healthChecks = new HealthCheckServer(() => !this.#resyncNeeded, log);
    this.#conntrack = new ConntrackCleaner(run ?? runCommand, log);
    this.#node = {
      name: config.nodeName,
      zone: undefined,
      clusterCidr: config.clusterCidr,
      ip: config.nodeIp,
      servedIps,
    };
  }

  async start(): Promise<void> {
    const { services, slices, nodes, config } = this.#options;
    services.onChange((key) => this.#touch(key));
    slices.onChange((key, current, previous) => this.#sliceChanged(key, current, previous));
    nodes.onChange((key) => key === config.nodeName && this.#readZone());
    await Promise.all([services.synced, slices.synced]);
    for (const slice of slices.values()) {
      this.#sliceChanged(`${slice.metadata.namespace}/${slice.metadata.name}`, slice, undefined);
    }
    for (const { metadata } of services.values()) this.#dirty.add(`${metadata.namespace}/${metadata.name}`);
    this.#readZone();
    this.#started = true;
    this.#schedule(0);
    await new Promise<void>((resolve) => this.#firstSync.push(resolve));
  }

  readonly #firstSync: (() => void)[] = [];

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelCheck?.();
    this.#healthChecks.stop();
  }

  setHostPorts(ports: readonly HostPort[]): void {
    this.#hostPorts = ports;
    this.#touch(HOST_PORTS_OWNER);
  }

  lastSyncMs(): number {
    return this.#lastSyncMs;
  }

  #readZone(): void {
    const { nodes, services, config } = this.#options;
    const zone = nodes.get(config.nodeName)?.metadata.labels?.["topology.kubernetes.io/zone"];
    if (zone === this.#node.zone) return;
    this.#node = { ...this.#node, zone };
    for (const { metadata } of services.values()) this.#touch(`${metadata.namespace}/${metadata.name}`);
  }

  #sliceChanged(key: string, current: EndpointSlice | undefined, previous: EndpointSlice | undefined): void {
    const was = previous && serviceKeyOf(previous);
    const is = current && serviceKeyOf(current);
    if (was !== undefined && was !== is) {
      this.#slices.get(was)?.delete(key);
      if (this.#slices.get(was)?.size === 0) this.#slices.delete(was);
      this.#touch(was);
    }
    if (is === undefined) return;
    const group = this.#slices.get(is) ?? new Map<string, EndpointSlice>();
    group.set(key, current as EndpointSlice);
    this.#slices.set(is, group);
    this.#touch(is);
  }

  #touch(serviceKey: string): void {
    this.#dirty.add(serviceKey);
    this.#schedule(COALESCE_MS);
  }

  #schedule(delayMs: number): void {
    if (!this.#started || this.#stopped || this.#cancelTimer || this.#running) return;
    this.#cancelTimer = this.#clock.after(Math.max(delayMs, this.#backoffMs), () => {
      this.#cancelTimer = undefined;
      this.#running = this.#sync().finally(() => {
        this.#running = undefined;
        if (this.#dirty.size > 0 || this.#resyncNeeded) this.#schedule(COALESCE_MS);
      });
    });
  }

  /** Plans what is dirty and brings the difference to the kernel. Never rejects. */
  async #sync(): Promise<void> {
    for (const key of this.#dirty) {
      if (key === HOST_PORTS_OWNER) this.#state.put(key, planHostPorts(this.#hostPorts));
      else this.#planOne(key);
    }
    this.#dirty.clear();
    this.#tellConflicts();
    try {
      if (this.#resyncNeeded) await this.#table.resync(this.#state);
      else await this.#table.apply(this.#state);
      this.#resyncNeeded = false;
      this.#backoffMs = 0;
      this.#lastSyncMs = this.#clock.now();
      for (const resolve of this.#firstSync.splice(0)) resolve();
      const stale = this.#stale.splice(0);
      await this.#conntrack.forget(stale);
      this.#scheduleCheck();
    } catch (error) {
      this.#resyncNeeded = true;
      this.#backoffMs = Math.min(MAX_BACKOFF_MS, Math.max(1000, this.#backoffMs * 2));
      this.#log.error("service rules could not be applied", {
        error: (error as Error).message,
        retryInMs: this.#backoffMs,
      });
    }
  }

  #planOne(key: string): void {
    const { services, config } = this.#options;
    const service = services.get(key);
    const ports = service ? servicePorts(service, this.#slices.get(key)?.values() ?? [], config.nodeName) : [];
    const before = this.#planned.get(key) ?? [];
    if (this.#lastSyncMs > 0) this.#stale.push(...planStaleFlows(before, ports));
    if (ports.length > 0) this.#planned.set(key, ports);
    else this.#planned.delete(key);
    this.#healthChecks.set(key, service && planHealthCheck(service, ports, this.#node));
    this.#state.put(key, ports.length > 0 ? planService(ports, this.#node) : undefined);
  }

  #tellConflicts(): void {
    const conflicts = this.#state.conflicts();
    const text = conflicts.join("; ");
    if (text !== this.#conflicts && text !== "") this.#log.warn("services claim the same address", { conflicts });
    this.#conflicts = text;
  }

  #scheduleCheck(): void {
    if (this.#stopped || this.#cancelCheck) return;
    this.#cancelCheck = this.#clock.after(CHECK_MS, () => {
      this.#cancelCheck = undefined;
      this.#table
        .exists()
        .then((there) => {
          if (!there) {
            this.#log.warn("somebody removed the service rules; making them again");
            this.#resyncNeeded = true;
          }
          this.#schedule(0); // deletes emptied chains too
        })
        .catch((error: Error) => this.#log.warn("cannot look at the service rules", { error: error.message }))
        .finally(() => this.#scheduleCheck());
    });
  }
}
