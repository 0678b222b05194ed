/** /debug/api_priority_and_fairness/: what waits, and where. Undefined for other paths. */
import { dump } from "../fairness/dump.ts";
import type { RequestContext } from "./context.ts";
import type { Answer } from "./reply.ts";
import { isTrue } from "./request-info.ts";
import { plain } from "./respond.ts";

const PREFIX = "/debug/api_priority_and_fairness/";

export function debugEndpoint(context: RequestContext): Answer | undefined {
  const { path } = context.info;
  if (!path.startsWith(PREFIX) || context.method !== "GET") return undefined;
  const text = dump(context.services.fairness, path.slice(PREFIX.length), {
    details: isTrue(context.query?.get("includeRequestDetails")),
  });
  return text === undefined ? undefined : plain(context, 200, text);
}
