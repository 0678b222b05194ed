/**
 * Simulated nodes: `node node-daemon/simulated/main.ts --config FILE`. One process that stands for many nodes, which run
 * pods in name only. Needs neither root nor containerd. On SIGTERM it goes as if all of them had lost their power; with
 * `--remove` it deletes the nodes and ends.
 */
import { parseArgs } from "node:util";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import { systemClock } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { ConfigError } from "../config.ts";
import { ApiCallError } from "../contracts.ts";
import { createLog, isLogLevel } from "../log.ts";
import { readSimulationConfig, type SimulationConfig } from "./config.ts";
import { type Connection, connect, refuseStreams } from "./connection.ts";
import { NodeSimulator } from "./nodes.ts";
import { nodeNameOf, podIpOf, SIMULATED_LABEL } from "./plan-node.ts";
import { seePod } from "./plan-pod.ts";
import { PodSimulator } from "./pods.ts";
import { TimerHeap } from "./timer-heap.ts";
import { Writer } from "./writer.ts";

const EXIT_USAGE = 2;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, remove: { type: "boolean", default: false } },
  });
  if (!values.config) throw new ConfigError("usage: main.ts --config FILE [--remove]");
  const config = await readSimulationConfig(values.config);
  const level = process.env.KEDGE_LOG;
  const log = createLog({ level: isLogLevel(level) ? level : "info" });
  const clock = systemClock;
  const random = seededRandom(config.seed);
  const connection = connect(config, { clock, random: Math.random, log });
  const writer = new Writer({ concurrency: config.concurrency, clock, log });
  if (values.remove) {
    await removeAll(config, connection, writer);
    await connection.close();
    return;
  }

  const timers = new TimerHeap(clock);
  const now = () => clock.now();
  const { api } = connection;
  const nodes = connection.follow<Node>({
    path: "/api/v1/nodes",
    labelSelector: `${SIMULATED_LABEL}=true`,
    see: ({ metadata, status }) =>
      ({
        apiVersion: "v1",
        kind: "Node",
        metadata: {
          name: metadata.name,
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
          ...(metadata.annotations && { annotations: metadata.annotations }),
        },
        status: seeStatus(status as Node["status"]),
      }) as Node,
  });
  const pods = connection.follow({
    path: "/api/v1/pods",
    fieldSelector: "spec.nodeName!=",
    see: (object) => seePod(object as Pod) as ReturnType<typeof seePod> & { [field: string]: unknown },
  });
  const shared = { api, writer, timers, random, now, log } as const;
  const podSimulator: PodSimulator = new PodSimulator({
    ...shared,
    api: api as never,
    pods,
    behaviour: config,
    nodeIndex: (name) => nodeSimulator.indexOf(name),
    podIp: podIpOf,
  });
  const nodeSimulator: NodeSimulator = new NodeSimulator({
    ...shared,
    api: api as never,
    config,
    nodes,
    onPower: (name, isOn) => (isOn ? podSimulator.lookAt(name) : podSimulator.freeze(name)),
  });

  const end = (signal: string): void => {
    log.info("stopping", { signal });
    timers.stop();
    writer.stop();
    nodes.stop();
    pods.stop();
    connection.close().finally(() => process.exit(0));
  };
  process.once("SIGTERM", () => end("SIGTERM"));
  process.once("SIGINT", () => end("SIGINT"));

  const startedMs = now();
  await nodeSimulator.start();
  log.info("simulated nodes registered", { count: config.count, ms: now() - startedMs, pid: process.pid });
  const link = await connection.openTunnel();
  link.onConnected(() => nodeSimulator.tellAll());
  link.serve(refuseStreams);
}

/** Resources everybody has are not looked at again. */
function seeStatus(status: Node["status"]): NonNullable<Node["status"]> {
  const extended = (amounts: { [resource: string]: string } = {}) =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => name.includes("/")));
  return {
    conditions: status?.conditions ?? [],
    capacity: extended(status?.capacity),
    allocatable: extended(status?.allocatable),
  };
}

async function removeAll(config: SimulationConfig, { api }: Connection, writer: Writer): Promise<void> {
  const remove = (name: string): Promise<void> =>
    api.delete(`/api/v1/nodes/${name}`).catch((error: unknown) => {
      if (!(error instanceof ApiCallError && error.code === 404)) throw error;
    });
  await Promise.all(Array.from({ length: config.count }, (_, i) => writer.write(() => remove(nodeNameOf(config, i)))));
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError;
  process.stderr.write(`kedge simulated nodes: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(plain ? EXIT_USAGE : 1);
});
