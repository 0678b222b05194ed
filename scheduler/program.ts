/**
 * The scheduler: follows nodes and pods through the change feed, gives each pending pod a node, and writes bindings in
 * batches. All decisions come from its plugins; this is the only part with I/O.
 */
import type { Clock } from "../machinery/clock.ts";
import type { ChangeBatch, Cluster, WriteOp, WriteResult } from "../machinery/cluster/contract.ts";
import { FeedCache } from "../machinery/cluster/feed-cache.ts";
import type { Program } from "../machinery/cluster/program.ts";
import type { Status } from "../machinery/meta/status.ts";
import { backoffDelayMs } from "../machinery/queue/backoff.ts";
import { ClusterState } from "./framework/cluster-state.ts";
import { describe } from "./framework/diagnosis.ts";
import { Placer } from "./framework/placement.ts";
import type { Profile } from "./framework/plugin.ts";
import type { QueuedPod } from "./framework/queued-pod.ts";
import { SchedulingQueue } from "./framework/scheduling-queue.ts";
import { ACTOR, conditionOp, EventNames, eventOp, failureEventOp, OPTIONS } from "./framework/writes.ts";
import { defaultProfile } from "./plugins/default-profile.ts";

export interface SchedulerOptions {
  cluster: Cluster;
  clock: Clock;
  /** In [0, 1): decides among equally good nodes, so that a seed makes a run repeatable. */
  random: () => number;
  profile?: Profile;
  log?(line: { [field: string]: unknown }): void;
}

export interface SchedulerMetrics {
  scheduled: number;
  unschedulable: number;
  bindFailures: number;
  commits: number;
  snapshots: number;
  unreadableObjects: number;
  queue: { active: number; backoff: number; unschedulable: number };
}

/** What the scheduler must be told of. */
export const SCHEDULER_RESOURCES = ["pods", "nodes"] as const;

/** Pods decided before what was decided is written: enough to share a commit, few enough that none waits for long. */
const MAX_BATCH_PODS = 500;
const LOAD_BACKOFF = { baseMs: 500, maxMs: 30_000 };

/** A pod in the batch being written. */
interface Planned {
  queued: QueuedPod;
  nodeName: string;
  opIndex: number;
}

interface Batch {
  ops: WriteOp[];
  binds: Planned[];
}

export class Scheduler implements Program {
  readonly #options: SchedulerOptions;
  readonly #profile: Profile;
  readonly #state: ClusterState;
  readonly #queue: SchedulingQueue;
  readonly #placer: Placer;
  readonly #cache: FeedCache;
  readonly #eventNames = new EventNames();
  readonly #counts = {
    scheduled: 0,
    unschedulable: 0,
    bindFailures: 0,
    commits: 0,
    snapshots: 0,
    unreadableObjects: 0,
  };
  /** Bindings of which nobody knows whether they were written; settled by the next snapshot. */
  #unsure: QueuedPod[] = [];
  #loadFailures = 0;
  #loadAtMs = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#profile = options.profile ?? defaultProfile;
    this.#queue = new SchedulingQueue(this.#profile);
    this.#state = new ClusterState({
      onPending: (pod) => {
        if (pod.shape.schedulerName !== this.#profile.schedulerName) return;
        // Bound already, though the feed has not shown it yet.
        const bound = pod.chargedRow >= 0 && !this.#queue.has(pod.metadata.uid ?? "");
        if (!bound) this.#queue.put(pod);
      },
      onSettled: (uid) => this.#queue.remove(uid),
      onClusterChange: (change) =>
        this.#queue.onChange(change, this.#state.nodes, (shape, row) => this.#placer.fits(shape, row)),
    });
    this.#placer = new Placer(this.#profile, this.#state.nodes);
    this.#cache = new FeedCache({
      cluster: options.cluster,
      tables: [this.#state.nodeObjects, this.#state.pods],
      onChange: (change) => this.#state.observe(change),
      onUnreadable: (error, { resource, value }) => {
        this.#counts.unreadableObjects++;
        options.log?.({
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
  }

  nextWakeMs(): number | undefined {
    return this.#cache.position === undefined ? this.#loadAtMs : this.#queue.nextMs();
  }

  async wake(nowMs: number): Promise<void> {
    if (this.#cache.position === undefined) await this.#load();
    this.#queue.flush(nowMs);
    // A gap in the feed ends the work: nothing is decided on what may be old.
    while (this.#cache.position !== undefined && this.#queue.activeCount > 0) {
      const batch = this.#plan();
      if (batch.ops.length > 0) await this.#write(batch);
    }
  }

  metrics(): SchedulerMetrics {
    return { ...this.#counts, queue: this.#queue.counts() };
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
    for (const queued of this.#unsure.splice(0)) {
      if (queued.where === "in flight") this.#giveUp(queued, nowMs);
    }
  }

  /** Decides on the next pods. Nothing else happens meanwhile. */
  #plan(): Batch {
    const batch: Batch = { ops: [], binds: [] };
    const nowMs = this.#options.clock.now();
    for (let i = 0; i < MAX_BATCH_PODS; i++) {
      const queued = this.#queue.next();
      if (!queued) break;
      const { row } = this.#placer.place(queued.pod.shape, this.#options.random);
      if (row >= 0) this.#planBinding(batch, queued, row, nowMs);
      else this.#planFailure(batch, queued, nowMs);
    }
    return batch;
  }

  #planBinding({ ops, binds }: Batch, queued: QueuedPod, row: number, nowMs: number): void {
    const { pod } = queued;
    const { namespace = "", name = "" } = pod.metadata;
    const nodeName = this.#state.nodes.nameOf(row);
    this.#state.assume(pod, row);
    const opIndex = ops.length;
    binds.push({ queued, nodeName, opIndex });
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    const text = { type: "Normal", reason: "Scheduled", action: "Binding", message } as const;
    const eventName = this.#eventNames.next(name, nowMs);
    ops.push(
      { ...this.#profile.bind.bind(pod, nodeName), options: OPTIONS },
      { ...eventOp(pod, text, { eventName, nowMs }), needs: opIndex },
    );
  }

  #planFailure({ ops }: Batch, queued: QueuedPod, nowMs: number): void {
    this.#counts.unschedulable++;
    const diagnosis = this.#placer.explain(queued.pod.shape);
    const message = describe(diagnosis);
    const event = failureEventOp(queued, message, { names: this.#eventNames, nowMs });
    const condition = conditionOp(queued.pod, { reason: "Unschedulable", message }, nowMs);
    if (condition) ops.push(condition);
    if (event) ops.push(event);
    this.#queue.park(queued, diagnosis.plugins, nowMs);
  }

  async #write({ ops, binds }: Batch): Promise<void> {
    const { cluster, clock } = this.#options;
    let results: WriteResult[];
    try {
      this.#counts.commits++;
      results = await cluster.write(ACTOR, ops);
      if (results.length !== ops.length) throw new Error(`${ops.length} ops got ${results.length} results`);
    } catch (error) {
      // Perhaps it was written, perhaps not: a snapshot tells. What was assumed stays counted until then.
      this.#cache.invalidate();
      this.#loadAtMs = clock.now() + LOAD_BACKOFF.baseMs;
      this.#unsure.push(...binds.map(({ queued }) => queued));
      throw error;
    }
    const nowMs = clock.now();
    const failed: WriteOp[] = [];
    for (const { queued, nodeName, opIndex } of binds) {
      const result = results[opIndex];
      if (result?.ok) {
        this.#counts.scheduled++;
        this.#queue.remove(queued.pod.metadata.uid ?? "");
      } else if (result) {
        this.#bindingFailed(queued, nodeName, result.status, failed, nowMs);
      }
    }
    // Their failing would change nothing: the pods are tried again, and told of again, in any case.
    if (failed.length > 0) await cluster.write(ACTOR, failed);
  }

  #bindingFailed(queued: QueuedPod, nodeName: string, status: Status, ops: WriteOp[], nowMs: number): void {
    const { pod } = queued;
    const { namespace, name } = pod.metadata;
    this.#counts.bindFailures++;
    this.#options.log?.({ level: "warn", message: "binding failed", namespace, name, nodeName, error: status.message });
    this.#giveUp(queued, nowMs);
    // Gone or bound meanwhile: nobody to tell.
    if (status.code === 404 || status.reason === "Conflict") return;
    const message = `running Bind plugin "${this.#profile.bind.name}": ${status.message ?? status.reason ?? "failed"}`;
    const condition = conditionOp(pod, { reason: "SchedulerError", message }, nowMs);
    const event = failureEventOp(queued, message, { names: this.#eventNames, nowMs });
    if (condition) ops.push(condition);
    if (event) ops.push(event);
  }

  /** The pod is not where it was assumed to be: it waits for another try, if it is still there. */
  #giveUp(queued: QueuedPod, nowMs: number): void {
    this.#state.forget(queued.pod);
    if (this.#state.pending(queued.pod)) this.#queue.retryLater(queued, nowMs);
    else this.#queue.remove(queued.pod.metadata.uid ?? "");
  }
}

export const createScheduler = (options: SchedulerOptions): Scheduler => new Scheduler(options);
