/** All that placement looks at, as one piece: the scheduler's picture of the cluster. Plugins read it. */

import { Devices } from "../devices/devices.ts";
import type { Labels } from "./affinity-terms.ts";
import { AssignedPods } from "./assigned-pods.ts";
import { Budgets } from "./budgets.ts";
import { NodeImages } from "./node-images.ts";
import { NodeTable } from "./node-table.ts";
import { type PodClass, PodClasses } from "./pod-class.ts";
import { PodFootprints } from "./pod-footprint.ts";
import { PodGroups } from "./pod-groups.ts";
import { PodShapes } from "./pod-shape.ts";
import { ResourceColumns } from "./resources.ts";
import { Storage } from "./storage.ts";
import { Workloads } from "./workloads.ts";

export class ClusterView {
  readonly columns = new ResourceColumns();
  readonly nodes = new NodeTable(this.columns);
  /** Labels by name. */
  readonly namespaces = new Map<string, Labels>();
  readonly pods = new AssignedPods(this.nodes, (namespace) => this.namespaces.get(namespace));
  readonly workloads = new Workloads();
  readonly budgets = new Budgets();
  readonly images = new NodeImages();
  readonly storage = new Storage();
  readonly devices = new Devices();
  readonly groups = new PodGroups();
  readonly footprints = new PodFootprints(this.columns, {
    onAdd: (footprint) => this.pods.footprintAdded(footprint),
    onDrop: (footprint) => this.pods.footprintDropped(footprint),
  });
  readonly shapes = new PodShapes(this.columns);
  readonly classes = new PodClasses(this.footprints, this.shapes, (podClass) => this.onClassDropped(podClass));
  /** Counts what has happened that is not in the node table. */
  changes = 0;
  /** When what is being decided is decided, epoch ms. */
  nowMs = 0;
  onClassDropped: (podClass: PodClass) => void = () => undefined;

  constructor() {
    this.nodes.isDevice = (resource) => this.devices.classFor(resource) !== undefined;
    this.devices.onResourcesChanged = () => this.nodes.touchAll();
  }
}
