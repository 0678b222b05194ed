/** The documents that make the cluster an OpenID provider for its service accounts. Undefined for other paths. */
import { OPENID_MAX_AGE_SECONDS, openIdDocument } from "../../access/openid.ts";
import type { RequestContext } from "../context.ts";
import type { Answer } from "../reply.ts";
import { headersFor } from "../respond.ts";

export function openId(context: RequestContext): Answer | undefined {
  if (context.method !== "GET") return undefined;
  const document = openIdDocument(context.info.path, context.services.tokens);
  if (!document) return undefined;
  const headers = new Headers(headersFor(context, document.type));
  headers.set("cache-control", `public, max-age=${OPENID_MAX_AGE_SECONDS}`);
  return new Response(document.text, { headers });
}
