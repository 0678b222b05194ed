/**
 * What a request goes through inside ClusterStore, in this order; the Worker has authenticated it before. Each step is
 * a file in filters/.
 */
import { ANONYMOUS, decodeIdentity, IDENTITY_HEADER, type Identity } from "../access/identity.ts";
import { auditIdOf } from "./audit-id.ts";
import type { Filter, Handler, RequestContext, Services } from "./context.ts";
import { dispatch } from "./dispatch.ts";
import { authorization } from "./filters/authorization.ts";
import { deprecation } from "./filters/deprecation.ts";
import { fairness } from "./filters/fairness.ts";
import { freshness } from "./filters/freshness.ts";
import { impersonation } from "./filters/impersonation.ts";
import { limits } from "./filters/limits.ts";
import { liveAccount } from "./filters/live-account.ts";
import { observe } from "./filters/observe.ts";
import { recover } from "./filters/recover.ts";
import { type Answer, responseOf } from "./reply.ts";
import type { ApiRequest } from "./request.ts";
import { parseRequestInfo } from "./request-info.ts";
import { statusResponse } from "./respond.ts";

const FILTERS: readonly Filter[] = [
  observe,
  recover,
  limits,
  // A token may outlive the account, pod or node it was made for.
  liveAccount,
  impersonation,
  fairness,
  freshness,
  authorization,
  deprecation,
];

const compose = (filters: readonly Filter[], last: Handler): Handler =>
  filters.reduceRight<Handler>((next, filter) => (context) => filter(context, next), last);

const handle = compose(FILTERS, dispatch);

/** Answers one request; never rejects. */
export async function serve(services: Services, request: Request): Promise<Response> {
  const identity = decodeIdentity(request.headers.get(IDENTITY_HEADER)) ?? ANONYMOUS;
  return responseOf(await answer(services, request, identity));
}

/** Answers what `identity` asks; never rejects. */
export async function answer(services: Services, request: ApiRequest, identity: Identity): Promise<Answer> {
  const context = contextOf(services, request, identity);
  return "info" in context ? handle(context) : context;
}

function contextOf(services: Services, request: ApiRequest, identity: Identity): RequestContext | Answer {
  const { url, method, headers } = request;
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  const queryStart = url.indexOf("?", pathStart);
  const path = pathStart < 0 ? "/" : url.slice(pathStart, queryStart < 0 ? undefined : queryStart);
  const query = queryStart < 0 ? undefined : new URLSearchParams(url.slice(queryStart + 1));
  const context: Omit<RequestContext, "info"> = {
    services,
    request,
    method,
    query,
    identity,
    auditId: auditIdOf(headers, services.env.uuid),
    warnings: [],
  };
  try {
    return { ...context, info: parseRequestInfo(method, path, query) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    const bad: RequestContext = { ...context, info: parseRequestInfo(method, "/", undefined) };
    return statusResponse(bad, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "the request URI is not percent-encoded UTF-8",
      reason: "BadRequest",
      code: 400,
    });
  }
}
