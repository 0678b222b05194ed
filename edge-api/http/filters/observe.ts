/** Counts every request, and logs those the audit policy wants. Around all other filters, so that it sees errors too. */
import { audited } from "../../observe/audit/log.ts";
import type { Filter } from "../context.ts";
import { Reply } from "../reply.ts";
import type { ApiRequest } from "../request.ts";

export const observe: Filter = async (context, next) => {
  const { metrics, audit, env } = context.services;
  const { info } = context;
  const startMs = env.clock.now();
  metrics.begin(info);
  metrics.user(context.identity.user);
  let code = 500;
  let sizeBytes: number | undefined;
  try {
    const response = await (audit ? audited(audit, context, () => next(context)) : next(context));
    code = response.status;
    if (response instanceof Reply) sizeBytes = response.body.length;
    return response;
  } finally {
    const dryRun = context.query?.has("dryRun") ?? false;
    const seconds = (env.clock.now() - startMs) / 1000;
    const applies = info.verb === "patch" && isApply(context.request);
    metrics.done(info, { code, seconds, dryRun, isApply: applies, ...(sizeBytes !== undefined && { sizeBytes }) });
  }
};

const isApply = ({ headers }: ApiRequest): boolean =>
  headers.get("content-type")?.startsWith("application/apply-patch") ?? false;
