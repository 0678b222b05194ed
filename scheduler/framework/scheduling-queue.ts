/**
 * Pods that wait for a node. Rules, as upstream's scheduling queue has them:
 * [SQ1] active pods come in the order of the QueueSort plugin;
 * [SQ2] a pod no node could take waits until a change helps it, or 5 minutes: a change is looked at when one of the
 *   plugins that rejected the pod says it may help, and helps when there is now a node that takes the pod;
 * [SQ3] a pod whose binding failed is tried again after a back-off that doubles with each attempt;
 * [SQ4] a pod held back by a PreEnqueue plugin is not in the queue at all.
 * Pods alike wait as one: the first is tried, and each that finds a place wakes the next.
 */
import type { ClusterView } from "./cluster-view.ts";
import { Heap } from "./heap.ts";
import { Parked, type WhyNot } from "./parked-pods.ts";
import type { ClusterChange, Profile } from "./plugin.ts";
import type { PodClass } from "./pod-class.ts";
import type { PendingPod, QueuedPod, QueueEntry } from "./queued-pod.ts";

export interface QueueOptions {
  profiles: ReadonlyMap<string, Profile>;
  cluster: ClusterView;
  initialBackoffMs: number;
  maxBackoffMs: number;
  /** Told of each pod that comes into a queue. */
  onQueued?(event: QueueEvent, queue: "active" | "backoff" | "unschedulable" | "gated"): void;
}

export type QueueEvent = "PodAdd" | "PodUpdate" | "ScheduleAttemptFailure" | "ClusterEvent" | "BackoffComplete";

/**
 * Entries of the heaps stay until they surface; an entry counts only while its pod is still where the entry says, with
 * the sequence it had.
 */
interface Entry {
  readonly queued: QueuedPod;
  readonly sequence: number;
}

export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active: Heap<Entry & QueueEntry>;
  readonly #backoff: Heap<Entry & { dueMs: number }>;
  readonly #parked: Parked;
  readonly #held = new Set<QueuedPod>();
  #activeCount = 0;
  #sequence = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const [profile] = options.profiles.values();
    if (!profile) throw new Error("a scheduler needs a profile");
    const { queueSort } = profile;
    this.#active = new Heap<Entry & QueueEntry>((a, b) => queueSort.compare(a, b));
    this.#backoff = new Heap<Entry & { dueMs: number }>((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence);
    this.#parked = new Parked(options.profiles, options.cluster);
  }

  get activeCount(): number {
    return this.#activeCount;
  }

  counts(): { active: number; backoff: number; unschedulable: number; held: number } {
    let backoff = 0;
    for (const { where } of this.#pods.values()) if (where === "backoff") backoff++;
    return { active: this.#activeCount, backoff, unschedulable: this.#parked.size, held: this.#held.size };
  }

  /** Pods that wait, by profile and the plugins that have rejected them. */
  rejections(): Iterable<readonly [{ plugin: string; profile: string }, number]> {
    return this.#parked.rejections();
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  /** A pending pod that is new or has changed. Undefined: it does not come into question. */
  put(pod: PendingPod): QueuedPod | undefined {
    const uid = pod.metadata.uid ?? "";
    const known = this.#pods.get(uid);
    if (pod.deleting) {
      if (known) this.#drop(known);
      return undefined;
    }
    const queued = known ?? newQueued(pod);
    if (!known) this.#pods.set(uid, queued);
    const changed = known !== undefined && known.pod.pending.podClass !== pod.pending.podClass;
    // Out of the place it has as the pod it was.
    if (changed && queued.where === "unschedulable") this.#parked.remove(queued);
    queued.pod = pod;
    const held = this.#isHeld(pod);
    if (held && queued.where !== "in flight") this.#hold(queued);
    else if (!held && (!known || queued.where === "held" || (changed && queued.where !== "in flight"))) {
      this.#activate(queued, known ? "PodUpdate" : "PodAdd");
    }
    return queued;
  }

  /** The pod is bound or gone. */
  remove(uid: string): QueuedPod | undefined {
    const known = this.#pods.get(uid);
    if (known) this.#drop(known);
    return known;
  }

  /** The next pod to try; it is in flight until `park`, `retryLater` or `remove`. */
  next(): QueuedPod | undefined {
    for (;;) {
      const entry = this.#active.pop();
      if (!entry) return undefined;
      const { queued } = entry;
      if (queued.where !== "active" || queued.sequence !== entry.sequence) continue;
      this.#take(queued);
      return queued;
    }
  }

  /** Takes a certain pod out of turn, if it is active or parked. */
  take(queued: QueuedPod): boolean {
    if (queued.where === "unschedulable") this.#parked.remove(queued);
    else if (queued.where === "backoff") queued.sequence = ++this.#sequence;
    else if (queued.where !== "active") return false;
    if (queued.where !== "active") this.#activeCount++;
    this.#take(queued);
    return true;
  }

  /** No node could take it. */
  park(queued: QueuedPod, rejectedBy: ReadonlySet<string>, nowMs: number): void {
    if (queued.where !== "in flight") return;
    queued.where = "unschedulable";
    queued.parkedMs = nowMs;
    this.#parked.add(queued, rejectedBy);
    this.#options.onQueued?.("ScheduleAttemptFailure", "unschedulable");
  }

  /** A pod of the class has found a place: the next that waits is tried. */
  placed(podClass: PodClass): void {
    const next = this.#parked.nextOf(podClass);
    if (next) this.#wake(next);
  }

  /** Something failed that may not fail the next time. */
  retryLater(queued: QueuedPod, nowMs: number): void {
    if (queued.where !== "in flight") return;
    const { initialBackoffMs, maxBackoffMs } = this.#options;
    const delayMs = Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.max(0, queued.attempts - 1));
    queued.where = "backoff";
    queued.sequence = ++this.#sequence;
    queued.notBeforeMs = nowMs + delayMs;
    this.#backoff.push({ queued, sequence: queued.sequence, dueMs: queued.notBeforeMs });
    this.#options.onQueued?.("ScheduleAttemptFailure", "backoff");
  }

  /** Tries a pod again at once. */
  activate(queued: QueuedPod): void {
    if (queued.where === "unschedulable") this.#wake(queued);
    else if (queued.where === "backoff") this.#activate(queued, "ClusterEvent");
  }

  /** Notes which parked pods the change may help; `wake` looks at them. */
  onChange(change: ClusterChange): void {
    this.#parked.onChange(change);
  }

  get hasMaybe(): boolean {
    return this.#parked.hasMaybe;
  }

  /**
   * Puts pods that changes have helped into the active queue.
   * @param whyNot the plugins that keep a pod off a row, or off all when none is given; undefined: it fits
   */
  wake(whyNot: WhyNot): void {
    for (const queued of this.#parked.helped(whyNot)) this.#wake(queued);
  }

  /** Looks again at pods that were held back. */
  recheckHeld(): void {
    for (const queued of [...this.#held]) if (!this.#isHeld(queued.pod)) this.#activate(queued, "ClusterEvent");
  }

  /** Activates what has waited long enough. */
  flush(nowMs: number): void {
    for (let entry = this.#backoff.peek(); entry && entry.dueMs <= nowMs; entry = this.#backoff.peek()) {
      this.#backoff.pop();
      if (isCurrent(entry)) this.#activate(entry.queued, "BackoffComplete");
    }
    for (const queued of this.#parked.overdue(nowMs)) this.#wake(queued);
  }

  /** When `flush` or `wake` has something to do; 0: now. */
  nextMs(): number | undefined {
    if (this.#activeCount > 0 || this.#parked.hasMaybe) return 0;
    let entry = this.#backoff.peek();
    while (entry && !isCurrent(entry)) {
      this.#backoff.pop();
      entry = this.#backoff.peek();
    }
    const parkedMs = this.#parked.nextMs();
    if (entry === undefined) return parkedMs;
    return parkedMs === undefined ? entry.dueMs : Math.min(entry.dueMs, parkedMs);
  }

  #isHeld(pod: PendingPod): boolean {
    const profile = this.#options.profiles.get(pod.pending.podClass.shape.schedulerName);
    return profile?.preEnqueue.some((plugin) => plugin.holdsBack(pod, this.#options.cluster)) ?? true;
  }

  #take(queued: QueuedPod): void {
    queued.where = "in flight";
    queued.attempts++;
    this.#activeCount--;
  }

  #wake(queued: QueuedPod): void {
    this.#parked.remove(queued);
    this.#activate(queued, "ClusterEvent");
  }

  #activate(queued: QueuedPod, event: QueueEvent): void {
    if (queued.where !== "active") this.#options.onQueued?.(event, "active");
    this.#held.delete(queued);
    if (queued.where !== "active") this.#activeCount++;
    queued.where = "active";
    queued.sequence = ++this.#sequence;
    this.#active.push({ queued, sequence: queued.sequence, priority: queued.pod.footprint.priority });
  }

  #hold(queued: QueuedPod): void {
    if (queued.where === "active") this.#activeCount--;
    if (queued.where === "unschedulable") this.#parked.remove(queued);
    if (queued.where !== "held") this.#options.onQueued?.("PodAdd", "gated");
    queued.where = "held";
    this.#held.add(queued);
  }

  #drop(queued: QueuedPod): void {
    const { where } = queued;
    if (where === "active") this.#activeCount--;
    if (where === "unschedulable") this.#parked.remove(queued);
    this.#held.delete(queued);
    queued.where = "gone";
    this.#pods.delete(queued.pod.metadata.uid ?? "");
    // It may have been the one whose success would have woken the next.
    if (where === "active") this.placed(queued.pod.pending.podClass);
  }
}

const isCurrent = ({ queued, sequence }: Entry): boolean => queued.where === "backoff" && queued.sequence === sequence;

const newQueued = (pod: PendingPod): QueuedPod => ({
  pod,
  where: "gone",
  sequence: 0,
  attempts: 0,
  sinceMs: 0,
  takenMs: 0,
  parkedMs: 0,
  notBeforeMs: 0,
  nominatedRow: -1,
  told: undefined,
});
