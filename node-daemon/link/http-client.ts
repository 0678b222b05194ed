import { Agent, errors, request } from "undici";
import type { Status } from "../../machinery/meta/status.ts";
import { ApiCallError } from "../contracts.ts";
import type { Credentials } from "./credentials.ts";

export interface HttpClient {
  /** @returns the parsed answer, undefined when it is empty. @throws ApiCallError */
  json(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
  close(): Promise<void>;
}

const ANSWER_MS = 30_000;
/** After "too many requests" the server is asked again, but not forever: callers have retries of their own. */
const MAX_RETRIES = 3;
const MAX_RETRY_AFTER_MS = 10_000;

/** JSON over kept-alive connections to the edge, with the node's token. */
export function createHttpClient(options: {
  serverUrl: string;
  ca: string | undefined;
  credentials: Credentials;
  userAgent: string;
  pause?: (delayMs: number) => Promise<void>;
}): HttpClient {
  const { pause = sleep } = options;
  const agent = new Agent({
    connections: 16,
    keepAliveTimeout: 60_000,
    connect: { timeout: 10_000, ...(options.ca !== undefined && { ca: options.ca }) },
  });

  const once = async (method: string, path: string, body: string | undefined, contentType: string, token: string) => {
    const response = await request(options.serverUrl + path, {
      dispatcher: agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "user-agent": options.userAgent,
        ...(body !== undefined && { "content-type": contentType }),
      },
      ...(body !== undefined && { body }),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    });
    return { code: response.statusCode, retryAfter: response.headers["retry-after"], text: await response.body.text() };
  };

  return {
    async json(method, path, body, contentType = "application/json") {
      const text = body === undefined ? undefined : JSON.stringify(body);
      let token = await options.credentials.token();
      let reloaded = false;
      for (let retries = 0; ; ) {
        const answer = await once(method, path, text, contentType, token).catch((error: unknown) => {
          throw new ApiCallError(0, `${method} ${path}: ${describe(error)}`);
        });
        if (answer.code < 300) return answer.text === "" ? undefined : parse(answer.text, method, path);
        if (answer.code === 401 && !reloaded) {
          reloaded = true;
          token = await options.credentials.reload();
          continue;
        }
        if (answer.code === 429 && retries < MAX_RETRIES) {
          retries++;
          const seconds = Number(answer.retryAfter ?? 1);
          await pause(Math.min(MAX_RETRY_AFTER_MS, (Number.isFinite(seconds) ? seconds : 1) * 1000));
          continue;
        }
        throw refused(answer.code, answer.text, `${method} ${path}`);
      }
    },
    close: () => agent.destroy(),
  };
}

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

function parse(text: string, method: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiCallError(0, `${method} ${path}: the answer is not JSON`);
  }
}

function refused(code: number, text: string, what: string): ApiCallError {
  const status = statusOf(text);
  return new ApiCallError(code, status?.message ?? `${what}: ${code} ${text.slice(0, 200)}`, status);
}

/** The Status in an error's body, if it is one. */
export function statusOf(text: string): Status | undefined {
  try {
    const value = JSON.parse(text);
    return value?.kind === "Status" ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

const describe = (error: unknown): string => {
  if (error instanceof errors.UndiciError || error instanceof Error) {
    const first = error instanceof AggregateError ? (error.errors[0] as Error) : error;
    return first.message || first.name;
  }
  return String(error);
};
