import type { ObjectMeta } from "../../machinery/meta/object.ts";
import type { PodShape } from "./pod-shape.ts";

/** The PodScheduled condition, as far as it is compared. */
export interface ScheduledCondition {
  status: string;
  reason: string;
  message: string;
}

/** A pod as the scheduler keeps it: identity, shape, and where it is. */
export interface CachedPod {
  metadata: ObjectMeta;
  shape: PodShape;
  /** spec.nodeName; "" while pending. */
  nodeName: string;
  /** Succeeded or Failed: it no longer takes anything from its node. */
  terminal: boolean;
  /** Row of the node table it is counted on; -1: none. Kept by ClusterState. */
  chargedRow: number;
  /** Only of pending pods. */
  pending: PendingFacts | undefined;
}

export interface PendingFacts {
  deleting: boolean;
  gated: boolean;
  generation: number | undefined;
  condition: ScheduledCondition | undefined;
}

export type PendingPod = CachedPod & { pending: PendingFacts };

/** A pending pod's place in the queue. */
export interface QueuedPod {
  pod: PendingPod;
  where: "active" | "backoff" | "unschedulable" | "in flight" | "gone";
  /** Of its latest entry in a queue; older entries no longer count. */
  sequence: number;
  attempts: number;
  /** Since when it is in `unschedulable`, epoch ms. */
  parkedMs: number;
  /** Not tried again before this, epoch ms. */
  notBeforeMs: number;
  /** Names of plugins that rejected it last. */
  rejectedBy: ReadonlySet<string>;
  /** The event that tells why it waits. */
  told: { eventName: string; message: string; count: number; atMs: number } | undefined;
}

/** An entry of the active queue: what it is sorted by does not change while it is there. */
export interface QueueEntry {
  readonly priority: number;
  /** Order of arrival. */
  readonly sequence: number;
}
