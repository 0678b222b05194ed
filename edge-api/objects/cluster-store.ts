/** The Durable Object that owns a cluster's objects. A thin shell: what it does is in http/, verbs/, access/, store/. */
import { DurableObject } from "cloudflare:workers";
import type { JWK } from "jose";
import { systemClock } from "../../machinery/clock.ts";
import type {
  ChangeSubscriber,
  Resource,
  SnapshotPage,
  WriteOp,
  WriteResult,
} from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { bootstrapTokenIdentity } from "../access/bootstrap-tokens.ts";
import { authorityOf, signingKey } from "../access/cluster-keys.ts";
import type { Identity } from "../access/identity.ts";
import { accountProblem } from "../access/live-account.ts";
import { type ParameterQuery, storedParameters } from "../access/policies/parameters.ts";
import { publicPart } from "../access/tokens.ts";
import { bootstrap } from "../bootstrap/bootstrap.ts";
import { keepFlowControl } from "../fairness/keep-objects.ts";
import { answer, serve } from "../http/chain.ts";
import type { Services } from "../http/context.ts";
import { HANDED_HEADER, serveHanded } from "../http/handed-over.ts";
import { audiencesOf, createServices } from "../http/services.ts";
import { auditedBatch } from "../observe/audit/batch.ts";
import { nextTurn } from "../store/commit-group.ts";
import type { ObjectKey } from "../store/contract.ts";
import { Feed } from "../store/feed.ts";
import { migrate } from "../store/migrate.ts";
import { SqliteStore } from "../store/sqlite-store.ts";
import { NodeUsage } from "../tunnel/node-usage.ts";
import { gatewayFor, gatewayRequest } from "../tunnel/route.ts";
import { writeBatch } from "../verbs/batch.ts";
import { reportNodeConnection } from "../verbs/node-connection.ts";
import { snapshotPage } from "../verbs/snapshot.ts";
import { EarliestAlarm } from "./alarm.ts";
import { DurableSql } from "./durable-sql.ts";
import type { Bindings } from "./environment.ts";
import { identityProvider } from "./identity-provider.ts";
import { WatchSockets } from "./watch-sockets.ts";

/** What the Worker must know of a cluster to tell its tokens from others. */
export interface ClusterIdentity {
  keys: JWK[];
  /** Audiences its API server takes tokens for. */
  audiences: string[];
  /** PEM */
  caCertificate: string;
}

/** A program that is told of changes. */
export interface Subscription {
  name: string;
  resources: readonly Resource[];
  target: ChangeSubscriber;
  /** @see FeedSubscriber */
  isHeadEnough?(object: ObjectKey): boolean;
}

/** How long superseded versions are kept: watches and lists in pages may begin this far back. */
const HISTORY_MS = 5 * 60_000;
/** Compaction waits this much longer, so that one run takes many versions. */
const COMPACTION_SLACK_MS = 60_000;
const COMPACTION_ROWS = 1000;
/** A follower that cannot be told of changes keeps their history for so long. */
const MAX_UNTOLD_MS = 60 * 60_000;
/** A push that was not taken over is looked after this often, even if the object was evicted meanwhile. */
const FEED_WATCHDOG_MS = 10_000;

export class ClusterStore extends DurableObject<Bindings> {
  #services!: Services;
  #store: SqliteStore;
  #feed!: Feed;
  #signingKey!: JWK;
  readonly #sockets: WatchSockets;
  /** Epoch ms of the alarm that is set. */
  readonly #alarm = new EarliestAlarm(this.ctx);

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const sql = new DurableSql(ctx.storage);
    migrate(sql);
    this.#store = new SqliteStore(sql, { now: () => systemClock.now() });
    this.#sockets = new WatchSockets(ctx, () => this.#services);
    void ctx.blockConcurrencyWhile(() => this.#start());
  }

  /** The programs that follow this cluster; main.ts says which. */
  protected subscriptions(_cluster: string): readonly Subscription[] {
    return [];
  }

  /** The objects beside this one; main.ts says which. */
  protected around(_cluster: string): Services["around"] {
    return undefined;
  }

  async #start(): Promise<void> {
    const { ctx, env } = this;
    this.#signingKey = await signingKey(ctx.storage.kv);
    const given = { certificate: env.KEDGE_CA_CERT, key: env.KEDGE_CA_KEY };
    const authority = await authorityOf(ctx.storage.kv, given, systemClock.now());
    const usage = new NodeUsage({ clock: systemClock, report, ask: (node, path) => this.#askNode(node, path) });
    this.#services = await createServices({
      store: this.#store,
      clock: systemClock,
      random: Math.random,
      uuid: () => crypto.randomUUID(),
      signingKey: this.#signingKey,
      authority,
      adminToken: env.KEDGE_ADMIN_TOKEN,
      oidc: identityProvider(env, (error) => report(error, "identity provider")),
      serverUrl: env.KEDGE_SERVER_URL,
      runtimeConfig: env.KEDGE_RUNTIME_CONFIG,
      auditPolicy: env.KEDGE_AUDIT_POLICY,
      usageOf: (node) => usage.of(node),
      storageBytes: () => ctx.storage.sql.databaseSize,
      acceptWatch: (watch) => this.#sockets.accept(watch),
      hubChanged: () => this.#sockets.tick(),
      report,
    });
    const around = this.around(ctx.id.name ?? "default");
    if (around) this.#services.around = around;
    this.#sockets.resume();
    await this.#alarm.resume();
    this.#store.subscribe(() => this.#alarm.by(systemClock.now() + HISTORY_MS + COMPACTION_SLACK_MS));
    this.#feed = new Feed({
      store: this.#store,
      clock: systemClock,
      random: Math.random,
      // Whoever has written is answered first.
      schedule: nextTurn,
      report: (subscriber, error) => {
        report(error, `change feed to ${subscriber}`);
        this.#alarm.by(systemClock.now() + FEED_WATCHDOG_MS);
      },
    });
    const facts = {
      caCertificate: authority.certificate,
      isServedByCa: env.KEDGE_CA_CERT !== undefined,
      serverUrl: env.KEDGE_SERVER_URL,
      nowMs: systemClock.now(),
    };
    this.#store.transaction(() => bootstrap(this.#services.env, report, facts));
    keepFlowControl({ env: this.#services.env, commit: this.#services.commit, report });
    for (const subscription of this.subscriptions(ctx.id.name ?? "default")) this.#feed.add(subscription);
  }

  override fetch(request: Request): Promise<Response> {
    const services = this.#services;
    const handed = request.headers.get(HANDED_HEADER);
    if (handed === null) return serve(services, request);
    return serveHanded(handed, { life: this, answer: (each) => answer(services, each, each.identity) });
  }

  /** A GET of a path of a node's kubelet API. */
  #askNode(node: string, path: string): Promise<Response> {
    const gateway = gatewayFor(this.env.NODE_GATEWAY, { cluster: this.ctx.id.name ?? "default", node });
    return gateway.fetch(gatewayRequest(new Request("https://node"), { node, path }));
  }

  /** Starts what must run: being constructed has done that already. */
  wake(): void {}

  identity(): ClusterIdentity {
    return {
      keys: [publicPart(this.#signingKey)],
      audiences: audiencesOf(this.env.KEDGE_SERVER_URL),
      caCertificate: this.#services.certificates.caCertificate,
    };
  }

  /** Whom a bootstrap token speaks for; null for one that is not good. */
  bootstrapToken(id: string, secret: string): Identity | null {
    return bootstrapTokenIdentity(this.#store, { id, secret, nowMs: systemClock.now() }) ?? null;
  }

  /** Resolves when whoever follows this cluster has been told of all that is committed by now, or cannot be. */
  told(): Promise<void> {
    this.#feed.retryNow();
    return this.#feed.settled();
  }

  /** Why the caller's token is no longer good; null when it is. */
  accountProblem(identity: Identity): string | null {
    return accountProblem(this.#store, identity, systemClock.now()) ?? null;
  }

  /** For policies about what lies in other objects. */
  parameters(queries: readonly ParameterQuery[]): string[][] {
    return queries.map((query) => storedParameters(this.#store, query));
  }

  /** machinery/cluster/contract.ts */
  snapshot(resources: Resource[], next?: string): SnapshotPage {
    return snapshotPage(this.#store, resources, next);
  }

  /** machinery/cluster/contract.ts */
  write(actor: string, ops: WriteOp[]): Promise<WriteResult[]> {
    const { env, commit } = this.#services;
    return auditedBatch(this.#services, { actor, ops }, () => commit.run(() => writeBatch(env, actor, ops, report)));
  }

  /** machinery/cluster/contract.ts */
  signCertificate(request: KubeObject): Promise<string> {
    return this.#services.certificates.signRequest(request);
  }

  /** NodeGateway tells whether a node's tunnel is up. `atMs`: epoch ms of when that came about. */
  nodeConnection(name: string, connected: boolean, atMs: number): Promise<void> {
    const { env, commit } = this.#services;
    return commit.run(() => reportNodeConnection(env, { name, connected, atMs }));
  }

  /** Watches are one-way: what clients say is not listened to. */
  override webSocketMessage(): void {}

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }

  override async alarm(): Promise<void> {
    this.#alarm.rang();
    const store = this.#store;
    // What has not been told must not be forgotten: a restart would not know of it. But not without end.
    const isOld = (store.oldestUncompactedMs() ?? 0) < systemClock.now() - MAX_UNTOLD_MS;
    if (this.#feed.hasUndelivered() && !isOld) {
      this.#feed.retryNow();
      this.#alarm.by(systemClock.now() + FEED_WATCHDOG_MS);
      return;
    }
    // One batch a turn, so that requests get theirs in between.
    while (store.compact(systemClock.now() - HISTORY_MS, COMPACTION_ROWS) === COMPACTION_ROWS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const oldestMs = store.oldestUncompactedMs();
    if (oldestMs !== undefined) this.#alarm.by(oldestMs + HISTORY_MS + COMPACTION_SLACK_MS);
    if (this.#feed.hasUndelivered()) {
      this.#feed.retryNow();
      this.#alarm.by(systemClock.now() + FEED_WATCHDOG_MS);
    }
  }
}

function report(error: unknown, context: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(JSON.stringify({ level: "error", object: "ClusterStore", context, error: text }));
}
