/** Pods no node could take, by class, and which of them a change may have helped. */
import type { ClusterView } from "./cluster-view.ts";
import type { ClusterChange, Profile } from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import { groupKey } from "./pod-groups.ts";
import type { QueuedPod } from "./queued-pod.ts";

/** Longest time a pod waits without a new try, whatever happens. */
const MAX_PARKED_MS = 5 * 60_000;
/** More rows than this and the whole cluster is looked at. */
const MAX_ROWS = 32;

/** The plugins that keep a pod off a row, or off all when none is given; undefined: it would fit. */
export type WhyNot = (queued: QueuedPod, row?: number) => ReadonlySet<string> | undefined;

interface ParkedClass {
  podClass: PodClass;
  /** In the order in which they came. */
  pods: Set<QueuedPod>;
  /** Names of the plugins that have rejected them; empty: nobody knows why. */
  rejectedBy: Set<string>;
  /** Rows where one of the pods may fit now; "anywhere"; undefined: nothing has happened. */
  maybe: Set<number> | "anywhere" | undefined;
  lastTriedMs: number;
}

export class Parked {
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #cluster: ClusterView;
  readonly #classes = new Map<PodClass, ParkedClass>();
  readonly #maybe = new Set<ParkedClass>();
  /** By row: pods nominated to it. */
  readonly #nominated = new Map<number, Set<QueuedPod>>();
  /** Rows pods are nominated to, of which something has changed. */
  readonly #changedRows = new Set<number>();
  #size = 0;
  /** Not before this is a class overdue; undefined: to be found out. */
  #nextMs: number | undefined;

  constructor(profiles: ReadonlyMap<string, Profile>, cluster: ClusterView) {
    this.#profiles = profiles;
    this.#cluster = cluster;
  }

  get size(): number {
    return this.#size;
  }

  rejections(): Iterable<readonly [{ plugin: string; profile: string }, number]> {
    const counts = new Map<string, [{ plugin: string; profile: string }, number]>();
    for (const { podClass, pods, rejectedBy } of this.#classes.values()) {
      const profile = podClass.shape.schedulerName;
      for (const plugin of rejectedBy) {
        const key = `${profile} ${plugin}`;
        const known = counts.get(key);
        if (known) known[1] += pods.size;
        else counts.set(key, [{ plugin, profile }, pods.size]);
      }
    }
    return counts.values();
  }

  get hasMaybe(): boolean {
    return this.#maybe.size + this.#changedRows.size > 0;
  }

  add(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const { podClass } = queued.pod.pending;
    const { parkedMs } = queued;
    const known = this.#classes.get(podClass);
    if (known) {
      known.pods.add(queued);
      known.lastTriedMs = parkedMs;
      for (const name of rejectedBy) known.rejectedBy.add(name);
    } else {
      const made: ParkedClass = {
        podClass,
        pods: new Set([queued]),
        rejectedBy: new Set(rejectedBy),
        maybe: undefined,
        lastTriedMs: parkedMs,
      };
      this.#classes.set(podClass, made);
      const dueMs = parkedMs + MAX_PARKED_MS;
      if (this.#nextMs === undefined || dueMs < this.#nextMs) this.#nextMs = dueMs;
    }
    this.#size++;
    const row = queued.nominatedRow;
    if (row < 0) return;
    const there = this.#nominated.get(row);
    if (there) there.add(queued);
    else this.#nominated.set(row, new Set([queued]));
  }

  /** Before what the pod is nominated to changes. */
  remove(queued: QueuedPod): void {
    const parked = this.#classes.get(queued.pod.pending.podClass);
    if (!parked?.pods.delete(queued)) return;
    this.#size--;
    if (parked.pods.size === 0) {
      this.#classes.delete(parked.podClass);
      this.#maybe.delete(parked);
    }
    const there = this.#nominated.get(queued.nominatedRow);
    if (there?.delete(queued) && there.size === 0) this.#nominated.delete(queued.nominatedRow);
  }

  /** The pod of the class that has waited longest. */
  nextOf(podClass: PodClass): QueuedPod | undefined {
    const parked = this.#classes.get(podClass);
    if (parked) for (const queued of parked.pods) if (queued.nominatedRow < 0) return queued;
    return undefined;
  }

  onChange(change: ClusterChange): void {
    if (this.#size === 0) return;
    const row = "row" in change ? change.row : -1;
    if (row >= 0 && this.#nominated.has(row)) this.#changedRows.add(row);
    if (change.what === "node deleted") {
      for (const at of this.#nominated.keys()) if (!this.#cluster.nodes.facts[at]) this.#changedRows.add(at);
    }
    for (const parked of this.#classes.values()) {
      if (parked.maybe === "anywhere") continue;
      const reach = this.#reach(change, parked);
      if (reach === "none") continue;
      this.#maybe.add(parked);
      if (reach === "row" && row >= 0) {
        parked.maybe ??= new Set();
        parked.maybe.add(row);
        if (parked.maybe.size <= MAX_ROWS) continue;
      }
      parked.maybe = "anywhere";
    }
  }

  /** Takes note of all changes so far: the pods they have helped, one of each class. */
  helped(whyNot: WhyNot): QueuedPod[] {
    const helped: QueuedPod[] = [];
    for (const row of this.#changedRows) {
      for (const queued of this.#nominated.get(row) ?? []) if (!whyNot(queued, row)) helped.push(queued);
    }
    this.#changedRows.clear();
    for (const parked of this.#maybe) {
      const { maybe, podClass } = parked;
      parked.maybe = undefined;
      const first = this.nextOf(podClass);
      if (!first) continue;
      // What one plugin has let go of another may hold now: that one is listened to from now on as well.
      const stillHeld = (row?: number): boolean => {
        const why = whyNot(first, row);
        for (const name of why ?? []) parked.rejectedBy.add(name);
        return why !== undefined;
      };
      const isHeld = maybe === "anywhere" ? stillHeld() : [...(maybe ?? [])].every((row) => stillHeld(row));
      if (!isHeld) helped.push(first);
    }
    this.#maybe.clear();
    return helped;
  }

  /** Pods that have waited long enough to be tried in any case, one of each class. */
  overdue(nowMs: number): QueuedPod[] {
    if (this.#nextMs === undefined || this.#nextMs > nowMs) return [];
    this.#nextMs = undefined;
    const overdue: QueuedPod[] = [];
    for (const parked of this.#classes.values()) {
      const dueMs = parked.lastTriedMs + MAX_PARKED_MS;
      if (dueMs <= nowMs) {
        parked.lastTriedMs = nowMs;
        const [first] = parked.pods;
        overdue.push(first!);
      }
      const nextMs = parked.lastTriedMs + MAX_PARKED_MS;
      if (this.#nextMs === undefined || nextMs < this.#nextMs) this.#nextMs = nextMs;
    }
    return overdue;
  }

  /** When something is overdue. */
  nextMs(): number | undefined {
    if (this.#classes.size === 0) this.#nextMs = undefined;
    return this.#nextMs;
  }

  /** Whether a group that must be in one domain may find it now. */
  #mayMakeDomain(change: ClusterChange, { group, footprint }: PodClass): boolean {
    const isOther = change.what === "node added" || (change.what === "node changed" && change.labels);
    if (!isOther || group === undefined) return false;
    return this.#cluster.groups.get(groupKey(footprint.namespace, group))?.topologyKey !== undefined;
  }

  /** Whether the change may help on its row, anywhere, or not at all. */
  #reach(change: ClusterChange, { podClass, rejectedBy }: ParkedClass): "none" | "row" | "anywhere" {
    if (change.what === "group changed") {
      const isOurs = podClass.group && groupKey(podClass.footprint.namespace, podClass.group) === change.key;
      return isOurs ? "anywhere" : "none";
    }
    if (this.#mayMakeDomain(change, podClass)) return "anywhere";
    const profile = this.#profiles.get(podClass.shape.schedulerName);
    if (!profile || rejectedBy.size === 0) return "anywhere";
    for (const plugin of profile.clusterFilters) {
      if (rejectedBy.has(plugin.name) && plugin.retryAfter(change, podClass, this.#cluster)) return "anywhere";
    }
    for (const plugin of profile.filters) {
      if (rejectedBy.has(plugin.name) && plugin.retryAfter(change, podClass.shape, this.#cluster.nodes)) return "row";
    }
    return "none";
  }
}
