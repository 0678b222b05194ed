/** Hands requests on to the cluster's objects, with the caller's identity and nothing the caller made up. */
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../access/identity.ts";
import { mayImpersonate } from "../access/impersonation/headers.ts";
import { ROUTE_HEADER } from "../http/node-route.ts";
import { isReadByPeople } from "../http/respond.ts";
import { clientAddresses, SOURCE_IPS_HEADER } from "../observe/audit/client-addresses.ts";

const INTERNAL_PREFIX = "x-kedge-";

/** What ClusterStore looks at in a request's headers. Copying these few costs a third of copying all. */
const READ_HEADERS = ["accept", "audit-id", "if-none-match"] as const;
const WRITE_HEADERS = ["accept", "audit-id", "content-length", "content-type", "user-agent"] as const;

/** Headers are ASCII and identities seldom change, so that the text is made once for each. */
const encoded = new WeakMap<Identity, string>();

function identityText(identity: Identity): string {
  let text = encoded.get(identity);
  if (text === undefined) {
    text = encodeIdentity(identity);
    encoded.set(identity, text);
  }
  return text;
}

/** A Durable Object's stub, as far as it is needed here. */
interface Fetcher {
  fetch(input: string | Request, init?: RequestInit): Promise<Response>;
}

/** Whom a request is made by, and whether it may be logged: then more is told of it. */
export interface Passenger {
  identity: Identity;
  isAudited: boolean;
  /** @see isPlain, which looks at all headers: to be asked once */
  isPlain: boolean;
}

/** Whether only part of the headers is passed on, and the answer depends on nothing else. */
export const isPlain = (given: Headers): boolean => !given.has("upgrade") && !mayImpersonate(given);

/** The headers of a plain request that are passed on. As an object: a list of pairs takes fetch twice as long. */
export function passedOn({ method, headers: given }: Request): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const name of method === "GET" ? READ_HEADERS : WRITE_HEADERS) {
    const value = given.get(name);
    if (value !== null) headers[name] = value;
  }
  if (method === "GET" && isReadByPeople(given)) headers["user-agent"] = given.get("user-agent")!;
  return headers;
}

/**
 * Sends the request on as ClusterStore takes it. Credentials stay here: who was told who asks does not need the proof.
 */
export function forward(
  stub: Fetcher,
  request: Request,
  { identity, isAudited, isPlain }: Passenger,
): Promise<Response> {
  if (isAudited || !isPlain) return stub.fetch(fullRequest(request, { identity, isAudited }));
  const headers = passedOn(request);
  headers[IDENTITY_HEADER] = identityText(identity);
  const { method, url, body } = request;
  return stub.fetch(url, { method, headers, body });
}

/** With all headers but credentials and what only the Worker may say. */
function fullRequest(request: Request, { identity, isAudited }: Omit<Passenger, "isPlain">): Request {
  const headers = new Headers(request.headers);
  for (const name of request.headers.keys()) if (name.startsWith(INTERNAL_PREFIX)) headers.delete(name);
  headers.delete("authorization");
  headers.set(IDENTITY_HEADER, identityText(identity));
  if (isAudited) tellSource(headers, request);
  return new Request(request, { headers });
}

/**
 * A question to ClusterStore where a request to a node's kubelet API goes: same method (but for HEAD), URL and caller,
 * without body and without the upgrade, which is for the node.
 */
export function routeQuestion(request: Request, { identity, isAudited }: Omit<Passenger, "isPlain">): Request {
  const headers = new Headers({ [IDENTITY_HEADER]: identityText(identity), [ROUTE_HEADER]: "1" });
  for (const [name, value] of request.headers) if (name.startsWith("impersonate-")) headers.append(name, value);
  if (isAudited) {
    for (const name of ["audit-id", "user-agent"]) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    tellSource(headers, request);
  }
  // The answer to HEAD has no body to say it in; the same may do both.
  return new Request(request.url, { method: request.method === "HEAD" ? "GET" : request.method, headers });
}

function tellSource(headers: Headers, request: Request): void {
  // What workerd says by itself; Cloudflare's edge has a header for it.
  const { clientIp } = (request as { cf?: { clientIp?: unknown } }).cf ?? {};
  const addresses = clientAddresses(request.headers, typeof clientIp === "string" ? clientIp : undefined);
  if (addresses.length > 0) headers.set(SOURCE_IPS_HEADER, addresses.join());
}
