/** Passes one request of a pod on to the edge, and the answer back, both as they stream. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, errors } from "undici";
import type { Status } from "../../machinery/meta/status.ts";
import type { Log } from "../contracts.ts";

export interface Edge {
  /** https://host:port, no path. */
  url: string;
  dispatcher: Dispatcher;
}

/** RFC 9110, 7.6.1: between two neighbours only. `host` is the edge's own. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "host",
  "expect",
]);

/** Headers that go on, as a flat list; the Authorization header untouched. */
export function endToEndHeaders(headers: IncomingHttpHeaders): string[] {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const list: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, one);
  }
  return list;
}

/** Resolves when the exchange is over, however it ended. Never rejects. */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  edge: Edge,
  log: Log,
): Promise<void> {
  const abort = new AbortController();
  // Emitted also after a complete answer, when aborting does nothing.
  response.on("close", () => abort.abort());
  try {
    const answer = await ask(request, edge, abort.signal);
    response.writeHead(answer.statusCode, endToEndHeaders(answer.headers));
    // A watch may have nothing to say for a while; its client waits for the status.
    response.flushHeaders();
    await pipeline(answer.body, response);
  } catch (error) {
    if (abort.signal.aborted) return; // the pod went away
    if (response.headersSent) {
      response.destroy();
      log.debug("answer of the edge broke off", { path: pathOf(request), error: (error as Error).message });
      return;
    }
    log.warn("the edge cannot be reached for a pod", { path: pathOf(request), error: (error as Error).message });
    refuse(response, unavailable((error as Error).message));
  }
}

async function ask(request: IncomingMessage, edge: Edge, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const options: Dispatcher.RequestOptions = {
    origin: edge.url,
    path: request.url as string,
    method: request.method as Dispatcher.HttpMethod,
    headers: endToEndHeaders(request.headers),
    body: hasBody ? request : null,
    signal,
  };
  try {
    return await edge.dispatcher.request(options);
  } catch (error) {
    // The edge closed a kept connection just as it was used again: nothing was done yet.
    const mayRetry = !hasBody && (request.method === "GET" || request.method === "HEAD");
    if (mayRetry && error instanceof errors.SocketError && !signal.aborted) return edge.dispatcher.request(options);
    throw error;
  }
}

/** Without the query, which may carry secrets. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?")[0]?.slice(0, 200) ?? "";

export interface Refusal {
  status: Status;
  headers?: { [name: string]: string };
}

const failure = (code: number, reason: Status["reason"], message: string): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  ...(reason && { reason }),
  code,
});

export const unavailable = (why: string): Refusal => ({
  status: failure(503, "ServiceUnavailable", `the API server cannot be reached from this node: ${why}`),
  headers: { "retry-after": "1" },
});

export const tooManyRequests = (): Refusal => ({
  status: failure(429, "TooManyRequests", "too many requests from this node, please try again later"),
  headers: { "retry-after": "1" },
});

export const badRequest = (message: string): Refusal => ({ status: failure(400, "BadRequest", message) });

export function refuse(response: ServerResponse, { status, headers }: Refusal): void {
  const body = `${JSON.stringify(status)}\n`;
  response.writeHead(status.code, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
