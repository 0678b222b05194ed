/** Runs the pods of all simulated nodes, in name: sees them through one watch, and tells the API what becomes of them. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ApiClient, Informer, Log } from "../contracts.ts";
import { type Behaviour, type Life, nextStep, type SeenPod, type Step, statusOf } from "./plan-pod.ts";
import type { TimerHeap } from "./timer-heap.ts";
import type { Writer } from "./writer.ts";

export interface PodSimulatorOptions {
  api: ApiClient;
  writer: Writer;
  timers: TimerHeap;
  /** Pods that have a node. */
  pods: Informer<SeenPod & KubeObject>;
  behaviour: Behaviour;
  /** The number of a simulated node; undefined: the node is none of ours, or has an outage. */
  nodeIndex(name: string): number | undefined;
  /** Address of a pod by the number of its node and its slot there. */
  podIp(index: number, slot: number): string;
  random: () => number;
  now(): number;
  log: Log;
}

interface Simulated {
  /** As it was last seen. */
  pod: SeenPod;
  life: Life | undefined;
  /** What is to happen next, so that it is not planned twice. */
  planned: Step["do"] | "writing" | undefined;
  cancel: () => void;
  slot: number;
}

export class PodSimulator {
  readonly #options: PodSimulatorOptions;
  readonly #pods = new Map<string, Simulated>();
  /** By node: how many pods have ever come, for their addresses. */
  readonly #slots = new Map<string, number>();

  constructor(options: PodSimulatorOptions) {
    this.#options = options;
    options.pods.onChange((key, current) => {
      if (current) this.#seen(key, current);
      else this.#gone(key);
    });
  }

  get count(): number {
    return this.#pods.size;
  }

  /** The node has come back, or is another: its pods are looked at again. */
  lookAt(node: string): void {
    for (const pod of this.#options.pods.values()) if (pod.spec.nodeName === node) this.#seen(keyOf(pod), pod);
  }

  /** The node has stopped: nothing more happens to its pods. */
  freeze(node: string): void {
    for (const simulated of this.#pods.values()) {
      if (simulated.pod.spec.nodeName !== node) continue;
      simulated.cancel();
      if (simulated.planned !== "writing") simulated.planned = undefined;
    }
  }

  #seen(key: string, pod: SeenPod): void {
    const { nodeName } = pod.spec;
    if (this.#options.nodeIndex(nodeName) === undefined) return;
    const known = this.#pods.get(key);
    if (known && known.pod.metadata.uid === pod.metadata.uid) {
      const isLeaving = pod.metadata.deletionTimestamp !== known.pod.metadata.deletionTimestamp;
      known.pod = pod;
      if (isLeaving || known.planned === undefined) this.#plan(key, known);
      return;
    }
    known?.cancel();
    const slot = this.#slots.get(nodeName) ?? 0;
    this.#slots.set(nodeName, slot + 1);
    const simulated: Simulated = { pod, life: undefined, planned: undefined, cancel: () => undefined, slot };
    this.#pods.set(key, simulated);
    this.#plan(key, simulated);
  }

  #gone(key: string): void {
    this.#pods.get(key)?.cancel();
    this.#pods.delete(key);
  }

  #plan(key: string, simulated: Simulated): void {
    if (simulated.planned === "writing") return;
    const { behaviour, random, timers, now } = this.#options;
    simulated.cancel();
    const step = nextStep(simulated.pod, simulated.life, { behaviour, random, nowMs: now() });
    simulated.planned = step.do;
    if (step.do === "nothing") return;
    simulated.cancel = timers.after(step.afterMs, () => void this.#do(key, simulated, step));
  }

  async #do(key: string, simulated: Simulated, step: Exclude<Step, { do: "nothing" }>): Promise<void> {
    const { writer, log } = this.#options;
    simulated.planned = "writing";
    try {
      await writer.write(() => (step.do === "tell" ? this.#tell(simulated, step.life) : this.#remove(simulated.pod)));
      if (step.do === "tell") simulated.life = step.life;
    } catch (error) {
      // The pod has gone or is another: the watch tells.
      log.debug("a pod was not written", { key, error: String(error) });
    }
    simulated.planned = undefined;
    if (step.do === "remove" || this.#pods.get(key) !== simulated) return;
    if (this.#options.nodeIndex(simulated.pod.spec.nodeName) !== undefined) this.#plan(key, simulated);
  }

  #tell({ pod, slot }: Simulated, life: Life): Promise<unknown> {
    const { api, nodeIndex, podIp, now } = this.#options;
    const index = nodeIndex(pod.spec.nodeName) ?? 0;
    const nowMs = now();
    const address = pod.spec.hostNetwork ? undefined : (pod.status.podIP ?? podIp(index, slot));
    const { uid } = pod.metadata;
    // The uid keeps a pod of the same name made since from getting this one's status.
    return api.patch(`${pathOf(pod)}/status`, "strategic", {
      metadata: { uid },
      status: statusOf(pod, life, { podIp: address, nowMs }),
    });
  }

  #remove(pod: SeenPod): Promise<void> {
    const { uid } = pod.metadata;
    return this.#options.api.delete(pathOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } });
  }
}

const keyOf = ({ metadata }: SeenPod): string => `${metadata.namespace}/${metadata.name}`;
const pathOf = ({ metadata }: SeenPod): string => `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
