/** How requests reach the gateway. Used by the Worker, which has authenticated and, through ClusterStore, authorized. */

const NODE_HEADER = "x-kedge-node";
const PATH_HEADER = "x-kedge-path";
/** What the audit log is to be told when a WebSocket ends. */
const AUDIT_HEADER = "x-kedge-audit";

/** The Durable Object that ends the tunnel of a node: one object a cluster, until this function says otherwise. */
export function gatewayFor<Id, Stub>(
  namespace: { idFromName(name: string): Id; get(id: Id): Stub },
  place: { cluster: string; node: string },
): Stub {
  return namespace.get(namespace.idFromName(place.cluster));
}

/** A WebSocket that a node dials: its tunnel, or a channel for one bulk stream. */
export type NodeSocket = { node: string; socket: "tunnel" } | { node: string; socket: "channel"; channel: string };

/** `/kedge/v1/nodes/{name}/tunnel` and `/kedge/v1/nodes/{name}/channels/{channel}`; else undefined. */
export function nodeSocketOf(pathname: string): NodeSocket | undefined {
  const match = /^\/kedge\/v1\/nodes\/([a-z0-9.-]{1,253})\/(?:(tunnel)|channels\/([0-9a-f]{1,64}))$/.exec(pathname);
  if (!match) return undefined;
  const node = match[1]!;
  return match[2] ? { node, socket: "tunnel" } : { node, socket: "channel", channel: match[3]! };
}

/**
 * The request as the gateway takes it.
 * @param to `node` whose token was checked (it dials in), or whose kubelet API is asked for `path`; `audit` is what the
 *   log is told when a WebSocket ends, as encodeRemote writes it
 */
export function gatewayRequest(request: Request, to: { node: string; path?: string; audit?: string }): Request {
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  headers.set(NODE_HEADER, to.node);
  if (to.path === undefined) headers.delete(PATH_HEADER);
  else headers.set(PATH_HEADER, to.path);
  if (to.audit) headers.set(AUDIT_HEADER, to.audit);
  else headers.delete(AUDIT_HEADER);
  return new Request(request, { headers });
}

/** What gatewayRequest said. @returns undefined when the Worker did not send this request through it */
export function addressOf(request: Request): { node: string; path: string | undefined } | undefined {
  const node = request.headers.get(NODE_HEADER);
  if (!node) return undefined;
  return { node, path: request.headers.get(PATH_HEADER) ?? undefined };
}

export const auditOf = (request: Request): string | undefined => request.headers.get(AUDIT_HEADER) ?? undefined;
