/** The answers a client gets when a node cannot be reached, in the words of kube-apiserver where it has any. */
import { ApiError, badRequest, internalError, type Status } from "../../machinery/meta/status.ts";

export const isProxy = (path: string): boolean => path.startsWith("/proxy/");
export const isSession = (path: string): boolean => /^\/(exec|attach|portForward)\//.test(path);
export const isLogs = (path: string): boolean => path.startsWith("/containerLogs/");

/**
 * kube-apiserver answers 503 when the backend of a proxy does not answer, and a plain 500 without a reason when it
 * cannot dial a kubelet.
 */
export const unreachable = (path: string, why: string): ApiError =>
  isProxy(path)
    ? new ApiError(503, "ServiceUnavailable", `error trying to reach service: ${why}`)
    : new ApiError(500, "", `error dialing backend: ${why}`);

export const tooManyStreams = (why: string): ApiError =>
  new ApiError(429, "TooManyRequests", why, { retryAfterSeconds: 1 });

/**
 * What a client is told when the node's kubelet API refuses a log, as kube-apiserver's response checker makes it.
 * @param body the kubelet's plain text
 */
export function logError(path: string, code: number, body: string): ApiError {
  if (code === 400) return badRequest(body);
  if (code === 500) return internalError(body);
  const pod = decodeURIComponent(path.split("?")[0]!.split("/")[3] ?? "");
  const details = { name: pod, kind: "pods/log", causes: [{ reason: "UnexpectedServerResponse", message: body }] };
  if (code === 404)
    return new ApiError(404, "NotFound", "the server could not find the requested resource ( pods/log)", details);
  return new ApiError(
    code,
    code === 503 ? "ServiceUnavailable" : "",
    `the server responded with the status code ${code} but did not return more information ( pods/log ${pod})`,
    details,
  );
}

/**
 * A kubelet's refusal to exec, attach or forward is plain text, and reaches the client as it is. But kubectl reads it
 * as YAML first, and what holds ": " becomes a Status without a word: that is made one with all the words.
 */
export const sessionError = (code: number, body: string): Response =>
  body.includes(": ")
    ? statusResponse(new ApiError(code, "", `unable to upgrade connection: ${body.trim()}`))
    : new Response(body, { status: code, headers: { "content-type": "text/plain; charset=utf-8" } });

export function statusResponse(error: ApiError): Response {
  const status: Status = error.status;
  const retry = status.details?.retryAfterSeconds;
  return new Response(`${JSON.stringify(status)}\n`, {
    status: status.code,
    headers: {
      "content-type": "application/json",
      "content-encoding": "identity",
      ...(retry !== undefined && { "retry-after": String(retry) }),
    },
  });
}
