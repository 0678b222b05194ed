/** Bounds on what a request line may cost, and on how long a request may take; bodies have theirs in body.ts. */
import { ApiError, badRequest } from "../../../machinery/meta/status.ts";
import type { Filter } from "../context.ts";
import { durationProblem } from "../duration.ts";

/** What workerd itself takes. Cloudflare's edge refuses what is above 16 KiB. */
const MAX_URL_LENGTH = 64 * 1024;
const LONG_URL_LENGTH = 16 * 1024;
const MAX_QUERY_PARAMETERS = 8 * 1024;
/** Each is asked of every object that a list or a watch looks at. */
const MAX_REQUIREMENTS = 1_024;

export const limits: Filter = (context, next) => {
  const { request, query, services } = context;
  if (request.url.length > MAX_URL_LENGTH) throw new ApiError(414, "", "the request URI is too long");
  if (query && request.url.length > LONG_URL_LENGTH) checkSelectors(query);
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

/** @throws ApiError 400 */
function checkSelectors(query: URLSearchParams): void {
  for (const name of ["labelSelector", "fieldSelector"]) {
    if (requirementsIn(query.get(name) ?? "") > MAX_REQUIREMENTS)
      throw badRequest(`a ${name} has at most ${MAX_REQUIREMENTS} requirements`);
  }
}

/** Those in parentheses are the values of one, and cost nothing more. */
function requirementsIn(selector: string): number {
  let [count, depth] = [1, 0];
  for (const char of selector) {
    if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) count++;
  }
  return count;
}
