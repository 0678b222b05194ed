/** Who was not let in does not reach ClusterStore, where everything else is logged: that is logged here. */
import { ANONYMOUS } from "../access/identity.ts";
import { parseRequestInfo, type RequestInfo } from "../http/request-info.ts";
import { clientAddresses } from "../observe/audit/client-addresses.ts";
import { auditEvent } from "../observe/audit/event.ts";
import { decide, type Policy, parsePolicy } from "../observe/audit/policy.ts";
import { AuditTrail } from "../observe/audit/trail.ts";

export interface Refused {
  method: string;
  url: string;
  headers: Headers;
  auditId: string;
  /** The address that the request came from. */
  peer: string | undefined;
  nowMs: number;
}

/** Nobody: rules for users are not for them. */
const NOBODY = { ...ANONYMOUS, user: "", groups: [] };

let known: { text: string; policy: Policy } | undefined;

/** A line for the log; undefined when the policy wants none. @throws Error for a policy that is none */
export function auditedRefusal(
  policyText: string,
  { method, url, headers, auditId, peer, nowMs }: Refused,
): string | undefined {
  if (known?.text !== policyText) known = { text: policyText, policy: parsePolicy(policyText) };
  const { pathname, search, searchParams } = new URL(url);
  const info = infoOf(method, pathname, searchParams);
  const decision = decide(known.policy, info, NOBODY);
  if (decision.level === "None" || decision.omitStages.has("ResponseStarted")) return undefined;
  const trail = new AuditTrail({
    auditId,
    requestUri: pathname + search,
    info,
    identity: NOBODY,
    userAgent: headers.get("user-agent") ?? undefined,
    sourceIps: clientAddresses(headers, peer),
    receivedAtMs: nowMs,
    decision,
  });
  trail.code = 401;
  const attempted = headers.has("authorization") ? "bearer" : "<none>";
  trail.responseObject = {
    kind: "Status",
    status: "Failure",
    message: `Authentication failed, attempted: ${attempted}`,
    reason: "Unauthorized",
  };
  return auditEvent(trail, "ResponseStarted", nowMs);
}

function infoOf(method: string, path: string, query: URLSearchParams): RequestInfo {
  try {
    return parseRequestInfo(method, path, query);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return parseRequestInfo(method, "/", undefined);
  }
}
