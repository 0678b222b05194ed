/**
 * A cluster in memory: the semantics of the API that controllers rely on (optimistic versions, generations, finalizers,
 * graceful deletion), a change feed that can delay, lose and repeat batches, and writes that can conflict or break.
 */
import { formatTime } from "../../machinery/clock.ts";
import type {
  ChangeBatch,
  ChangeEvent,
  ChangeSubscriber,
  Cluster,
  Resource,
  SnapshotPage,
  WriteOp,
  WriteResult,
} from "../../machinery/cluster/contract.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { Fields, KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, alreadyExists, conflict, notFound } from "../../machinery/meta/status.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";

export interface Faults {
  /** Chance that a delivery waits for a later one. */
  delay?: number;
  /** Chance that only the first part of what is due is delivered. */
  part?: number;
  /** Chance that a batch is lost: the next one has a gap before it. */
  lose?: number;
  /** Chance that a batch is delivered twice. */
  repeat?: number;
  /** Chance that an op that depends on a version fails with a conflict. */
  conflict?: number;
  /** Chance that a write breaks, half of the time after it was done. */
  breakWrite?: number;
  /** Chance that a snapshot expires between pages. */
  expire?: number;
}

export interface FakeClusterOptions {
  now(): number;
  random(): number;
  faults?: Faults;
  /** Objects a snapshot page. */
  pageSize?: number;
  /** Refuses an op: throws an ApiError. */
  admit?(op: WriteOp): void;
}

interface Subscription {
  subscriber: ChangeSubscriber;
  resources: ReadonlySet<Resource>;
  sent: number;
  last?: ChangeBatch;
}

export class FakeCluster implements Cluster {
  faults: Faults;
  revision = 0;
  /** Calls of write, and the ops they carried. */
  readonly writes: { actor: string; ops: WriteOp[] }[] = [];
  readonly #options: FakeClusterOptions;
  readonly #objects = new Map<Resource, Map<string, KubeObject>>();
  readonly #log: ChangeEvent[] = [];
  readonly #subscriptions: Subscription[] = [];
  readonly #listeners: ((event: ChangeEvent, object: KubeObject) => void)[] = [];
  #uids = 0;

  constructor(options: FakeClusterOptions) {
    this.#options = options;
    this.faults = options.faults ?? {};
  }

  /** Told of every change as it is committed. */
  onCommit(listener: (event: ChangeEvent, object: KubeObject) => void): void {
    this.#listeners.push(listener);
  }

  // What tests, kubelets and users do.

  get<T extends KubeObject = KubeObject>(resource: Resource, namespace: string, name: string): T | undefined {
    return this.#objects.get(resource)?.get(`${namespace}/${name}`) as T | undefined;
  }

  list<T extends KubeObject = KubeObject>(resource: Resource, namespace?: string): T[] {
    const all = [...(this.#objects.get(resource)?.values() ?? [])] as T[];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  create<T extends KubeObject>(resource: Resource, object: T): T {
    return this.#create({ verb: "create", resource, namespace: object.metadata.namespace ?? "", object }) as T;
  }

  /** Changes any part of an object, status included, as its owner would. */
  change<T extends KubeObject>(resource: Resource, object: KubeObject, edit: (copy: T) => void): T {
    const current = this.#need(resource, object.metadata.namespace ?? "", object.metadata.name ?? "");
    const copy = structuredClone(current) as T;
    edit(copy);
    return this.#replace(resource, current, copy) as T;
  }

  delete(resource: Resource, object: KubeObject, options: WriteOp["options"] = {}): void {
    const { namespace = "", name = "" } = object.metadata;
    this.#delete({ verb: "delete", resource, namespace, name, options });
  }

  /** Takes an object away as if its grace period had ended and its finalizers were gone. */
  remove(resource: Resource, object: KubeObject): void {
    const { namespace = "", name = "" } = object.metadata;
    const current = this.get(resource, namespace, name);
    if (current) this.#erase(resource, current);
  }

  // The contract.

  async snapshot(resources: Resource[], next?: string): Promise<SnapshotPage> {
    await Promise.resolve();
    const all = resources.flatMap((resource) =>
      this.list(resource).map((object) => ({ resource, value: JSON.stringify(object) })),
    );
    const [at = 0, revision = this.revision] = next?.split("@").map(Number) ?? [];
    // Pages are not kept at one revision here: a change in between makes the snapshot expire.
    if (revision !== this.revision || (next !== undefined && this.#chance("expire"))) {
      throw Object.assign(new Error("snapshot expired"), { name: "SnapshotExpired" });
    }
    const end = at + (this.#options.pageSize ?? 1_000);
    const page = { revision, items: all.slice(at, end) };
    return end < all.length ? { ...page, next: `${end}@${revision}` } : page;
  }

  async write(actor: string, ops: WriteOp[]): Promise<WriteResult[]> {
    await Promise.resolve();
    const breaks = this.#chance("breakWrite");
    const before = this.#options.random() < 0.5;
    if (breaks && before) throw new Error("connection lost before the write");
    this.writes.push({ actor, ops: structuredClone(ops) });
    const results: WriteResult[] = [];
    for (const op of ops) {
      const needed = op.needs === undefined ? undefined : results[op.needs];
      results.push(needed && !needed.ok ? needed : this.#try(op));
    }
    if (breaks) throw new Error("connection lost after the write");
    return results;
  }

  subscribe(subscriber: ChangeSubscriber, resources: readonly Resource[]): () => void {
    const subscription = { subscriber, resources: new Set(resources), sent: this.revision };
    this.#subscriptions.push(subscription);
    return () => {
      this.#subscriptions.splice(this.#subscriptions.indexOf(subscription), 1);
    };
  }

  /** Delivers what is due (up to a revision), as far as the faults let it. Whether anything is still due. */
  async deliver(upTo = this.revision): Promise<boolean> {
    let due = false;
    for (const subscription of [...this.#subscriptions]) due = (await this.#deliverTo(subscription, upTo)) || due;
    return due;
  }

  /** Says how far each subscriber has been told, as a store does that was not answered: shows what was lost. */
  async remind(): Promise<void> {
    for (const { subscriber, sent } of this.#subscriptions)
      await subscriber.changes({ from: sent, to: sent, events: [] });
  }

  async #deliverTo(subscription: Subscription, upTo: number): Promise<boolean> {
    const { subscriber, resources } = subscription;
    if (subscription.last && this.#chance("repeat")) await subscriber.changes(subscription.last);
    if (subscription.sent >= upTo) return false;
    if (this.#chance("delay")) return true;
    const from = subscription.sent;
    const to = this.#chance("part") ? from + Math.ceil((upTo - from) * this.#options.random()) : upTo;
    subscription.sent = Math.max(to, from);
    if (!this.#chance("lose")) {
      const events = this.#log.filter(
        ({ revision, resource }) => revision > from && revision <= to && resources.has(resource),
      );
      subscription.last = { from, to, events };
      await subscriber.changes(subscription.last);
    }
    return subscription.sent < upTo;
  }

  #chance(fault: keyof Faults): boolean {
    const chance = this.faults[fault] ?? 0;
    return chance > 0 && this.#options.random() < chance;
  }

  #try(op: WriteOp): WriteResult {
    try {
      this.#options.admit?.(op);
      const object = this.#do(op);
      return { ok: true, object: op.options?.returns === "metadata" ? identity(object) : structuredClone(object) };
    } catch (error) {
      if (error instanceof ApiError) return { ok: false, status: error.status };
      throw error;
    }
  }

  #do(op: WriteOp): KubeObject {
    if ("name" in op && isOptimistic(op) && this.#chance("conflict")) {
      throw conflict(subject(op.resource, op.name ?? ""), "injected");
    }
    switch (op.verb) {
      case "create":
        return this.#create(op);
      case "delete":
        return this.#delete(op);
      case "deletecollection":
        for (const object of this.list(op.resource, op.namespace)) this.delete(op.resource, object, op.options);
        return { apiVersion: "v1", kind: "Status", metadata: {} };
      case "update":
      case "patch":
        return this.#write(op);
    }
  }

  #create({ resource, namespace, object }: WriteOp & { verb: "create" }): KubeObject {
    const copy = structuredClone(object) as KubeObject;
    const name = copy.metadata.name ?? `${copy.metadata.generateName}${(this.#uids + 1).toString(36).padStart(5, "0")}`;
    if (this.get(resource, namespace, name)) throw alreadyExists(subject(resource, name));
    const parent = this.get("namespaces", "", namespace);
    if (parent?.metadata.deletionTimestamp) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const causes = [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated` }];
      throw new ApiError(403, "Forbidden", `${resource} "${name}" is forbidden: ${why}`, { name, causes });
    }
    copy.metadata = {
      ...copy.metadata,
      name,
      ...(namespace && { namespace }),
      uid: `uid-${++this.#uids}`,
      creationTimestamp: formatTime(this.#options.now()),
      generation: 1,
    };
    if (resource === "pods") copy.status = { phase: "Pending", ...(copy.status as object) };
    if (resource === "namespaces") {
      copy.spec = { finalizers: ["kubernetes"] };
      copy.status = { phase: "Active" };
    }
    return this.#commit("ADDED", resource, copy);
  }

  #write(op: WriteOp & { verb: "update" | "patch" }): KubeObject {
    const current = this.#need(op.resource, op.namespace, op.name);
    const changed =
      op.verb === "patch" ? (this.#patched(current, op) as KubeObject) : (structuredClone(op.object) as KubeObject);
    const { uid, resourceVersion } = changed.metadata;
    const asked = op.verb === "patch" ? (op.patch as KubeObject).metadata : changed.metadata;
    if (asked?.resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(subject(op.resource, op.name), "the object has been modified");
    }
    if (uid && uid !== current.metadata.uid) throw conflict(subject(op.resource, op.name), "another uid");
    const copy =
      op.subresource === "status"
        ? { ...structuredClone(current), metadata: changed.metadata, status: changed.status }
        : op.subresource === "finalize"
          ? { ...structuredClone(current), spec: changed.spec }
          : { ...changed, status: structuredClone(current.status) };
    return this.#replace(op.resource, current, copy as KubeObject);
  }

  #patched(current: KubeObject, { patchType, patch }: WriteOp & { verb: "patch" }): unknown {
    if (patchType === "strategic") throw new Error("the fake cluster knows merge and JSON patches");
    return patchType === "json" ? applyJsonPatch(current, patch) : mergePatch(structuredClone(current), patch);
  }

  #replace(resource: Resource, current: KubeObject, copy: KubeObject): KubeObject {
    for (const field of ["finalizers", "ownerReferences"] as const) {
      if (copy.metadata[field]?.length === 0) delete copy.metadata[field];
    }
    if (deepEqual(current, copy)) return current;
    if (!deepEqual(current.spec, copy.spec)) copy.metadata.generation = (current.metadata.generation ?? 0) + 1;
    const stays = resource === "namespaces" && (copy.spec as { finalizers?: string[] }).finalizers?.length;
    const graceful = resource === "pods" && (copy.metadata.deletionGracePeriodSeconds ?? 0) > 0;
    if (copy.metadata.deletionTimestamp && !copy.metadata.finalizers && !stays && !graceful) {
      return this.#erase(resource, copy);
    }
    return this.#commit("MODIFIED", resource, copy);
  }

  #delete({ resource, namespace, name, options = {} }: WriteOp & { verb: "delete" }): KubeObject {
    const current = this.#need(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (
      (uid && uid !== current.metadata.uid) ||
      (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
    ) {
      throw conflict(subject(resource, name), "Precondition failed");
    }
    const copy = structuredClone(current);
    const policy = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: "" }[
      options.propagationPolicy ?? "Background"
    ];
    const finalizers = (copy.metadata.finalizers ?? []).filter((f) => f !== "foregroundDeletion" && f !== "orphan");
    if (policy) finalizers.push(policy);
    const pod = current as { spec?: { nodeName?: string }; status?: { phase?: string } } & KubeObject;
    const done = !pod.spec?.nodeName || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    const grace = resource === "pods" && !done ? (options.gracePeriodSeconds ?? 30) : 0;
    const stays = resource === "namespaces" && (copy.spec as { finalizers?: string[] }).finalizers?.length;
    if (finalizers.length === 0 && grace === 0 && !stays) return this.#erase(resource, copy);
    copy.metadata.deletionTimestamp ??= formatTime(this.#options.now() + grace * 1_000);
    copy.metadata.deletionGracePeriodSeconds = Math.min(grace, copy.metadata.deletionGracePeriodSeconds ?? grace);
    if (finalizers.length > 0) copy.metadata.finalizers = finalizers;
    if (resource === "namespaces") copy.status = { ...(copy.status as object), phase: "Terminating" };
    return deepEqual(current, copy) ? current : this.#commit("MODIFIED", resource, copy);
  }

  #erase(resource: Resource, object: KubeObject): KubeObject {
    return this.#commit("DELETED", resource, structuredClone(object));
  }

  #commit(type: ChangeEvent["type"], resource: Resource, object: KubeObject): KubeObject {
    const { namespace = "", name = "" } = object.metadata;
    object.metadata.resourceVersion = String(++this.revision);
    let objects = this.#objects.get(resource);
    if (!objects) {
      objects = new Map();
      this.#objects.set(resource, objects);
    }
    if (type === "DELETED") objects.delete(`${namespace}/${name}`);
    else objects.set(`${namespace}/${name}`, object);
    const value = JSON.stringify(object);
    const event = { type, resource, namespace, name, revision: this.revision, value };
    this.#log.push(event);
    for (const listener of this.#listeners) listener(event, object);
    return object;
  }

  #need(resource: Resource, namespace: string, name: string): KubeObject {
    const object = this.get(resource, namespace, name);
    if (!object) throw notFound(subject(resource, name));
    return object;
  }
}

const subject = (resource: Resource, name: string) => {
  const dot = resource.indexOf(".");
  return dot < 0
    ? { group: "", resource, name }
    : { group: resource.slice(dot + 1), resource: resource.slice(0, dot), name };
};

function isOptimistic(op: WriteOp): boolean {
  if (op.verb === "delete") return op.options?.preconditions?.resourceVersion !== undefined;
  const written = op.verb === "update" ? op.object : op.verb === "patch" ? op.patch : undefined;
  return (written as KubeObject | undefined)?.metadata?.resourceVersion !== undefined;
}

const identity = ({ apiVersion, kind, metadata }: KubeObject): KubeObject =>
  structuredClone({ apiVersion, kind, metadata });

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged: Fields =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...(target as Fields) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
