/**
 * Finds the best node for a pod: filters, scores, and picks. What depends on nodes alone is kept for each shape, what
 * depends on the rest of the cluster for each class.
 */
import type { ClusterView } from "./cluster-view.ts";
import type {
  ClusterRejection,
  ClusterScorePlugin,
  FeasibleRows,
  PreparedFilter,
  PreparedScore,
  Profile,
  Rejection,
  WeightedScore,
} from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import type { PodShape } from "./pod-shape.ts";
import { ABSENT, StaticJudgement, type Verdict } from "./static-judgement.ts";
import type { Topology } from "./topology.ts";

export interface Placement {
  /** Row of the best node; -1 when none is feasible. */
  row: number;
  feasibleCount: number;
}

/** Only the nodes of one domain come into question. */
export interface Within {
  topology: Topology;
  domain: number;
  /** Of the nodes in it. */
  rows: readonly number[];
}

export interface Diagnosis {
  nodeCount: number;
  /** Why no node comes into question at all. */
  cluster: ClusterRejection | undefined;
  /** Reason → nodes. */
  counts: Map<string, number>;
  /** Names of the plugins that rejected nodes. */
  plugins: Set<string>;
  /** Why the attempt has to end, whatever other nodes say. */
  error?: ClusterRejection;
}

/** Numbers kept of judged shapes and prepared classes; the ones not used for longest go. */
const KEPT_ELEMENTS = 1_500_000;
const MIN_KEPT = 8;
const MAX_KEPT = 128;

interface PreparedClass {
  filters: PreparedFilter[];
  scores: WeightedScore<PreparedScore>[];
}

export class Placer {
  readonly #profile: Profile;
  readonly #cluster: ClusterView;
  readonly #shapes: Kept<PodShape, StaticJudgement>;
  readonly #classes: Kept<PodClass, PreparedClass>;
  #rows = new Int32Array(0);
  #slots = new Int32Array(0);
  #totals = new Int32Array(0);
  #scores = new Int32Array(0);

  constructor(profile: Profile, cluster: ClusterView) {
    this.#profile = profile;
    this.#cluster = cluster;
    this.#shapes = new Kept((shape) => new StaticJudgement(shape, profile, cluster.nodes));
    this.#classes = new Kept((podClass) => this.#prepare(podClass), dispose);
  }

  /**
   * @param random in [0, 1): decides among nodes of equal score
   * @param only considers these rows alone, in the order given, and takes the first that fits
   */
  place(
    podClass: PodClass,
    random: () => number,
    { only, within }: { only?: readonly number[]; within?: Within | undefined } = {},
  ): Placement {
    if (only) return this.#first(podClass, only);
    const judgement = this.#judge(podClass.shape);
    this.#resize(judgement.slotCount);
    let count = judgement.feasible(this.#rows, this.#slots, within?.rows);
    const prepared = this.#classes.get(podClass, this.#limit);
    if (count > 0) count = this.#filter(prepared, podClass, count);
    if (count === 0) return { row: -1, feasibleCount: 0 };
    if (count === 1) return { row: this.#rows[0]!, feasibleCount: 1 };
    const feasible = { rows: this.#rows, count };
    judgement.score(feasible, this.#slots, this.#totals);
    this.#addScores(prepared, feasible);
    return { row: this.#pick(count, random), feasibleCount: count };
  }

  /** The plugins that keep such a pod off one node, or off all when none is given; undefined: it would be taken. */
  whyNot(podClass: PodClass, row?: number): ReadonlySet<string> | undefined {
    if (row !== undefined) {
      const verdict = this.trial(podClass)(row);
      return verdict === undefined ? undefined : new Set(verdict === ABSENT ? [] : [verdict.plugin]);
    }
    const judgement = this.#judge(podClass.shape);
    this.#resize(judgement.slotCount);
    const count = judgement.feasible(this.#rows, this.#slots);
    if (count > 0 && this.#filter(this.#classes.get(podClass, this.#limit), podClass, count) > 0) return undefined;
    return this.explain(podClass).plugins;
  }

  /** How many nodes each reason rejects, as things are. */
  explain(podClass: PodClass): Diagnosis {
    const { nodeCount } = this.#cluster.nodes;
    const counts = new Map<string, number>();
    const plugins = new Set<string>();
    let judged = 0;
    let error: ClusterRejection | undefined;
    const cluster = this.verdicts(podClass, (_row, verdict) => {
      judged++;
      if (!verdict) return;
      if (verdict.isError) error ??= { plugin: verdict.plugin, message: verdict.reasons.join(", ") };
      plugins.add(verdict.plugin);
      for (const reason of verdict.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    });
    if (cluster) return { nodeCount, cluster, counts: new Map(), plugins: new Set([cluster.plugin]) };
    const { candidatesFrom } = this.#judge(podClass.shape);
    if (candidatesFrom.length > 0 && judged < nodeCount) {
      for (const plugin of candidatesFrom) plugins.add(plugin);
      counts.set(`node(s) didn't satisfy plugin(s) [${candidatesFrom.join(" ")}]`, nodeCount - judged);
    }
    return { nodeCount, cluster: undefined, counts, plugins, ...(error && { error }) };
  }

  /** Tells of each node that comes into question; returns why none does, when that is so. */
  verdicts(
    podClass: PodClass,
    tell: (row: number, verdict: Rejection | undefined) => void,
  ): ClusterRejection | undefined {
    const judgement = this.#judge(podClass.shape);
    if (judgement.rejection) return judgement.rejection;
    const { filters } = this.#classes.get(podClass, this.#limit);
    const active: PreparedFilter[] = [];
    for (const filter of filters) {
      const state = filter.refresh();
      if (typeof state === "object") return state;
      if (state === "active") active.push(filter);
    }
    for (let slot = 0; slot < judgement.slotCount; slot++) {
      const verdict = judgement.verdictAt(slot);
      if (verdict === ABSENT) continue;
      const row = judgement.rowAt(slot);
      tell(row, verdict ?? this.#verdict(active, podClass, row));
    }
    return undefined;
  }

  /** Judges rows as they are now, whatever is kept: for looking at what would be if pods were not there. */
  trial(podClass: PodClass): (row: number) => Verdict {
    const judgement = this.#judge(podClass.shape);
    const { filters } = this.#classes.get(podClass, this.#limit);
    return (row) => judgement.verdict(row) ?? this.#trial(filters, podClass, row);
  }

  /** The same for a class of which `isLocal` is true, of nodes that exist. */
  localTrial(podClass: PodClass): (row: number) => Verdict {
    const judgement = this.#judge(podClass.shape);
    return (row) => judgement.verdict(row);
  }

  /** Whether only the node itself decides about such pods, as things are: then what is found on one row stays true. */
  isLocal(podClass: PodClass): boolean {
    return this.#classes.get(podClass, this.#limit).filters.every((filter) => filter.refresh() === "idle");
  }

  /** The class is no pod's any more. */
  drop(podClass: PodClass): void {
    this.#classes.drop(podClass);
  }

  get #limit(): number {
    const perShape = 6 * Math.max(1, this.#cluster.nodes.rowLimit);
    return Math.min(MAX_KEPT, Math.max(MIN_KEPT, Math.floor(KEPT_ELEMENTS / perShape)));
  }

  #prepare(podClass: PodClass): PreparedClass {
    const cluster = this.#cluster;
    return {
      filters: this.#profile.clusterFilters.flatMap((plugin) => plugin.prepare(podClass, cluster) ?? []),
      scores: this.#profile.clusterScores.flatMap(({ plugin, weight }: WeightedScore<ClusterScorePlugin>) => {
        const prepared = plugin.prepareScore(podClass, cluster);
        return prepared ? [{ plugin: prepared, weight }] : [];
      }),
    };
  }

  #judge(shape: PodShape): StaticJudgement {
    const judgement = this.#shapes.get(shape, this.#limit);
    judgement.refresh();
    return judgement;
  }

  /** The first of `rows` that takes the pod. */
  #first(podClass: PodClass, rows: readonly number[]): Placement {
    const verdictOf = this.trial(podClass);
    for (const row of rows) if (verdictOf(row) === undefined) return { row, feasibleCount: 1 };
    return { row: -1, feasibleCount: 0 };
  }

  /** Leaves only the rows that pass the filters that look beyond the node; returns how many. */
  #filter({ filters }: PreparedClass, podClass: PodClass, count: number): number {
    const rows = this.#rows;
    const slots = this.#slots;
    let left = count;
    for (const filter of filters) {
      const state = filter.refresh();
      if (typeof state === "object") return 0;
      if (state === "idle") continue;
      let kept = 0;
      for (let i = 0; i < left; i++) {
        const row = rows[i]!;
        const rejection = filter.filter(row) ?? this.#rejectsWithNominated(filter, podClass, row);
        if (rejection?.isError) return 0;
        if (rejection) continue;
        rows[kept] = row;
        slots[kept++] = slots[i]!;
      }
      left = kept;
    }
    return left;
  }

  #trial(filters: readonly PreparedFilter[], podClass: PodClass, row: number): Verdict {
    if (!this.#cluster.nodes.facts[row]) return ABSENT;
    for (const filter of filters) {
      const state = filter.refresh();
      if (typeof state === "object") return { plugin: state.plugin, reasons: [state.message], podsInTheWay: false };
      if (state === "idle") continue;
      const rejection = filter.filter(row) ?? this.#rejectsWithNominated(filter, podClass, row);
      if (rejection) return rejection;
    }
    return undefined;
  }

  #verdict(filters: readonly PreparedFilter[], podClass: PodClass, row: number): Rejection | undefined {
    for (const filter of filters) {
      const rejection = filter.filter(row) ?? this.#rejectsWithNominated(filter, podClass, row);
      if (rejection) return rejection;
    }
    return undefined;
  }

  /** Whether the pod could not be there together with those that are to come. */
  #rejectsWithNominated(filter: PreparedFilter, { shape }: PodClass, row: number): Rejection | undefined {
    const { nodes, pods } = this.#cluster;
    const coming = nodes.nominatedTo(row)?.filter(({ priority }) => priority >= shape.priority);
    if (!coming || coming.length === 0) return undefined;
    const there = coming.map(({ pod }) => ({ ...pod }));
    for (const pod of there) pods.add(pod, row);
    filter.refresh();
    const rejection = filter.filter(row);
    for (const pod of there) pods.remove(pod);
    filter.refresh();
    return rejection;
  }

  #addScores({ scores }: PreparedClass, feasible: FeasibleRows): void {
    const totals = this.#totals;
    const own = this.#scores;
    for (const { plugin, weight } of scores) {
      if (!plugin.score(feasible, own)) continue;
      for (let i = 0; i < feasible.count; i++) totals[i] = totals[i]! + weight * own[i]!;
    }
  }

  #pick(count: number, random: () => number): number {
    const totals = this.#totals;
    let top = totals[0]!;
    let ties = 1;
    for (let i = 1; i < count; i++) {
      const total = totals[i]!;
      if (total > top) {
        top = total;
        ties = 1;
      } else if (total === top) {
        ties++;
      }
    }
    let skip = ties === 1 ? 0 : Math.floor(random() * ties);
    for (let i = 0; i < count; i++) if (totals[i] === top && skip-- === 0) return this.#rows[i]!;
    throw new Error("the best node has gone");
  }

  #resize(slots: number): void {
    if (this.#rows.length >= slots) return;
    const size = slots + (slots >> 2) + 8;
    this.#rows = new Int32Array(size);
    this.#slots = new Int32Array(size);
    this.#totals = new Int32Array(size);
    this.#scores = new Int32Array(size);
  }
}

function dispose({ filters, scores }: PreparedClass): void {
  for (const filter of filters) filter.dispose?.();
  for (const { plugin } of scores) plugin.dispose?.();
}

/** Values made when first asked for; the least recently used go when there are too many. */
class Kept<K, V> {
  readonly #make: (key: K) => V;
  readonly #dispose: ((value: V) => void) | undefined;
  readonly #values = new Map<K, V>();

  constructor(make: (key: K) => V, dispose?: (value: V) => void) {
    this.#make = make;
    this.#dispose = dispose;
  }

  get(key: K, limit: number): V {
    let value = this.#values.get(key);
    if (value !== undefined) this.#values.delete(key);
    else value = this.#make(key);
    this.#values.set(key, value);
    while (this.#values.size > limit) {
      for (const oldest of this.#values.keys()) {
        this.drop(oldest);
        break;
      }
    }
    return value;
  }

  drop(key: K): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#dispose?.(value);
  }
}
