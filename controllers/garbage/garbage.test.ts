import { describe, expect, it } from "vitest";
import { registry } from "../../kinds/registry.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../machinery/meta/object.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { garbageCollector } from "./controller.ts";

const DELETED = "2026-01-01T00:00:00Z";
const KINDS: { [kind: string]: { apiVersion: string; resource: string; namespaced: boolean } } = {
  ReplicaSet: { apiVersion: "apps/v1", resource: "replicasets.apps", namespaced: true },
  Pod: { apiVersion: "v1", resource: "pods", namespaced: true },
  ConfigMap: { apiVersion: "v1", resource: "configmaps", namespaced: true },
  Node: { apiVersion: "v1", resource: "nodes", namespaced: false },
  ClusterRole: {
    apiVersion: "rbac.authorization.k8s.io/v1",
    resource: "clusterroles.rbac.authorization.k8s.io",
    namespaced: false,
  },
};

/** "ReplicaSet/web": an object of that kind; its uid is "uid-of-web". */
const object = (text: string, meta: Partial<ObjectMeta> = {}): KubeObject & { kind: string } => {
  const [kind = "", name = ""] = text.split("/");
  const { apiVersion, namespaced } = KINDS[kind]!;
  return {
    apiVersion,
    kind,
    metadata: metadata(name, { namespace: namespaced ? "ns" : "", ...meta }),
    spec: { containers: [] },
  };
};

const owner = (text: string, more: Partial<OwnerReference> = {}): OwnerReference => {
  const [kind = "", name = ""] = text.split("/");
  return { apiVersion: KINDS[kind]?.apiVersion ?? "example.com/v1", kind, name, uid: `uid-of-${name}`, ...more };
};

function setUp(objects: (KubeObject & { kind: string })[]) {
  const view = new View(registry);
  const put = (o: KubeObject & { kind: string }): Change => {
    const { resource } = KINDS[o.kind]!;
    const previous = view.table(resource)?.put(o);
    const change: Change = previous
      ? { type: "changed", resource, object: o, previous }
      : { type: "added", resource, object: o };
    view.observe(change);
    return change;
  };
  const remove = (o: KubeObject & { kind: string }): Change => {
    const { resource } = KINDS[o.kind]!;
    view.table(resource)?.remove(o.metadata.namespace ?? "", o.metadata.name ?? "");
    const change: Change = { type: "deleted", resource, object: o };
    view.observe(change);
    return change;
  };
  for (const o of objects) put(o);
  const plan = (name: string): Plan =>
    garbageCollector.plan(`uid-of-${name}`, view, { nowMs: 0, random: () => 0, attempts: 0, failures: [] });
  const keys = (change: Change) =>
    [...(garbageCollector.watchAll?.(change, view) ?? [])].map((uid) => uid.replace("uid-of-", ""));
  return { plan, put, remove, keys };
}

const summary = ({ actions }: Plan) =>
  actions.map(({ op }) => {
    if (op.verb === "delete") return `delete ${op.name} ${op.options?.propagationPolicy}`;
    if (op.verb === "patch" && op.patchType === "json") return `finalizer ${op.name} ${JSON.stringify(op.patch)}`;
    const meta = (
      op as unknown as {
        patch: { metadata: { ownerReferences?: OwnerReference[] | null; finalizers?: string[] | null } };
      }
    ).patch.metadata;
    const owners =
      meta.ownerReferences === undefined
        ? ""
        : ` owners=${meta.ownerReferences?.map(({ name, blockOwnerDeletion }) => name + (blockOwnerDeletion === false ? "!" : "")) ?? ""}`;
    const finalizers = meta.finalizers === undefined ? "" : ` finalizers=${meta.finalizers ?? ""}`;
    return `${op.verb} ${"name" in op ? op.name : ""}${owners}${finalizers}`;
  });

/** Only that one goes, and only if it is still there. */
const removes = (index: number, finalizer: string) =>
  JSON.stringify([
    { op: "test", path: "/metadata/uid", value: "uid-of-r" },
    { op: "test", path: `/metadata/finalizers/${index}`, value: finalizer },
    { op: "remove", path: `/metadata/finalizers/${index}` },
  ]);

describe("garbage collector", () => {
  it.each<{ name: string; objects: (KubeObject & { kind: string })[]; item: string; does: string[] }>([
    { name: "[GC1] nobody's: stays", objects: [object("Pod/p")], item: "p", does: [] },
    {
      name: "[GC2] its owner is there: stays",
      objects: [object("ReplicaSet/r"), object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] })],
      item: "p",
      does: [],
    },
    {
      name: "[GC3] its owner is gone: goes",
      objects: [object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] })],
      item: "p",
      does: ["delete p Background"],
    },
    {
      name: "[GC4] an owner of the same name but another uid does not count",
      objects: [
        object("ReplicaSet/r", { uid: "newer" }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] }),
      ],
      item: "p",
      does: ["delete p Background"],
    },
    {
      name: "[GC4b] nor does a reference that names another object than the uid's",
      objects: [object("ReplicaSet/r"), object("Pod/p", { ownerReferences: [owner("ReplicaSet/r", { name: "s" })] })],
      item: "p",
      does: ["delete p Background"],
    },
    {
      name: "[GC5] one of two owners is there: only the reference to the other goes",
      objects: [
        object("ReplicaSet/r"),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/gone"), owner("ReplicaSet/r")] }),
      ],
      item: "p",
      does: ["patch p owners=r"],
    },
    {
      name: "[GC6] an owner in another namespace does not count",
      objects: [
        object("ReplicaSet/r", { namespace: "other" }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] }),
      ],
      item: "p",
      does: ["delete p Background"],
    },
    {
      name: "[GC7] a cluster-scoped owner does",
      objects: [object("Node/n"), object("Pod/p", { ownerReferences: [owner("Node/n")] })],
      item: "p",
      does: [],
    },
    {
      name: "[GC8] a cluster-scoped object with a namespaced owner is never collected",
      objects: [object("ClusterRole/c", { ownerReferences: [owner("ReplicaSet/r")] })],
      item: "c",
      does: [],
    },
    {
      name: "[GC9] nor anything whose owner is of a kind nobody knows",
      objects: [object("Pod/p", { ownerReferences: [owner("Widget/w")] })],
      item: "p",
      does: [],
    },
    {
      name: "[GC10] what is being deleted already is left alone",
      objects: [object("Pod/p", { deletionTimestamp: DELETED, ownerReferences: [owner("ReplicaSet/r")] })],
      item: "p",
      does: [],
    },
    {
      name: "[GC11] its own finalizers choose how it goes: orphan",
      objects: [object("Pod/p", { finalizers: ["orphan"], ownerReferences: [owner("ReplicaSet/r")] })],
      item: "p",
      does: ["delete p Orphan"],
    },
    {
      name: "[GC12] its own finalizers choose how it goes: foreground",
      objects: [object("Pod/p", { finalizers: ["foregroundDeletion"], ownerReferences: [owner("ReplicaSet/r")] })],
      item: "p",
      does: ["delete p Foreground"],
    },
    {
      name: "[GC13] foreground: the owner waits for a dependent that blocks",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r", { blockOwnerDeletion: true })] }),
      ],
      item: "r",
      does: [],
    },
    {
      name: "[GC14] foreground: that dependent is deleted",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r", { blockOwnerDeletion: true })] }),
      ],
      item: "p",
      does: ["delete p Background"],
    },
    {
      name: "[GC15] foreground: a dependent that does not block holds nothing up",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["keep", "foregroundDeletion"] }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] }),
      ],
      item: "r",
      does: [`finalizer r ${removes(1, "foregroundDeletion")}`],
    },
    {
      name: "[GC16] foreground: a dependent with dependents goes in the foreground too",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r", { blockOwnerDeletion: true })] }),
        object("ConfigMap/c", { ownerReferences: [owner("Pod/p")] }),
      ],
      item: "p",
      does: ["delete p Foreground"],
    },
    {
      name: "[GC17] foreground: a circle is broken by not blocking",
      objects: [
        object("ReplicaSet/r", {
          deletionTimestamp: DELETED,
          finalizers: ["foregroundDeletion"],
          ownerReferences: [owner("Pod/p", { blockOwnerDeletion: true })],
        }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r", { blockOwnerDeletion: true })] }),
      ],
      item: "p",
      does: ["patch p owners=r!", "delete p Foreground"],
    },
    {
      name: "[GC18] a dependent with another owner survives the foreground deletion of one",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] }),
        object("ReplicaSet/s"),
        object("Pod/p", {
          ownerReferences: [owner("ReplicaSet/r", { blockOwnerDeletion: true }), owner("ReplicaSet/s")],
        }),
      ],
      item: "p",
      does: ["patch p owners=s"],
    },
    {
      name: "[GC19] orphan: dependents forget the owner first",
      objects: [
        object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["orphan"] }),
        object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] }),
        object("Pod/q", { ownerReferences: [owner("Node/n"), owner("ReplicaSet/r")] }),
      ],
      item: "r",
      does: ["patch p owners=", "patch q owners=n"],
    },
    {
      name: "[GC20] orphan: then the owner may go",
      objects: [object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["orphan"] })],
      item: "r",
      does: [`finalizer r ${removes(0, "orphan")}`],
    },
  ])("$name", ({ objects, item, does }) => {
    expect(summary(setUp(objects).plan(item))).toEqual(does);
  });

  it("[GC21] deletes exactly the version it judged", () => {
    const p = object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] });
    const { actions } = setUp([p]).plan("p");
    expect(actions[0]?.op.options?.preconditions).toEqual({
      uid: "uid-of-p",
      resourceVersion: p.metadata.resourceVersion,
    });
  });

  it("[GC22] tells of references into another namespace", () => {
    const world = setUp([
      object("ReplicaSet/r", { namespace: "other" }),
      object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] }),
    ]);
    expect(world.plan("p").actions).toHaveLength(1);
    const cluster = setUp([object("ClusterRole/c", { ownerReferences: [owner("ReplicaSet/r")] })]).plan("c");
    expect(cluster.events).toMatchObject([{ type: "Warning", reason: "OwnerRefInvalidNamespace" }]);
  });

  describe("what is worth looking at", () => {
    const r = object("ReplicaSet/r");
    const p = object("Pod/p", { ownerReferences: [owner("ReplicaSet/r")] });

    it("[GC30] dependents of what was deleted", () => {
      const { remove, keys } = setUp([r, p]);
      expect(keys(remove(r))).toEqual(["p"]);
    });

    it("[GC31] an owner that waits for what was deleted", () => {
      const waiting = object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] });
      const { remove, keys } = setUp([waiting, p]);
      expect(keys(remove(p))).toEqual(["r"]);
    });

    it("[GC32] dependents of what begins to wait for them, and itself", () => {
      const { put, keys } = setUp([r, p]);
      const change = put({
        ...r,
        metadata: { ...r.metadata, deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] },
      });
      expect(keys(change)).toEqual(["r", "p"]);
    });

    it("[GC33] nothing when owners and fate are as before", () => {
      const { put, keys } = setUp([r, p]);
      expect(keys(put({ ...p, status: { phase: "Running" } }))).toEqual([]);
    });

    it("[GC34] an owner that waits, when a dependent stops blocking or leaves", () => {
      const waiting = object("ReplicaSet/r", { deletionTimestamp: DELETED, finalizers: ["orphan"] });
      const { put, keys } = setUp([waiting, p]);
      const { ownerReferences: _, ...rest } = p.metadata;
      expect(keys(put({ ...p, metadata: rest }))).toEqual(["r"]);
    });
  });
});
