/**
 * Pods by domain for the topology spread constraints of one class of pods: counted on the nodes its constraints count,
 * and kept up row by row.
 */
import type { TopologySpreadConstraint } from "../../kinds/core/v1-types.ts";
import { compilePodSelector, mergeLabelKeys } from "./affinity-terms.ts";
import type { PodCounter } from "./assigned-pods.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { NodeFacts } from "./node-table.ts";
import type { PodClass } from "./pod-class.ts";
import { isTolerated } from "./taints.ts";
import { NO_DOMAIN, type Topology } from "./topology.ts";

export const HOSTNAME = "kubernetes.io/hostname";

export class SpreadConstraint {
  readonly topology: Topology;
  readonly maxSkew: number;
  /** 1 when the pod counts itself. */
  readonly itself: 0 | 1;
  readonly counter: PodCounter;
  readonly #minDomains: number;
  readonly #honorsAffinity: boolean;
  readonly #honorsTaints: boolean;
  readonly #podClass: PodClass;
  /** By domain: pods, and nodes that count. */
  #pods = new Int32Array(0);
  #nodes = new Int32Array(0);
  /** By row: the domain it was counted in, and how many pods. */
  #countedIn = new Int32Array(0);
  #counted = new Int32Array(0);
  #domains = 0;
  #least = 0;
  /** Domains with the least pods; 0: not known. */
  #atLeast = 0;

  constructor(constraint: TopologySpreadConstraint, podClass: PodClass, { nodes, pods }: ClusterView) {
    const { footprint } = podClass;
    const selector = compilePodSelector({
      labelSelector: mergeLabelKeys(
        constraint.labelSelector,
        footprint.labels,
        constraint.matchLabelKeys ? { matchLabelKeys: constraint.matchLabelKeys } : {},
      ),
      namespaces: [footprint.namespace],
    });
    this.#podClass = podClass;
    this.topology = nodes.topology(constraint.topologyKey);
    this.maxSkew = constraint.maxSkew;
    this.itself = selector.labelMatcher(footprint.labels) ? 1 : 0;
    this.#minDomains = constraint.minDomains ?? 1;
    this.#honorsAffinity = (constraint.nodeAffinityPolicy ?? "Honor") === "Honor";
    this.#honorsTaints = constraint.nodeTaintsPolicy === "Honor";
    this.counter = pods.counter({ selectors: [selector], countsTerminating: false });
  }

  /** Pods on a node, whether it counts or not. */
  readonly podsOn = (row: number): number => this.counter.counts.get(row);

  readonly podsIn = (domain: number): number => this.#pods[domain] ?? 0;

  /** Pods in the domain that has fewest. */
  get least(): number {
    if (this.#domains < this.#minDomains) return 0;
    if (this.#atLeast === 0) this.#findLeast();
    return this.#least;
  }

  /** Whether the constraint counts pods on the node. */
  counts(facts: NodeFacts): boolean {
    const { nodeSelector, requiredAffinity, tolerations } = this.#podClass.shape;
    if (this.#honorsAffinity && !((nodeSelector?.(facts) ?? true) && (requiredAffinity?.(facts) ?? true))) return false;
    return !this.#honorsTaints || facts.hardTaints.every((taint) => isTolerated(taint, tolerations));
  }

  /** Brings what is counted for a row up to date. */
  update(row: number, isCounted: boolean): void {
    const from = this.#countedIn[row]!;
    const to = isCounted ? this.topology.domainOf[row]! : NO_DOMAIN;
    const had = this.#counted[row]!;
    const has = to === NO_DOMAIN ? 0 : this.counter.counts.get(row);
    if (from === to) {
      if (had !== has) this.#add(to, has - had);
    } else {
      if (from !== NO_DOMAIN) {
        this.#add(from, -had);
        if (--this.#nodes[from]! === 0) this.#closed();
      }
      if (to !== NO_DOMAIN) {
        this.#makeRoom(to);
        if (++this.#nodes[to]! === 1) this.#opened();
        this.#add(to, has);
      }
    }
    this.#countedIn[row] = to;
    this.#counted[row] = has;
  }

  resize(rows: number): void {
    if (this.#counted.length >= rows) return;
    const size = rows + (rows >> 2) + 8;
    const countedIn = new Int32Array(size).fill(NO_DOMAIN);
    countedIn.set(this.#countedIn);
    this.#countedIn = countedIn;
    this.#counted = grown(this.#counted, size);
  }

  #add(domain: number, amount: number): void {
    const was = this.#pods[domain]!;
    const is = was + amount;
    this.#pods[domain] = is;
    if (amount === 0 || this.#atLeast === 0) return;
    if (was === this.#least) this.#atLeast--;
    if (is === this.#least) this.#atLeast++;
    else if (is < this.#least) this.#atLeast = 0;
  }

  #opened(): void {
    this.#domains++;
    this.#atLeast = 0;
  }

  #closed(): void {
    this.#domains--;
    this.#atLeast = 0;
  }

  #findLeast(): void {
    let least = Number.POSITIVE_INFINITY;
    let found = 0;
    for (let domain = 0; domain < this.#pods.length; domain++) {
      if (this.#nodes[domain] === 0) continue;
      const pods = this.#pods[domain]!;
      if (pods < least) {
        least = pods;
        found = 1;
      } else if (pods === least) {
        found++;
      }
    }
    this.#least = least;
    this.#atLeast = found;
  }

  #makeRoom(domain: number): void {
    if (domain < this.#pods.length) return;
    const size = domain + (domain >> 1) + 8;
    this.#pods = grown(this.#pods, size);
    this.#nodes = grown(this.#nodes, size);
  }
}

export class SpreadCounts {
  readonly constraints: readonly SpreadConstraint[];
  /** Only nodes with the labels of all constraints count. */
  readonly needsAllKeys: boolean;
  readonly #cluster: ClusterView;
  #position: number | undefined;

  constructor(
    constraints: readonly TopologySpreadConstraint[],
    podClass: PodClass,
    cluster: ClusterView,
    options: { needsAllKeys: boolean },
  ) {
    this.#cluster = cluster;
    this.needsAllKeys = options.needsAllKeys;
    this.constraints = constraints.map((constraint) => new SpreadConstraint(constraint, podClass, cluster));
  }

  hasAllKeys(row: number): boolean {
    for (const { topology } of this.constraints) if (topology.domainOf[row] === NO_DOMAIN) return false;
    return true;
  }

  refresh(): void {
    const { nodes } = this.#cluster;
    const changed = this.#position === undefined ? undefined : nodes.changedSince(this.#position);
    for (const constraint of this.constraints) constraint.resize(nodes.rowLimit);
    if (changed) for (const row of changed) this.#update(row);
    else for (let row = 0; row < nodes.rowLimit; row++) this.#update(row);
    this.#position = nodes.position;
  }

  dispose(): void {
    for (const { counter } of this.constraints) this.#cluster.pods.release(counter);
  }

  #update(row: number): void {
    const facts = this.#cluster.nodes.facts[row];
    const isCandidate = facts !== undefined && (!this.needsAllKeys || this.hasAllKeys(row));
    for (const constraint of this.constraints) constraint.update(row, isCandidate && constraint.counts(facts));
  }
}

function grown(old: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(old);
  return larger;
}
