import type { RequestContext } from "../context.ts";

/** /openapi/v3 and below. Undefined for other paths. */
export function openapi(_context: RequestContext): Response | undefined {
  return undefined;
}
