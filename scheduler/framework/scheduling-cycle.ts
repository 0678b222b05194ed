/**
 * What happens to one pod: it gets a node, or others must leave for it, or it waits and says why. Plans only: what is to
 * be written goes into the batch.
 */
import { formatTime } from "../../machinery/clock.ts";
import type { WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import type { SchedulerCounters } from "../metrics.ts";
import type { Batch } from "./batch.ts";
import type { BindingCycles } from "./binding-cycle.ts";
import type { ClusterState } from "./cluster-state.ts";
import { describe } from "./diagnosis.ts";
import { GroupCycle } from "./group-cycle.ts";
import { Placer, type Within } from "./placement.ts";
import type { Profile, Reservation } from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import { groupKey } from "./pod-groups.ts";
import { type Candidate, Preemption } from "./preemption.ts";
import type { CachedPod, QueuedPod } from "./queued-pod.ts";
import type { SchedulingQueue } from "./scheduling-queue.ts";
import { conditionOp, type EventNames, failureEventOp, OPTIONS, podStatusOp, preemptedEventOp } from "./writes.ts";

/** The plugins of one profile at work. */
interface Workbench {
  profile: Profile;
  placer: Placer;
  preemption: Preemption | undefined;
}

export interface CycleOptions {
  state: ClusterState;
  queue: SchedulingQueue;
  profiles: ReadonlyMap<string, Profile>;
  bindings: BindingCycles;
  names: EventNames;
  counters: SchedulerCounters;
  random: () => number;
}

export interface CycleCounts {
  unschedulable: number;
  preemptions: number;
  victims: number;
}

/** Why a class of pods could not be placed, as long as nothing changes. */
interface Failure {
  message: string;
  plugins: ReadonlySet<string>;
}

/** Why a pod fits nowhere, and what can be done about it. */
interface FailureDiagnosis {
  /** Who would have to leave. */
  candidate?: Candidate;
  message: string;
  plugins: ReadonlySet<string>;
  /** Pods it has made leave are still there. */
  isWaiting: boolean;
  /** It is not for want of room: something is wrong. */
  isError?: true;
  ops: WriteOp[];
}

export class SchedulingCycle {
  readonly counts: CycleCounts = { unschedulable: 0, preemptions: 0, victims: 0 };
  readonly #options: CycleOptions;
  readonly #workbenches: ReadonlyMap<string, Workbench>;
  readonly #groups: GroupCycle;
  /** Of classes that have failed since something changed. */
  readonly #failures = new Map<PodClass, Failure>();
  #failedAt = "";
  /** Pods asked to leave, of which the feed does not show it yet. */
  readonly #leaving = new WeakSet<CachedPod>();

  constructor(options: CycleOptions) {
    this.#options = options;
    const { view } = options.state;
    this.#workbenches = new Map(
      [...options.profiles].map(([name, profile]) => {
        const placer = new Placer(profile, view);
        const preemption = profile.preemption && new Preemption(profile.preemption, view, placer);
        return [name, { profile, placer, preemption }];
      }),
    );
    this.#groups = new GroupCycle({ ...options, cycle: this });
    view.onClassDropped = (podClass) => {
      for (const { placer, preemption } of this.#workbenches.values()) {
        placer.drop(podClass);
        preemption?.drop(podClass);
      }
      this.#failures.delete(podClass);
    };
  }

  /** The plugins that keep a waiting pod off a row now, or off all when none is given; undefined: it would fit. */
  whyNot(queued: QueuedPod, row?: number): ReadonlySet<string> | undefined {
    const { placer } = this.#workbenchOf(queued);
    const { podClass } = queued.pod.pending;
    return this.#without(queued, () => placer.whyNot(podClass, row));
  }

  /** Decides what becomes of a pod that was taken from the queue. */
  schedule(queued: QueuedPod, batch: Batch, nowMs: number): void {
    const { podClass } = queued.pod.pending;
    if (podClass.group !== undefined) {
      this.#scheduleGroup(queued, podClass.group, batch, nowMs);
      return;
    }
    const known = queued.nominatedRow < 0 ? this.#knownFailure(podClass) : undefined;
    if (known) {
      this.fail(queued, known, batch, nowMs);
      return;
    }
    const row = this.place(queued);
    if (row >= 0) this.#assign(queued, row, batch, nowMs);
    else this.#explain(queued, batch, nowMs);
  }

  #scheduleGroup(queued: QueuedPod, name: string, batch: Batch, nowMs: number): void {
    const { groups } = this.#options.state.view;
    const key = groupKey(queued.pod.footprint.namespace, name);
    const group = groups.get(key);
    if (group) {
      this.#groups.schedule(queued, key, group, batch, nowMs);
      return;
    }
    const message = `waiting for pod's pod group "${name}" to appear in scheduling queue`;
    this.fail(queued, { message, plugins: new Set(["GangScheduling"]) }, batch, nowMs);
  }

  /** Row of the best node for the pod; -1: there is none. */
  place(queued: QueuedPod, within?: Within): number {
    const { placer } = this.#workbenchOf(queued);
    const { podClass } = queued.pod.pending;
    const { random } = this.#options;
    const row = queued.nominatedRow;
    const isWithin = !within || (row >= 0 && within.topology.domainOf[row] === within.domain);
    const nominated = isWithin ? row : -1;
    return this.#without(queued, () => {
      const first = nominated < 0 ? -1 : placer.place(podClass, random, { only: [nominated] }).row;
      return first >= 0 ? first : placer.place(podClass, random, { within }).row;
    });
  }

  /** Whether only the nodes decide about the pod: then it fits no better when more pods come. */
  isLocal(queued: QueuedPod): boolean {
    return this.#workbenchOf(queued).placer.isLocal(queued.pod.pending.podClass);
  }

  /** Nominates a pod to the node its status names. */
  renominate(queued: QueuedPod): void {
    const { nominatedNode } = queued.pod.pending;
    const { nodes } = this.#options.state.view;
    const row = nominatedNode === "" ? -1 : (nodes.rowOf(nominatedNode) ?? -1);
    if (row === queued.nominatedRow || queued.where === "in flight") return;
    this.#options.queue.activate(queued);
    this.nominate(queued, row);
  }

  /** @param row -1: to none */
  nominate(queued: QueuedPod, row: number): void {
    const { nodes } = this.#options.state.view;
    const { pod } = queued;
    const uid = pod.metadata.uid ?? "";
    if (queued.nominatedRow >= 0) nodes.withdraw(queued.nominatedRow, uid);
    queued.nominatedRow = row;
    if (row >= 0) nodes.nominate(row, { uid, priority: pod.footprint.priority, load: pod.footprint, pod });
  }

  #workbenchOf({ pod }: QueuedPod): Workbench {
    const workbench = this.#workbenches.get(pod.pending.podClass.shape.schedulerName);
    if (!workbench) throw new Error(`no profile ${pod.pending.podClass.shape.schedulerName}`);
    return workbench;
  }

  /** Why such pods could not be placed a moment ago, if nothing has changed since. */
  #knownFailure(podClass: PodClass): Failure | undefined {
    this.#forgetOld();
    return this.#failures.get(podClass);
  }

  #remember(podClass: PodClass, failure: Failure): void {
    // Looking at what would be if others left counts as a change, too.
    this.#forgetOld();
    this.#failures.set(podClass, failure);
  }

  #forgetOld(): void {
    const { position } = this;
    if (position === this.#failedAt) return;
    this.#failures.clear();
    this.#failedAt = position;
  }

  /** All that placement depends on: the same text, the same answer. */
  get position(): string {
    const { view } = this.#options.state;
    return `${view.nodes.position} ${view.changes}`;
  }

  /** A pod does not stand in its own way. */
  #without<T>(queued: QueuedPod, look: () => T): T {
    const row = queued.nominatedRow;
    if (row < 0) return look();
    this.nominate(queued, -1);
    const result = look();
    this.nominate(queued, row);
    return result;
  }

  #assign(queued: QueuedPod, row: number, batch: Batch, nowMs: number): void {
    const { state, queue } = this.#options;
    const { profile } = this.#workbenchOf(queued);
    const reserved = this.reserve(queued, row);
    if ("plugin" in reserved) {
      const counts = new Map([[reserved.message, 1]]);
      const plugins = new Set([reserved.plugin]);
      const message = describe({ nodeCount: state.view.nodes.nodeCount, cluster: undefined, counts, plugins });
      this.fail(queued, { message, plugins }, batch, nowMs);
      return;
    }
    queue.placed(queued.pod.pending.podClass);
    this.bind(queued, { row, profile, reservations: reserved.reservations }, batch, nowMs);
  }

  /** Puts aside what the pod needs on the node. */
  reserve(queued: QueuedPod, row: number): { reservations: Reservation[] } | { plugin: string; message: string } {
    const { profile } = this.#workbenchOf(queued);
    const { view } = this.#options.state;
    const reservations: Reservation[] = [];
    for (const plugin of profile.reserve) {
      const reservation = plugin.reserve(queued.pod, row, view);
      if (reservation === undefined) continue;
      if ("message" in reservation) {
        for (const made of reservations.reverse()) made.undo();
        return reservation;
      }
      reservations.push(reservation);
    }
    return { reservations };
  }

  /** The pod goes to the node: counted there at once, bound when its plugins are ready. */
  bind(
    queued: QueuedPod,
    { row, profile, reservations }: { row: number; profile?: Profile; reservations: Reservation[] },
    batch: Batch,
    nowMs: number,
  ): void {
    const { state, bindings } = this.#options;
    this.nominate(queued, -1);
    state.assume(queued.pod, row);
    bindings.begin({ queued, row, profile: profile ?? this.#workbenchOf(queued).profile, reservations }, batch, nowMs);
  }

  #explain(queued: QueuedPod, batch: Batch, nowMs: number): void {
    const { candidate, message, plugins, isWaiting, isError, ops } = this.diagnose(queued, { preempts: true });
    if (isError) {
      this.nominate(queued, -1);
      this.failWithError(queued, message, batch, nowMs);
      return;
    }
    for (const op of ops) batch.add(op);
    if (candidate) {
      this.evict(queued, candidate, batch, nowMs);
      this.nominate(queued, candidate.row);
      this.fail(queued, { message, plugins }, batch, nowMs);
      this.#options.queue.placed(queued.pod.pending.podClass);
      return;
    }
    if (queued.nominatedRow < 0) this.#remember(queued.pod.pending.podClass, { message, plugins });
    // Preemption that cannot help makes no sense of a nomination either; one that waits for pods to leave does.
    if (!isWaiting) this.nominate(queued, -1);
    this.fail(queued, { message, plugins }, batch, nowMs);
  }

  /** Why the pod fits nowhere and, where others are to leave for it, who. */
  diagnose(queued: QueuedPod, { preempts }: { preempts: boolean }): FailureDiagnosis {
    const { state } = this.#options;
    const { placer, preemption, profile } = this.#workbenchOf(queued);
    const diagnosis = placer.explain(queued.pod.pending.podClass);
    const { plugins, nodeCount } = diagnosis;
    const ops: WriteOp[] = [];
    if (diagnosis.error) {
      const message = `running "${diagnosis.error.plugin}" filter plugin: ${diagnosis.error.message}`;
      return { message, plugins, isWaiting: false, isError: true, ops };
    }
    if (!preempts || nodeCount === 0) return { message: describe(diagnosis), plugins, isWaiting: false, ops };
    if (diagnosis.cluster && isUnprepared(profile, diagnosis.cluster.plugin)) {
      return { message: describe(diagnosis, "not found"), plugins, isWaiting: false, ops };
    }
    /** What the PostFilter plugins have to say. */
    const told: string[] = [];
    for (const plugin of profile.clusterFilters) {
      const done = plugin.postFilter?.(queued.pod, state.view, { rejected: plugins.has(plugin.name) });
      if (!done) continue;
      ops.push(...done.ops);
      told.push(done.message);
    }
    const result = preemption?.find(queued, this.#options.random);
    if (result?.candidate) {
      return { candidate: result.candidate, message: describe(diagnosis), plugins, isWaiting: false, ops };
    }
    if (result) told.push(`preemption: ${result.message}`);
    const isWaiting = result?.message.startsWith("not eligible") ?? false;
    return { message: describe(diagnosis, told.join(", ")), plugins, isWaiting, ops };
  }

  /** Whether pods the pod has made leave are still on the node it is nominated to. */
  waitsForVictims(queued: QueuedPod): boolean {
    return this.#workbenchOf(queued).preemption?.waitsForVictims(queued) ?? false;
  }

  /** Notes and tells that a pod waits, and why. */
  fail(
    queued: QueuedPod,
    { message, plugins }: Pick<Failure, "message" | "plugins">,
    batch: Batch,
    nowMs: number,
  ): void {
    const { queue, counters } = this.#options;
    this.counts.unschedulable++;
    counters.attempted(
      queued.pod.pending.podClass.shape.schedulerName,
      "unschedulable",
      (nowMs - queued.takenMs) / 1_000,
    );
    this.tellFailure(queued, { reason: "Unschedulable", message }, batch, nowMs);
    queue.park(queued, plugins, nowMs);
  }

  /** Something went wrong that may not the next time: the pod is tried again after a back-off. */
  failWithError(queued: QueuedPod, message: string, batch: Batch, nowMs: number): void {
    const { queue, counters } = this.#options;
    const profile = queued.pod.pending.podClass.shape.schedulerName;
    counters.attempted(profile, "error", (nowMs - queued.takenMs) / 1_000);
    this.tellFailure(queued, { reason: "SchedulerError", message }, batch, nowMs);
    queue.retryLater(queued, nowMs);
  }

  /** Sets the pod's condition and tells an event, where they do not say so already. */
  tellFailure(
    queued: QueuedPod,
    condition: { reason: string; message: string },
    batch: Batch,
    nowMs: number,
    done?: (result: WriteResult) => void,
  ): void {
    const { names, state } = this.#options;
    const { pod, nominatedRow } = queued;
    const nominatedNode = nominatedRow < 0 ? "" : state.view.nodes.nameOf(nominatedRow);
    const status = conditionOp(pod, condition, { nowMs, nominatedNode });
    const event = failureEventOp(queued, condition.message, { names, nowMs });
    if (status) batch.add(status, done);
    if (event) batch.later.push(event);
  }

  /** Makes the victims leave. */
  evict(queued: QueuedPod, { row, victims }: Candidate, batch: Batch, nowMs: number): void {
    const { state, queue, bindings, names } = this.#options;
    const { nodes } = state.view;
    const { profile } = this.#workbenchOf(queued);
    const nodeName = nodes.nameOf(row);
    this.counts.preemptions++;
    this.counts.victims += victims.length;
    this.#options.counters.preempted(victims.length);
    const { priority } = queued.pod.footprint;
    for (const lesser of (nodes.nominatedTo(row) ?? []).filter((nomination) => nomination.priority < priority)) {
      const other = queue.get(lesser.uid);
      if (!other) continue;
      // Its place is no longer kept: it looks for another at once.
      queue.activate(other);
      this.nominate(other, -1);
    }
    for (const victim of victims) {
      if (victim.deleting || this.#leaving.has(victim) || bindings.reject(victim, "preempted")) continue;
      const failed = (result: WriteResult): void => {
        if (result.ok || result.status.code === 404) return;
        this.#leaving.delete(victim);
        queue.activate(queued);
      };
      this.#leaving.add(victim);
      const patched = batch.add(disruptionOp(victim.metadata, profile.schedulerName, nowMs), failed);
      const message = `Preempted by pod ${queued.pod.metadata.uid} on node ${nodeName}`;
      const told = { message, preemptor: queued.pod };
      batch.add(deleteOp(victim.metadata, patched), (result) => {
        if (result.ok) batch.later.push(preemptedEventOp(victim, told, { names, nowMs, profile }));
        else failed(result);
      });
    }
  }
}

/**
 * Whether a PostFilter plugin comes after the plugin that keeps the pod off all nodes. Upstream asks it nevertheless, it
 * does not find what it would have prepared, and so pods are not preempted: they could not help either.
 */
function isUnprepared({ clusterFilters }: Profile, rejectedBy: string): boolean {
  const rejected = clusterFilters.findIndex(({ name }) => name === rejectedBy);
  return clusterFilters.some(({ postFilter }, i) => postFilter && i > rejected);
}

function disruptionOp(metadata: Parameters<typeof podStatusOp>[0], schedulerName: string, nowMs: number): WriteOp {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: formatTime(nowMs),
  };
  return podStatusOp(metadata, { conditions: [condition] });
}

function deleteOp(
  { namespace = "", name = "", uid }: { namespace?: string; name?: string; uid?: string },
  needs: number,
): WriteOp {
  return {
    verb: "delete",
    resource: "pods",
    namespace,
    name,
    needs,
    options: { ...OPTIONS, ...(uid && { preconditions: { uid } }) },
  };
}
