/**
 * The Durable Object that owns a cluster's Events, under both of their groups: they are many, they live an hour, and
 * nothing waits for them. The same chain of filters and the same verbs as ClusterStore's answer here; what these ask of
 * the rest of the cluster (who may do what, which namespaces there are) lies here as a copy that follows ClusterStore's
 * change feed, so that no event costs ClusterStore a request. What the copy would refuse is asked for again there first:
 * a right or a namespace that was made just now counts at once.
 */
import { DurableObject } from "cloudflare:workers";
import { registry } from "../../kinds/registry.ts";
import { systemClock } from "../../machinery/clock.ts";
import type {
  ChangeBatch,
  ChangeSubscriber,
  Resource,
  SnapshotPage,
  WriteOp,
  WriteResult,
} from "../../machinery/cluster/contract.ts";
import { signingKey } from "../access/cluster-keys.ts";
import type { Identity } from "../access/identity.ts";
import { FetchedParameters, type ParameterQuery, wantedParameters } from "../access/policies/parameters.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from "../fairness/fairness.ts";
import { answer, serve } from "../http/chain.ts";
import type { Services } from "../http/context.ts";
import { HANDED_HEADER, serveHanded } from "../http/handed-over.ts";
import type { ApiRequest } from "../http/request.ts";
import { parseRequestInfo } from "../http/request-info.ts";
import { createServices } from "../http/services.ts";
import { auditedBatch } from "../observe/audit/batch.ts";
import { metricsText } from "../observe/scrape.ts";
import type { ObjectKey } from "../store/contract.ts";
import { expire, oldestWriteMs, removeAll, type Tombstone } from "../store/expiry.ts";
import { StoreFollower } from "../store/follower.ts";
import { migrate } from "../store/migrate.ts";
import { SqliteStore } from "../store/sqlite-store.ts";
import { writeBatch } from "../verbs/batch.ts";
import { encodeObject, parseObject } from "../verbs/object-text.ts";
import { EarliestAlarm } from "./alarm.ts";
import { DurableSql } from "./durable-sql.ts";
import type { Bindings } from "./environment.ts";
import { WatchSockets } from "./watch-sockets.ts";

/** What ClusterStore is asked, by RPC. */
interface Main {
  snapshot(resources: Resource[], next?: string): Promise<SnapshotPage>;
  told(): Promise<void>;
  accountProblem(identity: Identity): Promise<string | null>;
  parameters(queries: readonly ParameterQuery[]): Promise<string[][]>;
}

const NAMESPACES = "namespaces";
const inAdmission = (plural: string): Resource => `${plural}.admissionregistration.k8s.io`;
/** What access to events depends on, and how fast it is given: storage keys. */
export const FOLLOWED: readonly Resource[] = [
  NAMESPACES,
  "roles.rbac.authorization.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "rolebindings.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  FLOW_SCHEMAS,
  PRIORITY_LEVELS,
  // Their parameters may be of any kind, and are asked for.
  ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map(inAdmission),
  ...["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"].map(inAdmission),
];

const EVENTS = "events";
const event = registry.findStorage(EVENTS)!;
/** kube-apiserver's --event-ttl; counts from the last write. */
const TTL_MS = 3_600_000;
/** Events go this much later at most, so that one alarm takes many. */
const SLACK_MS = 60_000;
const HISTORY_MS = 5 * 60_000;
/** Events deleted, and versions compacted, in one turn. */
const BATCH = 500;
/** A service account found alive counts as alive for this long: kube-apiserver's cache of tokens. */
const ALIVE_MS = 10_000;
const MAX_ALIVE = 1_000;

/** Names what is followed: where that is more than before, everything is read anew. */
const POSITION_KEY = `position ${FOLLOWED.join(" ")}`;
const PURGE_PREFIX = "purge/";

export class EventStore extends DurableObject<Bindings> implements ChangeSubscriber {
  readonly #sql: DurableSql;
  readonly #store: SqliteStore;
  readonly #sockets: WatchSockets;
  #services!: Services;
  #follower!: StoreFollower;
  /** Epoch ms of the alarm that is set. */
  readonly #alarm = new EarliestAlarm(this.ctx);
  readonly #parameters = new FetchedParameters();
  readonly #aliveUntilMs = new Map<string, number>();

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#sql = new DurableSql(ctx.storage);
    migrate(this.#sql);
    this.#store = new SqliteStore(this.#sql, { now: () => systemClock.now() });
    this.#sockets = new WatchSockets(ctx, () => this.#services);
    void ctx.blockConcurrencyWhile(() => this.#start());
  }

  async #start(): Promise<void> {
    const { ctx, env } = this;
    const { kv } = ctx.storage;
    this.#services = {
      ...(await createServices({
        store: this.#store,
        clock: systemClock,
        random: Math.random,
        uuid: () => crypto.randomUUID(),
        // Nothing is signed here, and nobody trusts what would be.
        signingKey: await signingKey(kv),
        authority: { certificate: "", key: "" },
        adminToken: undefined,
        serverUrl: env.KEDGE_SERVER_URL,
        auditPolicy: env.KEDGE_AUDIT_POLICY,
        parameters: this.#parameters,
        acceptWatch: (watch) => this.#sockets.accept(watch),
        hubChanged: () => this.#sockets.tick(),
        report,
      })),
      accountProblem: (identity) => this.#accountProblem(identity),
      freshen: () => this.#freshen(),
      around: { owns: (storage) => storage === EVENTS, programs: () => [] },
    };
    this.#follower = new StoreFollower({
      store: this.#services.env.store,
      resources: FOLLOWED,
      snapshot: (resources, next) => this.#main().snapshot(resources, next),
      position: {
        get: () => kv.get<number>(POSITION_KEY),
        set: (position) => (position === undefined ? void kv.delete(POSITION_KEY) : kv.put(POSITION_KEY, position)),
      },
      onDeleted: (key) => this.#gone(key),
    });
    this.#sockets.resume();
    await this.#alarm.resume();
    this.#store.subscribe((events) => {
      if (events.some(({ resource }) => resource === EVENTS)) this.#alarm.by(systemClock.now() + TTL_MS + SLACK_MS);
    });
  }

  /** A fresh stub for every call: a stub is broken for good once its object has restarted. */
  #main(): Main {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("EventStore must be addressed by the cluster's name");
    return this.env.CLUSTER_STORE.getByName(name) as unknown as Main;
  }

  override async fetch(request: Request): Promise<Response> {
    const services = this.#services;
    const handed = request.headers.get(HANDED_HEADER);
    if (handed === null) {
      await this.#prepare(request);
      return serve(services, request);
    }
    return serveHanded(handed, {
      life: this,
      answer: async (each) => {
        await this.#prepare(each);
        return answer(services, each, each.identity);
      },
    });
  }

  /** Gets what the request needs of ClusterStore's. */
  async #prepare({ method, url }: ApiRequest): Promise<void> {
    await this.#follower.ready();
    if (method === "GET") return;
    const { namespace } = parseRequestInfo(method, new URL(url).pathname, undefined);
    if (method !== "DELETE") await this.#know([namespace]);
    await this.#askParameters([namespace]);
  }

  /** What is counted here, for ClusterStore's /metrics. */
  metrics(): string {
    return metricsText(this.#services);
  }

  /** machinery/cluster/contract.ts; events only */
  async write(actor: string, ops: WriteOp[]): Promise<WriteResult[]> {
    await this.#follower.ready();
    const namespaces = ops.map(({ namespace }) => namespace);
    await this.#know(namespaces);
    await this.#askParameters(namespaces);
    const { env, commit } = this.#services;
    return auditedBatch(this.#services, { actor, ops }, () => commit.run(() => writeBatch(env, actor, ops, report)));
  }

  /** machinery/cluster/contract.ts */
  async changes(batch: ChangeBatch): Promise<void> {
    this.#follower.accept(batch);
  }

  /** Brings the copy up to what ClusterStore has committed by now. */
  async #freshen(): Promise<void> {
    await this.#main().told();
    await this.#follower.ready();
  }

  /** A namespace that is not in the copy may have been made a moment ago, and one that goes may be gone. */
  async #know(namespaces: readonly string[]): Promise<void> {
    const stays = (name: string) => {
      const row = this.#store.get({ resource: NAMESPACES, namespace: "", name });
      return row !== undefined && !row.value.includes('"deletionTimestamp"');
    };
    if (!namespaces.every((name) => name === "" || stays(name))) await this.#freshen();
  }

  async #askParameters(namespaces: readonly string[]): Promise<void> {
    const wanted = wantedParameters(this.#services.env, EVENTS, new Set(namespaces));
    await this.#parameters.load(wanted, (queries) => this.#main().parameters(queries));
  }

  /** Pods and secrets that tokens are bound to are not copied: ClusterStore is asked, now and then. */
  async #accountProblem(identity: Identity): Promise<string | undefined> {
    const nowMs = systemClock.now();
    const { user, uid, extra, secret } = identity;
    const key = JSON.stringify([user, uid, extra, secret]);
    if ((this.#aliveUntilMs.get(key) ?? 0) > nowMs) return undefined;
    const problem = await this.#main().accountProblem(identity);
    if (problem !== null) return problem;
    if (this.#aliveUntilMs.size >= MAX_ALIVE) this.#aliveUntilMs.clear();
    this.#aliveUntilMs.set(key, nowMs + ALIVE_MS);
    return undefined;
  }

  /** Events go with their namespace. */
  #gone({ resource, name }: ObjectKey): void {
    if (resource !== NAMESPACES) return;
    // Those that come later belong to another namespace of this name.
    this.ctx.storage.kv.put(PURGE_PREFIX + name, this.#store.revision());
    this.ctx.waitUntil(this.#purge());
  }

  async #purge(): Promise<void> {
    const { kv } = this.ctx.storage;
    for (const [key, upTo] of [...kv.list<number>({ prefix: PURGE_PREFIX })]) {
      const namespace = key.slice(PURGE_PREFIX.length);
      // A purge that is cut off goes on with the next alarm.
      this.#alarm.by(systemClock.now() + SLACK_MS);
      // Page by page: a namespace may hold more events than this object has memory.
      let after: { namespace: string; name: string } | undefined;
      do {
        const rows = [...this.#store.list({ resource: EVENTS, namespace, limit: BATCH, ...(after && { after }) })];
        after = rows.at(-1);
        const old = rows.filter(({ revision }) => revision <= upTo);
        removeAll(this.#store, old, tombstone);
        await nextTurn();
      } while (after);
      // Another namespace of this name may be gone by now, too.
      if (kv.get(key) === upTo) kv.delete(key);
    }
  }

  /** What has lived for an hour goes, a batch a turn; with no events left there is no alarm. */
  override async alarm(): Promise<void> {
    this.#alarm.rang();
    const store = this.#store;
    await this.#purge();
    const what = { resource: EVENTS, beforeMs: systemClock.now() - TTL_MS, limit: BATCH };
    while (expire({ sql: this.#sql, store, tombstone }, what) === BATCH) await nextTurn();
    while (store.compact(systemClock.now() - HISTORY_MS, BATCH) === BATCH) await nextTurn();
    // What was deleted just now still lies in the history: with no event left, that goes an hour later.
    const fromMs = oldestWriteMs(this.#sql, EVENTS) ?? store.oldestUncompactedMs();
    if (fromMs !== undefined) this.#alarm.by(Math.max(fromMs + TTL_MS, systemClock.now()) + SLACK_MS);
  }

  /** Watches are one-way: what clients say is not listened to. */
  override webSocketMessage(): void {}

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }
}

const tombstone: Tombstone =
  ({ value }) =>
  (revision) =>
    encodeObject(parseObject(value), event, revision);

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function report(error: unknown, context: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(JSON.stringify({ level: "error", object: "EventStore", context, error: text }));
}
