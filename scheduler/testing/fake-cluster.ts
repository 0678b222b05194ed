/** A cluster in memory for tests of the scheduler: it can lose, delay and refuse. */
import type { Pod } from "../../kinds/core/v1-types.ts";
import type {
  ChangeBatch,
  ChangeEvent,
  Cluster,
  SnapshotPage,
  WriteOp,
  WriteResult,
} from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, conflict, notFound } from "../../machinery/meta/status.ts";

type Event = { reason: string; message: string; name: string; count: number };

export class FakeCluster implements Cluster {
  revision = 0;
  /** Objects by "resource/namespace/name". */
  readonly objects = new Map<string, KubeObject>();
  readonly events: Event[] = [];
  readonly writes: WriteOp[][] = [];
  /** Every binding done, in order: "pod → node". */
  readonly bindings: string[] = [];
  /** Names of pods that were to be deleted. */
  readonly deletions: string[] = [];
  /** Says how an op fails, before it is done. */
  refuse: (op: WriteOp) => ApiError | undefined = () => undefined;
  /** Fails whole calls of `write`: before they are done, or after. */
  breakWrites: "no" | "before" | "after" = "no";
  breakSnapshots = false;
  /** Pods by name that take their time to go. */
  readonly graceful = new Set<string>();
  #unsent: ChangeEvent[] = [];
  #sentTo = 0;

  async snapshot(resources: string[]): Promise<SnapshotPage> {
    if (this.breakSnapshots) throw new Error("snapshot failed");
    const items = [...this.objects]
      .map(([key, object]) => ({ resource: key.slice(0, key.indexOf("/")), value: JSON.stringify(object) }))
      .filter(({ resource }) => resources.includes(resource));
    return { revision: this.revision, items };
  }

  async write(_actor: string, ops: WriteOp[]): Promise<WriteResult[]> {
    if (this.breakWrites === "before") throw new Error("write failed before");
    this.writes.push(ops);
    const results: WriteResult[] = [];
    for (const op of ops) {
      const dependency = op.needs === undefined ? undefined : results[op.needs];
      results.push(dependency?.ok === false ? dependency : this.#do(op));
    }
    if (this.breakWrites === "after") throw new Error("write failed after");
    return results;
  }

  put(resource: string, object: KubeObject): void {
    const key = keyOf(resource, object);
    this.revision++;
    const stored = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.revision) },
    };
    this.#emit(this.objects.has(key) ? "MODIFIED" : "ADDED", resource, stored);
    this.objects.set(key, stored);
  }

  remove(resource: string, namespace: string, name: string): void {
    const key = `${resource}/${namespace}/${name}`;
    const object = this.objects.get(key);
    if (!object) throw new Error(`no ${key}`);
    this.revision++;
    this.objects.delete(key);
    this.#emit("DELETED", resource, object);
  }

  pod(name: string): Pod & KubeObject {
    const found = this.objects.get(`pods/default/${name}`);
    if (!found) throw new Error(`no pod ${name}`);
    return found as Pod & KubeObject;
  }

  nodeOf(name: string): string | undefined {
    return this.pod(name).spec?.nodeName;
  }

  /** What has happened since the last call. */
  takeBatch(): ChangeBatch {
    const batch = { from: this.#sentTo, to: this.revision, events: this.#unsent };
    this.#sentTo = this.revision;
    this.#unsent = [];
    return batch;
  }

  #emit(type: ChangeEvent["type"], resource: string, object: KubeObject): void {
    const { namespace = "", name = "" } = object.metadata;
    this.#unsent.push({ type, resource, namespace, name, revision: this.revision, value: JSON.stringify(object) });
  }

  #do(op: WriteOp): WriteResult {
    try {
      const refused = this.refuse(op);
      if (refused) throw refused;
      return { ok: true, object: this.#apply(op) };
    } catch (error) {
      if (error instanceof ApiError) return { ok: false, status: error.status };
      throw error;
    }
  }

  #apply(op: WriteOp): KubeObject {
    if (op.resource === "events") return this.#event(op);
    if (op.verb === "create" && op.subresource === undefined) return this.#create(op.resource, op.object as never);
    if (!("name" in op) || op.name === undefined) throw new Error(`unexpected ${op.verb}`);
    const key = `${op.resource}/${op.namespace}/${op.name}`;
    const object = this.objects.get(key);
    const subject = { group: "", resource: op.resource, name: op.name };
    if (!object) throw notFound(subject);
    const { uid } = op.options?.preconditions ?? {};
    if (uid !== undefined && uid !== object.metadata.uid) throw conflict(subject, "uid");
    if (op.verb === "create" && op.subresource === "binding") {
      const pod = object as Pod & KubeObject;
      const { metadata, target } = op.object as { metadata: { uid: string }; target: { name: string } };
      if (metadata.uid !== pod.metadata.uid) throw conflict(subject, "uid");
      if (pod.spec?.nodeName) throw conflict(subject, "already assigned");
      this.bindings.push(`${op.name} → ${target.name}`);
      const { nominatedNodeName: _, ...status } = pod.status ?? {};
      this.put("pods", { ...pod, spec: { ...pod.spec, nodeName: target.name }, status } as KubeObject);
    } else if (op.verb === "patch") {
      this.put(op.resource, patched(object, op.patch) as KubeObject);
    } else if (op.verb === "update") {
      this.put(op.resource, op.object as KubeObject);
    } else if (op.verb === "delete") {
      this.deletions.push(op.name);
      if (this.graceful.has(op.name)) {
        this.put(op.resource, {
          ...object,
          metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
        });
      } else this.remove(op.resource, op.namespace, op.name);
      return object;
    } else {
      throw new Error(`unexpected ${op.verb}`);
    }
    return this.objects.get(key)!;
  }

  #create(resource: string, object: KubeObject): KubeObject {
    const key = keyOf(resource, object);
    if (this.objects.has(key)) throw new ApiError(409, "AlreadyExists", `${key} already exists`);
    const uid = `uid-${this.revision}-of-${object.metadata.name}`;
    this.put(resource, { ...object, metadata: { ...object.metadata, uid } });
    return this.objects.get(key)!;
  }

  #event(op: WriteOp): KubeObject {
    this.revision++;
    if (op.verb === "create") {
      const { metadata, reason, message } = op.object as unknown as Event & KubeObject;
      this.events.push({ name: metadata.name ?? "", reason, message, count: 1 });
    } else if (op.verb === "patch") {
      const event = this.events.find(({ name }) => name === op.name);
      if (!event) throw notFound({ group: "", resource: "events", name: op.name });
      event.count = (op.patch as { series: { count: number } }).series.count;
    }
    return { apiVersion: "v1", kind: "Event", metadata: { resourceVersion: String(this.revision) } };
  }
}

const keyOf = (resource: string, { metadata: { namespace = "", name = "" } }: KubeObject): string =>
  `${resource}/${namespace}/${name}`;

/** By what the entries of lists are told apart. */
const LIST_KEYS: { readonly [list: string]: (entry: { [field: string]: unknown }) => unknown } = {
  conditions: ({ type }) => type,
  reservedFor: ({ uid }) => uid,
  finalizers: (entry) => entry,
};

/** A strategic merge as far as it is needed. */
function patched(object: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged: { [key: string]: unknown } = { ...(object as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (LIST_KEYS[key] && Array.isArray(value)) merged[key] = mergedList(merged[key], value, LIST_KEYS[key]);
    else merged[key] = patched(merged[key] ?? {}, value);
  }
  return merged;
}

function mergedList(before: unknown, patch: readonly unknown[], keyOfEntry: (typeof LIST_KEYS)[string]): unknown[] {
  const entries = [...((before ?? []) as never[])] as unknown[];
  for (const entry of patch) {
    const at = entries.findIndex((known) => keyOfEntry(known as never) === keyOfEntry(entry as never));
    const isGone = (entry as { $patch?: string }).$patch === "delete";
    if (isGone) entries.splice(at < 0 ? entries.length : at, 1);
    else if (at < 0) entries.push(entry);
    else if (typeof entry === "object") entries[at] = { ...(entries[at] as object), ...entry };
  }
  return entries;
}
