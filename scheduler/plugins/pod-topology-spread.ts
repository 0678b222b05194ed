/**
 * Spreads pods that a selector selects evenly over the domains of a topology key.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import type { TopologySpreadConstraint } from "../../kinds/core/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
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
import { HOSTNAME, SpreadCounts } from "../framework/spread-counts.ts";
import { NO_DOMAIN } from "../framework/topology.ts";

const NAME = "PodTopologySpread";

const UNEVEN: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod topology spread constraints"],
  podsInTheWay: true,
};
const NO_LABEL: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  podsInTheWay: false,
};

export interface PodTopologySpreadArgs {
  /** For pods that have no constraints themselves. */
  defaultConstraints: readonly TopologySpreadConstraint[];
  /** The defaults are the built-in ones, which also score nodes without all labels. */
  isSystemDefault: boolean;
}

export const SYSTEM_DEFAULT_CONSTRAINTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME, whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 5 },
];

type Action = TopologySpreadConstraint["whenUnsatisfiable"];

/** The constraints of a pod for one action, kept in step with the selectors that the defaults take. */
class Constraints {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  readonly #action: Action;
  readonly #args: PodTopologySpreadArgs;
  readonly #isDefault: boolean;
  #workloadVersion = -1;
  #selector: LabelSelector | undefined;
  #counts: SpreadCounts | undefined;

  constructor(podClass: PodClass, cluster: ClusterView, action: Action, args: PodTopologySpreadArgs) {
    this.#podClass = podClass;
    this.#cluster = cluster;
    this.#action = action;
    this.#args = args;
    this.#isDefault = podClass.spreadConstraints.length === 0;
    if (!this.#isDefault) this.#counts = this.#make(podClass.spreadConstraints);
  }

  /** Up to date; undefined when there are none. */
  current(): SpreadCounts | undefined {
    if (this.#isDefault && this.#workloadVersion !== this.#cluster.workloads.version) this.#readDefaults();
    this.#counts?.refresh();
    return this.#counts;
  }

  dispose(): void {
    this.#counts?.dispose();
  }

  #readDefaults(): void {
    const { workloads } = this.#cluster;
    this.#workloadVersion = workloads.version;
    const selector = workloads.selectorOf(this.#podClass.footprint, this.#podClass.owner);
    if (deepEqual(selector, this.#selector)) return;
    this.#selector = selector;
    this.#counts?.dispose();
    this.#counts =
      selector && this.#make(this.#args.defaultConstraints.map((each) => ({ ...each, labelSelector: selector })));
  }

  #make(constraints: readonly TopologySpreadConstraint[]): SpreadCounts | undefined {
    const wanted = constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === this.#action);
    if (wanted.length === 0) return undefined;
    return new SpreadCounts(wanted, this.#podClass, this.#cluster, {
      needsAllKeys: !(this.#isDefault && this.#args.isSystemDefault),
    });
  }
}

class Filter implements PreparedFilter {
  readonly #constraints: Constraints;
  #counts: SpreadCounts | undefined;

  constructor(constraints: Constraints) {
    this.#constraints = constraints;
  }

  refresh(): "active" | "idle" {
    this.#counts = this.#constraints.current();
    return this.#counts ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    for (const constraint of this.#counts!.constraints) {
      const domain = constraint.topology.domainOf[row]!;
      if (domain === NO_DOMAIN) return NO_LABEL;
      if (constraint.podsIn(domain) + constraint.itself - constraint.least > constraint.maxSkew) return UNEVEN;
    }
    return undefined;
  }

  dispose(): void {
    this.#constraints.dispose();
  }
}

class Score implements PreparedScore {
  readonly #constraints: Constraints;
  #sums = new Float64Array(0);
  /** By domain: the run in which it was last seen. */
  #seen = new Int32Array(0);
  #run = 0;

  constructor(constraints: Constraints) {
    this.#constraints = constraints;
  }

  score({ rows, count }: FeasibleRows, scores: Int32Array): boolean {
    const counts = this.#constraints.current();
    if (!counts) return false;
    if (this.#sums.length < count) this.#sums = new Float64Array(count + (count >> 2) + 8);
    const sums = this.#sums;
    const { constraints, needsAllKeys } = counts;
    let scored = 0;
    for (let i = 0; i < count; i++) {
      const isScored = !needsAllKeys || counts.hasAllKeys(rows[i]!);
      // A row that is left out scores nothing.
      scores[i] = isScored ? 0 : -1;
      sums[i] = 0;
      if (isScored) scored++;
    }
    for (const { topology, maxSkew, podsIn, podsOn } of constraints) {
      const isHostname = topology.key === HOSTNAME;
      const size = isHostname ? scored : this.#domains(topology.domainOf, rows, count, scores);
      const weight = Math.log(size + 2);
      for (let i = 0; i < count; i++) {
        const domain = topology.domainOf[rows[i]!]!;
        if (scores[i] === -1 || domain === NO_DOMAIN) continue;
        sums[i] = sums[i]! + (isHostname ? podsOn(rows[i]!) : podsIn(domain)) * weight + (maxSkew - 1);
      }
    }
    return normalize(sums, count, scores);
  }

  dispose(): void {
    this.#constraints.dispose();
  }

  /** How many domains the rows are in; rows in none count as one more. */
  #domains(domainOf: Int32Array, rows: Int32Array, count: number, scores: Int32Array): number {
    this.#run++;
    let found = 0;
    for (let i = 0; i < count; i++) {
      if (scores[i] === -1) continue;
      const at = domainOf[rows[i]!]! + 1;
      if (at >= this.#seen.length) {
        const larger = new Int32Array(at + 64);
        larger.set(this.#seen);
        this.#seen = larger;
      }
      if (this.#seen[at] === this.#run) continue;
      this.#seen[at] = this.#run;
      found++;
    }
    return found;
  }
}

/** The fewer pods, the better: rounded sums to 0…100. Rows marked -1 get 0. */
function normalize(sums: Float64Array, count: number, scores: Int32Array): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let isFlat = true;
  for (let i = 0; i < count; i++) {
    if (scores[i] === -1) {
      isFlat = false;
      continue;
    }
    const sum = Math.round(sums[i]!);
    if (sum < least) least = sum;
    if (sum > most) most = sum;
  }
  if (isFlat && (most === least || most === 0)) return false;
  for (let i = 0; i < count; i++) {
    if (scores[i] === -1) scores[i] = 0;
    else scores[i] = most === 0 ? 100 : Math.trunc((100 * (most + least - Math.round(sums[i]!))) / most);
  }
  return true;
}

function mayHelp(change: ClusterChange, podClass: PodClass): boolean {
  switch (change.what) {
    case "pod came":
    case "pod left":
    case "pod terminating":
      return change.footprint.namespace === podClass.footprint.namespace;
    case "workload changed":
      return change.namespace === podClass.footprint.namespace;
    case "node added":
    case "node deleted":
      return true;
    case "node changed":
      return change.labels || change.taints || change.unschedulable;
    default:
      return false;
  }
}

export const podTopologySpread = (args: PodTopologySpreadArgs): ClusterFilterPlugin & ClusterScorePlugin => {
  const constraintsOf = (podClass: PodClass, cluster: ClusterView, action: Action): Constraints | undefined => {
    const own = podClass.spreadConstraints;
    const constraints = own.length > 0 ? own : args.defaultConstraints;
    const isConcerned = constraints.some(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
    return isConcerned ? new Constraints(podClass, cluster, action, args) : undefined;
  };
  return {
    name: NAME,
    prepare(podClass, cluster) {
      const constraints = constraintsOf(podClass, cluster, "DoNotSchedule");
      return constraints && new Filter(constraints);
    },
    retryAfter: mayHelp,
    prepareScore(podClass, cluster) {
      const constraints = constraintsOf(podClass, cluster, "ScheduleAnyway");
      return constraints && new Score(constraints);
    },
  };
};
