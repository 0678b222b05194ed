import type { ApiError } from "../../machinery/meta/status.ts";

/** An error as the answer to a request that does not reach the cluster. */
export const refuse = (error: ApiError): Response =>
  new Response(JSON.stringify(error.status), {
    status: error.code,
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
  });
