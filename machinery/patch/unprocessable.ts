import { ApiError } from "../meta/status.ts";

/** A patch that cannot be done to this object. Upstream does not tell clients why: that is the error's `cause`. */
export function unprocessable(cause: Error): ApiError {
  const error = new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  error.cause = cause;
  return error;
}
