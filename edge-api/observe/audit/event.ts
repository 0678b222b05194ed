/** audit.k8s.io/v1 Event: what is said of a request at one stage of it. */
import { formatMicroTime } from "../../../machinery/clock.ts";
import type { Status } from "../../../machinery/meta/status.ts";
import type { Identity } from "../../access/identity.ts";
import type { RequestInfo } from "../../http/request-info.ts";
import type { Decision, Stage } from "./policy.ts";

export interface Audited {
  auditId: string;
  requestUri: string;
  info: RequestInfo;
  identity: Identity;
  /** Whom the request is answered as, when that is another. */
  impersonated: Identity | undefined;
  userAgent: string | undefined;
  receivedAtMs: number;
  decision: Decision;
  requestObject: unknown;
  responseObject: unknown;
  code: number | undefined;
}

/** @param nowMs when the stage was reached */
export function auditEvent(audited: Audited, stage: Stage, nowMs: number): object {
  const { info, identity, decision, code, userAgent, impersonated } = audited;
  const bodies = decision.level === "Request" || decision.level === "RequestResponse";
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: decision.level,
    auditID: audited.auditId,
    stage,
    requestURI: audited.requestUri,
    verb: info.verb,
    user: userInfo(identity),
    ...(impersonated && { impersonatedUser: userInfo(impersonated) }),
    ...(userAgent && { userAgent }),
    ...(info.isResource && { objectRef: objectRef(info) }),
    ...(code !== undefined && { responseStatus: responseStatus(code, audited.responseObject) }),
    ...(bodies && audited.requestObject !== undefined && { requestObject: audited.requestObject }),
    ...(decision.level === "RequestResponse" &&
      audited.responseObject !== undefined && { responseObject: audited.responseObject }),
    requestReceivedTimestamp: formatMicroTime(audited.receivedAtMs),
    stageTimestamp: formatMicroTime(nowMs),
  };
}

const userInfo = ({ user, uid, groups, extra }: Identity): object => ({
  username: user,
  ...(uid && { uid }),
  ...(groups.length > 0 && { groups }),
  ...(extra && Object.keys(extra).length > 0 && { extra }),
});

const objectRef = ({ resource, namespace, name, group, version, subresource }: RequestInfo): object => ({
  resource,
  ...(namespace && { namespace }),
  ...(name && { name }),
  ...(group && { apiGroup: group }),
  apiVersion: version,
  ...(subresource && { subresource }),
});

function responseStatus(code: number, response: unknown): object {
  const said = response as Partial<Status> | undefined;
  if (said?.kind !== "Status") return { metadata: {}, code };
  const { status, message, reason } = said;
  return { metadata: {}, ...(status && { status }), ...(message && { message }), ...(reason && { reason }), code };
}

/** The object without its managedFields, and those of its items. */
export function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { metadata, items, ...rest } = value as { metadata?: { managedFields?: unknown }; items?: unknown };
  const { managedFields: _dropped, ...kept } = metadata ?? {};
  return {
    ...rest,
    ...(metadata && { metadata: kept }),
    ...(items !== undefined && { items: Array.isArray(items) ? items.map(withoutManagedFields) : items }),
  };
}
