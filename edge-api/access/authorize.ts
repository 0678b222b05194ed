/** May this identity do this? The authorizers in kube-apiserver's order, and the words of a refusal. */

import type { FieldRequirement } from "../../machinery/meta/selector.ts";
import { ApiError, forbidden } from "../../machinery/meta/status.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { type Identity, MASTERS_GROUP } from "./identity.ts";

/** What is asked for: RequestInfo without the parts that matter to nobody's rights. */
export type Access = Pick<
  RequestInfo,
  "isResource" | "verb" | "group" | "resource" | "subresource" | "namespace" | "name" | "path"
> & {
  /** What a list or watch is narrowed to; absent: to nothing. */
  fields?: readonly FieldRequirement[];
};

export type Verdict = { decision: "allow" | "deny" | "no opinion"; reason: string };

export interface Authorizer {
  authorize(identity: Identity, access: Access): Verdict;
}

export const ALLOW: Verdict = { decision: "allow", reason: "" };
export const NO_OPINION: Verdict = { decision: "no opinion", reason: "" };

export const mastersAuthorizer: Authorizer = {
  authorize: ({ groups }) => (groups.includes(MASTERS_GROUP) ? ALLOW : NO_OPINION),
};

/** The first that allows or denies decides; reasons of those without an opinion are joined, as upstream does. */
export function authorizerChain(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(identity, access) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const verdict = authorizer.authorize(identity, access);
        if (verdict.decision !== "no opinion") return verdict;
        if (verdict.reason) reasons.push(verdict.reason);
      }
      return reasons.length === 0 ? NO_OPINION : { decision: "no opinion", reason: reasons.join("\n") };
    },
  };
}

/** @throws ApiError 403 in upstream's words */
export function authorize(authorizer: Authorizer, identity: Identity, access: Access): void {
  const { decision, reason } = authorizer.authorize(identity, access);
  if (decision !== "allow") throw refusal(identity, access, reason);
}

export function refusal(identity: Identity, access: Access, reason: string): ApiError {
  const user = JSON.stringify(identity.user);
  const tail = reason ? `: ${reason}` : "";
  if (!access.isResource) {
    return new ApiError(
      403,
      "Forbidden",
      `forbidden: User ${user} cannot ${access.verb} path ${JSON.stringify(access.path)}${tail}`,
      {},
    );
  }
  const { group, resource, subresource, namespace, name, verb } = access;
  const full = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  return forbidden(
    { group, resource, name },
    `User ${user} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}${tail}`,
  );
}
