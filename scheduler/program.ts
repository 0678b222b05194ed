/**
 * The scheduler: follows the cluster through the change feed, gives each pending pod a node, and writes bindings in
 * batches. All decisions come from its plugins; this is the only part with I/O.
 */
import type { Clock } from "../machinery/clock.ts";
import type { ChangeBatch, Cluster, WriteOp } from "../machinery/cluster/contract.ts";
import { FeedCache } from "../machinery/cluster/feed-cache.ts";
import type { Program } from "../machinery/cluster/program.ts";
import { backoffDelayMs } from "../machinery/queue/backoff.ts";
import { type Configuration, readConfiguration } from "./config/configuration.ts";
import { Batch } from "./framework/batch.ts";
import { type Assignment, BindingCycles } from "./framework/binding-cycle.ts";
import { ClusterState } from "./framework/cluster-state.ts";
import type { ClusterChange } from "./framework/plugin.ts";
import type { PendingPod, QueuedPod } from "./framework/queued-pod.ts";
import { SchedulingCycle } from "./framework/scheduling-cycle.ts";
import { SchedulingQueue } from "./framework/scheduling-queue.ts";
import { ACTOR, EventNames } from "./framework/writes.ts";
import { SchedulerCounters } from "./metrics.ts";

export interface SchedulerOptions {
  cluster: Cluster;
  clock: Clock;
  /** In [0, 1): decides among equally good nodes, so that a seed makes a run repeatable. */
  random: () => number;
  /** A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1), parsed; absent: the defaults. */
  configuration?: unknown;
  log?(line: { [field: string]: unknown }): void;
}

export interface SchedulerMetrics {
  scheduled: number;
  unschedulable: number;
  bindFailures: number;
  preemptions: number;
  victims: number;
  commits: number;
  snapshots: number;
  unreadableObjects: number;
  queue: { active: number; backoff: number; unschedulable: number; held: number };
  /** Pods that have a node but are not bound yet: something must be ready first. */
  waiting: number;
}

/** What the scheduler must be told of. */
export const SCHEDULER_RESOURCES: readonly string[] = new ClusterState({
  onPending: () => undefined,
  onSettled: () => undefined,
  onClusterChange: () => undefined,
}).tables.map(({ resource }) => resource);

/**
 * Pods decided before what was decided is written: enough to share a commit, few enough that the store is not held up
 * for long: it does about 2,000 bindings a second, in one go.
 */
const MAX_BATCH_PODS = 128;
/** Writes put off, at most: beyond it some are done even while pods wait. */
const MAX_LATER_OPS = 5_000;
const LATER_CHUNK_OPS = 128;
/** A few are done as soon as no pod waits; many wait for a quiet moment, as more pods are likely to come. */
const FEW_LATER_OPS = 50;
const QUIET_MS = 300;
const MAX_LATER_MS = 3_000;
const LOAD_BACKOFF = { baseMs: 500, maxMs: 30_000 };

export class Scheduler implements Program {
  readonly #options: SchedulerOptions;
  readonly #configuration: Configuration;
  readonly #state: ClusterState;
  readonly #queue: SchedulingQueue;
  readonly #cycle: SchedulingCycle;
  readonly #bindings: BindingCycles;
  readonly #cache: FeedCache;
  readonly #counters = new SchedulerCounters();
  readonly #counts = { scheduled: 0, bindFailures: 0, commits: 0, snapshots: 0, unreadableObjects: 0 };
  /** Bindings of which nobody knows whether they were written; settled by the next snapshot. */
  #unsure: Assignment[] = [];
  /** Failures of bindings that have yet to be told. */
  #untold: { queued: QueuedPod; message: string }[] = [];
  /** What must be taken back of bindings that have failed, before they are tried again. */
  #rollbacks: WriteOp[] = [];
  /** Writes that pods do not wait for. */
  #later: WriteOp[] = [];
  #laterSinceMs = 0;
  #quietSinceMs = 0;
  #isAwaited = false;
  /** Something has happened that pods which are held back may have waited for. */
  #areHeldConcerned = false;
  #loadFailures = 0;
  #loadAtMs = 0;

  /** @throws Error when the configuration asks for what is not known or not built */
  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#configuration = readConfiguration(options.configuration);
    const { profiles } = this.#configuration;
    this.#state = new ClusterState({
      onPending: (pod) => this.#onPending(pod),
      onSettled: (uid) => this.#onSettled(uid),
      onClusterChange: (change) => this.#onClusterChange(change),
    });
    const names = new EventNames();
    this.#queue = new SchedulingQueue({
      ...this.#configuration,
      cluster: this.#state.view,
      onQueued: (event, queue) => this.#counters.queued(event, queue),
    });
    this.#bindings = new BindingCycles({
      state: this.#state,
      names,
      listener: {
        bound: ({ queued }) => {
          this.#counts.scheduled++;
          this.#countScheduled(queued);
          this.#queue.remove(queued.pod.metadata.uid ?? "");
        },
        failed: (assignment, why) => this.#bindingFailed(assignment, why),
      },
    });
    this.#cycle = new SchedulingCycle({
      state: this.#state,
      queue: this.#queue,
      profiles,
      bindings: this.#bindings,
      names,
      counters: this.#counters,
      random: options.random,
    });
    this.#cache = new FeedCache({
      cluster: options.cluster,
      tables: this.#state.tables,
      onChange: (change) => this.#state.observe(change),
      onUnreadable: (error, { resource, value }) => {
        this.#counts.unreadableObjects++;
        this.#log("error", "unreadable object", { resource, bytes: value.length, error: String(error) });
      },
    });
  }

  async changes(batch: ChangeBatch): Promise<void> {
    this.#cache.accept(batch);
  }

  get position(): number | undefined {
    return this.#cache.position;
  }

  nextWakeMs(): number | undefined {
    if (this.#cache.position === undefined) return this.#loadAtMs;
    if (this.#isAwaited || this.#areHeldConcerned || this.#untold.length + this.#rollbacks.length > 0) return 0;
    const times = [this.#queue.nextMs(), this.#bindings.nextMs(), this.#laterDueMs()];
    const known = times.filter((atMs) => atMs !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  async wake(nowMs: number): Promise<void> {
    if (this.#cache.position === undefined) await this.#load();
    this.#queue.flush(nowMs);
    // A gap in the feed ends the work: nothing is decided on what may be old.
    while (this.#cache.position !== undefined) {
      const batch = this.#plan();
      if (batch.ops.length > 0) await this.#write(batch);
      else if (batch.later.length > 0) this.#putOff(batch.later);
      const isIdle = batch.ops.length === 0 && this.#queue.activeCount === 0;
      const laterMs = this.#laterDueMs();
      const isDue = isIdle && laterMs !== undefined && laterMs <= this.#options.clock.now();
      if (isDue || this.#later.length > MAX_LATER_OPS) await this.#writeLater();
      else if (isIdle) break;
    }
  }

  metrics(): SchedulerMetrics {
    return {
      ...this.#counts,
      ...this.#cycle.counts,
      queue: this.#queue.counts(),
      waiting: this.#bindings.waitingCount,
    };
  }

  metricsText(): string {
    const { active, backoff, unschedulable, held } = this.#queue.counts();
    const { nodes } = this.#state.view;
    const assumed = this.#bindings.waitingCount;
    return this.#counters.text({
      pending: { active, backoff, unschedulable, gated: held },
      cache: { nodes: nodes.nodeCount, pods: this.#state.view.pods.size, assumed_pods: assumed },
      unschedulable: this.#queue.rejections(),
    });
  }

  #countScheduled({ pod, attempts, sinceMs, takenMs }: QueuedPod): void {
    const nowMs = this.#options.clock.now();
    const profile = pod.pending.podClass.shape.schedulerName;
    this.#counters.attempted(profile, "scheduled", (nowMs - takenMs) / 1_000);
    this.#counters.scheduled(attempts, (nowMs - sinceMs) / 1_000);
  }

  #onPending(pod: PendingPod): void {
    if (!this.#configuration.profiles.has(pod.pending.podClass.shape.schedulerName)) return;
    // Bound already, though the feed has not shown it yet.
    if (pod.chargedRow >= 0 && !this.#queue.get(pod.metadata.uid ?? "")) return;
    const was = this.#queue.get(pod.metadata.uid ?? "")?.pod.pending.nominatedNode;
    const queued = this.#queue.put(pod);
    if (queued?.sinceMs === 0) queued.sinceMs = this.#options.clock.now();
    if (!queued) this.#onSettled(pod.metadata.uid ?? "");
    // What we have decided ourselves meanwhile is not undone by what was before.
    else if (was !== pod.pending.nominatedNode) this.#cycle.renominate(queued);
  }

  #onSettled(uid: string): void {
    this.#bindings.forget(uid);
    const queued = this.#queue.remove(uid);
    if (queued && queued.nominatedRow >= 0) this.#cycle.nominate(queued, -1);
  }

  #onClusterChange(change: ClusterChange): void {
    this.#queue.onChange(change);
    if (change.what === "group changed" || change.what === "device changed") this.#areHeldConcerned = true;
    if (this.#bindings.waitingCount > 0) this.#isAwaited = true;
  }

  async #load(): Promise<void> {
    try {
      this.#counts.snapshots++;
      await this.#cache.load();
    } catch (error) {
      this.#loadFailures++;
      this.#loadAtMs = this.#options.clock.now() + backoffDelayMs(LOAD_BACKOFF, this.#loadFailures);
      throw error;
    }
    this.#loadFailures = 0;
    this.#loadAtMs = 0;
    const nowMs = this.#options.clock.now();
    for (const assignment of this.#unsure.splice(0)) {
      const { queued } = assignment;
      if (queued.where !== "in flight") continue;
      this.#bindings.abandon(assignment);
      this.#giveUp(queued, nowMs);
    }
  }

  /** Decides on the next pods. Nothing else happens meanwhile. */
  #plan(): Batch {
    const batch = new Batch();
    const nowMs = this.#options.clock.now();
    this.#state.view.nowMs = nowMs;
    this.#isAwaited = false;
    this.#bindings.advance(batch, nowMs);
    for (const op of this.#rollbacks.splice(0)) batch.add(op);
    if (this.#areHeldConcerned) this.#queue.recheckHeld();
    this.#areHeldConcerned = false;
    if (this.#queue.hasMaybe) this.#queue.wake((queued, row) => this.#cycle.whyNot(queued, row));
    for (let i = 0; i < MAX_BATCH_PODS; i++) {
      const queued = this.#queue.next();
      if (!queued) break;
      queued.takenMs = nowMs;
      this.#cycle.schedule(queued, batch, nowMs);
    }
    for (const { queued, message } of this.#untold.splice(0)) {
      this.#cycle.tellFailure(queued, { reason: "SchedulerError", message }, batch, nowMs);
    }
    return batch;
  }

  async #write(batch: Batch): Promise<void> {
    const { cluster, clock } = this.#options;
    try {
      this.#counts.commits++;
      batch.settle(await cluster.write(ACTOR, batch.ops));
      this.#putOff(batch.later);
    } catch (error) {
      // Perhaps it was written, perhaps not: a snapshot tells. What was assumed stays counted until then.
      this.#cache.invalidate();
      this.#loadAtMs = clock.now() + LOAD_BACKOFF.baseMs;
      this.#unsure.push(...batch.inFlight);
      throw error;
    }
  }

  #putOff(ops: readonly WriteOp[]): void {
    const nowMs = this.#options.clock.now();
    if (this.#later.length === 0) this.#laterSinceMs = nowMs;
    this.#later.push(...ops);
    this.#quietSinceMs = nowMs;
  }

  #laterDueMs(): number | undefined {
    if (this.#later.length === 0) return undefined;
    if (this.#later.length <= FEW_LATER_OPS) return 0;
    return Math.min(this.#quietSinceMs + QUIET_MS, this.#laterSinceMs + MAX_LATER_MS);
  }

  async #writeLater(): Promise<void> {
    const ops = this.#later.splice(0, LATER_CHUNK_OPS);
    this.#counts.commits++;
    await this.#options.cluster.write(ACTOR, ops);
  }

  #bindingFailed({ queued, row, reservations }: Assignment, why: string | undefined): void {
    for (const { rollback = [] } of reservations) this.#rollbacks.push(...rollback);
    const { namespace, name } = queued.pod.metadata;
    this.#counts.bindFailures++;
    const seconds = (this.#options.clock.now() - queued.takenMs) / 1_000;
    this.#counters.attempted(queued.pod.pending.podClass.shape.schedulerName, "error", seconds);
    const nodeName = this.#state.view.nodes.nameOf(row);
    this.#log("warn", "binding failed", { namespace, name, nodeName, error: why ?? "the pod has gone or was bound" });
    this.#giveUp(queued, this.#options.clock.now());
    if (why !== undefined) this.#untold.push({ queued, message: why });
  }

  /** The pod is not where it was assumed to be: it waits for another try, if it is still there. */
  #giveUp(queued: QueuedPod, nowMs: number): void {
    if (this.#state.pending(queued.pod)) this.#queue.retryLater(queued, nowMs);
    else this.#queue.remove(queued.pod.metadata.uid ?? "");
  }

  #log(level: string, message: string, fields: { [field: string]: unknown }): void {
    this.#options.log?.({ level, message, ...fields });
  }
}

export const createScheduler = (options: SchedulerOptions): Scheduler => new Scheduler(options);
