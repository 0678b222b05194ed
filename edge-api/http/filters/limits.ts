/** Bounds on what a request line may cost, and on how long a request may take; bodies have theirs in body.ts. */
import { ApiError, badRequest } from "../../../machinery/meta/status.ts";
import type { Filter } from "../context.ts";
import { durationProblem } from "../duration.ts";

/** Cloudflare's own; what is longer reaches only those who run workerd themselves. */
const MAX_URL_LENGTH = 16 * 1024;
const MAX_QUERY_PARAMETERS = 256;

export const limits: Filter = (context, next) => {
  const { request, query, services } = context;
  if (request.url.length > MAX_URL_LENGTH) throw new ApiError(414, "", "the request URI is too long");
  if (query) {
    if (query.size > MAX_QUERY_PARAMETERS)
      throw badRequest(`a request has at most ${MAX_QUERY_PARAMETERS} query parameters`);
    const timeout = query.get("timeout");
    const problem = timeout ? durationProblem(timeout) : undefined;
    if (problem !== undefined) throw badRequest(`invalid timeout specified in the request URL - ${problem}`);
  }
  const answer = next(context);
  return answer instanceof Promise ? services.deadlines.within(answer) : answer;
};
