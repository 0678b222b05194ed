/** Nothing goes on that the caller has no right to. */

import { pathSegmentName } from "../../../machinery/meta/names.ts";
import { type FieldRequirement, parseFieldSelector } from "../../../machinery/meta/selector.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import { type Access, refusal } from "../../access/authorize.ts";
import type { Filter, RequestContext } from "../context.ts";

export const authorization: Filter = (context, next) => {
  const { services, identity, audit } = context;
  const access = accessOf(context);
  const { decision, reason } = services.authorizer.authorize(identity, access);
  if (audit) {
    audit.annotate("authorization.k8s.io/decision", decision === "allow" ? "allow" : "forbid");
    audit.annotate("authorization.k8s.io/reason", reason);
  }
  services.metrics.authorized[decision === "allow" ? "allowed" : "denied"]++;
  if (decision !== "allow") throw refusal(identity, access, reason);
  return next(context);
};

/** A list or watch of one name asks only for that name, so that rules with resourceNames apply. */
export function accessOf({ info, query }: RequestContext): Access {
  if (!info.isResource || (info.verb !== "list" && info.verb !== "watch" && info.verb !== "deletecollection"))
    return info;
  const fieldSelector = query?.get("fieldSelector");
  if (!fieldSelector) return info;
  const fields = fieldsIn(fieldSelector);
  if (!fields) return info;
  const named = fields.find((r) => r.field === "metadata.name" && r.operator === "=");
  const isOfOne = named && info.verb !== "deletecollection" && pathSegmentName(named.value).length === 0;
  return { ...info, fields, ...(isOfOne && { name: named.value }) };
}

/** Undefined for one that does not parse: who may not list learns nothing of it, who may is told by the verb. */
function fieldsIn(selector: string): FieldRequirement[] | undefined {
  try {
    return parseFieldSelector(selector);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
