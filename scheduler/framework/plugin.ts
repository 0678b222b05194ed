/**
 * The extension points of scheduling, as upstream's scheduling framework names them. A plugin is one object in one file.
 * Plugins that judge a node by its own row alone (FilterPlugin, ScorePlugin) are asked again only when the row changes;
 * those that look at the whole cluster (ClusterFilterPlugin, ClusterScorePlugin) prepare for a class of pods and keep
 * what they know up to date themselves.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodClass } from "./pod-class.ts";
import type { PodFootprint } from "./pod-footprint.ts";
import type { PodShape } from "./pod-shape.ts";
import type { PendingPod, QueueEntry } from "./queued-pod.ts";

/** Why a pod cannot be on a node. Made once and shared, never per node. */
export interface Rejection {
  plugin: string;
  /** As in `0/5 nodes are available: 5 Insufficient cpu.`: each counts its nodes. */
  reasons: readonly string[];
  /** Whether the node may fit once pods leave it: false when only something else can change that. */
  podsInTheWay: boolean;
  /** Something is wrong with what the pod asks for: the attempt ends, and is made again after a back-off. */
  isError?: true;
}

/** Why a pod can be nowhere, whatever the nodes. */
export interface ClusterRejection {
  plugin: string;
  message: string;
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
      features: boolean;
    }
  | { what: "node deleted" }
  /** An assigned pod left its node, or asks for less. */
  | { what: "pod left"; row: number; footprint: PodFootprint }
  /** It is still there, but on its way out. */
  | { what: "pod terminating"; row: number; footprint: PodFootprint }
  /** A pod is on a node that was not, or looks different there. */
  | { what: "pod came"; row: number; footprint: PodFootprint }
  | { what: "namespace changed" }
  /** Services, ReplicaSets and the like: what pods are spread by. */
  | { what: "workload changed"; namespace: string }
  | { what: "storage changed"; kind: "claim" | "volume" | "class" | "driver" | "capacity" | "attachment" }
  /**
   * `freed`: a claim has given back what it had. `claim`: namespace/name of the claim it is about, if it is.
   * `isClass`: it is about a DeviceClass.
   */
  | { what: "device changed"; claim: string | undefined; freed: boolean; isClass?: boolean }
  /** A PodGroup, or the number of its pods. */
  | { what: "group changed"; key: string };

interface Named {
  readonly name: string;
}

/** Keeps pods out of the queue altogether. */
export interface PreEnqueuePlugin extends Named {
  /** Whether the pod must not be tried yet. */
  holdsBack(pod: PendingPod, cluster: ClusterView): boolean;
}

export interface QueueSortPlugin extends Named {
  /** Negative: `a` is tried before `b`. */
  compare(a: QueueEntry, b: QueueEntry): number;
}

export interface FilterPlugin extends Named {
  /** PreFilter: false when the plugin has nothing to say about such pods. Absent: it always has. */
  appliesTo?(shape: PodShape): boolean;
  /** PreFilter: the only nodes that can pass, by name; undefined: any may. A rejection: none can, whatever its name. */
  candidates?(shape: PodShape): readonly string[] | ClusterRejection | undefined;
  /** Undefined: the pod may be on the node. */
  filter(shape: PodShape, nodes: NodeTable, row: number): Rejection | undefined;
  /** Queueing hint: whether a pod this plugin has rejected is worth another try after `change`. */
  retryAfter(change: ClusterChange, shape: PodShape, nodes: NodeTable): boolean;
}

export interface ClusterFilterPlugin extends Named {
  /** PreFilter: undefined when the plugin never has anything to say about such pods. */
  prepare(podClass: PodClass, cluster: ClusterView): PreparedFilter | undefined;
  /** Queueing hint: whether a pod this plugin has rejected is worth another try after `change`. */
  retryAfter(change: ClusterChange, podClass: PodClass, cluster: ClusterView): boolean;
  /**
   * PostFilter, when the pod fits nowhere: what may be given back so that it does, and what is told about it.
   * @param how `rejected`: it was this plugin that rejected nodes
   */
  postFilter?(pod: PendingPod, cluster: ClusterView, how: { rejected: boolean }): { ops: WriteOp[]; message: string };
}

export interface PreparedFilter {
  /** Catches up with the cluster, before a series of `filter`. "idle": as things are, every node passes. */
  refresh(): "active" | "idle" | ClusterRejection;
  filter(row: number): Rejection | undefined;
  /** No longer needed. */
  dispose?(): void;
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

/** Rows that have passed all filters. */
export interface FeasibleRows {
  readonly rows: Int32Array;
  readonly count: number;
}

export interface ClusterScorePlugin extends Named {
  /** PreScore: undefined when the plugin never makes a difference for such pods. */
  prepareScore(podClass: PodClass, cluster: ClusterView): PreparedScore | undefined;
}

export interface PreparedScore {
  /** Sets `scores[i]` for `feasible.rows[i]`, 0 to 100. False: all the same, and nothing was set. */
  score(feasible: FeasibleRows, scores: Int32Array): boolean;
  dispose?(): void;
}

/** What a plugin has put aside for a pod that goes to a node. */
export interface Reservation {
  plugin: string;
  /** PreBind: to be written before the binding; the binding is not made when one of them fails. */
  ops: WriteOp[];
  /** The pod goes elsewhere, or nowhere. */
  undo(): void;
  /** To be written then, as `ops` may have been. */
  rollback?: WriteOp[];
  /** PreBind: what was written has taken effect. Absent: at once. */
  progress?(): "done" | "waiting" | { failed: string };
  /** How long `progress` may say waiting. */
  timeoutMs?: number;
  /** What is told when that time is over. */
  timeoutMessage?: string;
  /** Told as an event when the waiting begins. */
  announcement?: { reason: "BindingConditionsPending"; message: string };
}

export interface ReservePlugin extends Named {
  /** Undefined: nothing to put aside. */
  reserve(pod: PendingPod, row: number, cluster: ClusterView): Reservation | ClusterRejection | undefined;
}

/** Holds a pod that has a node back from being bound. */
export interface PermitPlugin extends Named {
  permit(pod: PendingPod, row: number, cluster: ClusterView): PermitVerdict;
}

export type PermitVerdict = "allow" | { rejected: string } | { waitMs: number; until(): "allow" | "wait" | "reject" };

export interface BindPlugin extends Named {
  bind(pod: PendingPod, nodeName: string): WriteOp;
}

export interface PostBindPlugin extends Named {
  bound(pod: PendingPod, nodeName: string): void;
}

export interface WeightedScore<T> {
  plugin: T;
  weight: number;
}

/** The plugins pods of one `schedulerName` go through. */
export interface Profile {
  schedulerName: string;
  preEnqueue: readonly PreEnqueuePlugin[];
  queueSort: QueueSortPlugin;
  /** In order: the first to reject a node names the reason. */
  filters: readonly FilterPlugin[];
  /** After all of `filters`. */
  clusterFilters: readonly ClusterFilterPlugin[];
  scores: readonly WeightedScore<ScorePlugin>[];
  clusterScores: readonly WeightedScore<ClusterScorePlugin>[];
  /** PostFilter; undefined: pods never make others leave. */
  preemption: PreemptionPolicy | undefined;
  reserve: readonly ReservePlugin[];
  permit: readonly PermitPlugin[];
  bind: BindPlugin;
  postBind: readonly PostBindPlugin[];
}

/** Of the DefaultPreemption plugin: how many nodes are looked at before the best so far is taken. */
export interface PreemptionPolicy {
  name: string;
  minCandidateNodesPercentage: number;
  minCandidateNodesAbsolute: number;
}
