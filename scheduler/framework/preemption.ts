/**
 * Which pods would have to leave which node for a pod that fits nowhere.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import type { ClusterView } from "./cluster-view.ts";
import { describe } from "./diagnosis.ts";
import type { Placer } from "./placement.ts";
import type { PreemptionPolicy } from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import type { CachedPod, QueuedPod } from "./queued-pod.ts";
import type { Verdict } from "./static-judgement.ts";

export interface Candidate {
  row: number;
  /** The most important first. */
  victims: readonly CachedPod[];
  violations: number;
  /** Of the victims' priorities, each raised so that more victims are always worse. */
  sumOfPriorities: number;
  /** When the first of the most important victims started. */
  earliestStartMs: number;
}

export type PreemptionResult =
  /** What stands behind "preemption: ". */
  { candidate: undefined; message: string } | { candidate: Candidate };

const NOT_HELPFUL = "Preemption is not helpful for scheduling";
const NO_VICTIMS = "No preemption victims found for incoming pod";
/** Classes for which it is kept what was found on each row. */
const MAX_KEPT_CLASSES = 8;
/** Makes sums of priorities grow with the number of victims, also where priorities are negative. */
const PRIORITY_OFFSET = 2 ** 31;

interface Kept {
  /** By row: a candidate, or why it is none; undefined: not looked at. */
  found: (Candidate | string | undefined)[];
  position: number;
  budgetsVersion: number;
}

export class Preemption {
  readonly #policy: PreemptionPolicy;
  readonly #cluster: ClusterView;
  readonly #placer: Placer;
  readonly #kept = new Map<PodClass, Kept>();

  constructor(policy: PreemptionPolicy, cluster: ClusterView, placer: Placer) {
    this.#policy = policy;
    this.#cluster = cluster;
    this.#placer = placer;
  }

  /** @param random in [0, 1): where the search for candidates begins */
  find(queued: QueuedPod, random: () => number): PreemptionResult {
    const { podClass } = queued.pod.pending;
    const { nodeCount } = this.#cluster.nodes;
    const potential: number[] = [];
    const nominated = queued.nominatedRow;
    let isNominatedHopeless = false;
    this.#placer.verdicts(podClass, (row, verdict) => {
      if (verdict?.podsInTheWay) potential.push(row);
      else if (verdict && row === nominated) isNominatedHopeless = true;
    });
    const ineligible = this.#ineligible(queued, isNominatedHopeless);
    if (ineligible !== undefined) return { candidate: undefined, message: ineligible };

    const { best, reasons } = this.#search(podClass, potential, random);
    if (best) return { candidate: best };
    if (nodeCount > potential.length) reasons.set(NOT_HELPFUL, nodeCount - potential.length);
    const message = describe({ nodeCount, cluster: undefined, counts: reasons, plugins: new Set() });
    return { candidate: undefined, message };
  }

  /** Whether pods it has made leave are still on the node it is nominated to. */
  waitsForVictims({ pod, nominatedRow }: QueuedPod): boolean {
    if (nominatedRow < 0) return false;
    const { priority } = pod.footprint;
    return this.#cluster.pods
      .on(nominatedRow)
      .some(({ footprint, preempted }) => preempted && footprint.priority < priority);
  }

  /** The class is no pod's any more. */
  drop(podClass: PodClass): void {
    this.#kept.delete(podClass);
  }

  #ineligible(queued: QueuedPod, isNominatedHopeless: boolean): string | undefined {
    if (queued.pod.pending.podClass.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
    if (isNominatedHopeless || !this.waitsForVictims(queued)) return undefined;
    return "not eligible due to a terminating pod on the nominated node.";
  }

  /** Looks at rows until there are enough candidates, from a random one on. */
  #search(podClass: PodClass, potential: readonly number[], random: () => number) {
    const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = this.#policy;
    const share = Math.floor((potential.length * minCandidateNodesPercentage) / 100);
    const wanted = Math.min(potential.length, Math.max(share, minCandidateNodesAbsolute));
    const reasons = new Map<string, number>();
    const look = this.#looker(podClass);
    const offset = Math.floor(random() * potential.length);
    let best: Candidate | undefined;
    let found = 0;
    let isClean = false;
    for (let i = 0; i < potential.length && !(isClean && found >= wanted); i++) {
      const result = look(potential[(offset + i) % potential.length]!);
      if (typeof result === "string") {
        for (const reason of result.split("\n")) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        continue;
      }
      found++;
      isClean ||= result.violations === 0;
      if (!best || compare(result, best) < 0) best = result;
    }
    return { best, reasons };
  }

  /** Finds the victims on a row. What only depends on the row is kept until the row changes. */
  #looker(podClass: PodClass): (row: number) => Candidate | string {
    const { nodes, pods, budgets } = this.#cluster;
    if (!this.#placer.isLocal(podClass)) {
      const verdictOf = this.#placer.trial(podClass);
      return (row) =>
        this.#select(podClass, row, {
          verdictOf,
          leave: (pod) => pods.remove(pod),
          stay: (pod) => pods.add(pod, row),
        });
    }
    let kept = this.#kept.get(podClass);
    if (kept) this.#kept.delete(podClass);
    const changed = kept && nodes.changedSince(kept.position);
    if (!kept || !changed || kept.budgetsVersion !== budgets.version) {
      kept = { found: [], position: 0, budgetsVersion: budgets.version };
    } else {
      for (const row of changed) kept.found[row] = undefined;
    }
    kept.position = nodes.position;
    this.#kept.set(podClass, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT_CLASSES) break;
      this.#kept.delete(oldest);
    }
    const { found } = kept;
    const verdictOf = this.#placer.localTrial(podClass);
    return (row) => {
      found[row] ??= this.#select(podClass, row, {
        verdictOf,
        leave: ({ footprint }) => nodes.charge(row, footprint, -1),
        stay: ({ footprint }) => nodes.charge(row, footprint, 1),
      });
      return found[row];
    };
  }

  /** The fewest and least important pods whose leaving makes room; or why there are none. */
  #select(
    { footprint: { priority } }: PodClass,
    row: number,
    what: { verdictOf: (row: number) => Verdict; leave(pod: CachedPod): void; stay(pod: CachedPod): void },
  ): Candidate | string {
    const lesser = this.#cluster.pods.on(row).filter(({ footprint }) => footprint.priority < priority);
    if (lesser.length === 0) return NO_VICTIMS;
    lesser.sort(byImportance);
    for (const pod of lesser) what.leave(pod);
    const verdict = what.verdictOf(row);
    if (verdict !== undefined) {
      for (const pod of lesser) what.stay(pod);
      return verdict?.reasons.join("\n") ?? NOT_HELPFUL;
    }
    const { breaking, allowed } = this.#cluster.budgets.split(lesser);
    const victims: CachedPod[] = [];
    // As many as possible are let off, those that a budget protects first.
    const letOff = (pod: CachedPod): boolean => {
      what.stay(pod);
      if (what.verdictOf(row) === undefined) return true;
      what.leave(pod);
      victims.push(pod);
      return false;
    };
    let violations = 0;
    for (const pod of breaking) if (!letOff(pod)) violations++;
    for (const pod of allowed) letOff(pod);
    for (const pod of victims) what.stay(pod);
    if (breaking.length > 0) victims.sort(byImportance);
    if (victims.length === 0) return NOT_HELPFUL;
    const sumOfPriorities = victims.reduce((sum, victim) => sum + victim.footprint.priority + PRIORITY_OFFSET, 0);
    return { row, victims, violations, sumOfPriorities, earliestStartMs: earliestStartMs(victims) };
  }
}

/** A pod that has not started has run for no time. */
const startedMs = ({ startMs }: CachedPod): number => (startMs === 0 ? Number.POSITIVE_INFINITY : startMs);

/** Higher priority first, then who has run longer. */
const byImportance = (a: CachedPod, b: CachedPod): number => {
  const byPriority = b.footprint.priority - a.footprint.priority;
  if (byPriority !== 0) return byPriority;
  const [aMs, bMs] = [startedMs(a), startedMs(b)];
  return aMs === bMs ? 0 : aMs < bMs ? -1 : 1;
};

function earliestStartMs(victims: readonly CachedPod[]): number {
  const highest = victims[0]!.footprint.priority;
  let earliest = Number.POSITIVE_INFINITY;
  for (const victim of victims) {
    if (victim.footprint.priority === highest) earliest = Math.min(earliest, startedMs(victim));
  }
  return earliest;
}

/**
 * Negative: `a` is the better choice. Fewest budgets broken; then the lowest of the highest priorities; then the lowest
 * sum of priorities; then the fewest victims; then whose most important victims started latest.
 */
function compare(a: Candidate, b: Candidate): number {
  if (a.violations !== b.violations) return a.violations - b.violations;
  const highest = a.victims[0]!.footprint.priority - b.victims[0]!.footprint.priority;
  if (highest !== 0) return highest;
  if (a.sumOfPriorities !== b.sumOfPriorities) return a.sumOfPriorities - b.sumOfPriorities;
  if (a.victims.length !== b.victims.length) return a.victims.length - b.victims.length;
  return a.earliestStartMs === b.earliestStartMs ? 0 : a.earliestStartMs > b.earliestStartMs ? -1 : 1;
}
