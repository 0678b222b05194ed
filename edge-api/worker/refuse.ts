import type { ApiError } from "../../machinery/meta/status.ts";

/**
 * An error as the answer to a request that does not reach the cluster.
 * @param auditId what the audit log calls the request; absent: nothing
 */
export const refuse = (error: ApiError, auditId?: string): Response =>
  new Response(JSON.stringify(error.status), {
    status: error.code,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      ...(auditId !== undefined && { "audit-id": auditId }),
    },
  });
