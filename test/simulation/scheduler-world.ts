/**
 * A whole control plane in one process: the API server's chain, controllers, scheduler, and nodes that run pods in name
 * only. Time stands still but for what `settle` waits for.
 */
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import { Feed } from "../../edge-api/store/feed.ts";
import { writeBatch } from "../../edge-api/verbs/batch.ts";
import { snapshotPage } from "../../edge-api/verbs/snapshot.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Cluster } from "../../machinery/cluster/contract.ts";
import type { Program } from "../../machinery/cluster/program.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { parseSimulationConfig, type SimulationConfig } from "../../node-daemon/simulated/config.ts";
import {
  hasOutage,
  simulatedNode,
  wantedAllocatable,
  wantedConditions,
} from "../../node-daemon/simulated/plan-node.ts";
import { type Life, nextStep, seePod, statusOf } from "../../node-daemon/simulated/plan-pod.ts";
import { createScheduler, SCHEDULER_RESOURCES, type Scheduler } from "../../scheduler/program.ts";
import { type Answer, startApi, type TestApi } from "../api/in-process.ts";

export type World = TestApi & {
  scheduler: Scheduler;
  /** Lets everybody work until nothing moves or falls due within a minute. */
  settle(): Promise<void>;
  pod(name: string, namespace?: string): Promise<Pod>;
  pods(query?: string): Promise<Pod[]>;
};

const MAX_STEPS = 2_000;
/** What takes longer than this is not waited for. */
const PATIENCE_MS = 60_000;

export async function startWorld(given: Partial<SimulationConfig> & { count: number }): Promise<World> {
  const config: SimulationConfig = {
    ...parseSimulationConfig(
      JSON.stringify({ serverUrl: "https://localhost:1", tokenFile: "/none", stateDir: "/none", count: given.count }),
    ),
    ...given,
  };
  const api = await startApi();
  const { env } = api.services;
  const { store } = env;
  const clock: Clock = { now: () => env.clock.now(), after: () => () => undefined };
  const random = seededRandom(1);
  const cluster: Cluster = {
    snapshot: async (resources, next) => snapshotPage(store, resources, next),
    write: async (actor, ops) =>
      structuredClone(
        store.transaction(() => writeBatch(env, actor, structuredClone(ops), (error) => void api.errors.push(error))),
      ),
  };
  const controllers = controllersProgram({ cluster, caCertificate: "PEM", clock, random, log: () => undefined });
  const scheduler = createScheduler({ cluster, clock, random });
  const feed = new Feed({ store, clock, random, report: (_, error) => void api.errors.push(error) });
  feed.add({ name: "controllers", resources: controllerResources, target: controllers });
  feed.add({ name: "scheduler", resources: SCHEDULER_RESOURCES, target: scheduler });
  const programs: Program[] = [controllers, scheduler];
  const kubelets = new Kubelets(api, config, random);
  for (let i = 0; i < config.count; i++) {
    const made = await api.create("/api/v1/nodes", simulatedNode(config, i, env.clock.now()));
    if (made.status >= 300) throw new Error(made.text, { cause: api.errors[0] });
  }

  const settle = async (): Promise<void> => {
    const untilMs = env.clock.now() + PATIENCE_MS;
    for (let step = 0; step < MAX_STEPS; step++) {
      const before = store.revision();
      await feed.settled();
      const nowMs = env.clock.now();
      let next = Number.POSITIVE_INFINITY;
      for (const program of programs) {
        const atMs = program.nextWakeMs();
        if (atMs !== undefined && atMs <= nowMs) await program.wake(nowMs);
        next = Math.min(next, program.nextWakeMs() ?? next);
      }
      next = Math.min(next, await kubelets.work());
      if (store.revision() !== before || next <= nowMs) continue;
      if (next > untilMs) return;
      api.advance(next - nowMs);
    }
    throw new Error("not at rest");
  };
  await settle();
  return {
    ...api,
    scheduler,
    settle,
    pod: async (name, namespace = "default") => {
      const answer: Answer = await api.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body as Pod;
    },
    pods: async (query = "") => (await api.get(`/api/v1/pods${query}`)).body.items as Pod[],
  };
}

/** Does what the simulated nodes' daemon does, at once and in order. */
class Kubelets {
  readonly #api: TestApi;
  readonly #config: SimulationConfig;
  readonly #random: () => number;
  readonly #lives = new Map<string, { life: Life | undefined; dueMs: number; step: ReturnType<typeof nextStep> }>();

  constructor(api: TestApi, config: SimulationConfig, random: () => number) {
    this.#api = api;
    this.#config = config;
    this.#random = random;
  }

  /** Returns when there is something to do again, epoch ms. */
  async work(): Promise<number> {
    const { clock } = this.#api.services.env;
    const dark = new Set<string | undefined>();
    for (const node of (await this.#api.get("/api/v1/nodes")).body.items as Node[]) {
      if (hasOutage(node)) dark.add(node.metadata.name);
      await this.#keep(node);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const object of (await this.#api.get("/api/v1/pods")).body.items as Pod[]) {
      if (!object.spec.nodeName || dark.has(object.spec.nodeName)) continue;
      const pod = seePod(object);
      const uid = object.metadata.uid ?? "";
      const known = this.#lives.get(uid);
      const isLeaving = object.metadata.deletionTimestamp !== undefined && known?.step.do !== "remove";
      if (!known || isLeaving) {
        const how = { behaviour: this.#config, random: this.#random, nowMs: clock.now() };
        const step = nextStep(pod, known?.life, how);
        const dueMs = step.do === "nothing" ? Number.POSITIVE_INFINITY : clock.now() + step.afterMs;
        this.#lives.set(uid, { life: known?.life, step, dueMs });
      }
      const { step, dueMs } = this.#lives.get(uid)!;
      if (dueMs > clock.now()) {
        next = Math.min(next, dueMs);
        continue;
      }
      const path = `/api/v1/namespaces/${object.metadata.namespace}/pods/${object.metadata.name}`;
      if (step.do === "remove") {
        // With finalizers it is still there.
        await this.#api.delete(`${path}?gracePeriodSeconds=0`);
        this.#lives.get(uid)!.dueMs = Number.POSITIVE_INFINITY;
      }
      if (step.do !== "tell") continue;
      const status = statusOf(pod, step.life, { podIp: "240.0.0.1", nowMs: clock.now() });
      await this.#api.patch(`${path}/status`, { status }, "strategic");
      const after = nextStep(pod, step.life, { behaviour: this.#config, random: this.#random, nowMs: clock.now() });
      const afterMs = after.do === "nothing" ? Number.POSITIVE_INFINITY : clock.now() + after.afterMs;
      this.#lives.set(uid, { life: step.life, step: after, dueMs: afterMs });
      next = Math.min(next, afterMs);
    }
    return next;
  }

  async #keep(node: Node): Promise<void> {
    const conditions = wantedConditions(node, this.#api.services.env.clock.now());
    const allocatable = wantedAllocatable(node);
    if (!conditions && !allocatable) return;
    const status = { ...(conditions && { conditions }), ...(allocatable && { allocatable }) };
    await this.#api.patch(`/api/v1/nodes/${node.metadata.name}/status`, { status }, "strategic");
  }
}
