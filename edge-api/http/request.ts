/** What every writing handler needs of its request. */
import type { Caller } from "../verbs/environment.ts";
import { missingBody, type ParsedBody, readBody } from "./body.ts";
import type { RequestContext } from "./context.ts";

export const callerOf = (
  context: RequestContext,
  { dryRun, fieldManager = "" }: { dryRun: boolean; fieldManager?: string },
): Caller => ({
  identity: context.identity,
  dryRun,
  fieldManager,
  warn: (message) => void context.warnings.push(message),
  ...(context.audit && { annotate: (key: string, value: string) => context.audit?.annotate(key, value) }),
});

/** The request's body, parsed. @throws ApiError 400 (also when there is none), 413, 415 */
export async function bodyOf({ request, services, audit }: RequestContext): Promise<ParsedBody> {
  const body = await readBody(request, services.env.registry);
  if (!body) throw missingBody();
  audit?.sawBody(body.value);
  return body;
}
