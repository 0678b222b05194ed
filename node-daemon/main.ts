/**
 * The node daemon: `node node-daemon/main.ts --config FILE`. Makes one of each part and hands them around. Ends on
 * SIGTERM and leaves the containers running; with `--teardown` it stops them and cleans up instead.
 */
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Node, Service } from "../kinds/core/v1-types.ts";
import { systemClock } from "../machinery/clock.ts";
import { createApiEndpoint } from "./api-endpoint/api-endpoint.ts";
import { ConfigError, readConfig } from "./config.ts";
import type { Informer, Log, NodeConfig } from "./contracts.ts";
import { createDnsServer } from "./dns/dns-server.ts";
import { createLink } from "./link/link.ts";
import { createLog, isLogLevel } from "./log.ts";
import { detectNodeIp } from "./network/host.ts";
import { createNetwork } from "./network/network.ts";
import { run } from "./network/run.ts";
import { measure, readMachine } from "./node-status/machine.ts";
import { createNodeManager } from "./node-status/node-manager.ts";
import { PodCgroups } from "./pods/cgroups.ts";
import { createEventRecorder } from "./pods/events.ts";
import { createPodManager } from "./pods/pod-manager.ts";
import { createServiceProxy } from "./proxy/proxy.ts";
import { connectCri } from "./runtime/cri-client.ts";
import { SIMULATED_LABEL } from "./simulated/plan-node.ts";
import { withRealEndpoints } from "./simulated/real-endpoints.ts";
import { createKubeletServer } from "./streams/kubelet-server.ts";
import { UsageSampler } from "./streams/stats/sampler.ts";
import { endNode, type OwnNamespace, ownNamespace, watchNamespace } from "./unplug.ts";
import { createImageMounts } from "./volumes/image-mounts.ts";

const EXIT_USAGE = 2;
const EXIT_UNPLUGGED = 3;
const PART_RETRY_MS = 5_000;
/** A worker may be waiting for a container to end; the runtime goes on with it, and the next daemon sees how it went. */
const STOP_MS = 1_500;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, teardown: { type: "boolean", default: false } },
  });
  if (!values.config) throw new ConfigError("usage: main.ts --config FILE [--teardown]");
  let config: NodeConfig;
  try {
    config = await readConfig(values.config);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`${values.config}: ${error.message}`) : error;
  }
  const level = process.env.KEDGE_LOG;
  const log = createLog({ level: isLogLevel(level) ? level : "info" });
  process.on("uncaughtException", (error) => crash(log, error));
  process.on("unhandledRejection", (error) => crash(log, error));

  if (values.teardown) {
    // Loaded when it is needed: the daemon itself stays small.
    const { teardown } = await import("./teardown.ts");
    await teardown(config, log);
    process.exit(0);
  }
  const namespace = config.networkNamespace === undefined ? undefined : ownNamespace(config.networkNamespace);
  if (config.networkNamespace !== undefined && !namespace) {
    throw new ConfigError(`must be started in network namespace ${config.networkNamespace}`);
  }
  if (namespace) unplugWith(config, namespace, log);
  await runNode(config, log);
}

/** A supervisor starts us again; everything is rebuilt from the runtime. */
function crash(log: Log, error: unknown): never {
  log.error("unexpected error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
}

async function runNode(config: NodeConfig, log: Log): Promise<void> {
  const clock = systemClock;
  const { nodeName, stateDir } = config;
  await mkdir(stateDir, { recursive: true, mode: 0o711 });
  const nodeIp = await detectNodeIp(run, config.nodeIp);
  const settled: NodeConfig = { ...config, nodeIp };
  const machine = await readMachine();

  const link = createLink(settled, log);
  const { api } = link;
  const services = api.informer<Service>({ path: "/api/v1/services" });
  const slices = withRealEndpoints(api.informer({ path: "/apis/discovery.k8s.io/v1/endpointslices" }));
  // Nothing leads to simulated nodes, and there may be thousands.
  const nodes = api.informer<Node>({ path: "/api/v1/nodes", labelSelector: `${SIMULATED_LABEL}!=true` });
  const informers: Informer<never>[] = [services, slices, nodes] as never;

  const runtime = connectCri(settled.runtimeSocket, { log });
  const events = createEventRecorder({ api, clock, log, nodeName });
  const network = createNetwork({ config: settled, nodes, log });
  const nodeManager = createNodeManager({
    nodeName,
    labels: settled.labels,
    nodeIps: [nodeIp],
    stateDir,
    machine,
    api,
    runtime,
    network,
    nodes,
    events,
    clock,
    log,
  });
  const pods = createPodManager({
    nodeName,
    stateDir,
    clusterDomain: settled.clusterDomain,
    api,
    runtime,
    network,
    imageMounts: createImageMounts(settled.runtimeSocket),
    events,
    clock,
    log,
    services,
    host: () => ({
      nodeName,
      hostname: machine.hostname,
      hostIps: [nodeIp],
      memoryCapacityBytes: machine.memoryBytes,
      appArmor: machine.appArmor,
      allocatable: nodes.get(nodeName)?.status?.allocatable ?? {},
      runtimeHandlers: nodes.get(nodeName)?.status?.runtimeHandlers ?? [],
    }),
    node: () => nodes.get(nodeName),
  });
  const proxy = createServiceProxy({ config: settled, services, slices, nodes, log });
  pods.onHostPorts((ports) => proxy.setHostPorts(ports));
  const dns = createDnsServer({ config: settled, services, slices, log });
  const endpoint = createApiEndpoint({ config: settled, log });
  const streams = { exec: runtime.execUrl, attach: runtime.attachUrl, portForward: runtime.portForwardUrl };
  const sampler = new UsageSampler({ clock, log, containerUsage: () => runtime.containerStats() });

  const configureNetwork = async (podCidr: string): Promise<void> => {
    try {
      await network.configure(podCidr);
    } catch (error) {
      log.warn("network not configured", { error: String(error) });
    }
    nodeManager.look();
    pods.wakeAll();
  };
  let podCidr: string | undefined;
  nodes.onChange((key, current) => {
    const given = key === nodeName ? current?.spec?.podCIDR : undefined;
    if (given === undefined || given === podCidr) return;
    podCidr = given;
    void configureNetwork(given);
  });

  /** Parts do not wait for each other: a node without nftables still runs pods, and says what is wrong. */
  const start = async (name: string, part: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        await part();
        log.debug(`${name} started`);
        return;
      } catch (error) {
        log.error(`${name} did not start; trying again`, { error: String(error) });
        await new Promise<void>((resolve) => clock.after(PART_RETRY_MS, resolve));
      }
    }
  };
  const stop = async (): Promise<void> => {
    for (const informer of informers) informer.stop();
    nodeManager.stop();
    proxy.stop();
    sampler.stop();
    await Promise.allSettled([pods.stop(), network.stop(), dns.stop(), endpoint.stop()]);
    runtime.close();
    await link.close();
  };
  const end = (signal: string): void => {
    log.info("stopping; containers go on", { signal });
    clock.after(STOP_MS, () => process.exit(0));
    void stop().finally(() => process.exit(0));
  };
  process.once("SIGTERM", () => end("SIGTERM"));
  process.once("SIGINT", () => end("SIGINT"));

  link.onConnected(() => nodeManager.look({ heartbeat: true }));
  link.serve(
    createKubeletServer({
      pods: pods.lookup,
      streams,
      config: settled,
      log,
      usage: () => sampler.usage(),
      probeCounts: () => pods.probeCounts(),
      measures: () => measure(stateDir),
    }),
  );
  events.node("Normal", "Starting", "Starting kubelet.");
  await network.start();
  sampler.start();
  log.info("node daemon started", { node: nodeName, nodeIp, pid: process.pid });
  await Promise.all([
    start("node registration", () => nodeManager.start()),
    start("pods", () => pods.start()),
    start("service proxy", () => proxy.start()),
    start("cluster DNS", () => dns.start()),
    start("API endpoint", () => endpoint.start()),
  ]);
}

function unplugWith(config: NodeConfig, namespace: OwnNamespace, log: Log): void {
  const cgroups = new PodCgroups(config);
  watchNamespace(namespace, {
    clock: systemClock,
    log,
    gone: () => {
      log.warn("network namespace is gone: this node ends", { namespace: namespace.name });
      endNode(namespace, () => cgroups.processes())
        .catch((error) => log.error("not all of the node ended", { error: String(error) }))
        .finally(() => process.exit(EXIT_UNPLUGGED));
    },
  });
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError;
  process.stderr.write(
    `kedge node daemon: ${plain ? error.message : error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(plain ? EXIT_USAGE : 1);
});
