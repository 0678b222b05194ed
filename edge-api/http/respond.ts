/** Responses with the headers kube-apiserver sends. */
import type { Status } from "../../machinery/meta/status.ts";
import type { RequestContext } from "./context.ts";

export const JSON_TYPE = "application/json";
const MAX_WARNING_LENGTH = 4096;

/** Headers of every answer. */
export function headersFor(context: RequestContext, contentType: string): { [name: string]: string } | Headers {
  const plain = {
    "audit-id": context.auditId,
    "cache-control": "no-cache, private",
    "content-type": contentType,
  };
  if (context.warnings.length === 0) return plain;
  const headers = new Headers(plain);
  for (const warning of warningHeaders(context.warnings)) headers.append("warning", warning);
  return headers;
}

/** `299 - "text"`: each once, and no more than fit into a response's headers. */
function warningHeaders(warnings: readonly string[]): string[] {
  const headers: string[] = [];
  let length = 0;
  for (const text of new Set(warnings)) {
    const header = `299 - "${quotable(text)}"`;
    length += header.length;
    if (length > MAX_WARNING_LENGTH) break;
    headers.push(header);
  }
  return headers;
}

/** Printable ASCII with quotes and backslashes escaped. */
const quotable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, (c) => `\\${c}`);

export const json = (context: RequestContext, code: number, text: string): Response =>
  new Response(text, { status: code, headers: headersFor(context, JSON_TYPE) });

export const plain = (context: RequestContext, code: number, text: string): Response =>
  new Response(text, { status: code, headers: headersFor(context, "text/plain; charset=utf-8") });

export function statusResponse(context: RequestContext, status: Status): Response {
  const response = json(context, status.code, JSON.stringify(status));
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) response.headers.set("retry-after", String(retryAfter));
  return response;
}
