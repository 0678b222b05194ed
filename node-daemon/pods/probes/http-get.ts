/** One HTTP GET as kubelet makes it: for probes and lifecycle hooks. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { HTTPGetAction } from "../../../kinds/core/v1-types.ts";
import type { AnyContainer } from "../pod.ts";
import { resolvePort, urlHost } from "../ports.ts";

export interface HttpAnswer {
  status: number;
  /** At most MAX_BODY_BYTES. */
  body: string;
}

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

/** What Go prints for the same failure of a connection. */
export function dialMessage(error: NodeJS.ErrnoException, address: string): string {
  const reasons: { readonly [code: string]: string } = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "i/o timeout",
  };
  if (error.code === "ECONNRESET") return `read tcp ${address}: read: connection reset by peer`;
  const reason = error.code ? reasons[error.code] : undefined;
  return reason ? `dial tcp ${address}: ${reason}` : error.message;
}

export function actionUrl(action: HTTPGetAction, container: AnyContainer, podIp: string): URL {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const port = resolvePort(action.port, container);
  const path = action.path ?? "/";
  return new URL(`${scheme}://${urlHost(action.host || podIp)}:${port}${path.startsWith("/") ? path : `/${path}`}`);
}

/**
 * @throws Error with Go's message when no answer comes within `timeoutMs`
 */
export async function httpGet(
  url: URL,
  { headers, timeoutMs }: { headers: [string, string][]; timeoutMs: number },
): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await getOnce(at, headers, deadline);
    const location = answer.headers.location;
    const status = answer.statusCode ?? 0;
    const next = status >= 300 && status < 400 && location !== undefined ? new URL(location, at) : undefined;
    if (next && next.hostname === at.hostname) {
      answer.resume();
      if (redirects === MAX_REDIRECTS) throw new Error(`Get "${next.href}": stopped after 10 redirects`);
      at = next;
      continue;
    }
    return { status, body: await readBody(answer) };
  }
}

function getOnce(url: URL, headers: [string, string][], signal: AbortSignal): Promise<IncomingMessage> {
  const fields: { [name: string]: string | string[] } = {
    "user-agent": "kube-probe/1.36",
    accept: "*/*",
    connection: "close",
  };
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === "accept" && value === "") delete fields.accept;
    else fields[key] = value;
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      { headers: fields, signal, agent: false, rejectUnauthorized: false },
      resolve,
    );
    request.on("error", (error) => {
      const message = signal.aborted
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : dialMessage(error, url.host);
      reject(new Error(`Get "${url.href}": ${message}`));
    });
    request.end();
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) {
      answer.destroy();
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8");
}
