/** Answers that need not be asked for: see http/kept-answers.ts. */
import type { Identity } from "../access/identity.ts";
import { auditIdOf } from "../http/audit-id.ts";
import { keptAnswersOf } from "../http/kept-answers.ts";
import { Reply } from "../http/reply.ts";
import { isReadByPeople, JSON_TYPE, plainHeaders } from "../http/respond.ts";

/**
 * The answer to a get, if what it takes is kept; else what `ask` answers, which may be given a number to pass on.
 * @param ask sends the request to the cluster's ClusterStore
 */
export function keptOr(
  request: Request,
  { cluster, identity, isPlain }: { cluster: string; identity: Identity; isPlain: boolean },
  ask: (keep?: number) => Promise<Response>,
): Response | Promise<Response> {
  const kept = keptAnswersOf(cluster);
  if (!kept) return ask();
  let number: number | undefined;
  const { method, url, headers } = request;
  if (method === "GET" && isSimple(url) && isPlain && !isReadByPeople(headers)) {
    const found = kept.find({ url, accept: headers.get("accept"), identity }, Date.now());
    if (found && "text" in found) {
      const { text, flow } = found;
      const auditId = auditIdOf(headers, () => crypto.randomUUID());
      return new Reply(200, plainHeaders({ auditId, ...(flow && { flow }) }, JSON_TYPE), text).toResponse();
    }
    number = found?.number;
  }
  const sent = kept.sent();
  return ask(number).then((response) => {
    kept.answered(sent);
    return response;
  });
}

/** Its last segment may be an object's name as it is. */
const isSimple = (url: string): boolean => !url.includes("?") && !url.includes("%");
