/** The kubelet's HTTP API, answered over the tunnel. */
import { availableParallelism, uptime } from "node:os";
import type { PodStatus } from "../../kinds/core/v1-types.ts";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Log, NodeConfig, PodLookup, RunningPod, RuntimeStreams } from "../contracts.ts";
import { CallError, type CallHandler, type TunnelCall } from "../link/call.ts";
import type { Measures } from "../node-status/machine.ts";
import { chooseForwardProtocol, chooseProtocol } from "./channel-protocol.ts";
import { containerPath, forwardedPorts, podPath, streamOptions } from "./kubelet-path.ts";
import { chooseInstance } from "./logs/choose-instance.ts";
import { parseLogOptions } from "./logs/log-options.ts";
import { answerLog } from "./logs/read-log.ts";
import {
  RUNTIME_PROTOCOL as FORWARD_PROTOCOL,
  forwardChannels,
  SPDY_IN_WEBSOCKET,
  tunnelSpdy,
} from "./port-forward.ts";
import { createProxy } from "./proxy.ts";
import { proxyTarget, reachable } from "./proxy-target.ts";
import { RUNTIME_PROTOCOL as COMMAND_PROTOCOL, runRemoteCommand } from "./remote-command.ts";
import { dialSpdy, SpdyUpgradeError, type UpgradedConnection } from "./spdy/connection.ts";
import { type ProbeCount, type ProcessUsage, renderContainers, renderKubelet, renderProbes } from "./stats/metrics.ts";
import { renderResourceMetrics, renderSummary, renderUsage, type SummaryNode } from "./stats/render.ts";
import type { Usage } from "./stats/sampler.ts";
import type { PlacedUsage } from "./stats/usage.ts";

export interface KubeletServerOptions {
  pods: PodLookup;
  streams: RuntimeStreams;
  config: Pick<NodeConfig, "nodeName" | "clusterCidr" | "serviceCidr" | "nodeIp">;
  log: Log;
  clock?: Clock;
  /** What the node and the runtime's containers use; absent: the kubelet's figures are not served. */
  usage?: () => Promise<Usage>;
  probeCounts?: () => ProbeCount[];
  /** Of the disk and the processes of the machine; absent: the summary is not served. */
  measures?: () => Promise<Measures>;
}

interface Asked {
  call: TunnelCall;
  /** Behind the first one, decoded. */
  segments: string[];
  query: URLSearchParams;
}

const UPGRADE_REQUIRED =
  "WebSocket required, which kubectl 1.31 and later use (1.29 and 1.30 do with KUBECTL_REMOTE_COMMAND_WEBSOCKETS=true)";

/** @returns what the link is to serve */
export function createKubeletServer(options: KubeletServerOptions): CallHandler {
  const { pods, streams, config, clock = systemClock } = options;
  const proxy = createProxy();
  const mayReach = reachable({
    cidrs: [config.clusterCidr, config.serviceCidr],
    addresses: config.nodeIp ? [config.nodeIp] : [],
  });

  const logs = async ({ call, segments, query }: Asked): Promise<void> => {
    const { namespace, pod: podName, container } = containerPath(segments);
    const log = parseLogOptions(query, clock.now());
    const pod = pods.find(namespace, podName);
    const object = objectOf(namespace, podName);
    const { previous } = log;
    const instance = chooseInstance({ pod, object, podName, containerName: container, previous });
    const isRunning = (): boolean => {
      const now = pods.find(namespace, podName)?.containers.get(container);
      return now?.some(({ id, state }) => id === instance.id && (state === "running" || state === "created")) ?? false;
    };
    await answerLog({ call, path: instance.logPath, log, isRunning, nowMs: () => clock.now() });
  };

  const exec = async ({ call, segments, query }: Asked): Promise<void> => {
    const asked = streamOptions(query);
    const { container, instance } = await runningContainer(segments);
    if (!instance) throw new CallError(500, `container not found ("${container}")`);
    const command = query.getAll("command");
    await remoteCommand(call, asked, () => streams.exec({ containerId: instance.id, command, ...asked }));
  };

  const attach = async ({ call, segments, query }: Asked): Promise<void> => {
    const wanted = streamOptions(query);
    const { namespace, pod, container, instance } = await runningContainer(segments);
    if (!instance) throw new CallError(500, `container ${container} not found in pod ${pod}_${namespace}`);
    // Whether there is a terminal was decided when the container was made.
    const asked = { ...wanted, tty: instance.tty, stderr: wanted.stderr && !instance.tty };
    await remoteCommand(call, asked, () => streams.attach({ containerId: instance.id, ...asked }));
  };

  const runningContainer = async (segments: string[]) => {
    const path = containerPath(segments);
    const pod = podOf(path);
    return { ...path, instance: pod?.containers.get(path.container)?.find(({ state }) => state === "running") };
  };

  const remoteCommand = async (
    call: TunnelCall,
    asked: ReturnType<typeof streamOptions>,
    url: () => Promise<string>,
  ): Promise<void> => {
    const protocol = chooseProtocol(upgradeOf(call));
    if (!protocol) throw new CallError(400, "none of the subprotocols asked for is supported");
    const runtime = await dialRuntime(url, COMMAND_PROTOCOL);
    await runRemoteCommand({ call, protocol, streams: asked, runtime });
  };

  const portForward = async ({ call, segments, query }: Asked): Promise<void> => {
    const path = podPath(segments);
    const sandboxId = podOf(path)?.sandboxId;
    if (sandboxId === undefined) throw new CallError(500, `pod not found ("${path.pod}_${path.namespace}")`);
    const offered = upgradeOf(call);
    const ports = forwardedPorts(query);
    const dial = () => dialRuntime(() => streams.portForward({ sandboxId, ports }), FORWARD_PROTOCOL);
    if (offered.includes(SPDY_IN_WEBSOCKET)) return tunnelSpdy(call, await dial());
    const protocol = chooseForwardProtocol(offered);
    if (!protocol) throw new CallError(400, "none of the subprotocols asked for is supported");
    if (ports.length === 0) throw new CallError(400, 'query parameter "port" is required');
    return forwardChannels({ call, protocol, ports, runtime: await dial() });
  };

  /** As the runtime has it; undefined when it has nothing of it yet. @throws CallError when it is not this node's */
  const podOf = ({ namespace, pod }: { namespace: string; pod: string }): RunningPod | undefined => {
    const found = pods.find(namespace, pod);
    if (!found && !objectOf(namespace, pod)) throw new CallError(404, "pod does not exist\n");
    return found;
  };

  const objectOf = (namespace: string, name: string): KubeObject | undefined =>
    pods.all().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);

  const podList = async ({ call }: Asked): Promise<void> => {
    const list = { kind: "PodList", apiVersion: "v1", metadata: {}, items: pods.all() };
    answerWith(call, "application/json", JSON.stringify(list));
  };

  const stats = async ({ call, segments }: Asked): Promise<void> => {
    const path = segments.join("/");
    if (path !== "summary" && path !== "usage") throw new CallError(404, "404 page not found\n");
    const { node, nodeRate, placed } = await figures();
    const withRate = { ...node, rate: nodeRate };
    const text =
      path === "usage" ? renderUsage(withRate, placed) : renderSummary(await summaryNode(), withRate, placed);
    answerWith(call, "application/json", text);
  };

  const summaryNode = async (): Promise<SummaryNode> => {
    if (!options.measures) throw new CallError(501, "kedge has no figures of this machine");
    const started = pods
      .all()
      .map(({ metadata, status }) => [metadata.uid, (status as PodStatus | undefined)?.startTime] as const);
    return {
      name: config.nodeName,
      bootedAtMs: clock.now() - uptime() * 1000,
      measures: await options.measures(),
      podStartTimes: new Map(started.flatMap(([uid, time]) => (uid && time ? [[uid, time] as const] : []))),
    };
  };

  const metrics = async ({ call, segments }: Asked): Promise<void> => {
    const render = metricsOf.get(segments.join("/"));
    if (!render) throw new CallError(404, "404 page not found\n");
    answerWith(call, "text/plain; version=0.0.4; charset=utf-8", await render());
  };

  const metricsOf = new Map<string, () => Promise<string> | string>([
    ["", () => renderKubelet(config.nodeName, runningPods(), processUsage(clock.now()))],
    ["probes", () => renderProbes(options.probeCounts?.() ?? [])],
    [
      "resource",
      async () => {
        const { node, placed } = await figures();
        return renderResourceMetrics(node, placed);
      },
    ],
    [
      "cadvisor",
      async () => {
        const { node, placed } = await figures();
        return renderContainers(placed, { ...node, cpus: availableParallelism() }, imageOf);
      },
    ],
  ]);

  const runningPods = (): RunningPod[] =>
    pods.all().flatMap(({ metadata: { namespace = "", name = "" } }) => pods.find(namespace, name) ?? []);

  const imageOf = ({ namespace, pod, container }: PlacedUsage): string =>
    imageIn(objectOf(namespace, pod), container) ?? "";

  const figures = async (): Promise<Usage & { placed: PlacedUsage[] }> => {
    if (!options.usage) throw new CallError(501, "kedge has no figures of this container runtime");
    const usage = await options.usage();
    return { ...usage, placed: placedUsage(pods, usage) };
  };

  const routes = new Map<string, (asked: Asked) => Promise<void>>([
    ["containerLogs", logs],
    ["exec", exec],
    ["attach", attach],
    ["portForward", portForward],
    ["pods", podList],
    ["healthz", async ({ call }) => answerWith(call, "text/plain; charset=utf-8", "ok")],
    ["proxy", ({ call }) => proxy(call, proxyTarget(call.request.path, mayReach))],
    ["stats", stats],
    ["metrics", metrics],
  ]);

  return async (call) => {
    const [path, query] = call.request.path.split("?", 2);
    const [first, ...segments] = decoded(path!);
    const route = routes.get(first ?? "");
    if (!route) throw new CallError(404, "404 page not found\n");
    await route({ call, segments, query: new URLSearchParams(query ?? "") });
  };
}

function decoded(path: string): string[] {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    throw new CallError(400, "malformed path");
  }
}

function upgradeOf(call: TunnelCall): string[] {
  if (!call.request.protocols) throw new CallError(400, UPGRADE_REQUIRED);
  return call.request.protocols;
}

/** @throws CallError with the status a kubelet gives to errors of its runtime */
async function dialRuntime(url: () => Promise<string>, protocol: string): Promise<UpgradedConnection> {
  try {
    return await dialSpdy(await url(), protocol);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof SpdyUpgradeError && error.status !== 0) throw new CallError(error.status, message);
    throw new CallError((error as { code?: unknown }).code === "NotFound" ? 404 : 500, message);
  }
}

const processUsage = (nowMs: number): ProcessUsage => {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: process.memoryUsage.rss(),
    startedAtMs: nowMs - process.uptime() * 1000,
  };
};

function imageIn(object: KubeObject | undefined, name: string): string | undefined {
  const spec = (object?.spec ?? {}) as { [list: string]: { name?: string; image?: string }[] | undefined };
  return ["containers", "initContainers", "ephemeralContainers"]
    .flatMap((list) => spec[list] ?? [])
    .find((container) => container.name === name)?.image;
}

/** The figures of the containers that are part of a pod here. */
function placedUsage(pods: PodLookup, { containers, rates }: Usage): PlacedUsage[] {
  const byId = new Map(containers.map((each) => [each.containerId, each]));
  return pods.all().flatMap(({ metadata: { namespace = "", name = "" } }) => {
    const pod = pods.find(namespace, name);
    return [...(pod?.containers ?? [])].flatMap(([container, instances]) => {
      const found = instances[0] && byId.get(instances[0].id);
      if (!found || !pod) return [];
      const { startedAtMs = 0 } = instances[0]!;
      const rate = rates.get(found.containerId);
      return [{ namespace, pod: name, podUid: pod.uid, container, usage: found, startedAtMs, rate }];
    });
  });
}

function answerWith(call: TunnelCall, contentType: string, body: string): void {
  call.respond({ status: 200, headers: [["content-type", contentType]] });
  void call.write(Buffer.from(body));
}
