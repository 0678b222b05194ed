/**
 * audit.k8s.io/v1 Event: what is said of a request at one stage of it.
 * Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
import { formatMicroTime } from "../../../machinery/clock.ts";
import type { Status } from "../../../machinery/meta/status.ts";
import type { Identity } from "../../access/identity.ts";
import type { Stage } from "./policy.ts";
import type { AuditTrail } from "./trail.ts";

/** JSON. @param nowMs when the stage was reached */
export function auditEvent(trail: AuditTrail, stage: Stage, nowMs: number): string {
  const { info, identity, decision, code, userAgent, impersonated, impersonationConstraint, annotations } = trail;
  const bodies = decision.level === "Request" || decision.level === "RequestResponse";
  const text = JSON.stringify({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: decision.level,
    auditID: trail.auditId,
    stage,
    requestURI: trail.requestUri,
    verb: info.verb,
    user: userInfo(identity),
    ...(impersonated && { impersonatedUser: userInfo(impersonated) }),
    ...(impersonationConstraint && { authenticationMetadata: { impersonationConstraint } }),
    ...(trail.sourceIps.length > 0 && { sourceIPs: trail.sourceIps }),
    ...(userAgent && { userAgent }),
    ...(info.isResource && { objectRef: objectRef(trail) }),
    ...(code !== undefined && { responseStatus: responseStatus(code, trail.responseObject) }),
    ...(decision.level === "RequestResponse" &&
      stage !== "ResponseStarted" &&
      trail.responseObject !== undefined && { responseObject: trail.responseObject }),
    requestReceivedTimestamp: formatMicroTime(trail.receivedAtMs),
    stageTimestamp: formatMicroTime(nowMs),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
  // It is text already, and may be long.
  if (!bodies || trail.requestObject === undefined) return text;
  return `${text.slice(0, -1)},"requestObject":${trail.requestObject}}`;
}

const userInfo = ({ user, uid, groups, extra }: Identity): object => ({
  username: user,
  ...(uid && { uid }),
  ...(groups.length > 0 && { groups }),
  ...(extra && Object.keys(extra).length > 0 && { extra }),
});

function objectRef({ info, objectMeta }: AuditTrail): object {
  const { resource, group, version, subresource } = info;
  const namespace = info.namespace || objectMeta.namespace;
  const name = info.name || objectMeta.name;
  const { uid, resourceVersion } = objectMeta;
  return {
    resource,
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(uid && { uid }),
    ...(group && { apiGroup: group }),
    apiVersion: version,
    ...(resourceVersion && { resourceVersion }),
    ...(subresource && { subresource }),
  };
}

function responseStatus(code: number, response: unknown): object {
  const said = response as Partial<Status> | undefined;
  if (said?.kind !== "Status") return { metadata: {}, code };
  const { status, message, reason, details } = said;
  return {
    metadata: {},
    ...(status && { status }),
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && { details }),
    code,
  };
}
