/** Pods and nodes for tests. */
import type { Node, Pod, PodSpec, Taint } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type NodeFacts, NodeTable } from "../framework/node-table.ts";
import { type PodShape, PodShapes } from "../framework/pod-shape.ts";
import { ResourceColumns } from "../framework/resources.ts";

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
}

export function makeNode(wish: NodeWish = {}): Node & KubeObject {
  const { name = "node-1", cpu = "4", memory = "8Gi", pods = "110", labels, taints, unschedulable, more } = wish;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-of-${name}`, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable !== undefined && { unschedulable }) },
    status: { allocatable: { cpu, memory, pods, ...more } },
  } as Node & KubeObject;
}

export interface PodWish {
  name?: string;
  namespace?: string;
  /** Requests of its one container. */
  requests?: { [name: string]: string };
  spec?: Partial<PodSpec>;
}

export function makePod({ name = "pod-1", namespace = "default", requests, spec }: PodWish = {}): Pod & KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-of-${name}`, generation: 1 },
    spec: {
      schedulerName: "default-scheduler",
      containers: [{ name: "main", image: "image", ...(requests && { resources: { requests } }) }],
      ...spec,
    },
    status: { phase: "Pending" },
  } as Pod & KubeObject;
}

export function factsOf({ metadata, spec, status }: Node & KubeObject): NodeFacts {
  const taints = spec?.taints ?? [];
  return {
    name: metadata.name ?? "",
    labels: metadata.labels ?? {},
    hardTaints: taints.filter(({ effect }) => effect !== "PreferNoSchedule"),
    softTaints: taints.filter(({ effect }) => effect === "PreferNoSchedule"),
    unschedulable: spec?.unschedulable ?? false,
    allocatable: status?.allocatable ?? {},
  };
}

/** A node table with one row for each node, and what makes shapes for it. */
export function makeTable(...nodes: NodeWish[]): {
  table: NodeTable;
  shapeOf(wish?: PodWish): PodShape;
  place(wish: PodWish, row: number): void;
} {
  const columns = new ResourceColumns();
  const table = new NodeTable(columns);
  const shapes = new PodShapes(columns);
  for (const [i, wish] of nodes.entries()) table.setNode(factsOf(makeNode({ name: `node-${i}`, ...wish })));
  const shapeOf = (wish: PodWish = {}): PodShape => shapes.of(makePod(wish));
  return { table, shapeOf, place: (wish, row) => table.addPod(row, shapeOf(wish)) };
}
