/** Counts every request, and logs those the audit policy wants. Around all other filters, so that it sees errors too. */
import { audited } from "../../observe/audit/log.ts";
import type { Filter } from "../context.ts";

export const observe: Filter = async (context, next) => {
  const { metrics, audit, env } = context.services;
  const { info } = context;
  const startMs = env.clock.now();
  metrics.begin(info);
  let code = 500;
  try {
    const response = await (audit ? audited(audit, context, () => next(context)) : next(context));
    code = response.status;
    return response;
  } finally {
    const dryRun = context.query?.has("dryRun") ?? false;
    metrics.done(info, { code, seconds: (env.clock.now() - startMs) / 1000, dryRun });
  }
};
