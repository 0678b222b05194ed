/** Cluster DNS, answered by every node's daemon itself at the service IP of kube-dns. */
import { randomInt } from "node:crypto";
import type { Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { Informer, Log, NodeConfig } from "../contracts.ts";
import { type Cidr, parseCidr } from "../network/address.ts";
import { readHostResolvConf } from "../network/resolv-conf.ts";
import { type Run, run as runCommand } from "../network/run.ts";
import { addServiceAddress, ServiceAddressKeeper } from "../network/service-address.ts";
import { DNS_TABLE } from "../network/tables.ts";
import { InformerView } from "./cluster-view.ts";
import { Forwarder } from "./forwarder.ts";
import { QueryResolver } from "./resolve.ts";
import { type Listening, listen } from "./server.ts";

export interface DnsServerOptions {
  config: Pick<NodeConfig, "dnsServiceIp" | "clusterDomain" | "clusterCidr" | "serviceCidr">;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  log: Log;
  clock?: Clock;
  run?: Run;
  /** Of the node itself; default /etc/resolv.conf. */
  hostResolvConfPath?: string;
}

export interface DnsServer {
  /** Takes the address and listens; may be called again after it failed. The cluster's names are answered once services and endpoints have synced. */
  start(): Promise<void>;
  /** Stops listening; address and rules stay. */
  stop(): Promise<void>;
}

const DNS_PORT = 53;
/** Of one pod: far above what any needs, and well below what would keep the daemon from its other work. */
const DATAGRAMS_PER_SECOND = 5000;
/** How often the node's own resolv.conf is read again. */
const RELOAD_MS = 15_000;

export function createDnsServer(options: DnsServerOptions): DnsServer {
  const { config, services, slices, log } = options;
  const clock = options.clock ?? systemClock;
  const run = options.run ?? runCommand;
  const resolvConf = options.hostResolvConfPath ?? "/etc/resolv.conf";
  const forwarder = new Forwarder({ resolvers: [], randomId: () => randomInt(65_536), now: () => clock.now() });
  const resolver = new QueryResolver({
    view: new InformerView(services, slices),
    zone: {
      domain: config.clusterDomain.toLowerCase(),
      serverIp: config.dnsServiceIp,
      ownRanges: [config.clusterCidr, config.serviceCidr].map(parseCidr).filter((c): c is Cidr => c !== undefined),
      serial: Math.floor(clock.now() / 1000),
    },
    ready: () => services.hasSynced() && slices.hasSynced(),
    forwarder,
    random: Math.random,
    log,
  });
  const keeper = new ServiceAddressKeeper({ run, clock, log });
  let listening: Listening | undefined;
  let cancelReload: (() => void) | undefined;
  let stopped = false;

  const reload = async (): Promise<void> => {
    const conf = await readHostResolvConf(resolvConf, config.dnsServiceIp);
    const others = conf.nameservers.filter((ip) => ip !== config.dnsServiceIp);
    // A stub on loopback is asked only where there is nobody else: in a named network namespace it is out of reach.
    const isLoopback = (ip: string): boolean => ip.startsWith("127.") || ip === "::1";
    const outside = others.filter((ip) => !isLoopback(ip));
    forwarder.use((outside.length > 0 ? outside : others).slice(0, 3).map((ip) => ({ ip, port: DNS_PORT })));
  };
  const reloadForever = (): void => {
    reload()
      .catch((error: Error) => log.warn("cannot read the node's resolv.conf", { error: error.message }))
      .finally(() => {
        if (!stopped) cancelReload = clock.after(RELOAD_MS, reloadForever);
      });
  };

  return {
    async start() {
      await addServiceAddress(run, config.dnsServiceIp);
      listening ??= await listenSomewhere(config.dnsServiceIp, resolver, log);
      const { port } = listening;
      await keeper.hold({
        table: DNS_TABLE,
        ip: config.dnsServiceIp,
        clusterCidr: config.clusterCidr,
        ports: (["udp", "tcp"] as const).map((protocol) => ({ protocol, port: DNS_PORT, listensOn: port })),
        datagramsPerSecond: DATAGRAMS_PER_SECOND,
      });
      log.info("cluster DNS is listening", { ip: config.dnsServiceIp, port });
      reloadForever();
    },
    async stop() {
      stopped = true;
      cancelReload?.();
      keeper.stop();
      await listening?.close();
      forwarder.close();
    },
  };
}

/** Port 53; another where some resolver of the node holds 53 on all addresses. The rules lead from 53 to it. */
async function listenSomewhere(ip: string, resolver: QueryResolver, log: Log): Promise<Listening> {
  const options = { ip, log, resolve: resolver.resolve.bind(resolver) };
  try {
    return await listen({ ...options, port: DNS_PORT });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    log.warn("port 53 is taken on all addresses of this node; cluster DNS uses another behind it");
    return listen({ ...options, port: 0 });
  }
}
