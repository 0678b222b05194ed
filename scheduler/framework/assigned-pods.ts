/**
 * Pods on nodes, and how many of them are where: counts by topology domain for each selector and each affinity term in
 * use, kept as pods come and go, so that nobody ever looks through all pods to place one.
 */
import {
  type AffinityTerm,
  isMovedBy,
  type NamespaceChange,
  type NamespaceLabels,
  type PodSelector,
  type SelectablePod,
  selectsPod,
} from "./affinity-terms.ts";
import { Counts } from "./counts.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodFootprint } from "./pod-footprint.ts";
import type { CachedPod } from "./queued-pod.ts";
import { NO_DOMAIN, type Topology } from "./topology.ts";

/** How many pods are in each domain, of those its owner asks for. */
export interface PodCounter {
  readonly key: string;
  /** Undefined: by row of the node table. */
  readonly topology: Topology | undefined;
  readonly counts: Counts;
}

interface SelectedCounter extends PodCounter {
  readonly selectors: readonly PodSelector[];
  readonly countsTerminating: boolean;
  counts: Counts;
  users: number;
}

/** A term that pods on nodes carry: those nearby may not, or should, match it. */
export interface TermCarrier {
  readonly term: AffinityTerm;
  readonly kind: "required affinity" | "required anti-affinity" | "preferred";
  /** Of preferred terms; else 0. */
  readonly weight: number;
  readonly counter: PodCounter;
}

interface CarrierEntry extends TermCarrier {
  footprints: number;
}

/** What a footprint counts for; valid for one epoch. */
interface Matches {
  epoch: number;
  /** Counters looked at so far. */
  seen: number;
  counters: SelectedCounter[];
}

/** Counters nobody uses are kept up to this number, then dropped. */
const MAX_IDLE_COUNTERS = 64;
const NO_PODS: readonly CachedPod[] = [];

export class AssignedPods {
  readonly #nodes: NodeTable;
  readonly #namespaceLabels: NamespaceLabels;
  readonly #byRow: (CachedPod[] | undefined)[] = [];
  /** What is counted anew is counted by what pods have in common. */
  readonly #byFootprint = new Map<PodFootprint, CachedPod[]>();
  /** By claim ("namespace/name"): pods on nodes that use it. */
  readonly #claimUsers = new Map<string, number>();
  #counters: SelectedCounter[] = [];
  readonly #countersByKey = new Map<string, SelectedCounter>();
  readonly #carriers = new Map<string, CarrierEntry>();
  readonly #carriersOf = new Map<PodFootprint, readonly CarrierEntry[]>();
  readonly #matches = new WeakMap<PodFootprint, Matches>();
  /** Changes when counters are dropped or what selectors select has changed. */
  #epoch = 0;
  #carrierVersion = 0;
  #idle = 0;
  #size = 0;

  constructor(nodes: NodeTable, namespaceLabels: NamespaceLabels) {
    this.#nodes = nodes;
    this.#namespaceLabels = namespaceLabels;
    nodes.onMove = (row, topology, from, to) => this.#rowMoved(row, topology, from, to);
  }

  /** Pods on nodes, those assumed to be there included. */
  get size(): number {
    return this.#size;
  }

  on(row: number): readonly CachedPod[] {
    return this.#byRow[row] ?? NO_PODS;
  }

  /** The node table is charged too. `pod.chargedRow` and `pod.slot` are set. */
  add(pod: CachedPod, row: number): void {
    const pods = this.#byRow[row] ?? [];
    this.#byRow[row] = pods;
    pod.chargedRow = row;
    pod.slot = pods.length;
    pods.push(pod);
    this.#enter(pod);
    this.#size++;
    this.#nodes.addPod(row, pod.footprint);
    this.#count(pod, row, 1);
  }

  remove(pod: CachedPod): void {
    const row = pod.chargedRow;
    this.#count(pod, row, -1);
    const pods = this.#byRow[row]!;
    const last = pods.pop()!;
    this.#size--;
    if (last !== pod) {
      pods[pod.slot] = last;
      last.slot = pod.slot;
    }
    if (pods.length === 0) this.#byRow[row] = undefined;
    this.#leave(pod);
    pod.chargedRow = -1;
    this.#nodes.removePod(row, pod.footprint);
  }

  /** Puts a newer version of a pod where the older is: same node, same footprint. */
  replace(pod: CachedPod, next: CachedPod): void {
    const row = pod.chargedRow;
    if (pod.deleting !== next.deleting) {
      this.#countSelected(pod, row, -1);
      this.#countSelected(next, row, 1);
      this.#nodes.touch(row);
    } else if (pod.startMs !== next.startMs) {
      this.#nodes.touch(row);
    }
    this.#byRow[row]![pod.slot] = next;
    next.chargedRow = row;
    next.slot = pod.slot;
    next.place = pod.place;
    this.#byFootprint.get(next.footprint)![next.place] = next;
    pod.chargedRow = -1;
  }

  /**
   * A counter of pods that match all `selectors`, by domain of `topologyKey` or, without one, by row. To be released.
   */
  counter(options: {
    selectors: readonly PodSelector[];
    topologyKey?: string;
    countsTerminating: boolean;
  }): PodCounter {
    const { selectors, topologyKey, countsTerminating } = options;
    const key = JSON.stringify([countsTerminating, topologyKey, selectors.map((selector) => selector.key)]);
    const known = this.#countersByKey.get(key);
    if (known) {
      if (known.users++ === 0) this.#idle--;
      return known;
    }
    const topology = topologyKey === undefined ? undefined : this.#nodes.topology(topologyKey);
    const made: SelectedCounter = { key, selectors, topology, countsTerminating, counts: new Counts(), users: 1 };
    this.#countersByKey.set(key, made);
    this.#counters.push(made);
    this.#countAll(made);
    return made;
  }

  release(counter: PodCounter): void {
    const known = counter as SelectedCounter;
    if (--known.users > 0) return;
    this.#idle++;
    if (this.#idle > MAX_IDLE_COUNTERS) this.#dropIdle();
  }

  /** How many pods on nodes use a claim. */
  usersOfClaim(key: string): number {
    return this.#claimUsers.get(key) ?? 0;
  }

  /** Changes with the carriers there are and what their terms select. */
  get carrierVersion(): number {
    return this.#carrierVersion;
  }

  /** Terms of pods on nodes that select such a pod. */
  carriersSelecting(pod: SelectablePod): TermCarrier[] {
    const found: TermCarrier[] = [];
    for (const carrier of this.#carriers.values()) {
      if (selectsPod(carrier.term.selector, pod, this.#namespaceLabels)) found.push(carrier);
    }
    return found;
  }

  /** Whether a pod matches a selector, by what is known of its namespace. */
  selects(selector: PodSelector, pod: SelectablePod): boolean {
    return selectsPod(selector, pod, this.#namespaceLabels);
  }

  /** A footprint is in use from now on: its terms are counted. */
  footprintAdded(footprint: PodFootprint): void {
    const { requiredAffinity, requiredAntiAffinity, preferred } = footprint.terms;
    if (requiredAffinity.length + requiredAntiAffinity.length + preferred.length === 0) return;
    const carriers = [
      ...requiredAffinity.map((term) => this.#carrier(term, "required affinity", 0)),
      ...requiredAntiAffinity.map((term) => this.#carrier(term, "required anti-affinity", 0)),
      ...preferred.map(({ term, weight }) => this.#carrier(term, "preferred", weight)),
    ];
    for (const carrier of carriers) carrier.footprints++;
    this.#carriersOf.set(footprint, carriers);
  }

  /** The footprint is no pod's any more. */
  footprintDropped(footprint: PodFootprint): void {
    for (const carrier of this.#carriersOf.get(footprint) ?? []) {
      if (--carrier.footprints > 0) continue;
      this.#carriers.delete(carrier.counter.key);
      this.#carrierVersion++;
    }
    this.#carriersOf.delete(footprint);
  }

  /**
   * Labels of a namespace have changed: what selects other pods now is counted anew.
   * @returns whether anything does
   */
  namespaceChanged(change: NamespaceChange): boolean {
    const isMoved = (selector: PodSelector): boolean => isMovedBy(change, selector);
    const moved = this.#counters.filter(({ selectors }) => selectors.some(isMoved));
    if (moved.length > 0) this.#epoch++;
    for (const counter of moved) {
      counter.counts = new Counts();
      this.#countAll(counter);
    }
    const areCarriersMoved = [...this.#carriers.values()].some(({ term }) => isMoved(term.selector));
    if (areCarriersMoved) this.#carrierVersion++;
    return areCarriersMoved || moved.length > 0;
  }

  #carrier(term: AffinityTerm, kind: TermCarrier["kind"], weight: number): CarrierEntry {
    const key = `${kind} ${weight} ${term.key}`;
    const known = this.#carriers.get(key);
    if (known) return known;
    const topology = this.#nodes.topology(term.topologyKey);
    const made: CarrierEntry = { term, kind, weight, footprints: 0, counter: { key, topology, counts: new Counts() } };
    this.#carriers.set(key, made);
    this.#carrierVersion++;
    return made;
  }

  #count(pod: CachedPod, row: number, sign: 1 | -1): void {
    for (const name of pod.footprint.claims) this.#countClaim(`${pod.footprint.namespace}/${name}`, sign);
    this.#countSelected(pod, row, sign);
    for (const { counter } of this.#carriersOf.get(pod.footprint) ?? []) this.#countIn(counter, row, sign);
  }

  #countClaim(key: string, sign: 1 | -1): void {
    const users = (this.#claimUsers.get(key) ?? 0) + sign;
    if (users === 0) this.#claimUsers.delete(key);
    else this.#claimUsers.set(key, users);
  }

  #countSelected(pod: CachedPod, row: number, sign: 1 | -1): void {
    if (this.#counters.length === 0) return;
    for (const counter of this.#countersOf(pod.footprint)) {
      if (!pod.deleting || counter.countsTerminating) this.#countIn(counter, row, sign);
    }
  }

  #countIn({ topology, counts }: PodCounter, row: number, amount: number): void {
    if (!topology) {
      counts.add(row, amount, this.#nodes.rowLimit);
      return;
    }
    const domain = topology.domainOf[row]!;
    if (domain !== NO_DOMAIN) counts.add(domain, amount, topology.domainLimit);
  }

  #countersOf(footprint: PodFootprint): readonly SelectedCounter[] {
    let matches = this.#matches.get(footprint);
    if (!matches || matches.epoch !== this.#epoch) {
      matches = { epoch: this.#epoch, seen: 0, counters: [] };
      this.#matches.set(footprint, matches);
    }
    for (; matches.seen < this.#counters.length; matches.seen++) {
      const counter = this.#counters[matches.seen]!;
      if (this.#isCounted(footprint, counter)) matches.counters.push(counter);
    }
    return matches.counters;
  }

  #isCounted(footprint: PodFootprint, { selectors }: SelectedCounter): boolean {
    return selectors.every((selector) => selectsPod(selector, footprint, this.#namespaceLabels));
  }

  #enter(pod: CachedPod): void {
    const alike = this.#byFootprint.get(pod.footprint);
    pod.place = alike?.length ?? 0;
    if (alike) alike.push(pod);
    else this.#byFootprint.set(pod.footprint, [pod]);
  }

  #leave(pod: CachedPod): void {
    const alike = this.#byFootprint.get(pod.footprint)!;
    const last = alike.pop()!;
    if (last !== pod) {
      alike[pod.place] = last;
      last.place = pod.place;
    }
    if (alike.length === 0) this.#byFootprint.delete(pod.footprint);
  }

  #countAll(counter: SelectedCounter): void {
    for (const [footprint, pods] of this.#byFootprint) {
      if (!this.#isCounted(footprint, counter)) continue;
      for (const { chargedRow, deleting } of pods) {
        if (!deleting || counter.countsTerminating) this.#countIn(counter, chargedRow, 1);
      }
    }
  }

  /** A node's label has changed, or the node has come or gone: its pods count elsewhere. */
  #rowMoved(row: number, topology: Topology, from: number, to: number): void {
    const move = ({ counts }: PodCounter): void => {
      if (from !== NO_DOMAIN) counts.add(from, -1, topology.domainLimit);
      if (to !== NO_DOMAIN) counts.add(to, 1, topology.domainLimit);
    };
    for (const { footprint, deleting } of this.on(row)) {
      for (const counter of this.#countersOf(footprint)) {
        if (counter.topology === topology && (!deleting || counter.countsTerminating)) move(counter);
      }
      for (const { counter } of this.#carriersOf.get(footprint) ?? []) if (counter.topology === topology) move(counter);
    }
  }

  #dropIdle(): void {
    this.#counters = this.#counters.filter((counter) => counter.users > 0);
    this.#countersByKey.clear();
    for (const counter of this.#counters) this.#countersByKey.set(counter.key, counter);
    this.#idle = 0;
    this.#epoch++;
  }
}
