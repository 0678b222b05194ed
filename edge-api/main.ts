/**
 * The Worker: finds out who asks, and hands the request on. Stateless; everything about a cluster lies in its objects.
 * This file alone wires the controllers and the scheduler in.
 */
import { env as bindings } from "cloudflare:workers";
import { type IRequest, Router } from "itty-router";
import { controllerResources, controllersProgram, isHeadEnough } from "../controllers/program.ts";
import { servedRegistry } from "../kinds/serving.ts";
import { systemClock } from "../machinery/clock.ts";
import type { ChangeEvent, ChangeSubscriber, Cluster } from "../machinery/cluster/contract.ts";
import type { Program } from "../machinery/cluster/program.ts";
import { ApiError, unauthorized } from "../machinery/meta/status.ts";
import { parseConfiguration } from "../scheduler/config/configuration.ts";
import { SCHEDULER_RESOURCES, Scheduler as SchedulerProgram } from "../scheduler/program.ts";
import { type Authenticator, bearerToken } from "./access/authenticate.ts";
import { certificateIdentity, type TlsClientAuth } from "./access/client-certificate.ts";
import { ANONYMOUS, type Identity, nodeNameOf } from "./access/identity.ts";
import type { Around } from "./http/context.ts";
import { type NodeRoute, ROUTE_HEADER } from "./http/node-route.ts";
import { describeTypes } from "./http/openapi/descriptions.ts";
import type { Answer } from "./http/reply.ts";
import { ClusterStore as ClusterStoreObject, type Subscription } from "./objects/cluster-store.ts";
import type { Bindings } from "./objects/environment.ts";
import { FOLLOWED } from "./objects/event-store.ts";
import { identityProvider, mayBeAnonymous } from "./objects/identity-provider.ts";
import { SubscriberObject } from "./objects/subscriber.ts";
import { encodeRemote } from "./observe/audit/remote.ts";
import { gatewayFor, gatewayRequest, nodeSocketOf } from "./tunnel/route.ts";
import { apiReader } from "./worker/api-reader.ts";
import { auditedAnswer } from "./worker/audit-answer.ts";
import { auditedRefusal } from "./worker/audit-refusal.ts";
import { createAuthenticator, type IdentitySource } from "./worker/authentication.ts";
import { clusterOf } from "./worker/cluster.ts";
import { compressed } from "./worker/compress.ts";
import { forward, isPlain, type Passenger, routeQuestion } from "./worker/forward.ts";
import { HandOver, handedOf } from "./worker/hand-over.ts";
import { refuse } from "./worker/refuse.ts";
import { type Shard, shardFor, shardOfUrl } from "./worker/shard.ts";
import { unreachable } from "./worker/unreachable.ts";

export { EventStore } from "./objects/event-store.ts";
export { NodeGateway } from "./objects/node-gateway.ts";

describeTypes(async () => (await import("../dist/api-descriptions.gz")).default);

/** A cluster's objects, and who is told of their changes. */
export class ClusterStore extends ClusterStoreObject {
  protected override subscriptions(cluster: string): readonly Subscription[] {
    const { CONTROLLERS, SCHEDULER, EVENT_STORE } = this.env;
    // A fresh stub for every push: one is broken for good once its object has restarted.
    const target = (namespace: DurableObjectNamespace): ChangeSubscriber => ({
      changes: (batch) => (namespace.getByName(cluster) as unknown as ChangeSubscriber).changes(batch),
    });
    return [
      { name: "controllers", resources: controllerResources, target: target(CONTROLLERS), isHeadEnough },
      { name: "scheduler", resources: SCHEDULER_RESOURCES, target: target(SCHEDULER) },
      { name: "events", resources: FOLLOWED, target: target(EVENT_STORE) },
    ];
  }

  protected override around(cluster: string): Around {
    const { CONTROLLERS, SCHEDULER, EVENT_STORE } = this.env;
    const metricsOf = (namespace: DurableObjectNamespace) => () =>
      (namespace.getByName(cluster) as unknown as { metrics(): Promise<string> }).metrics();
    return {
      owns: (storage) => shardFor(storage) === "main",
      programs: () => [
        { component: "controller-manager", metrics: metricsOf(CONTROLLERS) },
        { component: "scheduler", metrics: metricsOf(SCHEDULER) },
        { metrics: metricsOf(EVENT_STORE) },
      ],
    };
  }
}

const log = (line: { [field: string]: unknown }): void => console.log(JSON.stringify(line));

export class Controllers extends SubscriberObject<Bindings> {
  protected override readonly className = "Controllers";

  /** Nodes' heartbeats, which say nothing that no other object says. */
  protected override mayIgnore({ type, resource, namespace, value }: ChangeEvent): boolean {
    if (type !== "MODIFIED" || resource !== "leases.coordination.k8s.io" || namespace !== "kube-node-lease")
      return false;
    return !value.includes('"deletionTimestamp"');
  }

  protected override async createProgram(cluster: Cluster, clusterName: string): Promise<Program> {
    const { caCertificate } = await storeOf(this.env, clusterName).identity();
    const api = apiReader(() => storeOf(this.env, clusterName), "horizontal-pod-autoscaler");
    const served = servedRegistry(this.env.KEDGE_RUNTIME_CONFIG);
    return controllersProgram({ cluster, api, caCertificate, served, clock: systemClock, random: Math.random, log });
  }
}

/** Read when the Worker starts: one that is wrong keeps it from starting, and says where. */
const schedulerConfiguration = parseConfiguration((bindings as unknown as Bindings).KEDGE_SCHEDULER_CONFIG);

export class Scheduler extends SubscriberObject<Bindings> {
  protected override readonly className = "Scheduler";

  protected override createProgram(cluster: Cluster): Program {
    const configuration = schedulerConfiguration;
    return new SchedulerProgram({ cluster, clock: systemClock, random: Math.random, log, configuration });
  }
}

/** One request, and where it goes. */
interface Visit extends Passenger {
  env: Bindings;
  ctx: ExecutionContext;
  cluster: string;
}

const reportProvider = (error: unknown): void =>
  log({ level: "error", context: "identity provider", error: String(error) });

/** One for each cluster, for as long as the isolate lives. */
const authenticators = new Map<string, Authenticator>();

function authenticatorOf(env: Bindings, cluster: string): Authenticator {
  let authenticator = authenticators.get(cluster);
  if (!authenticator) {
    authenticator = createAuthenticator({
      source: () => storeOf(env, cluster) as unknown as IdentitySource,
      adminToken: env.KEDGE_ADMIN_TOKEN,
      oidc: identityProvider(env, reportProvider),
      nowMs: () => Date.now(),
    });
    authenticators.set(cluster, authenticator);
  }
  return authenticator;
}

const storeOf = (env: Bindings, cluster: string): DurableObjectStub<ClusterStore> =>
  env.CLUSTER_STORE.getByName(cluster);

const tlsOf = (request: Request): TlsClientAuth | undefined =>
  (request.cf as { tlsClientAuth?: TlsClientAuth } | undefined)?.tlsClientAuth;

/** Undefined when the request must be refused. */
function whoAsks(
  request: Request,
  env: Bindings,
  cluster: string,
): Identity | undefined | Promise<Identity | undefined> {
  const byCertificate = env.KEDGE_CLIENT_CERTIFICATES === "verified" && certificateIdentity(tlsOf(request));
  if (byCertificate) return byCertificate;
  const token = bearerToken(request.headers);
  const authenticator = authenticatorOf(env, cluster);
  const known = authenticator.known(token);
  if (known) return known;
  // Who does not say who asks may do what RBAC grants to everybody.
  if (token === "") return mayBeAnonymous(env, request.url, reportProvider) ? ANONYMOUS : undefined;
  return authenticator.authenticate(token);
}

/** The ways to the objects of the clusters that live in this isolate. */
const handOvers = { main: new Map<string, HandOver>(), events: new Map<string, HandOver>() };

function handOverTo(shard: Shard, cluster: string): HandOver {
  let handOver = handOvers[shard].get(cluster);
  if (!handOver) {
    handOver = new HandOver();
    handOvers[shard].set(cluster, handOver);
  }
  return handOver;
}

async function toStore(request: Request, visit: Visit): Promise<Response> {
  const answer = await uncompressed(request, visit);
  return compressed(answer, request.headers.get("accept-encoding"));
}

async function uncompressed(request: Request, visit: Visit): Promise<Answer> {
  const { env, ctx, cluster } = visit;
  const shard = shardOfUrl(request.url);
  const owner = () => (shard === "events" ? env.EVENT_STORE.getByName(cluster) : storeOf(env, cluster));
  const handed = mayHandOver(visit) && handedOf(request, visit);
  if (!handed) return forward(owner(), request, visit);
  return handOverTo(shard, cluster).ask(handed, {
    call: (headers) => owner().fetch("https://cluster/", { headers }),
    waitUntil: (work) => ctx.waitUntil(work),
  });
}

const mayHandOver = ({ env, isAudited, isPlain }: Visit): boolean =>
  env.KEDGE_ONE_PROCESS === "true" && !isAudited && isPlain;

function notLetIn(request: Request, { KEDGE_AUDIT_POLICY: policy }: Bindings): Response {
  const auditId = request.headers.get("audit-id") || crypto.randomUUID();
  if (policy !== undefined) {
    const { method, url, headers } = request;
    const { clientIp: peer } = (request.cf ?? {}) as { clientIp?: string };
    const line = auditedRefusal(policy, { method, url, headers, auditId, peer, nowMs: Date.now() });
    if (line !== undefined) console.log(line);
  }
  return refuse(unauthorized(), auditId);
}

/** A node dials in: its tunnel, or a channel of it. Undefined for other paths. */
function dialIn(request: IRequest, { env, cluster, identity }: Visit): Promise<Response> | Response | undefined {
  const dialled = nodeSocketOf(new URL(request.url).pathname);
  if (!dialled) return undefined;
  const { node } = dialled;
  if (nodeNameOf(identity) !== node) {
    return refuse(new ApiError(403, "Forbidden", `only node ${node} itself may open its tunnel`, {}));
  }
  return gatewayFor(env.NODE_GATEWAY, { cluster, node }).fetch(gatewayRequest(request as unknown as Request, { node }));
}

/** Asks ClusterStore, which authorizes, where the request goes; then sends it there. */
async function viaNode(request: IRequest, visit: Visit): Promise<Response> {
  const { env, cluster } = visit;
  const original = request as unknown as Request;
  const answer = await storeOf(env, cluster).fetch(routeQuestion(original, visit));
  if (answer.headers.get(ROUTE_HEADER) === null) return answer;
  const { audit, ...route }: NodeRoute = await answer.json();
  const isUpgrade = original.headers.has("upgrade");
  const response = await gatewayFor(env.NODE_GATEWAY, { cluster, node: route.node }).fetch(
    gatewayRequest(original, { ...route, ...(audit && isUpgrade && { audit: encodeRemote(audit) }) }),
  );
  return audit ? auditedAnswer(response, audit, { write: (line) => console.log(line), nowMs: Date.now }) : response;
}

/** Requests that do not simply go to the cluster's store. */
const router = Router<IRequest, [Visit]>()
  .get("/kedge/v1/nodes/*", dialIn)
  .all("/api/v1/namespaces/:namespace/pods/:name/(log|exec|attach|portforward)", viaNode)
  .all("/api/v1/namespaces/:namespace/(pods|services)/:name/proxy", viaNode)
  .all("/api/v1/namespaces/:namespace/(pods|services)/:name/proxy/*", viaNode)
  .all("/api/v1/nodes/:name/proxy", viaNode)
  .all("/api/v1/nodes/:name/proxy/*", viaNode)
  .all("*", (request, visit) => toStore(request as unknown as Request, visit));

/** Spares most requests the router, which costs as much as reading an object: all that it routes has one of these. */
const MAY_BE_ROUTED = /\/(?:log|exec|attach|portforward|proxy|kedge)(?:[/?]|$)/;

async function answer(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
  const cluster = clusterOf(request);
  const identity = await whoAsks(request, env, cluster);
  if (!identity) return notLetIn(request, env);
  const isAudited = env.KEDGE_AUDIT_POLICY !== undefined;
  const visit: Visit = { env, ctx, cluster, identity, isAudited, isPlain: isPlain(request.headers) };
  return MAY_BE_ROUTED.test(request.url)
    ? router.fetch(request as unknown as IRequest, visit)
    : toStore(request, visit);
}

export default {
  /** Never rejects: Cloudflare would answer with a page that no client of the API understands. */
  async fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    try {
      return await answer(request, env, ctx);
    } catch (error) {
      if (error instanceof ApiError) return refuse(error);
      log({ level: "error", context: `${request.method} ${new URL(request.url).pathname}`, error: String(error) });
      return unreachable(error, request.method);
    }
  },
};
