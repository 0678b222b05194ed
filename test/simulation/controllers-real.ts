/** The controllers over the real API: store, verbs, admission, validation, feed. Only Workers, network and nodes are missing. */
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import { ADMISSION_PLUGINS } from "../../edge-api/access/admission/order.ts";
import { admissionChain } from "../../edge-api/access/admission/plugin.ts";
import { bootstrap } from "../../edge-api/bootstrap/bootstrap.ts";
import { Feed } from "../../edge-api/store/feed.ts";
import { migrate } from "../../edge-api/store/migrate.ts";
import { SqliteStore } from "../../edge-api/store/sqlite-store.ts";
import { writeBatch } from "../../edge-api/verbs/batch.ts";
import type { Environment } from "../../edge-api/verbs/environment.ts";
import { snapshotPage } from "../../edge-api/verbs/snapshot.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { types } from "../../kinds/types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Cluster, WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { ManualClock } from "../fakes/cluster-clock.ts";
import { NodeSql } from "../fakes/node-sql.ts";

export class RealWorld {
  readonly clock = new ManualClock();
  readonly store: SqliteStore;
  readonly program: ReturnType<typeof controllersProgram>;
  /** Errors nobody expected, and failures of the controllers' writes. */
  readonly problems: string[] = [];
  readonly #env: Environment;
  readonly #feed: Feed;
  #addresses = 0;

  constructor() {
    const sql = new NodeSql();
    migrate(sql);
    const { clock } = this;
    const random = seededRandom(1);
    this.store = new SqliteStore(sql, { now: () => clock.now() });
    this.#env = {
      store: this.store,
      registry,
      types,
      clock,
      random,
      uuid: () => crypto.randomUUID(),
      admission: admissionChain(ADMISSION_PLUGINS, { store: this.store, registry, clock, random }),
    };
    this.store.transaction(() => bootstrap(this.#env, (error, context) => this.problems.push(`${context}: ${error}`)));
    const cluster: Cluster = {
      snapshot: async (resources, next) => snapshotPage(this.store, resources, next),
      write: async (actor, ops) => {
        const results = this.#write(actor, ops);
        results.forEach((result, i) => {
          if (!result.ok) this.problems.push(`${actor} ${JSON.stringify(ops[i])}: ${JSON.stringify(result.status)}`);
        });
        return results;
      },
    };
    this.program = controllersProgram({
      cluster,
      caCertificate: "PEM",
      clock,
      random,
      log: (line) => this.problems.push(JSON.stringify(line)),
    });
    this.#feed = new Feed({
      store: this.store,
      clock,
      random,
      report: (subscriber, error) => this.problems.push(`feed to ${subscriber}: ${error}`),
    });
    this.#feed.add({ name: "controllers", resources: controllerResources, target: this.program });
  }

  /** As the cluster's administrator. Throws what the API answers. */
  do(op: WriteOp): KubeObject {
    const [result] = this.#write("admin", [op]);
    if (!result?.ok) throw new Error(`${op.verb} ${op.resource}: ${result?.status.message}`);
    return result.object;
  }

  create(resource: string, object: KubeObject): KubeObject {
    // What the server sets is not sent.
    const {
      uid: _uid,
      resourceVersion: _version,
      creationTimestamp: _time,
      generation: _gen,
      ...metadata
    } = object.metadata;
    const namespace = metadata.namespace ?? "";
    const created = this.do({ verb: "create", resource, namespace, object: { ...object, metadata } });
    // As a node that has been there for a while: the taint that new ones get is gone.
    if (resource !== "nodes" || (object as Node).spec?.taints) return created;
    const patch = { spec: { taints: null } };
    return this.do({ verb: "patch", resource, namespace, name: metadata.name!, patchType: "merge", patch });
  }

  get<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined {
    const found = this.store.get({ resource, namespace, name });
    return found && (JSON.parse(found.value) as T);
  }

  list<T extends KubeObject>(resource: string, namespace?: string): T[] {
    const query = { resource, ...(namespace !== undefined && { namespace }) };
    return [...this.store.list(query)].map(({ value }) => JSON.parse(value) as T);
  }

  /** As the kubelet says that all running pods of an app have ended. */
  endPods(label: { [key: string]: string }, phase: "Succeeded" | "Failed"): void {
    for (const pod of this.list<Pod>("pods")) {
      const { name = "", namespace = "", labels = {} } = pod.metadata;
      if (pod.status?.phase !== "Running" || !Object.entries(label).every(([key, value]) => labels[key] === value))
        continue;
      const finishedAt = formatTime(this.clock.now());
      const terminated = {
        exitCode: phase === "Failed" ? 1 : 0,
        startedAt: finishedAt,
        finishedAt,
        reason: "Completed",
      };
      const container = pod.spec.containers[0];
      const containerStatuses = [
        {
          name: container?.name,
          image: container?.image,
          imageID: "",
          ready: false,
          restartCount: 0,
          state: { terminated },
        },
      ];
      const conditions = [{ type: "Ready", status: "False", lastTransitionTime: finishedAt }];
      const patch = { status: { phase, containerStatuses, conditions } };
      this.do({
        verb: "patch",
        resource: "pods",
        namespace,
        name,
        subresource: "status",
        patchType: "strategic",
        patch,
      });
    }
  }

  /** Feed, controllers, and what scheduler and kubelets do, until nothing moves and nothing waits for `withinMs`. */
  async settle(options: { withinMs?: number; kubelets?: boolean } = {}): Promise<void> {
    const { withinMs = 60_000, kubelets = true } = options;
    const untilMs = this.clock.now() + withinMs;
    for (let step = 0; step < 2_000; step++) {
      const before = this.store.revision();
      await this.#feed.settled();
      const next = this.program.nextWakeMs();
      const due = next !== undefined && next <= this.clock.now();
      if (due) await this.program.wake(this.clock.now());
      if (kubelets) this.#stepPods();
      if (due || this.store.revision() !== before) continue;
      if (next === undefined || next > untilMs) return;
      this.clock.advance(next - this.clock.now());
    }
    throw new Error("not at rest");
  }

  /** One node for all: binds what is pending, runs what is bound, ends what is deleted. */
  #stepPods(): void {
    const [node] = this.list<Node>("nodes").filter(({ spec }) => !spec?.taints?.length);
    const ops: WriteOp[] = [];
    for (const pod of this.list<Pod>("pods")) {
      const { name = "", namespace = "" } = pod.metadata;
      const at = { resource: "pods", namespace, name };
      if (pod.metadata.deletionTimestamp) {
        ops.push({ ...at, verb: "delete", options: { gracePeriodSeconds: 0 } });
      } else if (!pod.spec.nodeName && node) {
        const target = { apiVersion: "v1", kind: "Node", name: node.metadata.name };
        const object = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace }, target };
        ops.push({ ...at, verb: "create", subresource: "binding", object });
      } else if (pod.spec.nodeName && pod.status?.phase === "Pending") {
        const podIP = `10.244.${this.#addresses >> 8}.${this.#addresses++ & 255}`;
        const ready = { type: "Ready", status: "True", lastTransitionTime: formatTime(this.clock.now()) };
        const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions: [ready] };
        ops.push({ ...at, verb: "patch", subresource: "status", patchType: "strategic", patch: { status } });
      }
    }
    for (const result of this.#write("system:kubelets", ops)) {
      if (!result.ok) this.problems.push(JSON.stringify(result.status));
    }
  }

  #write(actor: string, ops: WriteOp[]): WriteResult[] {
    // As over RPC: nothing is shared.
    const sent = structuredClone(ops);
    const report = (error: unknown, context: string) => {
      this.problems.push(`${context}: ${error instanceof Error ? error.stack : error}`);
    };
    return structuredClone(this.store.transaction(() => writeBatch(this.#env, actor, sent, report)));
  }
}
