/** Lets those who may act as others. */
import { ApiError } from "../../../machinery/meta/status.ts";
import { mayImpersonate, type Wanted, wantedIdentity } from "../../access/impersonation/headers.ts";
import type { Filter, RequestContext } from "../context.ts";
import { accessOf } from "./authorization.ts";

export const impersonation: Filter = (context, next) => {
  const { request, services } = context;
  const wanted = mayImpersonate(request.headers) ? wantedIdentity(request.headers) : undefined;
  if (!wanted) return next(context);
  try {
    become(context, wanted);
  } catch (error) {
    // Rights that are a copy of another object's are looked at again before anybody is refused.
    if (!services.freshen || !(error instanceof ApiError)) throw error;
    return services.freshen().then(() => {
      become(context, wanted);
      return next(context);
    });
  }
  return next(context);
};

/** @throws ApiError 403 */
function become(context: RequestContext, wanted: Wanted): void {
  const question = { requester: context.identity, access: accessOf(context) };
  const { identity, constraint } = context.services.impersonation.as(wanted, question);
  context.identity = identity;
  context.impersonationConstraint = constraint;
}
