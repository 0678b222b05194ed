/** kedge's own endpoints, below /kedge/v1/. Undefined for other paths. */
import type { RequestContext } from "../context.ts";
import type { Answer } from "../reply.ts";
import { nodeCertificate } from "./node-certificate.ts";
import { nodeObjects } from "./node-objects.ts";
import { nodeToken } from "./node-token.ts";

type Endpoint = (context: RequestContext, parameters: string[]) => Answer | Promise<Answer>;

interface Route {
  method: string;
  path: RegExp;
  endpoint: Endpoint;
}

const ROUTES: readonly Route[] = [
  { method: "POST", path: /^\/kedge\/v1\/nodes\/([^/]+)\/token$/, endpoint: nodeToken },
  { method: "POST", path: /^\/kedge\/v1\/nodes\/([^/]+)\/certificate$/, endpoint: nodeCertificate },
  { method: "GET", path: /^\/kedge\/v1\/nodes\/([^/]+)\/(configmaps|secrets)$/, endpoint: nodeObjects },
];

export function kedgeEndpoint(context: RequestContext): Answer | Promise<Answer> | undefined {
  const { path } = context.info;
  if (!path.startsWith("/kedge/v1/")) return undefined;
  for (const { method, path: pattern, endpoint } of ROUTES) {
    const match = method === context.method ? pattern.exec(path) : null;
    if (match) return endpoint(context, match.slice(1).map(decodeURIComponent));
  }
  return undefined;
}
