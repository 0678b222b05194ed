/** The few calls the CLI makes to the edge, as the cluster's administrator. */
import { Agent, request } from "undici";

export interface EdgeClient {
  /** Resolves with the parsed answer of a 2xx. @throws Error with the Status message otherwise */
  call(method: "GET" | "POST" | "DELETE" | "PATCH", path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

export function createEdgeClient(options: { serverUrl: string; caPem?: string; token: string }): EdgeClient {
  const dispatcher = new Agent({ connect: options.caPem ? { ca: options.caPem } : {} });
  return {
    async call(method, path, body) {
      const { statusCode, body: answer } = await request(options.serverUrl + path, {
        method,
        dispatcher,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${options.token}`,
          accept: "application/json",
          "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.text();
      if (statusCode >= 300) {
        throw new Error(`${method} ${path}: HTTP ${statusCode}: ${messageOf(text)}`);
      }
      return text === "" ? undefined : JSON.parse(text);
    },
    close: () => dispatcher.close(),
  };
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 500);
  }
}
