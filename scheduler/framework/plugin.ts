/**
 * The extension points of placement, as upstream's scheduling framework names them. A plugin is one object in one file
 * and holds no state: it judges a pod's shape against a row of the node table.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodShape } from "./pod-shape.ts";
import type { PendingPod, QueueEntry } from "./queued-pod.ts";

/** Why a pod cannot be on a node. Made once and shared, never per node. */
export interface Rejection {
  plugin: string;
  /** As in `0/5 nodes are available: 5 Insufficient cpu.`: each counts its nodes. */
  reasons: readonly string[];
  /** Whether the node may fit once pods leave it: false when only the node itself can change that. */
  podsInTheWay: boolean;
}

/** What happened in the cluster, for queueing hints. */
export type ClusterChange =
  | { what: "node added"; row: number }
  | {
      what: "node changed";
      row: number;
      labels: boolean;
      taints: boolean;
      unschedulable: boolean;
      allocatable: boolean;
    }
  /** An assigned pod left its node, or asks for less. */
  | { what: "pod left"; row: number; shape: PodShape };

interface Named {
  readonly name: string;
}

/** Keeps pods out of the queue altogether. */
export interface PreEnqueuePlugin extends Named {
  /** Whether the pod must not be tried yet. */
  holdsBack(pod: PendingPod): boolean;
}

export interface QueueSortPlugin extends Named {
  /** Negative: `a` is tried before `b`. */
  compare(a: QueueEntry, b: QueueEntry): number;
}

export interface FilterPlugin extends Named {
  /** PreFilter: false when the plugin has nothing to say about such pods. Absent: it always has. */
  appliesTo?(shape: PodShape): boolean;
  /** PreFilter: the only nodes that can pass, by name; undefined: any may. */
  candidates?(shape: PodShape): readonly string[] | undefined;
  /** Undefined: the pod may be on the node. */
  filter(shape: PodShape, nodes: NodeTable, row: number): Rejection | undefined;
  /** Queueing hint: whether a pod this plugin has rejected is worth another try after `change`. */
  retryAfter(change: ClusterChange, shape: PodShape, nodes: NodeTable): boolean;
}

export interface ScorePlugin extends Named {
  /** PreScore: false leaves the plugin out for such pods. Absent: it always scores. */
  appliesTo?(shape: PodShape): boolean;
  /** A whole number; from 0 to 100 unless `normalize` brings it there. */
  score(shape: PodShape, nodes: NodeTable, row: number): number;
  /**
   * "highest": the highest score of all feasible nodes becomes 100, others in proportion. "lowest": the same, turned
   * round: 0 becomes 100. Absent: scores stand as they are.
   */
  normalize?: "highest" | "lowest";
}

export interface BindPlugin extends Named {
  bind(pod: PendingPod, nodeName: string): WriteOp;
}

/** The plugins pods of one `schedulerName` go through. */
export interface Profile {
  schedulerName: string;
  preEnqueue: readonly PreEnqueuePlugin[];
  queueSort: QueueSortPlugin;
  /** In order: the first to reject a node names the reason. */
  filters: readonly FilterPlugin[];
  scores: readonly { plugin: ScorePlugin; weight: number }[];
  bind: BindPlugin;
}
