/** Lets those who may act as others. */
import { impersonated } from "../../access/impersonation.ts";
import type { Filter } from "../context.ts";

export const impersonation: Filter = (context, next) => {
  const { headers } = context.request;
  // The header without which the others say nothing; the Worker passes none of them on without it.
  if (!headers.has("impersonate-user")) return next(context);
  context.identity = impersonated(context.services.authorizer, context.identity, headers);
  return next(context);
};
