/** Refuses tokens whose service account, pod or node is gone. */
import { unauthorized } from "../../../machinery/meta/status.ts";
import { accountProblem } from "../../access/live-account.ts";
import type { Filter } from "../context.ts";

export const liveAccount: Filter = (context, next) => {
  const { store, clock } = context.services.env;
  if (accountProblem(store, context.identity, clock.now()) !== undefined) throw unauthorized();
  return next(context);
};
