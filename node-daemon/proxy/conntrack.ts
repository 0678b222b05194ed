/**
 * Connections that conntrack still sends where they used to go. UDP has no end, so a client that keeps its port would
 * go on talking to an endpoint that is gone.
 */
import type { Log } from "../contracts.ts";
import { CommandError, type Run } from "../network/run.ts";
import type { ServicePort } from "./service-ports.ts";

/** Entries to forget: UDP to `ip` (any address when absent) and `port` that go to `endpoint` (anywhere when absent). */
export interface StaleFlow {
  ip?: string;
  port: number;
  endpoint?: string;
}

/** Beyond this many at once all flows to the service address are forgotten instead. */
const MAX_ENDPOINTS_PER_PORT = 50;

const usable = (port: ServicePort): Set<string> =>
  new Set(port.endpoints.filter((e) => e.ready || (e.serving && e.terminating)).map((e) => e.ip));

/** Which flows of one service are stale after its ports changed. Pure. */
export function planStaleFlows(before: readonly ServicePort[], after: readonly ServicePort[]): StaleFlow[] {
  const flows: StaleFlow[] = [];
  const next = new Map(after.map((port) => [port.id, port]));
  for (const port of before) {
    if (port.protocol !== "udp") continue;
    const now = next.get(port.id);
    const left = now ? usable(now) : new Set<string>();
    const gone = [...usable(port)].filter((ip) => !left.has(ip));
    const targets = now === undefined || gone.length > MAX_ENDPOINTS_PER_PORT ? [undefined] : gone;
    for (const target of targets) flows.push(...flowsTo(port, target));
  }
  // Flows that began while there was no endpoint were not translated, and would stay so.
  const previous = new Map(before.map((port) => [port.id, port]));
  for (const port of after) {
    const was = previous.get(port.id);
    if (port.protocol === "udp" && usable(port).size > 0 && (!was || usable(was).size === 0)) {
      flows.push(...flowsTo(port, undefined));
    }
  }
  return flows;
}

function flowsTo(port: ServicePort, target: string | undefined): StaleFlow[] {
  const endpoint = target === undefined ? {} : { endpoint: target };
  const flows: StaleFlow[] = [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps].map((ip) => ({
    ip,
    port: port.port,
    ...endpoint,
  }));
  if (port.nodePort !== undefined) flows.push({ port: port.nodePort, ...endpoint });
  return flows;
}

/** Forgets flows with the `conntrack` tool; without the tool says so once and leaves them. */
export class ConntrackCleaner {
  readonly #run: Run;
  readonly #log: Log;
  #missing = false;

  constructor(run: Run, log: Log) {
    this.#run = run;
    this.#log = log;
  }

  async forget(flows: readonly StaleFlow[]): Promise<void> {
    for (const { ip, port, endpoint } of flows) {
      if (this.#missing) return;
      const args = ["-D", "-f", "ipv4", "-p", "udp", "--orig-port-dst", String(port)];
      if (ip !== undefined) args.push("--orig-dst", ip);
      if (endpoint !== undefined) args.push("--dst-nat", endpoint);
      try {
        await this.#run("conntrack", args);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (error.missing) {
          this.#missing = true;
          this.#log.warn("conntrack is not installed: UDP clients may stay with endpoints that are gone");
        } else if (!error.stderr.includes("0 flow entries")) {
          this.#log.warn("cannot forget UDP flows", { error: error.message });
        }
      }
    }
  }
}
