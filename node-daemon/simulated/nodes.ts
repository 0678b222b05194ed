/** Registers the simulated nodes and keeps them as they should be: ready, or lost where they are to have an outage. */
import type { Node } from "../../kinds/core/v1-types.ts";
import { formatMicroTime } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiCallError, type ApiClient, type Informer, type Log } from "../contracts.ts";
import type { SimulationConfig } from "./config.ts";
import { hasOutage, nodeNameOf, simulatedNode, wantedAllocatable, wantedConditions } from "./plan-node.ts";
import type { TimerHeap } from "./timer-heap.ts";
import type { Writer } from "./writer.ts";

/** As real nodes do: the tunnel carries the heartbeats, the lease is for those who look at leases. */
const LEASE_RENEWAL_MS = 300_000;
const LEASE_SECONDS = 600;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

export interface NodeSimulatorOptions {
  config: SimulationConfig;
  api: ApiClient;
  /** Simulated nodes. */
  nodes: Informer<Node>;
  writer: Writer;
  timers: TimerHeap;
  random: () => number;
  now(): number;
  log: Log;
  /** The node runs pods from now on, or no longer. */
  onPower(name: string, isOn: boolean): void;
}

export class NodeSimulator {
  readonly #options: NodeSimulatorOptions;
  readonly #indexes = new Map<string, number>();
  readonly #dark = new Set<string>();
  /** Nodes whose status is being written. */
  readonly #writing = new Set<string>();
  #isStarted = false;

  constructor(options: NodeSimulatorOptions) {
    this.#options = options;
    const { config, nodes } = options;
    for (let i = 0; i < config.count; i++) this.#indexes.set(nodeNameOf(config, i), i);
    nodes.onChange((name, current) => {
      if (current && this.#isStarted) this.#look(name, current);
    });
  }

  /** The number of a node that is ours and on. */
  indexOf(name: string): number | undefined {
    return this.#dark.has(name) ? undefined : this.#indexes.get(name);
  }

  /** Registers what is not there yet. Resolves when all are. */
  async start(): Promise<void> {
    const { nodes, writer } = this.#options;
    await nodes.synced;
    this.#isStarted = true;
    const missing: Promise<void>[] = [];
    for (const [name, index] of this.#indexes) {
      const there = nodes.get(name);
      if (there) this.#look(name, there);
      else missing.push(writer.write(() => this.#register(index)));
      this.#keepLease(name);
    }
    await Promise.all(missing);
  }

  /** The edge may have taken the nodes for gone: those that are not as they should be are told of again. */
  tellAll(): void {
    const { nodes } = this.#options;
    for (const name of this.#indexes.keys()) {
      const node = nodes.get(name);
      if (node) this.#look(name, node);
    }
  }

  async #register(index: number): Promise<void> {
    const { api, config, now } = this.#options;
    try {
      await api.create<Node>("/api/v1/nodes", simulatedNode(config, index, now()));
    } catch (error) {
      if (!(error instanceof ApiCallError && error.code === 409)) throw error;
    }
  }

  #look(name: string, node: Node): void {
    if (!this.#indexes.has(name)) return;
    const isDark = hasOutage(node);
    if (isDark !== this.#dark.has(name)) {
      if (isDark) this.#dark.add(name);
      else this.#dark.delete(name);
      this.#options.onPower(name, !isDark);
    }
    this.#tell(name, node);
  }

  #tell(name: string, node: Node): void {
    const { api, writer, now, log, nodes } = this.#options;
    const wanted = (latest: Node): object | undefined => {
      const conditions = wantedConditions(latest, now());
      const allocatable = wantedAllocatable(latest);
      return conditions || allocatable
        ? { ...(conditions && { conditions }), ...(allocatable && { allocatable }) }
        : undefined;
    };
    if (this.#writing.has(name) || wanted(node) === undefined) return;
    this.#writing.add(name);
    const write = async (): Promise<void> => {
      const status = wanted(nodes.get(name) ?? node);
      if (status) await api.patch(`/api/v1/nodes/${name}/status`, "strategic", { status });
    };
    writer
      .write(write)
      .catch((error) => log.warn("node status not written", { node: name, error: String(error) }))
      .finally(() => this.#writing.delete(name));
  }

  /** All leases are made at once and then renewed at times of their own. */
  #keepLease(name: string): void {
    const { timers, writer, random, log } = this.#options;
    const renew = (): void => {
      const next = (): unknown => timers.after(LEASE_RENEWAL_MS, renew);
      if (this.indexOf(name) === undefined) {
        next();
        return;
      }
      writer
        .write(() => this.#renewLease(name))
        .catch((error) => log.warn("lease not renewed", { node: name, error: String(error) }))
        .finally(next);
    };
    timers.after(Math.floor(random() * LEASE_RENEWAL_MS), renew);
  }

  async #renewLease(name: string): Promise<void> {
    const { api, now, nodes } = this.#options;
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: formatMicroTime(now()),
    };
    try {
      await api.patch(`${LEASES}/${name}`, "merge", { spec });
    } catch (error) {
      if (!(error instanceof ApiCallError && error.code === 404)) throw error;
      const uid = nodes.get(name)?.metadata.uid;
      const ownerReferences = uid ? [{ apiVersion: "v1", kind: "Node", name, uid }] : [];
      await api.create<KubeObject>(LEASES, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace: "kube-node-lease", ownerReferences },
        spec,
      });
    }
  }
}
