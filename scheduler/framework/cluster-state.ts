/**
 * Keeps the scheduler's view of the cluster in step with the change feed: nodes and what they carry, pods that wait,
 * and pods assumed to be where we are about to bind them.
 */
import type { ReplicaSet, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod, ReplicationController, Service } from "../../kinds/core/v1-types.ts";
import type { PodGroup } from "../../kinds/generated/api/scheduling-v1alpha2.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import type { AnyTable, Change } from "../../machinery/cluster/feed-cache.ts";
import { type Cached, Table } from "../../machinery/cluster/table.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject, LabelSelector, ObjectMeta } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { followDevices } from "../devices/device-tables.ts";
import { isEmptySelector, type Labels } from "./affinity-terms.ts";
import type { Budget } from "./budgets.ts";
import { ClusterView } from "./cluster-view.ts";
import { type Followed, follow, identityOf } from "./followed.ts";
import type { NodeFacts } from "./node-table.ts";
import type { ClusterChange } from "./plugin.ts";
import { type Group, groupFacts, groupKey } from "./pod-groups.ts";
import type { CachedPod, PendingPod } from "./queued-pod.ts";
import { followStorage } from "./storage-tables.ts";

export interface CachedNode extends Cached {
  facts: NodeFacts;
}

interface CachedNamespace extends Cached {
  labels: Labels;
}

interface CachedBudget extends Cached {
  budget: Budget;
}

interface CachedGroup extends Cached {
  group: Group;
}

interface CachedSelector extends Cached {
  selector: LabelSelector | undefined;
}

export interface ClusterStateListener {
  /** A pod that has no node is there, or has changed. */
  onPending(pod: PendingPod): void;
  /** It has a node now, has ended, or is gone. */
  onSettled(uid: string): void;
  onClusterChange(change: ClusterChange): void;
}

export class ClusterState {
  readonly view = new ClusterView();
  readonly pods: Table<CachedPod>;
  readonly #listener: ClusterStateListener;
  readonly #followed: ReadonlyMap<string, Followed>;

  constructor(listener: ClusterStateListener) {
    this.#listener = listener;
    this.pods = new Table<CachedPod>({
      resource: "pods",
      project: (object) => projectPod(object as unknown as Pod & KubeObject, this.view),
    });
    const nodes = new Table<CachedNode>({ resource: "nodes", project: (object) => projectNode(object as Node) });
    const followed: Followed[] = [
      follow(nodes, (change) => this.#observeNode(change)),
      follow(this.#namespaceTable(), (change) => this.#observeNamespace(change)),
      ...this.#selecting(),
      ...followDevices(this.view.devices, (change) => this.#tell(change)),
      ...followStorage(this.view.storage, (change) => this.#tell(change)),
      follow(budgetTable(), ({ type, object }) => {
        const { namespace = "", name = "" } = object.metadata;
        this.view.changes++;
        if (type === "deleted") this.view.budgets.delete(namespace, name);
        else this.view.budgets.set(namespace, object.budget);
      }),
      follow(groupTable(), ({ type, object }) => {
        const key = groupKey(object.group.namespace, object.group.name);
        this.view.groups.set(key, type === "deleted" ? undefined : object.group);
        this.#tell({ what: "group changed", key });
      }),
      follow(this.pods, (change) => this.#observePod(change)),
    ];
    this.#followed = new Map(followed.map((each) => [each.table.resource, each]));
  }

  get tables(): AnyTable[] {
    return [...this.#followed.values()].map(({ table }) => table);
  }

  observe(change: Change): void {
    this.#followed.get(change.resource)?.observe(change);
  }

  /** Counts a pending pod on a node before its binding is written. */
  assume(pod: CachedPod, row: number): void {
    this.view.pods.add(pod, row);
  }

  /** Undoes `assume`, unless the feed has meanwhile shown where the pod is. */
  forget(pod: CachedPod): void {
    const current = this.#current(pod);
    if (current?.nodeName === "") this.#uncharge(current);
  }

  /** The latest version of a pod, if it is still there and waits. */
  pending(pod: CachedPod): PendingPod | undefined {
    const current = this.#current(pod);
    return current && isPending(current) ? current : undefined;
  }

  #current({ metadata: { namespace = "", name = "", uid } }: CachedPod): CachedPod | undefined {
    const current = this.pods.get(namespace, name);
    return current?.metadata.uid === uid ? current : undefined;
  }

  #observePod({ type, object, previous }: Change<CachedPod>): void {
    const { footprints, classes } = this.view;
    const uid = object.metadata.uid ?? "";
    this.#joinGroup(object, type === "deleted" || object.terminal, previous);
    if (type === "deleted") {
      this.#uncharge(object);
      this.#release(object);
      this.#listener.onSettled(uid);
      return;
    }
    footprints.use(object.footprint);
    if (object.pending) classes.use(object.pending.podClass);
    if (previous) {
      this.#move(previous, object);
      this.#release(previous);
    } else if (object.nodeName !== "" && !object.terminal) {
      this.#charge(object, this.view.nodes.ensureRow(object.nodeName));
    }
    if (isPending(object)) this.#listener.onPending(object);
    else if (!previous || isPending(previous)) this.#listener.onSettled(uid);
  }

  #joinGroup(pod: CachedPod, isOver: boolean, previous: CachedPod | undefined): void {
    if (pod.group === undefined) return;
    if (isOver) this.view.groups.leave(pod);
    else this.view.groups.join(pod);
    if (!previous && !isOver) this.#tell({ what: "group changed", key: groupKey(pod.footprint.namespace, pod.group) });
  }

  #release({ footprint, pending }: CachedPod): void {
    this.view.footprints.release(footprint);
    if (pending) this.view.classes.release(pending.podClass);
  }

  /** Carries what is counted over from one version of a pod to the next. */
  #move(previous: CachedPod, current: CachedPod): void {
    const from = previous.chargedRow;
    // While a pod has no node, an assumption about it stands.
    const row = current.terminal ? -1 : current.nodeName === "" ? from : this.view.nodes.ensureRow(current.nodeName);
    if (row < 0) {
      this.#uncharge(previous);
      return;
    }
    const { footprint } = current;
    if (row === from && footprint === previous.footprint) {
      this.view.pods.replace(previous, current);
      if (previous.nodeName === "" && current.nodeName !== "") this.#tell({ what: "pod came", row, footprint });
      if (current.deleting && !previous.deleting) this.#tell({ what: "pod terminating", row, footprint });
      return;
    }
    // In this order, so that the row does not go in between.
    this.#charge(current, row);
    this.#uncharge(previous);
  }

  #charge(pod: CachedPod, row: number): void {
    this.view.pods.add(pod, row);
    this.#tell({ what: "pod came", row, footprint: pod.footprint });
  }

  #uncharge(pod: CachedPod): void {
    const { chargedRow: row, footprint } = pod;
    if (row < 0) return;
    this.view.pods.remove(pod);
    this.#tell({ what: "pod left", row, footprint });
  }

  #observeNode({ type, object, previous }: Change<CachedNode>): void {
    const { nodes, images } = this.view;
    if (type === "deleted") {
      images.set(nodes.rowOf(object.facts.name) ?? -1, []);
      nodes.removeNode(object.facts.name);
      this.#tell({ what: "node deleted" });
      return;
    }
    const next = object.facts;
    const prev = previous?.facts;
    if (prev && deepEqual(next, prev)) return;
    const row = nodes.setNode(next);
    if (!deepEqual(next.images, prev?.images ?? [])) images.set(row, next.images);
    this.#tell(
      prev
        ? {
            what: "node changed",
            row,
            labels: !deepEqual(next.labels, prev.labels),
            taints: !deepEqual(next.hardTaints, prev.hardTaints),
            unschedulable: next.unschedulable !== prev.unschedulable,
            allocatable: !deepEqual(next.allocatable, prev.allocatable),
            features: !deepEqual(next.declaredFeatures, prev.declaredFeatures),
          }
        : { what: "node added", row },
    );
  }

  #namespaceTable(): Table<CachedNamespace> {
    return new Table<CachedNamespace>({
      resource: "namespaces",
      project: ({ metadata }) => ({ metadata: identityOf(metadata), labels: metadata.labels ?? {} }),
    });
  }

  #observeNamespace({ type, object }: Change<CachedNamespace>): void {
    const name = object.metadata.name ?? "";
    const before = this.view.namespaces.get(name);
    const after = type === "deleted" ? undefined : object.labels;
    if (after) this.view.namespaces.set(name, after);
    else this.view.namespaces.delete(name);
    const isOther = this.view.pods.namespaceChanged({ namespace: name, before, after });
    if (isOther) this.#tell({ what: "namespace changed" });
  }

  /** Services and owners of pods: only their selectors are kept. */
  #selecting(): Followed[] {
    const { workloads } = this.view;
    const owner = (resource: string, kind: string, read: (object: KubeObject) => LabelSelector | undefined): Followed =>
      this.#selector(resource, read, (metadata, selector) =>
        workloads.setOwner(metadata.namespace ?? "", { kind, name: metadata.name ?? "" }, selector),
      );
    return [
      this.#selector(
        "services",
        (object) => ({ matchLabels: (object as Service).spec?.selector ?? {} }),
        ({ namespace = "", name = "" }, selector) => workloads.setService(namespace, name, selector?.matchLabels),
      ),
      owner("replicasets.apps", "ReplicaSet", (object) => (object as ReplicaSet).spec?.selector),
      owner("statefulsets.apps", "StatefulSet", (object) => (object as StatefulSet).spec?.selector),
      owner("replicationcontrollers", "ReplicationController", (object) => ({
        matchLabels: (object as ReplicationController).spec?.selector ?? {},
      })),
    ];
  }

  #selector(
    resource: string,
    read: (object: KubeObject) => LabelSelector | undefined,
    set: (metadata: ObjectMeta, selector: LabelSelector | undefined) => void,
  ): Followed {
    const table = new Table<CachedSelector>({
      resource,
      project: (object) => ({ metadata: identityOf(object.metadata), selector: read(object) }),
    });
    return follow(table, ({ type, object, previous }) => {
      if (type === "changed" && deepEqual(object.selector, previous?.selector)) return;
      set(object.metadata, type === "deleted" ? undefined : object.selector);
      this.#tell({ what: "workload changed", namespace: object.metadata.namespace ?? "" });
    });
  }

  #tell(change: ClusterChange): void {
    this.view.changes++;
    this.#listener.onClusterChange(change);
  }
}

const isPending = (pod: CachedPod): pod is PendingPod => pod.pending !== undefined;

function projectPod(pod: Pod & KubeObject, view: ClusterView): CachedPod {
  const { metadata, spec, status } = pod;
  const terminal = status?.phase === "Succeeded" || status?.phase === "Failed";
  const nodeName = spec?.nodeName ?? "";
  const deleting = metadata.deletionTimestamp !== undefined;
  const footprint = view.footprints.of(pod);
  return {
    metadata: { ...identityOf(metadata), namespace: footprint.namespace },
    footprint,
    nodeName,
    terminal,
    deleting,
    preempted: deleting && isPreempted(pod),
    startMs: status?.startTime ? Date.parse(status.startTime) : 0,
    group: spec?.schedulingGroup?.podGroupName,
    chargedRow: -1,
    slot: -1,
    place: -1,
    pending: nodeName === "" && !terminal ? pendingFacts(pod, view) : undefined,
  };
}

const isPreempted = ({ status }: Pod): boolean =>
  status?.conditions?.some(
    ({ type, status: is, reason }) =>
      type === "DisruptionTarget" && is === "True" && reason === "PreemptionByScheduler",
  ) ?? false;

function pendingFacts(pod: Pod & KubeObject, view: ClusterView): PendingPod["pending"] {
  const { metadata, spec, status } = pod;
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    podClass: view.classes.of(pod),
    gated: (spec?.schedulingGates?.length ?? 0) > 0,
    generation: metadata.generation,
    condition: condition && {
      status: condition.status,
      reason: condition.reason ?? "",
      message: condition.message ?? "",
    },
    nominatedNode: status?.nominatedNodeName ?? "",
  };
}

const budgetTable = (): Table<CachedBudget> =>
  new Table<CachedBudget>({
    resource: "poddisruptionbudgets.policy",
    project: (object) => {
      const { metadata, spec, status } = object as PodDisruptionBudget;
      const selector = spec?.selector;
      return {
        metadata: identityOf(metadata),
        budget: {
          name: metadata.name ?? "",
          matches: selector && !isEmptySelector(selector) ? compileSelector(selector) : undefined,
          allowed: status?.disruptionsAllowed ?? 0,
          disrupted: new Set(Object.keys(status?.disruptedPods ?? {})),
        },
      };
    },
  });

const groupTable = (): Table<CachedGroup> =>
  new Table<CachedGroup>({
    resource: "podgroups.scheduling.k8s.io",
    project: (object) => ({ metadata: identityOf(object.metadata), group: groupFacts(object as PodGroup) }),
  });

const projectNode = (node: Node): CachedNode => ({ metadata: identityOf(node.metadata), facts: nodeFacts(node) });

/** What placement needs of a Node object. */
export function nodeFacts({ metadata, spec, status }: Node): NodeFacts {
  const taints = spec?.taints ?? [];
  return {
    name: metadata.name ?? "",
    labels: metadata.labels ?? {},
    hardTaints: taints.filter(({ effect }) => effect !== "PreferNoSchedule"),
    softTaints: taints.filter(({ effect }) => effect === "PreferNoSchedule"),
    unschedulable: spec?.unschedulable ?? false,
    allocatable: status?.allocatable ?? {},
    images: (status?.images ?? []).map(({ names = [], sizeBytes = 0 }) => ({ names, sizeBytes })),
    declaredFeatures: status?.declaredFeatures ?? [],
  };
}
