/**
 * Pods that wait for a node. Rules, as upstream's scheduling queue has them:
 * [SQ1] active pods come in the order of the QueueSort plugin;
 * [SQ2] a pod no node could take waits until a change that may help one of the plugins that rejected it, or 5 minutes;
 * [SQ3] a pod whose binding failed is tried again after a back-off that doubles with each attempt, 1 s to 10 s;
 * [SQ4] a pod held back by a PreEnqueue plugin is not in the queue at all.
 */
import { Heap } from "./heap.ts";
import type { NodeTable } from "./node-table.ts";
import type { ClusterChange, FilterPlugin, Profile } from "./plugin.ts";
import type { PodShape } from "./pod-shape.ts";
import type { PendingPod, QueuedPod, QueueEntry } from "./queued-pod.ts";

const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10_000;
/** Longest time a pod waits without a new try, whatever happens. */
const MAX_PARKED_MS = 5 * 60_000;

/**
 * Entries of the heaps stay until they surface; an entry counts only while its pod is still where the entry says, with
 * the sequence it had.
 */
interface Entry {
  readonly queued: QueuedPod;
  readonly sequence: number;
}

export class SchedulingQueue {
  readonly #profile: Profile;
  readonly #filters: ReadonlyMap<string, FilterPlugin>;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active: Heap<Entry & QueueEntry>;
  readonly #backoff: Heap<Entry & { dueMs: number }>;
  readonly #parked = new Map<PodShape, Set<QueuedPod>>();
  #activeCount = 0;
  #sequence = 0;
  #nextFlushMs: number | undefined;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#filters = new Map(profile.filters.map((plugin) => [plugin.name, plugin]));
    this.#active = new Heap<Entry & QueueEntry>((a, b) => profile.queueSort.compare(a, b));
    this.#backoff = new Heap<Entry & { dueMs: number }>((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence);
  }

  get activeCount(): number {
    return this.#activeCount;
  }

  counts(): { active: number; backoff: number; unschedulable: number } {
    let unschedulable = 0;
    for (const parked of this.#parked.values()) unschedulable += parked.size;
    let backoff = 0;
    for (const { where } of this.#pods.values()) if (where === "backoff") backoff++;
    return { active: this.#activeCount, backoff, unschedulable };
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  /** A pending pod that is new or has changed. */
  put(pod: PendingPod): void {
    const uid = pod.metadata.uid ?? "";
    const known = this.#pods.get(uid);
    const held = pod.pending.deleting || this.#profile.preEnqueue.some((plugin) => plugin.holdsBack(pod));
    if (held) {
      if (known) this.#drop(known);
      return;
    }
    if (!known) {
      const queued: QueuedPod = {
        pod,
        where: "gone",
        sequence: 0,
        attempts: 0,
        parkedMs: 0,
        notBeforeMs: 0,
        rejectedBy: new Set(),
        told: undefined,
      };
      this.#pods.set(uid, queued);
      this.#activate(queued);
      return;
    }
    const changed = known.pod.shape !== pod.shape;
    if (known.where === "unschedulable" && changed) {
      this.#unpark(known);
      known.pod = pod;
      this.#activate(known);
    } else if (known.where === "active" && changed) {
      known.pod = pod;
      this.#activate(known);
    } else {
      known.pod = pod;
    }
  }

  /** The pod is bound or gone. */
  remove(uid: string): void {
    const known = this.#pods.get(uid);
    if (known) this.#drop(known);
  }

  /** The next pod to try; it is in flight until `park`, `retryLater` or `remove`. */
  next(): QueuedPod | undefined {
    for (;;) {
      const entry = this.#active.pop();
      if (!entry) return undefined;
      const { queued } = entry;
      if (queued.where !== "active" || queued.sequence !== entry.sequence) continue;
      queued.where = "in flight";
      queued.attempts++;
      this.#activeCount--;
      return queued;
    }
  }

  /** No node could take it. */
  park(queued: QueuedPod, rejectedBy: ReadonlySet<string>, nowMs: number): void {
    if (queued.where === "gone") return;
    queued.where = "unschedulable";
    queued.rejectedBy = rejectedBy;
    queued.parkedMs = nowMs;
    const { shape } = queued.pod;
    const parked = this.#parked.get(shape);
    if (parked) parked.add(queued);
    else this.#parked.set(shape, new Set([queued]));
    this.#nextFlushMs ??= nowMs + MAX_PARKED_MS;
  }

  /** Something failed that may not fail the next time. */
  retryLater(queued: QueuedPod, nowMs: number): void {
    if (queued.where === "gone") return;
    const delayMs = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** Math.max(0, queued.attempts - 1));
    queued.where = "backoff";
    queued.sequence = ++this.#sequence;
    queued.notBeforeMs = nowMs + delayMs;
    this.#backoff.push({ queued, sequence: queued.sequence, dueMs: queued.notBeforeMs });
  }

  /**
   * Puts pods that `change` helps into the active queue: one of the plugins that rejected them says it may, and the
   * node concerned would now take them. Pods alike are asked about once.
   */
  onChange(change: ClusterChange, nodes: NodeTable, fits: (shape: PodShape, row: number) => boolean): void {
    for (const [shape, parked] of [...this.#parked]) {
      // Pods of one shape may have been rejected at different times, by different plugins.
      const verdicts = new Map<string, boolean>();
      let takes: boolean | undefined;
      const helps = (name: string): boolean => {
        let verdict = verdicts.get(name);
        if (verdict === undefined) {
          const plugin = this.#filters.get(name);
          verdict = plugin === undefined || plugin.retryAfter(change, shape, nodes);
          verdicts.set(name, verdict);
        }
        return verdict;
      };
      for (const queued of [...parked]) {
        if (queued.rejectedBy.size > 0 && ![...queued.rejectedBy].some(helps)) continue;
        takes ??= fits(shape, change.row);
        if (!takes) break;
        this.#unpark(queued);
        this.#activate(queued);
      }
    }
  }

  /** Activates what has waited long enough. */
  flush(nowMs: number): void {
    for (let entry = this.#backoff.peek(); entry && entry.dueMs <= nowMs; entry = this.#backoff.peek()) {
      this.#backoff.pop();
      if (isCurrent(entry)) this.#activate(entry.queued);
    }
    if (this.#nextFlushMs === undefined || this.#nextFlushMs > nowMs) return;
    this.#nextFlushMs = undefined;
    for (const parked of [...this.#parked.values()]) {
      for (const queued of [...parked]) {
        const dueMs = queued.parkedMs + MAX_PARKED_MS;
        if (dueMs <= nowMs) {
          this.#unpark(queued);
          this.#activate(queued);
        } else if (this.#nextFlushMs === undefined || dueMs < this.#nextFlushMs) {
          this.#nextFlushMs = dueMs;
        }
      }
    }
  }

  /** When `flush` has something to do; 0: a pod is active. */
  nextMs(): number | undefined {
    if (this.#activeCount > 0) return 0;
    let entry = this.#backoff.peek();
    while (entry && !isCurrent(entry)) {
      this.#backoff.pop();
      entry = this.#backoff.peek();
    }
    if (this.#parked.size === 0) this.#nextFlushMs = undefined;
    if (entry === undefined) return this.#nextFlushMs;
    return this.#nextFlushMs === undefined ? entry.dueMs : Math.min(entry.dueMs, this.#nextFlushMs);
  }

  #activate(queued: QueuedPod): void {
    if (queued.where !== "active") this.#activeCount++;
    queued.where = "active";
    queued.sequence = ++this.#sequence;
    this.#active.push({ queued, sequence: queued.sequence, priority: queued.pod.shape.priority });
  }

  #unpark(queued: QueuedPod): void {
    const { shape } = queued.pod;
    const parked = this.#parked.get(shape);
    parked?.delete(queued);
    if (parked?.size === 0) this.#parked.delete(shape);
  }

  #drop(queued: QueuedPod): void {
    if (queued.where === "active") this.#activeCount--;
    if (queued.where === "unschedulable") this.#unpark(queued);
    queued.where = "gone";
    this.#pods.delete(queued.pod.metadata.uid ?? "");
  }
}

const isCurrent = ({ queued, sequence }: Entry): boolean => queued.where === "backoff" && queued.sequence === sequence;
