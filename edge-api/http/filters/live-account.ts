/** Refuses tokens whose service account, pod or node is gone. */
import { unauthorized } from "../../../machinery/meta/status.ts";
import { accountProblem } from "../../access/live-account.ts";
import type { Filter } from "../context.ts";
import type { Answer } from "../reply.ts";
import { noteToken } from "../token-notes.ts";

export const liveAccount: Filter = (context, next) => {
  const { accountProblem: ask, env } = context.services;
  if (ask) return whenAlive(ask(context.identity), () => next(context));
  const { store, clock } = env;
  if (accountProblem(store, context.identity, clock.now()) !== undefined) throw unauthorized();
  noteToken(context, context.identity);
  return next(context);
};

async function whenAlive(problem: Promise<string | undefined>, next: () => ReturnType<Filter>): Promise<Answer> {
  if ((await problem) !== undefined) throw unauthorized();
  return next();
}
