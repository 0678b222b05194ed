/** What clients are told when one of the cluster's objects did not answer. */
import { ApiError } from "../../machinery/meta/status.ts";
import { refuse } from "./refuse.ts";

const RETRY_AFTER_SECONDS = "1";

/**
 * What a stub's errors say of themselves.
 * Source: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
interface StubError {
  /** More is asked of the object than it does: it has not seen the request. */
  overloaded?: boolean;
  /** Another attempt may succeed: the object moved, its code is new, the connection broke. */
  retryable?: boolean;
  durableObjectReset?: boolean;
}

/** Clients try again by themselves where that is told to do no harm: reads, and what no object has seen. */
export function unreachable(error: unknown, method: string): Response {
  const { overloaded = false, retryable = false, durableObjectReset = false } = (error ?? {}) as StubError;
  const isRead = method === "GET" || method === "HEAD";
  if (overloaded) {
    const message = "more is asked of the cluster than it does, please try again";
    return later(refuse(new ApiError(429, "TooManyRequests", message, { retryAfterSeconds: 1 })));
  }
  if (!retryable && !durableObjectReset)
    return refuse(
      new ApiError(500, "InternalError", "an error on the server has prevented the request from succeeding"),
    );
  const response = refuse(
    new ApiError(503, "ServiceUnavailable", "the cluster did not answer; what was asked of it may have been done"),
  );
  return isRead ? later(response) : response;
}

function later(response: Response): Response {
  response.headers.set("retry-after", RETRY_AFTER_SECONDS);
  return response;
}
