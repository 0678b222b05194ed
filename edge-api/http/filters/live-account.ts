/** Refuses tokens whose service account, pod or node is gone. */
import { unauthorized } from "../../../machinery/meta/status.ts";
import { isAlive } from "../../access/live-account.ts";
import type { Filter } from "../context.ts";

export const liveAccount: Filter = (context, next) => {
  if (!isAlive(context.services.env.store, context.identity)) throw unauthorized();
  return next(context);
};
