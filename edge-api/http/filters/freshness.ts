/** An object that knows who may do what from a copy looks again at the original before it refuses. */
import type { Filter } from "../context.ts";
import { accessOf } from "./authorization.ts";

export const freshness: Filter = (context, next) => {
  const { freshen, authorizer } = context.services;
  if (!freshen || authorizer.authorize(context.identity, accessOf(context)).decision === "allow") return next(context);
  return freshen().then(() => next(context));
};
