/** Answers that need not be asked for: see http/kept-answers.ts. */
import type { Identity } from "../access/identity.ts";
import { auditIdOf } from "../http/audit-id.ts";
import { keptAnswersOf } from "../http/kept-answers.ts";
import { Reply } from "../http/reply.ts";
import { JSON_TYPE, plainHeaders } from "../http/respond.ts";
import { isPlain } from "./forward.ts";

/**
 * The answer to a get, if it is kept; else what `ask` answers, which is given the number to have it kept under.
 * @param ask sends the request to the cluster's object
 */
export function keptOr(
  request: Request,
  { cluster, identity }: { cluster: string; identity: Identity },
  ask: (keep?: number) => Promise<Response>,
): Response | Promise<Response> {
  const kept = request.method === "GET" ? keptAnswersOf(cluster) : undefined;
  if (!kept) return ask();
  const { url, headers } = request;
  if (url.includes("?") || !kept.isRepeated(url) || !isPlain(headers)) return ask();
  const found = kept.find({ url, accept: headers.get("accept"), identity }, Date.now());
  if (!found) return ask();
  if ("answer" in found) {
    const { text, flow } = found.answer;
    const auditId = auditIdOf(headers, () => crypto.randomUUID());
    return new Reply(200, plainHeaders({ auditId, ...(flow && { flow }) }, JSON_TYPE), text).toResponse();
  }
  return ask(found.number).then(
    (response) => {
      kept.arrived(found.number);
      return response;
    },
    (error) => {
      kept.lost(found.number);
      throw error;
    },
  );
}
