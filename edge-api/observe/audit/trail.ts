/** What is gathered for the audit events of one request while it is answered. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Identity } from "../../access/identity.ts";
import type { RequestInfo } from "../../http/request-info.ts";
import { withoutManagedFields } from "./managed-fields.ts";
import type { Decision } from "./policy.ts";

/** Larger bodies are left out of the log. */
export const MAX_LOGGED_CHARACTERS = 1024 * 1024;

export class AuditTrail {
  readonly auditId: string;
  readonly requestUri: string;
  readonly info: RequestInfo;
  readonly identity: Identity;
  readonly userAgent: string | undefined;
  readonly sourceIps: readonly string[];
  readonly receivedAtMs: number;
  readonly decision: Decision;
  /** Whom the request is answered as, when that is another. */
  impersonated: Identity | undefined;
  impersonationConstraint: string | undefined;
  code: number | undefined;
  /** JSON. */
  requestObject: string | undefined;
  responseObject: unknown;
  /** What the request's body says of the object that the URL does not. */
  objectMeta: Pick<KubeObject["metadata"], "name" | "namespace" | "uid" | "resourceVersion"> = {};
  readonly annotations: { [key: string]: string } = {};

  constructor(
    given: Pick<
      AuditTrail,
      "auditId" | "requestUri" | "info" | "identity" | "userAgent" | "sourceIps" | "receivedAtMs" | "decision"
    >,
  ) {
    this.auditId = given.auditId;
    this.requestUri = given.requestUri;
    this.info = given.info;
    this.identity = given.identity;
    this.userAgent = given.userAgent;
    this.sourceIps = given.sourceIps;
    this.receivedAtMs = given.receivedAtMs;
    this.decision = given.decision;
  }

  /** The first that is said for a key stays. */
  annotate(key: string, value: string): void {
    if (!Object.hasOwn(this.annotations, key)) this.annotations[key] = value;
  }

  /** The parsed body of the request, before anybody changes it. */
  sawBody(value: unknown): void {
    const { metadata } = (value ?? {}) as { metadata?: unknown };
    if (typeof metadata === "object" && metadata !== null) {
      const { name, namespace, uid, resourceVersion } = metadata as { [field: string]: unknown };
      for (const [field, text] of Object.entries({ name, namespace, uid, resourceVersion }))
        if (typeof text === "string") this.objectMeta = { ...this.objectMeta, [field]: text };
    }
    const { level, omitManagedFields } = this.decision;
    if (level !== "Request" && level !== "RequestResponse") return;
    const text = JSON.stringify(omitManagedFields ? withoutManagedFields(value) : value);
    if (text.length <= MAX_LOGGED_CHARACTERS) this.requestObject = text;
  }
}
