/** Lets those who may act as others. */
import { impersonated } from "../../access/impersonation.ts";
import type { Filter } from "../context.ts";

export const impersonation: Filter = (context, next) => {
  const { headers } = context.request;
  // Hardly anybody impersonates: one look for the header that must be there.
  if (!headers.has("impersonate-user") && !headers.has("impersonate-group") && !headers.has("impersonate-uid"))
    return next(context);
  context.identity = impersonated(context.services.authorizer, context.identity, headers);
  return next(context);
};
