import type { ObjectMeta } from "../../machinery/meta/object.ts";
import type { PodClass } from "./pod-class.ts";
import type { PodFootprint } from "./pod-footprint.ts";

/** The PodScheduled condition, as far as it is compared. */
export interface ScheduledCondition {
  status: string;
  reason: string;
  message: string;
}

/** A pod as the scheduler keeps it: identity, footprint, and where it is. */
export interface CachedPod {
  metadata: ObjectMeta;
  footprint: PodFootprint;
  /** spec.nodeName; "" while pending. */
  nodeName: string;
  /** Succeeded or Failed: it no longer takes anything from its node. */
  terminal: boolean;
  /** It is being deleted. */
  deleting: boolean;
  /** It is being deleted because the scheduler wanted its place. */
  preempted: boolean;
  /** status.startTime, epoch ms; 0: not started. */
  startMs: number;
  /** spec.schedulingGroup.podGroupName */
  group: string | undefined;
  /** Row of the node table it is counted on, and its place there; -1: none. Kept by AssignedPods. */
  chargedRow: number;
  slot: number;
  /** Its place among the pods on nodes with its footprint. Kept by AssignedPods. */
  place: number;
  /** Only of pending pods. */
  pending: PendingFacts | undefined;
}

export interface PendingFacts {
  podClass: PodClass;
  gated: boolean;
  generation: number | undefined;
  condition: ScheduledCondition | undefined;
  /** status.nominatedNodeName; "" for none. */
  nominatedNode: string;
}

export type PendingPod = CachedPod & { pending: PendingFacts };

/** A pending pod's place in the queue. */
export interface QueuedPod {
  pod: PendingPod;
  where: "active" | "backoff" | "unschedulable" | "held" | "in flight" | "gone";
  /** Of its latest entry in a queue; older entries no longer count. */
  sequence: number;
  attempts: number;
  /** When it first came into the queue, and when it was last taken from it; epoch ms. */
  sinceMs: number;
  takenMs: number;
  /** Since when it is in `unschedulable`, epoch ms. */
  parkedMs: number;
  /** Not tried again before this, epoch ms. */
  notBeforeMs: number;
  /** Row of the node table it is nominated to; -1: none. */
  nominatedRow: number;
  /** The event that tells why it waits. */
  told: { eventName: string; message: string; count: number; atMs: number } | undefined;
}

/** An entry of the active queue: what it is sorted by does not change while it is there. */
export interface QueueEntry {
  readonly priority: number;
  /** Order of arrival. */
  readonly sequence: number;
}
