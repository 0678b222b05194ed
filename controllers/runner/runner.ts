import type { Clock } from "../../machinery/clock.ts";
import type { ChangeBatch, Cluster, Resource, WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import { type Change, FeedCache } from "../../machinery/cluster/feed-cache.ts";
import type { Program } from "../../machinery/cluster/program.ts";
import type { View } from "../view/view.ts";
import type { Action, Answer, Controller, EventDraft, Failure, Plan, Watch } from "./controller.ts";
import { EventTeller } from "./event-teller.ts";
import { EventRecorder } from "./events.ts";
import { KeyQueue, type Taken } from "./key-queue.ts";
import { type ControllerMetrics, noMetrics, type RunnerMetrics } from "./metrics.ts";
import { isFine, isNamespaceTerminating } from "./outcome.ts";
import { prometheusText } from "./prometheus.ts";
import { Questions } from "./questions.ts";
import { QueueCounters } from "./queue-metrics.ts";

export interface RunnerOptions {
  cluster: Cluster;
  view: View;
  controllers: readonly Controller[];
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  log(line: { [field: string]: unknown }): void;
}

/** Ops of one commit: enough that its cost is shared, few enough that a small change does not wait for long. */
const MAX_OPS = 1_000;
/** A call between Durable Objects carries at most 32 MiB. */
const MAX_BYTES = 12 << 20;
/** Keys planned before what they asked for is written. */
const MAX_PLANS = 5_000;
/** The feed shows a write within milliseconds. If it has not after this time, it is stuck: take a snapshot. */
const UNSEEN_LIMIT_MS = 30_000;
/** Timers of more than 2^31 ms fire at once; some keys are due in a year. */
const MAX_TIMER_MS = 24 * 3_600_000;
const LOAD_RETRY_BASE_MS = 500;
const LOAD_RETRY_MAX_MS = 30_000;
const FIELD_MANAGER = "kube-controller-manager";
const ACTOR = "system:kube-controller-manager";

interface Worker {
  controller: Controller;
  actor: string;
  queue: KeyQueue;
  metrics: ControllerMetrics;
  /** To what plans have asked, by key, until the next plan of the key. */
  answers: Map<string, ReadonlyMap<string, Answer>>;
}

/** What one key has in the batch that is being written. */
interface Planned {
  worker: Worker;
  taken: Taken;
  plan: Plan;
  /** Where its actions' ops lie in the batch. */
  opIndexes: number[];
}

interface Batch {
  ops: WriteOp[];
  bytes: number;
  planned: Planned[];
}

/** A key whose writes the feed has not shown yet. */
interface Unseen {
  worker: Worker;
  key: string;
  revision: number;
  sinceMs: number;
  againAtMs: number | undefined;
  /** Of its other writes: to be tried again, once these are seen. */
  failures: Failure[];
}

/**
 * Runs controllers over a view of the cluster: the only I/O they have. All that is ready in one turn is planned and
 * written in one commit; a key then rests until the feed shows what it wrote, so no plan ever sees half of its own
 * effects. There is one write at a time: the store is one thread anyway, and what gathers meanwhile goes together.
 */
export class Runner implements Program {
  readonly #options: RunnerOptions;
  readonly #workers: Worker[];
  /** Who is to be asked about a change, by resource. */
  readonly #watchers = new Map<Resource, readonly { worker: Worker; watch: Watch }[]>();
  readonly #cache: FeedCache;
  readonly #recorder = new EventRecorder();
  readonly #questions = new Questions();
  readonly #metrics = { commits: 0, snapshots: 0, unreadableObjects: 0 };
  readonly #queueCounters = new QueueCounters();
  readonly #teller: EventTeller;
  #unseen: Unseen[] = [];
  #loadFailures = 0;
  #loadAtMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { cluster, view, controllers } = options;
    this.#workers = controllers.map((controller) => ({
      controller,
      actor: `system:serviceaccount:kube-system:${controller.name}`,
      queue: new KeyQueue(this.#queueCounters.of(controller.name)),
      metrics: noMetrics(),
      answers: new Map(),
    }));
    this.#teller = new EventTeller({
      write: (actor, ops) => cluster.write(actor, ops),
      actor: ACTOR,
      now: () => options.clock.now(),
      onSent: () => this.#questions.stir(),
      log: options.log,
    });
    this.#cache = new FeedCache({
      cluster,
      tables: [...view.tables()],
      onChange: (change) => this.#notice(change),
      onUnreadable: (error, { resource, value }) => {
        this.#metrics.unreadableObjects++;
        options.log({
          level: "error",
          message: "unreadable object",
          resource,
          bytes: value.length,
          error: String(error),
        });
      },
    });
  }

  async changes(batch: ChangeBatch): Promise<void> {
    this.#cache.accept(batch);
    this.#releaseSeen();
    this.#questions.stir();
  }

  get position(): number | undefined {
    return this.#cache.position;
  }

  nextWakeMs(): number | undefined {
    if (this.#cache.position === undefined) return this.#loadAtMs;
    let next = this.#unseen[0] ? this.#unseen[0].sinceMs + UNSEEN_LIMIT_MS : undefined;
    const consider = (atMs: number | undefined): void => {
      if (atMs !== undefined && (next === undefined || atMs < next)) next = atMs;
    };
    consider(this.#teller.nextMs());
    for (const { queue } of this.#workers) consider(queue.nextMs());
    return next;
  }

  async wake(nowMs: number): Promise<void> {
    const oldest = this.#unseen[0];
    if (oldest && oldest.sinceMs + UNSEEN_LIMIT_MS <= nowMs) this.#cache.invalidate();
    if (this.#cache.position === undefined) await this.#load();
    for (;;) {
      // A gap in the feed: what is cached may be old, so nothing is planned on it.
      if (this.#cache.position === undefined) return;
      const batch = this.#collect();
      // Events go when nothing else is to be done, so that they never stand before it.
      if (batch.ops.length === 0 || this.#teller.isFull) this.#teller.send();
      if (batch.ops.length > 0) await this.#write(batch);
      else if (this.#questions.isWaiting || this.#teller.isSending) await this.#untilSomethingChanges();
      else return;
    }
  }

  /** An answer comes, events have been told, a change comes, or a key is due. */
  async #untilSomethingChanges(): Promise<void> {
    const { clock } = this.#options;
    const next = this.nextWakeMs();
    const delayMs = next === undefined ? undefined : Math.min(MAX_TIMER_MS, next - clock.now());
    const cancel = delayMs === undefined ? undefined : clock.after(delayMs, () => this.#questions.stir());
    await this.#questions.change();
    cancel?.();
  }

  metrics(): RunnerMetrics {
    const controllers: { [name: string]: ControllerMetrics } = {};
    for (const { controller, queue, metrics } of this.#workers) {
      controllers[controller.name] = { ...metrics, depth: queue.depth };
    }
    return { ...this.#metrics, controllers };
  }

  metricsText(): string {
    const nowMs = this.#options.clock.now();
    const metrics = this.metrics();
    const reports = this.#workers.map(({ controller: { name }, queue }) => ({
      name,
      metrics: metrics.controllers[name]!,
      unfinishedSeconds: queue.unfinishedSeconds(nowMs),
    }));
    return prometheusText(reports, this.#queueCounters, { ...metrics, droppedEvents: this.#teller.dropped });
  }

  async #load(): Promise<void> {
    const { clock } = this.#options;
    try {
      this.#metrics.snapshots++;
      await this.#cache.load();
      this.#loadFailures = 0;
      this.#loadAtMs = 0;
    } catch (error) {
      const delayMs = Math.min(LOAD_RETRY_MAX_MS, LOAD_RETRY_BASE_MS * 2 ** Math.min(this.#loadFailures++, 10));
      this.#loadAtMs = clock.now() + delayMs;
      throw error;
    }
    // A snapshot tells only what differs: what was written and undone since looks as if it had never been.
    for (const { worker, key } of this.#unseen) worker.queue.add(key, clock.now());
    this.#releaseSeen();
  }

  #notice(change: Change): void {
    const { view, clock, log } = this.#options;
    view.observe(change);
    const nowMs = clock.now();
    for (const { worker, watch } of this.#watchersOf(change.resource)) {
      const { controller, queue, metrics } = worker;
      try {
        for (const key of watch(change, view) ?? []) queue.add(key, nowMs);
      } catch (error) {
        // A poison object must not stop the feed; the controller goes on without having seen this change.
        metrics.failures++;
        const { namespace, name } = change.object.metadata;
        log({
          level: "error",
          controller: controller.name,
          resource: change.resource,
          namespace,
          name,
          error: textOf(error),
        });
      }
    }
  }

  /** In the order of the controllers. */
  #watchersOf(resource: Resource): readonly { worker: Worker; watch: Watch }[] {
    let watchers = this.#watchers.get(resource);
    if (!watchers) {
      watchers = this.#workers.flatMap((worker) =>
        [worker.controller.watches[resource], worker.controller.watchAll].flatMap((watch) =>
          watch ? [{ worker, watch }] : [],
        ),
      );
      this.#watchers.set(resource, watchers);
    }
    return watchers;
  }

  /** Plans what is ready, one key of each controller after the other, until a batch is full. */
  #collect(): Batch {
    const nowMs = this.#options.clock.now();
    const batch: Batch = { ops: [], bytes: 0, planned: [] };
    let waiting = this.#workers;
    for (let plans = 0; waiting.length > 0 && plans < MAX_PLANS; ) {
      const still: Worker[] = [];
      for (const worker of waiting) {
        if (batch.ops.length >= MAX_OPS || batch.bytes >= MAX_BYTES) return batch;
        const taken = worker.queue.take(nowMs);
        if (!taken) continue;
        plans++;
        this.#plan(batch, worker, taken, nowMs);
        still.push(worker);
      }
      waiting = still;
    }
    return batch;
  }

  #plan(batch: Batch, worker: Worker, taken: Taken, nowMs: number): void {
    const { view, random, log } = this.#options;
    const { controller, queue, metrics } = worker;
    metrics.plans++;
    let plan: Plan;
    const answers = worker.answers.get(taken.key);
    if (answers) worker.answers.delete(taken.key);
    try {
      const { attempts, failures } = taken;
      plan = controller.plan(taken.key, view, { nowMs, random, attempts, failures, ...(answers && { answers }) });
    } catch (error) {
      metrics.failures++;
      log({
        level: "error",
        controller: controller.name,
        key: taken.key,
        attempts: taken.attempts,
        error: textOf(error),
      });
      queue.failed(taken.key, nowMs, []);
      return;
    }
    if (plan.asks && plan.asks.length > 0) {
      this.#questions.ask(controller.name, plan.asks, (given) => {
        worker.answers.set(taken.key, given);
        queue.resumed(taken.key, this.#options.clock.now());
      });
      return;
    }
    for (const draft of plan.events ?? []) this.#tell(worker, draft);
    if (plan.actions.length === 0) {
      queue.succeeded(taken.key, nowMs, plan.againAtMs);
      return;
    }
    const opIndexes: number[] = [];
    for (const action of plan.actions) this.#addAction(batch, worker, action, opIndexes);
    // The actions of one plan are much alike: the first tells how large they are.
    batch.bytes += plan.actions.length * JSON.stringify(plan.actions[0]?.op).length;
    batch.planned.push({ worker, taken, plan, opIndexes });
  }

  #addAction(batch: Batch, worker: Worker, action: Action, opIndexes: number[]): void {
    const index = batch.ops.length;
    opIndexes.push(index);
    worker.metrics.writes++;
    const needs = action.needs === undefined ? undefined : opIndexes[action.needs];
    batch.ops.push({
      ...action.op,
      actor: worker.actor,
      options: { fieldManager: FIELD_MANAGER, returns: "metadata", ...action.op.options },
      ...(needs !== undefined && { needs }),
    });
  }

  #tell(worker: Worker, draft: EventDraft): void {
    const { eventSource, name } = worker.controller;
    const recorded = this.#recorder.record(draft, eventSource ?? name, this.#options.clock.now());
    if (!recorded) return;
    worker.metrics.events++;
    const options = { fieldManager: FIELD_MANAGER, returns: "metadata" } as const;
    this.#teller.tell({ ...recorded, op: { ...recorded.op, actor: worker.actor, options } });
  }

  async #write(batch: Batch): Promise<void> {
    const { cluster, clock } = this.#options;
    let results: WriteResult[];
    try {
      this.#metrics.commits++;
      results = await cluster.write(ACTOR, batch.ops);
      if (results.length !== batch.ops.length) throw new Error(`${batch.ops.length} ops got ${results.length} results`);
    } catch (error) {
      // Nobody knows what was written: look at everything anew before planning on.
      this.#cache.invalidate();
      for (const { worker, taken } of batch.planned) worker.queue.failed(taken.key, clock.now(), []);
      this.#loadAtMs = clock.now() + LOAD_RETRY_BASE_MS;
      throw error;
    }
    const revision = this.#lastRevision(batch, results);
    for (const planned of batch.planned) this.#settle(planned, results, revision);
    this.#releaseSeen();
  }

  /** The last revision of a batch that the feed will show: reviews and the like are not in the view. */
  #lastRevision({ ops }: Batch, results: WriteResult[]): number {
    let last = 0;
    results.forEach((result, i) => {
      if (!result.ok || !this.#options.view.table(ops[i]?.resource ?? "")) return;
      last = Math.max(last, Number(result.object.metadata?.resourceVersion ?? 0));
    });
    return last;
  }

  /** The results of one key: it rests until the feed shows all of its batch. */
  #settle({ worker, taken, plan, opIndexes }: Planned, results: WriteResult[], revision: number): void {
    const { clock } = this.#options;
    const failures: Failure[] = [];
    let { againAtMs } = plan;
    plan.actions.forEach((action, i) => {
      const result = results[opIndexes[i] ?? -1];
      if (!result) return;
      if (result.ok) {
        if (action.event) this.#tell(worker, action.event);
        return;
      }
      if (isNamespaceTerminating(result.status)) againAtMs = undefined;
      if (result.status.reason === "Conflict") worker.metrics.conflicts++;
      const dependency = action.needs === undefined ? undefined : results[opIndexes[action.needs] ?? -1];
      if (isFine(action, result.status) || (dependency && !dependency.ok)) return;
      failures.push({ op: action.op, status: result.status });
      const draft = action.failureEvent?.(result.status);
      if (draft) this.#tell(worker, draft);
    });
    if (failures.length > 0) worker.metrics.failures++;
    const { key } = taken;
    this.#unseen.push({ worker, key, revision, sinceMs: clock.now(), againAtMs, failures });
  }

  #releaseSeen(): void {
    const position = this.#cache.position;
    if (position === undefined || this.#unseen.length === 0) return;
    const nowMs = this.#options.clock.now();
    this.#unseen = this.#unseen.filter(({ worker, key, revision, againAtMs, failures }) => {
      if (revision > position) return true;
      if (failures.length > 0) worker.queue.failed(key, nowMs, failures);
      else worker.queue.succeeded(key, nowMs, againAtMs);
      return false;
    });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
