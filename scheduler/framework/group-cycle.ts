/**
 * Schedules the pods of a PodGroup in one go: enough of them find a place, or none is bound. What is tried is undone
 * before anything is decided.
 */

import { formatTime } from "../../machinery/clock.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { Batch } from "./batch.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Within } from "./placement.ts";
import { placementScore } from "./placement-score.ts";
import type { Reservation } from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import type { Group, GroupCondition } from "./pod-groups.ts";
import type { Candidate } from "./preemption.ts";
import type { CachedPod, QueuedPod } from "./queued-pod.ts";
import type { SchedulingCycle } from "./scheduling-cycle.ts";
import type { SchedulingQueue } from "./scheduling-queue.ts";
import { NO_DOMAIN, type Topology } from "./topology.ts";
import { OPTIONS } from "./writes.ts";

export interface GroupCycleOptions {
  state: ClusterState;
  queue: SchedulingQueue;
  cycle: SchedulingCycle;
}

interface Placed {
  queued: QueuedPod;
  row: number;
  /** Who would have to leave for it. */
  candidate: Candidate | undefined;
}

interface Failed {
  queued: QueuedPod;
  message: string;
  plugins: ReadonlySet<string>;
  /** It is not for want of room: something is wrong. */
  isError?: true;
}

/** How a try went; everything it did to the cluster's picture is undone. */
interface Attempt {
  placed: Placed[];
  failed: Failed[];
}

const NAME = "GangScheduling";
const WAITS_FOR_OTHERS = "waiting for minCount pods from a gang to be scheduled";
const WAITS_FOR_VICTIMS = "pod group is waiting for preemption to complete";
const UNSCHEDULABLE = "pod group is unschedulable";

const NOWHERE: Omit<Failed, "queued"> = { message: UNSCHEDULABLE, plugins: new Set([NAME]) };
/** Pods placed for a try, after which the best domain so far is good enough. */
const MAX_TRIED_PODS = 20_000;

export class GroupCycle {
  readonly #options: GroupCycleOptions;

  constructor(options: GroupCycleOptions) {
    this.#options = options;
  }

  /** Decides what becomes of the pods of a group, one of which was taken from the queue. */
  schedule(first: QueuedPod, key: string, group: Group, batch: Batch, nowMs: number): void {
    const { state } = this.#options;
    const members = this.#take(first, key);
    let there = 0;
    for (const pod of state.view.groups.membersOf(key)) if (pod.chargedRow >= 0) there++;
    const wanted = Math.max(1, (group.minCount ?? 1) - there);
    const mixed = mixedNames(members);
    if (mixed !== undefined) {
      this.#failAll(members, group, { message: mixed }, batch, nowMs);
      return;
    }
    const attempt = this.#best(members, key, group, wanted);
    const error = attempt.failed.find(({ isError }) => isError);
    if (error) {
      this.#failAll(members, group, error, batch, nowMs);
      return;
    }
    if (attempt.placed.length >= wanted) {
      this.#commit(attempt, batch, nowMs);
      this.#tell(group, { status: "True", reason: "Scheduled", message: "" }, batch, nowMs);
      return;
    }
    const forced = group.topologyKey === undefined ? this.#force(members, attempt, wanted) : undefined;
    if (forced) {
      this.#preempt(forced, batch, nowMs);
      this.#tell(group, { status: "False", reason: "Unschedulable", message: WAITS_FOR_VICTIMS }, batch, nowMs);
      return;
    }
    this.#park(attempt, batch, nowMs);
    this.#tell(group, { status: "False", reason: "Unschedulable", message: UNSCHEDULABLE }, batch, nowMs);
  }

  /** All pods of the group that wait for a node, the most important first, of these who came first. */
  #take(first: QueuedPod, key: string): QueuedPod[] {
    const { state, queue } = this.#options;
    const members = [first];
    for (const { metadata } of state.view.groups.membersOf(key)) {
      const queued = queue.get(metadata.uid ?? "");
      if (!queued || queued === first || !queue.take(queued)) continue;
      queued.takenMs = first.takenMs;
      members.push(queued);
    }
    return members.sort(
      (a, b) => b.pod.footprint.priority - a.pod.footprint.priority || a.sinceMs - b.sinceMs || a.sequence - b.sequence,
    );
  }

  /** The one try, or where all must be in one domain, that in the domain which suits best. */
  #best(members: readonly QueuedPod[], key: string, { topologyKey }: Group, wanted: number): Attempt {
    if (topologyKey === undefined) return this.#try(members);
    const { nodes } = this.#options.state.view;
    const topology = nodes.topology(topologyKey);
    let best: { attempt: Attempt; within: Within; score: number } | undefined;
    let tried = 0;
    for (const [domain, rows] of this.#domainsOf(key, topology)) {
      const within = { topology, domain, rows };
      const attempt = this.#try(members, { within, isTrial: true });
      const isFeasible = attempt.placed.length >= wanted;
      const score = isFeasible
        ? placementScore(
            attempt.placed.map(({ queued }) => queued.pod.footprint),
            members.length,
            { within, nodes },
          )
        : attempt.placed.length - members.length;
      if (!best || score > best.score) best = { attempt, within, score };
      tried += attempt.placed.length;
      if (tried > MAX_TRIED_PODS && best.score >= 0) break;
    }
    if (!best) return { placed: [], failed: members.map((queued) => ({ queued, ...NOWHERE })) };
    const { attempt, within } = best;
    if (attempt.failed.length === 0) return attempt;
    const told = new Map(
      this.#try(members, { within }).failed.map(({ queued, ...why }) => [queued.pod.pending.podClass, why]),
    );
    const failed = attempt.failed.map(({ queued }) => ({
      ...(told.get(queued.pod.pending.podClass) ?? NOWHERE),
      queued,
    }));
    return { placed: attempt.placed, failed };
  }

  /** Domains that come into question, with their rows: where pods of the group are already, so must the others be. */
  #domainsOf(key: string, topology: Topology): Map<number, number[]> {
    const { nodes } = this.#options.state.view;
    const taken = new Set<number>();
    for (const { chargedRow } of this.#options.state.view.groups.membersOf(key)) {
      const domain = chargedRow < 0 ? NO_DOMAIN : topology.domainOf[chargedRow]!;
      if (domain !== NO_DOMAIN) taken.add(domain);
    }
    const domains = new Map<number, number[]>();
    for (let row = 0; row < nodes.rowLimit; row++) {
      const domain = topology.domainOf[row]!;
      if (domain === NO_DOMAIN || (taken.size > 0 && !taken.has(domain))) continue;
      const rows = domains.get(domain);
      if (rows) rows.push(row);
      else domains.set(domain, [row]);
    }
    return domains;
  }

  /** @param how `isTrial`: nobody is told why pods do not fit */
  #try(members: readonly QueuedPod[], how: { within?: Within; preempts?: boolean; isTrial?: boolean } = {}): Attempt {
    const { state, cycle } = this.#options;
    const { pods } = state.view;
    const placed: Placed[] = [];
    const failed: Failed[] = [];
    const undo: (() => void)[] = [];
    /** Why members of a kind do not fit, and as long as what; undefined: whatever else is placed. */
    const known = new Map<PodClass, { position: string | undefined; why: Omit<Failed, "queued"> }>();
    const put = (queued: QueuedPod, row: number, candidate?: Candidate): void => {
      // Nominations of its own do not stand in its way; the pod itself does in the others'.
      const copy: CachedPod = { ...queued.pod };
      pods.add(copy, row);
      undo.push(() => pods.remove(copy));
      placed.push({ queued, row, candidate });
    };
    for (const queued of members) {
      const { podClass } = queued.pod.pending;
      const before = queued.nominatedRow < 0 ? known.get(podClass) : undefined;
      if (before && (before.position === undefined || before.position === cycle.position)) {
        failed.push({ queued, ...before.why });
        continue;
      }
      const row = cycle.place(queued, how.within);
      if (row >= 0) {
        const reserved = cycle.reserve(queued, row);
        if ("plugin" in reserved) {
          failed.push({ queued, message: reserved.message, plugins: new Set([reserved.plugin]) });
          continue;
        }
        undo.push(() => undoAll(reserved.reservations));
        put(queued, row);
        continue;
      }
      if (how.isTrial) {
        failed.push({ queued, ...NOWHERE });
        known.set(podClass, { position: cycle.isLocal(queued) ? undefined : cycle.position, why: NOWHERE });
        continue;
      }
      const { candidate, message, plugins, isError } = cycle.diagnose(queued, { preempts: how.preempts ?? false });
      if (!candidate) {
        const why = { message, plugins, ...(isError && { isError }) };
        failed.push({ queued, ...why });
        if (isError) break;
        const lasts = !how.preempts && cycle.isLocal(queued);
        known.set(podClass, { position: lasts ? undefined : cycle.position, why });
        continue;
      }
      for (const victim of candidate.victims) {
        pods.remove(victim);
        undo.push(() => pods.add(victim, candidate.row));
      }
      put(queued, candidate.row, candidate);
    }
    for (const step of undo.reverse()) step();
    return { placed, failed };
  }

  /** A try with others leaving; undefined when that does not help either, or they are leaving already. */
  #force(members: readonly QueuedPod[], attempt: Attempt, wanted: number): Attempt | undefined {
    if (attempt.failed.some(({ queued }) => this.#options.cycle.waitsForVictims(queued))) return undefined;
    const forced = this.#try(members, { preempts: true });
    const helps = forced.placed.length >= wanted && forced.placed.some(({ candidate }) => candidate);
    return helps ? forced : undefined;
  }

  #commit({ placed, failed }: Attempt, batch: Batch, nowMs: number): void {
    const { cycle } = this.#options;
    for (const { queued, row } of placed) {
      const reserved = cycle.reserve(queued, row);
      if ("plugin" in reserved) cycle.fail(queued, { ...reserved, plugins: new Set([reserved.plugin]) }, batch, nowMs);
      else cycle.bind(queued, { row, reservations: reserved.reservations }, batch, nowMs);
    }
    for (const { queued, message, plugins } of failed) cycle.fail(queued, { message, plugins }, batch, nowMs);
  }

  #preempt({ placed, failed }: Attempt, batch: Batch, nowMs: number): void {
    const { cycle } = this.#options;
    const plugins = new Set(failed.flatMap((each) => [...each.plugins]));
    for (const { queued, row, candidate } of placed) {
      if (candidate) cycle.evict(queued, candidate, batch, nowMs);
      cycle.nominate(queued, row);
      cycle.fail(queued, { message: WAITS_FOR_VICTIMS, plugins }, batch, nowMs);
    }
    for (const each of failed) cycle.fail(each.queued, each, batch, nowMs);
  }

  #park({ placed, failed }: Attempt, batch: Batch, nowMs: number): void {
    const { cycle } = this.#options;
    const plugins = new Set([NAME, ...failed.flatMap((each) => [...each.plugins])]);
    for (const { queued } of placed) cycle.fail(queued, { message: WAITS_FOR_OTHERS, plugins }, batch, nowMs);
    for (const { queued, message } of failed) cycle.fail(queued, { message, plugins }, batch, nowMs);
  }

  /** Something is wrong: all of them are tried again after a back-off. `culprit`: the pod it is about, if it is one. */
  #failAll(
    members: readonly QueuedPod[],
    group: Group,
    { message, queued: culprit }: { message: string; queued?: QueuedPod },
    batch: Batch,
    nowMs: number,
  ): void {
    const told = culprit ? `failed to schedule other pod from a pod group: ${message}` : message;
    for (const queued of members) {
      this.#options.cycle.failWithError(queued, queued === culprit ? message : told, batch, nowMs);
    }
    this.#tell(group, { status: "False", reason: "SchedulerError", message: told }, batch, nowMs);
  }

  /** Sets the group's condition. A group that has been scheduled once stays so. */
  #tell(
    group: Group,
    condition: { status: string; reason: string; message: string },
    batch: Batch,
    nowMs: number,
  ): void {
    const type = "PodGroupScheduled";
    const was = group.conditions.find((each) => each.type === type);
    if (was?.status === "True" && condition.status !== "True") return;
    const isSame = was?.status === condition.status;
    if (isSame && was.reason === condition.reason && was.message === condition.message) return;
    const next: GroupCondition = {
      type,
      ...condition,
      lastTransitionTime: (isSame && was.lastTransitionTime) || formatTime(nowMs),
      ...(group.generation !== undefined && { observedGeneration: group.generation }),
    };
    group.conditions = [...group.conditions.filter((each) => each.type !== type), next];
    const op: WriteOp = {
      verb: "patch",
      resource: "podgroups.scheduling.k8s.io",
      namespace: group.namespace,
      name: group.name,
      subresource: "status",
      patchType: "merge",
      patch: { status: { conditions: group.conditions } },
      options: { ...OPTIONS, ...(group.uid && { preconditions: { uid: group.uid } }) },
    };
    batch.add(op);
  }
}

/** What is told of pods that are of several profiles; undefined: they are of one. */
function mixedNames(members: readonly QueuedPod[]): string | undefined {
  const nameOf = ({ pod }: QueuedPod): string => pod.pending.podClass.shape.schedulerName;
  const first = nameOf(members[0]!);
  const other = members.map(nameOf).find((name) => name !== first);
  if (other === undefined) return undefined;
  const got = `got: ${JSON.stringify(other)} and ${JSON.stringify(first)}`;
  return `all pods in a single pod group should have the same .spec.schedulerName set, ${got}`;
}

function undoAll(reservations: readonly Reservation[]): void {
  for (const reservation of [...reservations].reverse()) reservation.undo();
}
