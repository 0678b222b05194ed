/** The one place where errors of the store become API errors. */
import {
  ApiError,
  alreadyExists,
  conflict,
  expired,
  notFound,
  type Status,
  type Subject,
} from "../../machinery/meta/status.ts";
import { StoreError } from "../store/contract.ts";

export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

/** A revision that does not exist yet; clients wait and try again. */
export const futureRevision = (asked: number | string, current: number | string): ApiError =>
  new ApiError(504, "Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });

/**
 * What a client is told of any error. An error nobody foresaw becomes a 500 that gives nothing away; the caller logs
 * the error itself.
 *
 * @param subject what the request was about, for errors that do not say
 */
export function statusOf(error: unknown, subject: Subject): Status {
  if (error instanceof ApiError) return error.status;
  if (error instanceof StoreError) return fromStore(error, subject).status;
  return new ApiError(500, "InternalError", "Internal error occurred: an unexpected error was logged by the server", {
    causes: [{ message: "an unexpected error was logged by the server" }],
  }).status;
}

function fromStore(error: StoreError, asked: Subject): ApiError {
  // A creation's URL does not name the object; the store knows its key.
  const subject = asked.name === "" ? { ...asked, name: String(error.detail.name ?? "") } : asked;
  switch (error.code) {
    case "NotFound":
      return notFound(subject);
    case "AlreadyExists":
      return alreadyExists(subject);
    case "Conflict":
      return conflict(subject, MODIFIED);
    case "TooLarge":
      // As etcd's refusal reaches clients, who know it by its words.
      return new ApiError(500, "", "etcdserver: request is too large");
    case "Compacted":
      return expired("The resourceVersion for the provided list is too old.");
    case "FutureRevision":
      return futureRevision(error.detail.requested ?? "", error.detail.current ?? "");
  }
}

/** Whether somebody should look into it: errors that are not part of the API. */
export const isUnexpected = (error: unknown): boolean => !(error instanceof ApiError || error instanceof StoreError);
