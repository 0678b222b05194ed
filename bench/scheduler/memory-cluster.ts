/** A cluster in memory that does what the scheduler writes, as little as possible, and tells of it. */
import type {
  ChangeBatch,
  ChangeEvent,
  Cluster,
  SnapshotPage,
  WriteOp,
  WriteResult,
} from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";

interface Stored extends KubeObject {
  spec?: { nodeName?: string; [field: string]: unknown };
  status?: { conditions?: { type: string }[]; [field: string]: unknown };
}

const DONE: WriteResult = { ok: true, object: { apiVersion: "v1", kind: "Event", metadata: {} } };

export class MemoryCluster implements Cluster {
  readonly #objects = new Map<string, Stored>();
  #revision = 0;
  #sentTo = 0;
  #unsent: ChangeEvent[] = [];
  bound = 0;
  deleted = 0;
  /** Time spent here, which is not the scheduler's. */
  ownMs = 0;

  async snapshot(): Promise<SnapshotPage> {
    return { revision: this.#revision, items: [] };
  }

  async write(_actor: string, ops: WriteOp[]): Promise<WriteResult[]> {
    const startMs = performance.now();
    const results = ops.map((op) => this.#do(op));
    this.ownMs += performance.now() - startMs;
    return results;
  }

  create(resource: string, object: object): void {
    const stored = object as Stored;
    const { namespace = "", name = "" } = stored.metadata;
    this.#objects.set(`${resource}/${namespace}/${name}`, stored);
    this.#emit("ADDED", resource, stored);
  }

  /** Somebody else changes an object. */
  update(resource: string, object: object): void {
    const stored = object as Stored;
    const { namespace = "", name = "" } = stored.metadata;
    this.#objects.set(`${resource}/${namespace}/${name}`, stored);
    this.#emit("MODIFIED", resource, stored);
  }

  remove(resource: string, object: object): void {
    const stored = object as Stored;
    const { namespace = "", name = "" } = stored.metadata;
    this.#objects.delete(`${resource}/${namespace}/${name}`);
    this.#emit("DELETED", resource, stored);
  }

  /** Pods that are there. */
  pods(): object[] {
    return [...this.#objects].flatMap(([key, object]) => (key.startsWith("pods/") ? [object] : []));
  }

  /** Tells of an object without keeping it. */
  announce(resource: string, object: object): void {
    this.#emit("ADDED", resource, object as Stored);
  }

  takeBatch(): ChangeBatch {
    const batch = { from: this.#sentTo, to: this.#revision, events: this.#unsent };
    this.#sentTo = this.#revision;
    this.#unsent = [];
    return batch;
  }

  #emit(type: ChangeEvent["type"], resource: string, object: Stored): void {
    this.#revision++;
    object.metadata.resourceVersion = String(this.#revision);
    const { namespace = "", name = "" } = object.metadata;
    this.#unsent.push({ type, resource, namespace, name, revision: this.#revision, value: JSON.stringify(object) });
  }

  #do(op: WriteOp): WriteResult {
    if (op.resource !== "pods" || !("name" in op)) return DONE;
    const key = `pods/${op.namespace}/${op.name}`;
    const pod = this.#objects.get(key);
    if (!pod) throw new Error(`no ${key}`);
    if (op.verb === "create" && op.subresource === "binding") {
      const { target } = op.object as { target: { name: string } };
      pod.spec = { ...pod.spec, nodeName: target.name };
      pod.status = { ...pod.status, conditions: [{ type: "PodScheduled" }] };
      this.bound++;
      this.#emit("MODIFIED", "pods", pod);
    } else if (op.verb === "delete") {
      this.#objects.delete(key);
      this.deleted++;
      this.#emit("DELETED", "pods", pod);
    } else if (op.verb === "patch") {
      const { status } = op.patch as { status: { [field: string]: unknown } };
      pod.status = { ...pod.status, ...status };
      this.#emit("MODIFIED", "pods", pod);
    }
    return { ok: true, object: { apiVersion: "v1", kind: "Pod", metadata: pod.metadata } };
  }
}
