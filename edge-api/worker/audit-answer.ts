/** What the audit log is told of answers that a node gives, as the Worker hands them on. */
import type { Stage } from "../observe/audit/policy.ts";
import { endTold, type RemoteAudit, remoteLine } from "../observe/audit/remote.ts";

/** The same answer. Of a WebSocket the end is told by the gateway, which holds it. */
export function auditedAnswer(
  response: Response,
  audit: RemoteAudit,
  { write, nowMs }: { write(line: string): void; nowMs(): number },
): Response {
  const tell = (stage: Stage): void => {
    const line = remoteLine(audit, { stage, code: response.status, nowMs: nowMs() });
    if (line !== undefined) write(line);
  };
  tell("ResponseStarted");
  if (response.status === 101) return response;
  if (!response.body) {
    tell("ResponseComplete");
    return response;
  }
  return new Response(
    endTold(response.body, () => tell("ResponseComplete")),
    response,
  );
}
