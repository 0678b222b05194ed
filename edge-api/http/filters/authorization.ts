/** Nothing goes on that the caller has no right to. */

import { parseFieldSelector } from "../../../machinery/meta/selector.ts";
import { type Access, authorize } from "../../access/authorize.ts";
import type { Filter, RequestContext } from "../context.ts";

export const authorization: Filter = (context, next) => {
  authorize(context.services.authorizer, context.identity, accessOf(context));
  return next(context);
};

/** A list or watch of one name asks only for that name, so that rules with resourceNames apply. */
export function accessOf({ info, query }: RequestContext): Access {
  if (!info.isResource || (info.verb !== "list" && info.verb !== "watch" && info.verb !== "deletecollection"))
    return info;
  const fieldSelector = query?.get("fieldSelector");
  if (!fieldSelector) return info;
  const fields = parseFieldSelector(fieldSelector);
  const named = fields.find((r) => r.field === "metadata.name" && r.operator === "=");
  return { ...info, fields, ...(named && { name: named.value }) };
}
