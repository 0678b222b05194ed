import { describe, expect, it } from "vitest";
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import { ADMISSION_PLUGINS } from "../../edge-api/access/admission/order.ts";
import { admissionChain } from "../../edge-api/access/admission/plugin.ts";
import { bootstrap } from "../../edge-api/bootstrap/bootstrap.ts";
import { Feed } from "../../edge-api/store/feed.ts";
import { MemoryStore } from "../../edge-api/store/memory-store.ts";
import { writeBatch } from "../../edge-api/verbs/batch.ts";
import type { Environment } from "../../edge-api/verbs/environment.ts";
import { snapshotPage } from "../../edge-api/verbs/snapshot.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { types } from "../../kinds/types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { ChangeBatch, WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { ManualClock } from "../fakes/cluster-clock.ts";
import { template } from "../fakes/cluster-objects.ts";

/** The real verbs, evictions among them, with a feed that is late, loses batches and is heard twice. */
class BudgetWorld {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore({ now: () => this.clock.now() });
  readonly random: () => number;
  readonly errors: string[] = [];
  readonly #env: Environment;
  #program!: ReturnType<typeof controllersProgram>;
  /** Batches that are on their way. */
  #held: { batch: ChangeBatch; deliver: () => void; lose: () => void }[] = [];
  #feed!: Feed;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const { store, clock, random } = this;
    this.#env = {
      store,
      registry,
      types,
      clock,
      random,
      uuid: () => `uid-${store.revision()}-${random()}`,
      admission: admissionChain(ADMISSION_PLUGINS, { store, registry, clock, random }),
    };
    store.transaction(() => bootstrap(this.#env, (error) => this.errors.push(String(error))));
    this.start();
  }

  /** Controllers and feed anew: what they had in memory is lost. */
  start(): void {
    this.#feed?.remove("controllers");
    this.#held = [];
    const { clock, random } = this;
    const cluster = {
      snapshot: async (resources: string[], next?: string) => snapshotPage(this.store, resources, next),
      write: async (actor: string, ops: WriteOp[]) => this.write(actor, ops),
    };
    const log = (line: { [field: string]: unknown }) => {
      if (line.level === "error") this.errors.push(JSON.stringify(line));
    };
    const program = controllersProgram({ cluster, caCertificate: "CA", clock, random, log });
    this.#program = program;
    this.#feed = new Feed({ store: this.store, clock, random, report: () => undefined });
    const changes = (batch: ChangeBatch) =>
      new Promise<void>((resolve, reject) => {
        const deliver = () => program.changes(batch).then(resolve, reject);
        this.#held.push({ batch, deliver, lose: () => reject(new Error("lost")) });
      });
    this.#feed.add({ name: "controllers", resources: controllerResources, target: { changes } });
  }

  write(actor: string, ops: WriteOp[]): WriteResult[] {
    const report = (error: unknown) => this.errors.push(String(error));
    return structuredClone(this.store.transaction(() => writeBatch(this.#env, actor, structuredClone(ops), report)));
  }

  list<T extends KubeObject>(resource: string): T[] {
    return [...this.store.list({ resource })].map(({ value }) => JSON.parse(value) as T);
  }

  /** One batch arrives, or is lost. */
  async hear(loss = 0.1): Promise<void> {
    await flush();
    const [first] = this.#held.splice(0, 1);
    if (!first) return;
    if (this.random() < loss) first.lose();
    else first.deliver();
    await flush();
  }

  async wake(): Promise<void> {
    const next = this.#program.nextWakeMs();
    if (next !== undefined && next <= this.clock.now()) await this.#program.wake(this.clock.now());
  }

  /** Binds a pod, then makes it ready, or ends it once it is to go. */
  stepPod({ metadata: { namespace = "", name = "", deletionTimestamp }, spec, status }: Pod): void {
    const at = { resource: "pods", namespace, name };
    if (deletionTimestamp) {
      this.write("kubelet", [{ ...at, verb: "delete", options: { gracePeriodSeconds: 0 } }]);
    } else if (!spec.nodeName) {
      const target = { kind: "Node", name: "n1" };
      this.write("scheduler", [
        { ...at, verb: "create", subresource: "binding", object: { metadata: { name, namespace }, target } },
      ]);
    } else if (status?.phase === "Pending") {
      const ready = { type: "Ready", status: "True", lastTransitionTime: formatTime(this.clock.now()) };
      const patch = { status: { phase: "Running", podIP: "10.244.0.9", conditions: [ready] } };
      this.write("kubelet", [{ ...at, verb: "patch", subresource: "status", patchType: "strategic", patch }]);
    }
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      const before = this.store.revision();
      await this.hear(0);
      await this.wake();
      for (const pod of this.list<Pod>("pods")) this.stepPod(pod);
      await flush();
      if (this.store.revision() !== before || this.#held.length > 0) continue;
      const next = this.#program.nextWakeMs();
      // A batch that was lost comes again after a while.
      if (this.#feed.hasUndelivered()) this.clock.advance(10_000);
      else if (next === undefined || next > this.clock.now() + 600_000) return;
      else this.clock.advance(Math.max(1, next - this.clock.now()));
    }
    throw new Error("not at rest");
  }
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isHealthy = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp &&
  (status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false);

describe("PodDisruptionBudgets in a faulty world", () => {
  it.each([
    { seed: 1, minAvailable: 3 },
    { seed: 2, minAvailable: "60%" },
    { seed: 3, maxUnavailable: 1 },
    { seed: 4, maxUnavailable: "40%" },
  ])("[SIM5] seed $seed: evictions never leave less than the budget asks for", async ({ seed, ...limit }) => {
    const world = new BudgetWorld(seed);
    const { random } = world;
    const labels = { app: "held" };
    const at = { namespace: "default" };
    const replicaSet = {
      metadata: { name: "held", ...at },
      spec: { replicas: 5, selector: { matchLabels: labels }, template: template(labels) },
    };
    const budget = { metadata: { name: "held", ...at }, spec: { selector: { matchLabels: labels }, ...limit } };
    // As one that has been there for a while.
    const node = { metadata: { name: "n1" }, status: { conditions: [{ type: "Ready", status: "True" }] } };
    world.write("admin", [{ verb: "create", resource: "nodes", namespace: "", object: node }]);
    await world.settle();
    const made = world.write("admin", [
      { verb: "create", resource: "replicasets.apps", ...at, object: replicaSet },
      { verb: "create", resource: "poddisruptionbudgets.policy", ...at, object: budget },
    ]);
    expect(made.map(({ ok }) => ok)).toEqual([true, true]);
    await world.settle();
    /** All four limits come to it, of five pods. */
    const needed = "maxUnavailable" in limit && limit.maxUnavailable === 1 ? 4 : 3;
    const healthy = () => world.list<Pod>("pods").filter(isHealthy).length;
    expect(healthy()).toBe(5);
    let granted = 0;
    let refused = 0;
    // How much is granted hangs on what the controllers do between two evictions: it goes on until it was enough.
    for (let step = 0; step < 700 || granted <= 3 || refused <= 3; step++) {
      if (step === 10_000) throw new Error(`${granted} evictions granted and ${refused} refused`);
      const what = random();
      const pods = world.list<Pod>("pods");
      const pod = pods[Math.floor(random() * pods.length)];
      if (what < 0.25) await world.hear();
      else if (what < 0.45) await world.wake();
      else if (what < 0.6) {
        if (pod) world.stepPod(pod);
      } else if (what < 0.65) world.clock.advance(Math.floor(random() * 20_000));
      else if (what < 0.67) world.start();
      else if (pod) {
        const { name = "", namespace = "" } = pod.metadata;
        const object = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
        const [result] = world.write("drain", [
          { verb: "create", resource: "pods", namespace, name, subresource: "eviction", object },
        ]);
        if (result?.ok && isHealthy(pod)) granted++;
        if (result?.ok === false) refused++;
      }
      expect(healthy()).toBeGreaterThanOrEqual(needed);
    }
    await world.settle();
    expect(healthy()).toBe(5);
    const [after] = world.list<PodDisruptionBudget>("poddisruptionbudgets.policy");
    expect(after?.status).toMatchObject({ currentHealthy: 5, desiredHealthy: needed, disruptionsAllowed: 5 - needed });
    expect(after?.status).not.toHaveProperty("disruptedPods");
    expect(world.errors).toEqual([]);
  });
});
