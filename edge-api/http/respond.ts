/** Responses with the headers kube-apiserver sends. */
import { ApiError, type Status } from "../../machinery/meta/status.ts";
import type { RequestContext } from "./context.ts";
import { type Media, negotiate } from "./negotiation.ts";
import { toProtobuf } from "./protobuf/encode.ts";
import { messageFor, PROTOBUF_TYPE } from "./protobuf/names.ts";
import { type Answer, Reply, setHeader } from "./reply.ts";
import { toYaml } from "./yaml.ts";

export const JSON_TYPE = "application/json";
export const YAML_TYPE = "application/yaml";
/** Characters of all warnings together, and of each where they are more: upstream's. */
const MAX_WARNINGS_LENGTH = 4 * 1024;
const MAX_CUT_WARNING_LENGTH = 256;

/** Headers of every answer, but warnings. */
export const plainHeaders = (
  { auditId, flow }: Pick<RequestContext, "auditId" | "flow">,
  contentType: string,
): { [name: string]: string } => ({
  "audit-id": auditId,
  "cache-control": "no-cache, private",
  "content-type": contentType,
  ...(flow && {
    "x-kubernetes-pf-flowschema-uid": flow.schema.uid,
    "x-kubernetes-pf-prioritylevel-uid": flow.level.uid,
  }),
});

/** Headers of every answer. */
export function headersFor(context: RequestContext, contentType: string): { [name: string]: string } | Headers {
  const plain = plainHeaders(context, contentType);
  if (context.warnings.length === 0) return plain;
  const headers = new Headers(plain);
  for (const warning of warningHeaders(context.warnings)) appendText(headers, "warning", warning);
  return headers;
}

/** `299 - "text"`: each once. Where they are too long altogether each is cut, and the last ones are left out. */
function warningHeaders(warnings: readonly string[]): string[] {
  const texts = [...new Set(warnings)].map((text) => [...text]);
  const isTooLong = texts.reduce((sum, { length }) => sum + length, 0) > MAX_WARNINGS_LENGTH;
  const headers: string[] = [];
  let written = 0;
  for (const text of texts) {
    if (written >= MAX_WARNINGS_LENGTH) break;
    const shown = isTooLong ? text.slice(0, MAX_CUT_WARNING_LENGTH) : text;
    written += shown.length;
    headers.push(`299 - "${quotable(shown.join(""))}"`);
  }
  return headers;
}

/** Without control characters, with quotes and backslashes escaped. */
const quotable = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, "?")
    .replace(/["\\]/g, (c) => `\\${c}`);

/** workerd sends what is not ASCII as UTF-8, as Go does. Node, in which tests run, takes no more than Latin-1. */
function appendText(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    headers.append(name, value.replace(/[^\x20-\x7e]/g, "?"));
  }
}

/** A JSON document in the media type the client likes best; as JSON when it has no other form. */
export function json(context: RequestContext, code: number, text: string): Answer {
  const media = preferredMedia(context);
  if (media !== "json" && text.startsWith("{")) {
    const object = JSON.parse(text) as { kind?: unknown; apiVersion?: string };
    if (media === "yaml") return new Reply(code, headersFor(context, YAML_TYPE), toYaml(text));
    const { registry } = context.services.env;
    if (typeof object.kind === "string" && messageFor(registry, object.apiVersion ?? "v1", object.kind)) {
      return new Reply(code, headersFor(context, PROTOBUF_TYPE), toProtobuf(object, registry));
    }
  }
  return new Reply(code, headersFor(context, JSON_TYPE), isPretty(context) ? prettyJson(text) : text);
}

/** Programs whose answers people read, as upstream knows them. */
const READ_BY_PEOPLE = /^(?:curl|Wget|Mozilla\/5\.0)/;

/** Whether JSON is to be laid out for people: as the query says, else by the client's name. */
export function isPretty({ query, request }: Pick<RequestContext, "query" | "request">): boolean {
  const asked = query?.get("pretty");
  if (asked) return /^(?:1|t|T|true|True|TRUE)$/.test(asked);
  return isReadByPeople(request.headers);
}

export function isReadByPeople(headers: { get(name: string): string | null }): boolean {
  const agent = headers.get("user-agent");
  return agent !== null && READ_BY_PEOPLE.test(agent);
}

export const prettyJson = (text: string): string => `${JSON.stringify(JSON.parse(text), null, 2)}\n`;

/** JSON for those whom nothing suits: what cannot be negotiated must still be told. */
function preferredMedia({ request }: RequestContext): Media {
  try {
    return negotiate(request.headers.get("accept")).media;
  } catch (error) {
    if (error instanceof ApiError) return "json";
    throw error;
  }
}

export const plain = (context: RequestContext, code: number, text: string): Answer =>
  new Reply(code, headersFor(context, "text/plain; charset=utf-8"), text);

export function statusResponse(context: RequestContext, status: Status): Answer {
  const response = json(context, status.code, JSON.stringify(status));
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) setHeader(response, "retry-after", String(retryAfter));
  return response;
}
