/** Pods, nodes and clusters for tests. */
import type { Node, Pod, PodSpec, Taint } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ClusterState } from "../framework/cluster-state.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { NodeTable } from "../framework/node-table.ts";
import type { ClusterChange } from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import type { PodShape } from "../framework/pod-shape.ts";
import type { PendingPod } from "../framework/queued-pod.ts";

export interface NodeWish {
  name?: string;
  cpu?: string;
  memory?: string;
  pods?: string;
  labels?: { [key: string]: string };
  taints?: Taint[];
  unschedulable?: boolean;
  /** Further allocatable resources. */
  more?: { [name: string]: string };
  /** Names and bytes of images. */
  images?: { [name: string]: number };
  declaredFeatures?: string[];
}

export function makeNode(wish: NodeWish = {}): Node & KubeObject {
  const { name = "node-1", cpu = "4", memory = "8Gi", pods = "110", labels, taints, unschedulable, more } = wish;
  const { declaredFeatures } = wish;
  const images = Object.entries(wish.images ?? {}).map(([image, sizeBytes]) => ({ names: [image], sizeBytes }));
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-of-${name}`, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable !== undefined && { unschedulable }) },
    status: {
      allocatable: { cpu, memory, pods, ...more },
      ...(images.length > 0 && { images }),
      ...(declaredFeatures && { declaredFeatures }),
    },
  } as Node & KubeObject;
}

export interface PodWish {
  name?: string;
  namespace?: string;
  labels?: { [key: string]: string };
  /** Requests of its one container. */
  requests?: { [name: string]: string };
  priority?: number;
  /** Where it is already. */
  node?: string;
  spec?: Partial<PodSpec>;
}

export function makePod(wish: PodWish = {}): Pod & KubeObject {
  const { name = "pod-1", namespace = "default", labels, requests, priority, node, spec } = wish;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-of-${name}`, generation: 1, ...(labels && { labels }) },
    spec: {
      schedulerName: "default-scheduler",
      containers: [{ name: "main", image: "image", ...(requests && { resources: { requests } }) }],
      ...(priority !== undefined && { priority }),
      ...(node && { nodeName: node }),
      ...spec,
    },
    status: { phase: "Pending" },
  } as Pod & KubeObject;
}

/** A picture of a cluster, filled object by object. */
export class TestCluster {
  readonly changes: ClusterChange[] = [];
  readonly #state = new ClusterState({
    onPending: () => undefined,
    onSettled: () => undefined,
    onClusterChange: (change) => this.changes.push(change),
  });
  #revision = 0;

  get view(): ClusterView {
    return this.#state.view;
  }

  get nodes(): NodeTable {
    return this.view.nodes;
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** @param resource storage key, such as "nodes" */
  put(resource: string, object: object): void {
    const table = this.#table(resource);
    const stored = structuredClone(object) as KubeObject;
    stored.metadata = { uid: `uid-of-${stored.metadata.name}`, ...stored.metadata };
    stored.metadata.resourceVersion = String(++this.#revision);
    const projected = table.project(stored);
    const previous = table.put(projected);
    this.#state.observe({ type: previous ? "changed" : "added", resource, object: projected, previous });
  }

  remove(resource: string, namespace: string, name: string): void {
    const object = this.#table(resource).remove(namespace, name);
    if (!object) throw new Error(`no ${resource} ${namespace}/${name}`);
    this.#state.observe({ type: "deleted", resource, object });
  }

  node(wish: NodeWish): this {
    this.put("nodes", makeNode(wish));
    return this;
  }

  /** A pod on a node, or a pending one. */
  pod(wish: PodWish): this {
    this.put("pods", makePod(wish));
    return this;
  }

  namespace(name: string, labels: { [key: string]: string } = {}): this {
    this.put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    return this;
  }

  classOf(wish: PodWish): PodClass {
    return this.view.classes.of(makePod(wish));
  }

  /** A pending pod that is there. */
  pending(wish: PodWish): PendingPod {
    this.pod(wish);
    const { namespace = "default", name = "pod-1" } = wish;
    return this.#state.pods.get(namespace, name) as PendingPod;
  }

  row(name: string): number {
    const row = this.nodes.rowOf(name);
    if (row === undefined) throw new Error(`no node ${name}`);
    return row;
  }

  #table(resource: string) {
    const table = this.#state.tables.find((each) => each.resource === resource);
    if (!table) throw new Error(`${resource} is not followed`);
    return table;
  }
}

/** A node table with one row for each node, and what makes shapes for it. */
export function makeTable(...nodes: NodeWish[]): {
  table: NodeTable;
  shapeOf(wish?: PodWish): PodShape;
  place(wish: PodWish, row: number): void;
} {
  const cluster = new TestCluster();
  for (const [i, wish] of nodes.entries()) cluster.node({ name: `node-${i}`, ...wish });
  const { nodes: table, shapes } = cluster.view;
  const shapeOf = (wish: PodWish = {}): PodShape => shapes.of(makePod(wish));
  return { table, shapeOf, place: (wish, row) => table.addPod(row, shapeOf(wish)) };
}

/** For queueing hints: a change of the node in row 0. */
export const nodeChanged = (what: Partial<Extract<ClusterChange, { what: "node changed" }>>): ClusterChange => ({
  what: "node changed",
  row: 0,
  labels: false,
  taints: false,
  unschedulable: false,
  allocatable: false,
  features: false,
  ...what,
});
