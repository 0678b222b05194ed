/**
 * Requests that a node answers begin in ClusterStore and go on elsewhere: the Worker sees when their answer begins, and
 * whoever holds the connection when it ends. What is to be told of them then travels with them. Pure.
 */
import { formatMicroTime } from "../../../machinery/clock.ts";
import type { Identity } from "../../access/identity.ts";
import { auditEvent } from "./event.ts";
import type { Stage } from "./policy.ts";
import type { AuditTrail } from "./trail.ts";

export interface RemoteAudit {
  /** audit.k8s.io/v1 Event without what a stage adds. */
  event: { [field: string]: unknown };
  omitStages: readonly Stage[];
}

/** Whom a request is answered as, where that is another than who made it. */
export function noteImpersonated(
  trail: AuditTrail,
  { identity, impersonationConstraint }: { identity: Identity; impersonationConstraint?: string | undefined },
): void {
  if (identity === trail.identity) return;
  trail.impersonated = identity;
  trail.impersonationConstraint = impersonationConstraint;
}

export const remoteOf = (trail: AuditTrail): RemoteAudit => ({
  event: JSON.parse(auditEvent(trail, "ResponseStarted", trail.receivedAtMs)) as RemoteAudit["event"],
  omitStages: [...trail.decision.omitStages],
});

/** The line for the log; undefined where the policy leaves the stage out. */
export function remoteLine(
  { event, omitStages }: RemoteAudit,
  { stage, code, nowMs }: { stage: Stage; code: number; nowMs: number },
): string | undefined {
  if (omitStages.includes(stage)) return undefined;
  return JSON.stringify({
    ...event,
    stage,
    responseStatus: { metadata: {}, code },
    stageTimestamp: formatMicroTime(nowMs),
  });
}

/** What a WebSocket's attachment has room for, beside what else lies there. */
const MAX_TEXT_LENGTH = 6_000;
const MAX_URI_LENGTH = 2_000;

/**
 * As it travels to whoever holds the connection. A long command stands in full where the request begins, under the same
 * audit ID; "" for what is too long even so.
 */
export function encodeRemote(audit: RemoteAudit): string {
  const text = escaped(audit);
  if (text.length <= MAX_TEXT_LENGTH) return text;
  const uri = String(audit.event.requestURI ?? "").slice(0, MAX_URI_LENGTH);
  const { annotations: _left, ...event } = audit.event;
  const short = escaped({ ...audit, event: { ...event, requestURI: uri } });
  return short.length <= MAX_TEXT_LENGTH ? short : "";
}

/** ASCII only, as headers must be. */
const escaped = (value: object): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const decodeRemote = (text: string): RemoteAudit => JSON.parse(text) as RemoteAudit;

/** The same bytes; `ended` is called once when they end or the client goes. */
export function endTold(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
        } catch (error) {
          ended();
          throw error;
        }
        ended();
        controller.close();
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
