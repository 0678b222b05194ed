/** The audit log: one JSON line an event, for those requests the policy wants. */
import { parseJson } from "../../../machinery/codec/json.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import type { Identity } from "../../access/identity.ts";
import { mediaTypeOf, readLimited } from "../../http/body.ts";
import type { RequestContext } from "../../http/context.ts";
import { decodeProtobufBody, PROTOBUF_TYPE } from "../../http/protobuf/body.ts";
import { type Audited, auditEvent, withoutManagedFields } from "./event.ts";
import { type Decision, decide, type Policy, type Stage } from "./policy.ts";

export interface AuditLog {
  policy: Policy;
  write(line: string): void;
}

/** Larger bodies are left out of the log. */
const MAX_LOGGED_BYTES = 1024 * 1024;

/** Answers the request by `next`, and logs what the policy wants of it. */
export async function audited(
  log: AuditLog,
  context: RequestContext,
  next: () => Response | Promise<Response>,
): Promise<Response> {
  const { identity, info } = context;
  const decision = decide(log.policy, info, identity);
  if (decision.level === "None") return next();
  const nowMs = (): number => context.services.env.clock.now();
  const event: Audited = {
    auditId: context.auditId,
    requestUri: uriOf(context.request.url),
    info,
    identity,
    impersonated: undefined,
    userAgent: context.request.headers.get("user-agent") ?? undefined,
    receivedAtMs: nowMs(),
    decision,
    requestObject: undefined,
    responseObject: undefined,
    code: undefined,
  };
  const tell = (stage: Stage): void => {
    if (!decision.omitStages.has(stage)) log.write(JSON.stringify(auditEvent(event, stage, nowMs())));
  };
  tell("RequestReceived");
  if (decision.level !== "Metadata") event.requestObject = await requestObject(context, decision);
  let response: Response;
  try {
    response = await next();
  } catch (error) {
    event.code = 500;
    tell("Panic");
    throw error;
  }
  event.code = response.status;
  event.impersonated = otherThan(context.identity, identity);
  if (info.verb === "watch" && response.status === 200 && response.body) {
    tell("ResponseStarted");
    return new Response(
      endTold(response.body, () => tell("ResponseComplete")),
      response,
    );
  }
  if (decision.level === "RequestResponse" || response.status >= 400) {
    event.responseObject = await responseObject(response, context, decision);
  }
  tell("ResponseComplete");
  return response;
}

const otherThan = (now: Identity, before: Identity): Identity | undefined => (now === before ? undefined : now);

/** Path and query. */
const uriOf = (url: string): string => url.slice(url.indexOf("/", url.indexOf("//") + 2));

async function requestObject(context: RequestContext, decision: Decision): Promise<unknown> {
  const { request } = context;
  return request.body ? objectOf(request.clone(), { context, decision }) : undefined;
}

async function responseObject(response: Response, context: RequestContext, decision: Decision): Promise<unknown> {
  return response.body ? objectOf(response.clone(), { context, decision }) : undefined;
}

/** What does not parse, or is too large, is left out: the log says what was done, not what was meant. */
async function objectOf(
  { body, headers }: Request | Response,
  { context, decision }: { context: RequestContext; decision: Decision },
): Promise<unknown> {
  const type = mediaTypeOf(headers.get("content-type"));
  try {
    const bytes = await readLimited(body as ReadableStream<Uint8Array>, MAX_LOGGED_BYTES);
    const value =
      type === PROTOBUF_TYPE
        ? decodeProtobufBody(bytes, context.services.env.registry)
        : type.endsWith("json")
          ? parseJson(new TextDecoder().decode(bytes)).value
          : undefined;
    return decision.omitManagedFields ? withoutManagedFields(value) : value;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The same bytes; `ended` is called once when they end or the client goes. */
function endTold(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        ended();
        controller.close();
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
