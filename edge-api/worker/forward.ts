/** Hands requests on to the cluster's objects, with the caller's identity and nothing the caller made up. */

import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../access/identity.ts";
import { ROUTE_HEADER } from "../http/node-route.ts";

const INTERNAL_PREFIX = "x-kedge-";

/**
 * The request as ClusterStore takes it. Credentials stay here: who was told who asks does not need the proof.
 */
export function identifiedRequest(request: Request, identity: Identity): Request {
  const headers = new Headers(request.headers);
  for (const name of request.headers.keys()) if (name.startsWith(INTERNAL_PREFIX)) headers.delete(name);
  headers.delete("authorization");
  headers.set(IDENTITY_HEADER, encodeIdentity(identity));
  return new Request(request, { headers });
}

/**
 * A question to ClusterStore where a request to a node's kubelet API goes: same method, URL and caller, without body
 * and without the upgrade, which is for the node.
 */
export function routeQuestion(request: Request, identity: Identity): Request {
  const headers = new Headers({ [IDENTITY_HEADER]: encodeIdentity(identity), [ROUTE_HEADER]: "1" });
  for (const [name, value] of request.headers) if (name.startsWith("impersonate-")) headers.append(name, value);
  return new Request(request.url, { method: request.method, headers });
}
