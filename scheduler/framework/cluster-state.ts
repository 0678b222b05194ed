/**
 * The scheduler's view of the cluster, kept in step with the change feed: nodes and what they carry, pods that wait,
 * and pods assumed to be where we are about to bind them.
 */
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Cached, Table } from "../../machinery/cluster/table.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { type NodeFacts, NodeTable } from "./node-table.ts";
import type { ClusterChange } from "./plugin.ts";
import { PodShapes } from "./pod-shape.ts";
import type { CachedPod, PendingPod } from "./queued-pod.ts";
import { ResourceColumns } from "./resources.ts";

export interface CachedNode extends Cached {
  facts: NodeFacts;
}

export interface ClusterStateListener {
  /** A pod that has no node is there, or has changed. */
  onPending(pod: PendingPod): void;
  /** It has a node now, has ended, or is gone. */
  onSettled(uid: string): void;
  onClusterChange(change: ClusterChange): void;
}

export class ClusterState {
  readonly nodes: NodeTable;
  readonly pods: Table<CachedPod>;
  readonly nodeObjects: Table<CachedNode>;
  readonly #shapes: PodShapes;
  readonly #listener: ClusterStateListener;

  constructor(listener: ClusterStateListener) {
    const columns = new ResourceColumns();
    this.#listener = listener;
    this.#shapes = new PodShapes(columns);
    this.nodes = new NodeTable(columns);
    this.pods = new Table<CachedPod>({
      resource: "pods",
      project: (object) => projectPod(object as unknown as Pod & KubeObject, this.#shapes),
    });
    this.nodeObjects = new Table<CachedNode>({
      resource: "nodes",
      project: (object) => projectNode(object as Node & KubeObject),
    });
  }

  observe(change: Change): void {
    if (change.resource === "nodes") this.#observeNode(change as Change<CachedNode>);
    else if (change.resource === "pods") this.#observePod(change as Change<CachedPod>);
  }

  /** Counts a pending pod on a node before its binding is written. */
  assume(pod: CachedPod, row: number): void {
    this.#charge(pod, row);
  }

  /** Undoes `assume`, unless the feed has meanwhile shown where the pod is. */
  forget(pod: CachedPod): void {
    const current = this.pods.get(pod.metadata.namespace ?? "", pod.metadata.name ?? "");
    if (!current || current.metadata.uid !== pod.metadata.uid || current.nodeName !== "") return;
    this.#uncharge(current);
  }

  /** The latest version of a pod, if it is still there and waits. */
  pending({ metadata: { namespace = "", name = "", uid } }: CachedPod): PendingPod | undefined {
    const current = this.pods.get(namespace, name);
    return current && current.metadata.uid === uid && isPending(current) ? current : undefined;
  }

  #observePod({ type, object, previous }: Change<CachedPod>): void {
    const uid = object.metadata.uid ?? "";
    if (type === "deleted") {
      this.#uncharge(object);
      this.#shapes.release(object.shape);
      this.#listener.onSettled(uid);
      return;
    }
    this.#shapes.use(object.shape);
    if (previous) {
      this.#shapes.release(previous.shape);
      this.#move(previous, object);
    } else if (object.nodeName !== "" && !object.terminal) {
      this.#charge(object, this.nodes.ensureRow(object.nodeName));
    }
    if (isPending(object)) this.#listener.onPending(object);
    else if (!previous || isPending(previous)) this.#listener.onSettled(uid);
  }

  /** Carries what is counted over from one version of a pod to the next. */
  #move(previous: CachedPod, current: CachedPod): void {
    // While a pod has no node, an assumption about it stands.
    const row = current.terminal
      ? -1
      : current.nodeName === ""
        ? previous.chargedRow
        : this.nodes.ensureRow(current.nodeName);
    if (row === previous.chargedRow && current.shape === previous.shape) {
      current.chargedRow = row;
      return;
    }
    // In this order, so that the row does not go in between.
    if (row >= 0) this.#charge(current, row);
    this.#uncharge(previous);
  }

  #charge(pod: CachedPod, row: number): void {
    this.nodes.addPod(row, pod.shape);
    pod.chargedRow = row;
  }

  #uncharge(pod: CachedPod): void {
    const row = pod.chargedRow;
    if (row < 0) return;
    pod.chargedRow = -1;
    this.nodes.removePod(row, pod.shape);
    this.#listener.onClusterChange({ what: "pod left", row, shape: pod.shape });
  }

  #observeNode({ type, object, previous }: Change<CachedNode>): void {
    if (type === "deleted") {
      this.nodes.removeNode(object.facts.name);
      return;
    }
    const next = object.facts;
    const prev = previous?.facts;
    if (prev && deepEqual(next, prev)) return;
    const row = this.nodes.setNode(next);
    this.#listener.onClusterChange(
      prev
        ? {
            what: "node changed",
            row,
            labels: !deepEqual(next.labels, prev.labels),
            taints: !deepEqual(next.hardTaints, prev.hardTaints),
            unschedulable: next.unschedulable !== prev.unschedulable,
            allocatable: !deepEqual(next.allocatable, prev.allocatable),
          }
        : { what: "node added", row },
    );
  }
}

const isPending = (pod: CachedPod): pod is PendingPod => pod.pending !== undefined;

function projectPod(pod: Pod & KubeObject, shapes: PodShapes): CachedPod {
  const { spec, status } = pod;
  const terminal = status?.phase === "Succeeded" || status?.phase === "Failed";
  const nodeName = spec?.nodeName ?? "";
  return {
    metadata: identityOf(pod.metadata),
    shape: shapes.of(pod),
    nodeName,
    terminal,
    chargedRow: -1,
    pending: nodeName === "" && !terminal ? pendingFacts(pod) : undefined,
  };
}

function pendingFacts({ metadata, spec, status }: Pod & KubeObject): PendingPod["pending"] {
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    deleting: metadata.deletionTimestamp !== undefined,
    gated: (spec?.schedulingGates?.length ?? 0) > 0,
    generation: metadata.generation,
    condition: condition && {
      status: condition.status,
      reason: condition.reason ?? "",
      message: condition.message ?? "",
    },
  };
}

function projectNode({ metadata, spec, status }: Node & KubeObject): CachedNode {
  const taints = spec?.taints ?? [];
  return {
    metadata: identityOf(metadata),
    facts: {
      name: metadata.name ?? "",
      labels: metadata.labels ?? {},
      hardTaints: taints.filter(({ effect }) => effect !== "PreferNoSchedule"),
      softTaints: taints.filter(({ effect }) => effect === "PreferNoSchedule"),
      unschedulable: spec?.unschedulable ?? false,
      allocatable: status?.allocatable ?? {},
    },
  };
}

/** Always the same four fields: objects of one layout cost least. */
const identityOf = ({ namespace, name, uid, resourceVersion }: ObjectMeta): ObjectMeta =>
  ({ namespace, name, uid, resourceVersion }) as ObjectMeta;
