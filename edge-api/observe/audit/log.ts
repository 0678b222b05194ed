/** The audit log: one JSON line an event, for those requests the policy wants. */
import { parseJson } from "../../../machinery/codec/json.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import { mediaTypeOf } from "../../http/body.ts";
import type { RequestContext } from "../../http/context.ts";
import { type NodeRoute, ROUTE_HEADER } from "../../http/node-route.ts";
import { decodeProtobufBody, PROTOBUF_TYPE } from "../../http/protobuf/body.ts";
import { type Answer, headerOf, Reply } from "../../http/reply.ts";
import type { RequestInfo } from "../../http/request-info.ts";
import { SOURCE_IPS_HEADER } from "./client-addresses.ts";
import { auditEvent } from "./event.ts";
import { withoutManagedFields } from "./managed-fields.ts";
import { decide, type Policy, type Stage } from "./policy.ts";
import { endTold, noteImpersonated, remoteOf } from "./remote.ts";
import { AuditTrail, MAX_LOGGED_CHARACTERS } from "./trail.ts";

export interface AuditLog {
  policy: Policy;
  write(line: string): void;
}

/** Answers the request by `next`, and logs what the policy wants of it. */
export async function audited(
  log: AuditLog,
  context: RequestContext,
  next: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const { identity, info, request } = context;
  const decision = decide(log.policy, info, identity);
  const { auditLevels } = context.services.metrics;
  auditLevels.set(decision.level, (auditLevels.get(decision.level) ?? 0) + 1);
  if (decision.level === "None") return next();
  const nowMs = (): number => context.services.env.clock.now();
  const trail = new AuditTrail({
    auditId: context.auditId,
    requestUri: uriOf(request.url),
    info,
    identity,
    userAgent: request.headers.get("user-agent") ?? undefined,
    sourceIps: request.headers.get(SOURCE_IPS_HEADER)?.split(",") ?? [],
    receivedAtMs: nowMs(),
    decision,
  });
  context.audit = trail;
  const tell = (stage: Stage): void => {
    if (!decision.omitStages.has(stage)) log.write(auditEvent(trail, stage, nowMs()));
  };
  tell("RequestReceived");
  let response: Answer;
  try {
    response = await next();
  } catch (error) {
    trail.code = 500;
    tell("Panic");
    throw error;
  }
  trail.code = response.status;
  noteImpersonated(trail, context);
  if (response instanceof Reply && headerOf(response, ROUTE_HEADER) !== null) return sentOn(response, trail);
  if (isLongRunning(info)) {
    if (response.status < 400) return started(response, tell);
    tell("ResponseStarted");
  }
  if (decision.level === "RequestResponse" || response.status >= 400)
    trail.responseObject = await responseObject(response, context, decision.omitManagedFields);
  tell("ResponseComplete");
  return response;
}

/** What is told of it from here on goes with the way that the Worker is told. */
function sentOn({ status, headers, body }: Reply, trail: AuditTrail): Reply {
  const route = JSON.parse(String(body)) as NodeRoute;
  return new Reply(status, headers, JSON.stringify({ ...route, audit: remoteOf(trail) } satisfies NodeRoute));
}

const STREAMS: ReadonlySet<string> = new Set(["attach", "exec", "portforward"]);

const isLongRunning = ({ verb, subresource }: RequestInfo): boolean =>
  verb === "watch" || STREAMS.has(subresource) || subresource === "log" || subresource === "proxy";

/** What goes on once the answer has begun. The end of a watch over a WebSocket is told where the socket is. */
function started(response: Answer, tell: (stage: Stage) => void): Answer {
  tell("ResponseStarted");
  if (response instanceof Reply) tell("ResponseComplete");
  if (response instanceof Reply || !response.body) return response;
  return new Response(
    endTold(response.body, () => tell("ResponseComplete")),
    response,
  );
}

/** Path and query. */
const uriOf = (url: string): string => url.slice(url.indexOf("/", url.indexOf("//") + 2));

/** What does not parse, or is too large, is left out: the log says what was done, not what was meant. */
async function responseObject(
  response: Answer,
  { services }: RequestContext,
  omitManagedFields: boolean,
): Promise<unknown> {
  if (!(response instanceof Reply)) return undefined;
  const { body } = response;
  if (body.length > MAX_LOGGED_CHARACTERS) return undefined;
  const type = mediaTypeOf(headerOf(response, "content-type"));
  try {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const value =
      type === PROTOBUF_TYPE
        ? decodeProtobufBody(bytes, services.env.registry)
        : type.endsWith("json")
          ? parseJson(new TextDecoder().decode(bytes)).value
          : undefined;
    return omitManagedFields ? withoutManagedFields(value) : value;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
