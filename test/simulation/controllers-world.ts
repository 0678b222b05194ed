/** A world around the controllers: users, a scheduler, kubelets, a feed with faults, and time. All seeded. */
import { type ControllersOptions, controllerResources, controllersProgram } from "../../controllers/program.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { FakeCluster, type Faults } from "../fakes/cluster.ts";
import { ManualClock } from "../fakes/cluster-clock.ts";

type ControllersProgram = ReturnType<typeof controllersProgram>;

export const FAULTS: Faults = {
  delay: 0.3,
  part: 0.3,
  lose: 0.1,
  repeat: 0.1,
  conflict: 0.05,
  breakWrite: 0.03,
  expire: 0.1,
};

export class World {
  readonly clock = new ManualClock();
  readonly random: () => number;
  readonly cluster: FakeCluster;
  readonly errors: string[] = [];
  /** Controllers that were evicted, so that the test can see that it did something. */
  evictions = 0;
  brokenWrites = 0;
  program!: ControllersProgram;
  #unsubscribe = () => {};
  #addresses = 0;

  constructor(seed: number, faults: Faults = FAULTS) {
    this.random = seededRandom(seed);
    this.cluster = new FakeCluster({ now: () => this.clock.now(), random: this.random, faults, pageSize: 7 });
    this.start();
  }

  /** Starts the controllers anew: what they had in memory is lost. */
  start(): void {
    this.#unsubscribe();
    const log: NonNullable<ControllersOptions["log"]> = (line) => {
      if (line.level === "error") this.errors.push(JSON.stringify(line));
    };
    const { cluster, clock, random } = this;
    this.program = controllersProgram({ cluster, caCertificate: "CA PEM", clock, random, log });
    this.#unsubscribe = cluster.subscribe(this.program, controllerResources);
  }

  evict(): void {
    this.evictions++;
    this.start();
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  /** One wake of the controllers, if they want it. Whether they did. */
  async wake(): Promise<boolean> {
    const next = this.program.nextWakeMs();
    if (next === undefined || next > this.clock.now()) return false;
    try {
      await this.program.wake(this.clock.now());
    } catch (error) {
      this.brokenWrites++;
      if (!(error instanceof Error) || !/connection lost|no complete snapshot/.test(error.message)) throw error;
    }
    return true;
  }

  /** What scheduler and kubelets would do to one pod now. Whether they did anything. */
  stepPod(pod: Pod): boolean {
    const nodes = this.cluster
      .list<Node>("nodes")
      .filter(({ spec }) => !spec?.unschedulable && !spec?.taints?.some(({ effect }) => effect !== "PreferNoSchedule"));
    const node = pod.spec.nodeName ? this.cluster.get<Node>("nodes", "", pod.spec.nodeName) : undefined;
    const kubeletIsUp = node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    if (pod.metadata.deletionTimestamp) {
      if (!kubeletIsUp) return false;
      const grace = (copy: Pod) => {
        copy.metadata.deletionGracePeriodSeconds = 0;
      };
      this.cluster.change<Pod>("pods", pod, grace);
      return true;
    }
    if (!pod.spec.nodeName) {
      const chosen = this.pick(nodes);
      if (!chosen) return false;
      this.cluster.change<Pod>("pods", pod, ({ spec }) => {
        spec.nodeName = chosen.metadata.name ?? "";
      });
      return true;
    }
    // A kubelet that comes back says again that its pods are ready.
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    if (!kubeletIsUp || isReady || (pod.status?.phase !== "Pending" && pod.status?.phase !== "Running")) return false;
    this.cluster.change<Pod>("pods", pod, (copy) => {
      const podIP = `10.244.${this.#addresses >> 8}.${this.#addresses++ & 255}`;
      copy.status = {
        phase: "Running",
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: formatTime(this.clock.now()) }],
      };
    });
    return true;
  }

  /** Lets everything come to rest without faults. Throws when it does not within `steps`. */
  async settle(steps = 3_000): Promise<void> {
    this.cluster.faults = {};
    await this.cluster.remind();
    for (let step = 0; step < steps; step++) {
      const before = this.cluster.revision;
      await this.cluster.deliver();
      const woke = await this.wake();
      let moved = false;
      for (const pod of this.cluster.list<Pod>("pods")) moved = this.stepPod(pod) || moved;
      if (woke || moved || this.cluster.revision !== before) continue;
      const next = this.program.nextWakeMs();
      // Waits of more than an hour are not for the end of anything under test.
      if (next === undefined || next - this.clock.now() > 3_600_000) return;
      this.clock.advance(Math.max(1, next - this.clock.now()));
    }
    throw new Error(`not at rest after ${steps} steps; next wake ${this.program.nextWakeMs()} now ${this.clock.now()}`);
  }
}
