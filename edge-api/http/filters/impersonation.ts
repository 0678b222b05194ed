/** Lets those who may act as others. */
import { mayImpersonate, wantedIdentity } from "../../access/impersonation/headers.ts";
import type { Filter } from "../context.ts";
import { accessOf } from "./authorization.ts";

export const impersonation: Filter = (context, next) => {
  const { request, services } = context;
  const wanted = mayImpersonate(request.headers) ? wantedIdentity(request.headers) : undefined;
  if (!wanted) return next(context);
  const question = { requester: context.identity, access: accessOf(context) };
  const { identity, constraint } = services.impersonation.as(wanted, question);
  context.identity = identity;
  context.impersonationConstraint = constraint;
  return next(context);
};
