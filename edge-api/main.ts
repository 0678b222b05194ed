/**
 * The Worker: finds out who asks, and hands the request on. Stateless; everything about a cluster lies in its objects.
 * This file alone wires the controllers and the scheduler in.
 */
import { type IRequest, Router } from "itty-router";
import { unauthorized } from "../machinery/meta/status.ts";
import { type Authenticator, bearerToken } from "./access/authenticate.ts";
import { ANONYMOUS, type Identity } from "./access/identity.ts";
import type { ClusterStore } from "./objects/cluster-store.ts";
import type { Bindings } from "./objects/environment.ts";
import { createAuthenticator, type IdentitySource } from "./worker/authentication.ts";
import { clusterOf } from "./worker/cluster.ts";
import { identifiedRequest } from "./worker/forward.ts";
import { refuse } from "./worker/refuse.ts";

export { ClusterStore } from "./objects/cluster-store.ts";

/** One request, and where it goes. */
interface Visit {
  env: Bindings;
  cluster: string;
  identity: Identity;
}

/** One for each cluster, for as long as the isolate lives. */
const authenticators = new Map<string, Authenticator>();

function authenticatorOf(env: Bindings, cluster: string): Authenticator {
  let authenticator = authenticators.get(cluster);
  if (!authenticator) {
    authenticator = createAuthenticator({
      source: () => storeOf(env, cluster) as unknown as IdentitySource,
      adminToken: env.KEDGE_ADMIN_TOKEN,
      nowMs: () => Date.now(),
    });
    authenticators.set(cluster, authenticator);
  }
  return authenticator;
}

const storeOf = (env: Bindings, cluster: string): DurableObjectStub<ClusterStore> =>
  env.CLUSTER_STORE.getByName(cluster);

/** What may be asked without saying who asks; ClusterStore's RBAC has the last word. */
const PUBLIC = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

async function authenticate(request: IRequest, visit: Visit): Promise<Response | undefined> {
  const token = bearerToken(request.headers);
  if (token === "" && !request.headers.has("authorization") && PUBLIC.test(new URL(request.url).pathname)) {
    visit.identity = ANONYMOUS;
    return undefined;
  }
  const identity = await authenticatorOf(visit.env, visit.cluster).authenticate(token);
  if (!identity) return refuse(unauthorized());
  visit.identity = identity;
  return undefined;
}

const toStore = (request: IRequest, { env, cluster, identity }: Visit): Promise<Response> =>
  storeOf(env, cluster).fetch(identifiedRequest(request as unknown as Request, identity));

const router = Router<IRequest, [Visit]>().all("*", authenticate).all("*", toStore);

export default {
  fetch(request: Request, env: Bindings): Promise<Response> {
    const cluster = clusterOf(request.headers.get("host") ?? "");
    return router.fetch(request as unknown as IRequest, { env, cluster, identity: ANONYMOUS });
  },
};
