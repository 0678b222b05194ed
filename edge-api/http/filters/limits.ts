/** Bounds on what a request line and its headers may cost; bodies have theirs in body.ts. */
import { ApiError } from "../../../machinery/meta/status.ts";
import type { Filter } from "../context.ts";

const MAX_URL_LENGTH = 16 * 1024;
const MAX_QUERY_PARAMETERS = 256;

export const limits: Filter = (context, next) => {
  if (context.request.url.length > MAX_URL_LENGTH) throw new ApiError(414, "", "the request URI is too long");
  if (context.query && context.query.size > MAX_QUERY_PARAMETERS)
    throw new ApiError(400, "BadRequest", `a request has at most ${MAX_QUERY_PARAMETERS} query parameters`);
  return next(context);
};
