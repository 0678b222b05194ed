/**
 * Pod affinity and anti-affinity, required and preferred, of the pod itself and of the pods that are there.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { AffinityTerm } from "../framework/affinity-terms.ts";
import type { AssignedPods, PodCounter } from "../framework/assigned-pods.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type {
  ClusterChange,
  ClusterFilterPlugin,
  ClusterScorePlugin,
  FeasibleRows,
  PreparedFilter,
  PreparedScore,
  Rejection,
} from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import { NO_DOMAIN } from "../framework/topology.ts";

const NAME = "InterPodAffinity";

const rejection = (reason: string, podsInTheWay: boolean): Rejection => ({
  plugin: NAME,
  reasons: [reason],
  podsInTheWay,
});
const AFFINITY = rejection("node(s) didn't match pod affinity rules", false);
const ANTI_AFFINITY = rejection("node(s) didn't match pod anti-affinity rules", true);
const EXISTING_ANTI_AFFINITY = rejection("node(s) didn't satisfy existing pods anti-affinity rules", true);

export interface InterPodAffinityArgs {
  /** What a required affinity term of a pod that is there adds to the score of its surroundings. */
  hardPodAffinityWeight: number;
  /** Leaves preferred terms of pods that are there out of account when the pod has none itself. */
  ignorePreferredTermsOfExistingPods: boolean;
}

/** Pods of a counter near a row; undefined: the row is in no domain. */
function near({ topology, counts }: PodCounter, row: number): number | undefined {
  const domain = topology!.domainOf[row]!;
  return domain === NO_DOMAIN ? undefined : counts.get(domain);
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #pods: AssignedPods;
  /** Pods that match all of the pod's affinity terms, for the topology key of each. */
  readonly #affinity: PodCounter[];
  readonly #antiAffinity: PodCounter[];
  #matchesItself = false;
  #carrierVersion = -1;
  /** Pods whose anti-affinity keeps the pod away. */
  #existing: PodCounter[] = [];

  constructor(podClass: PodClass, { pods }: ClusterView) {
    const { requiredAffinity, requiredAntiAffinity } = podClass.footprint.terms;
    this.#podClass = podClass;
    this.#pods = pods;
    const all = requiredAffinity.map(({ selector }) => selector);
    this.#affinity = requiredAffinity.map(({ topologyKey }) =>
      pods.counter({ selectors: all, topologyKey, countsTerminating: true }),
    );
    this.#antiAffinity = requiredAntiAffinity.map((term) => counterOf(term, pods));
  }

  refresh(): "active" | "idle" {
    if (this.#carrierVersion !== this.#pods.carrierVersion) {
      this.#carrierVersion = this.#pods.carrierVersion;
      this.#existing = this.#pods
        .carriersSelecting(this.#podClass.footprint)
        .filter(({ kind }) => kind === "required anti-affinity")
        .map(({ counter }) => counter);
      const { footprint } = this.#podClass;
      this.#matchesItself = footprint.terms.requiredAffinity.every(({ selector }) =>
        this.#pods.selects(selector, footprint),
      );
    }
    return this.#affinity.length + this.#antiAffinity.length + this.#existing.length > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    if (!this.#hasCompany(row)) return AFFINITY;
    for (const counter of this.#antiAffinity) if ((near(counter, row) ?? 0) > 0) return ANTI_AFFINITY;
    for (const counter of this.#existing) if ((near(counter, row) ?? 0) > 0) return EXISTING_ANTI_AFFINITY;
    return undefined;
  }

  dispose(): void {
    for (const counter of [...this.#affinity, ...this.#antiAffinity]) this.#pods.release(counter);
  }

  #hasCompany(row: number): boolean {
    let isComplete = true;
    for (const counter of this.#affinity) {
      const there = near(counter, row);
      if (there === undefined) return false;
      if (there === 0) isComplete = false;
    }
    if (isComplete) return true;
    // The first of pods that want to be together may go anywhere.
    return this.#matchesItself && this.#affinity.every(({ counts }) => counts.total === 0);
  }
}

const counterOf = ({ selector, topologyKey }: AffinityTerm, pods: AssignedPods): PodCounter =>
  pods.counter({ selectors: [selector], topologyKey, countsTerminating: true });

interface Weighted {
  counter: PodCounter;
  weight: number;
}

class Score implements PreparedScore {
  readonly #podClass: PodClass;
  readonly #pods: AssignedPods;
  readonly #args: InterPodAffinityArgs;
  readonly #own: Weighted[];
  #carrierVersion = -1;
  #existing: Weighted[] = [];

  constructor(podClass: PodClass, { pods }: ClusterView, args: InterPodAffinityArgs) {
    this.#podClass = podClass;
    this.#pods = pods;
    this.#args = args;
    this.#own = podClass.footprint.terms.preferred.map(({ term, weight }) => ({
      counter: counterOf(term, pods),
      weight,
    }));
  }

  score({ rows, count }: FeasibleRows, scores: Int32Array): boolean {
    this.#refresh();
    let isFlat = true;
    for (const { counter, weight } of [...this.#own, ...this.#existing]) {
      if (counter.counts.total === 0) continue;
      if (isFlat) scores.fill(0, 0, count);
      isFlat = false;
      const { domainOf } = counter.topology!;
      const { counts } = counter;
      for (let i = 0; i < count; i++) {
        const domain = domainOf[rows[i]!]!;
        if (domain !== NO_DOMAIN) scores[i] = scores[i]! + weight * counts.get(domain);
      }
    }
    if (isFlat) return false;
    let least = scores[0]!;
    let most = least;
    for (let i = 1; i < count; i++) {
      const score = scores[i]!;
      if (score < least) least = score;
      else if (score > most) most = score;
    }
    if (most === least) return false;
    for (let i = 0; i < count; i++) scores[i] = Math.trunc(100 * ((scores[i]! - least) / (most - least)));
    return true;
  }

  dispose(): void {
    for (const { counter } of this.#own) this.#pods.release(counter);
  }

  #refresh(): void {
    if (this.#carrierVersion === this.#pods.carrierVersion) return;
    this.#carrierVersion = this.#pods.carrierVersion;
    const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = this.#args;
    const { requiredAffinity, requiredAntiAffinity, preferred } = this.#podClass.footprint.terms;
    const hasTerms = requiredAffinity.length + requiredAntiAffinity.length + preferred.length > 0;
    const ignores = ignorePreferredTermsOfExistingPods && !hasTerms;
    this.#existing = ignores
      ? []
      : this.#pods.carriersSelecting(this.#podClass.footprint).flatMap(({ kind, weight, counter }) => {
          if (kind === "preferred") return [{ counter, weight }];
          if (kind === "required affinity" && hardPodAffinityWeight > 0)
            return [{ counter, weight: hardPodAffinityWeight }];
          return [];
        });
  }
}

function mayHelp(change: ClusterChange, { footprint }: PodClass, { pods }: ClusterView): boolean {
  const { requiredAffinity, requiredAntiAffinity } = footprint.terms;
  switch (change.what) {
    case "pod came":
      return requiredAffinity.some(({ selector }) => pods.selects(selector, change.footprint));
    case "pod left":
      return (
        requiredAntiAffinity.some(({ selector }) => pods.selects(selector, change.footprint)) ||
        change.footprint.terms.requiredAntiAffinity.some(({ selector }) => pods.selects(selector, footprint)) ||
        // The last of its kind has gone: the pod may now be the first.
        requiredAffinity.some(({ selector }) => pods.selects(selector, change.footprint))
      );
    case "node added":
    case "namespace changed":
    case "node deleted":
      return true;
    case "node changed":
      return change.labels;
    default:
      return false;
  }
}

export const interPodAffinity = (args: InterPodAffinityArgs): ClusterFilterPlugin & ClusterScorePlugin => ({
  name: NAME,
  prepare: (podClass, cluster) => new Filter(podClass, cluster),
  retryAfter: mayHelp,
  prepareScore: (podClass, cluster) => new Score(podClass, cluster, args),
});
