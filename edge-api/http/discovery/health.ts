/**
 * /healthz, /livez, /readyz: one word, or with `verbose` a line for each check. `exclude` leaves checks out.
 * Source: https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import { ApiError } from "../../../machinery/meta/status.ts";
import type { RequestContext } from "../context.ts";
import { plain } from "../respond.ts";

interface Check {
  name: string;
  /** @throws when it is not well */
  run(context: RequestContext): void;
}

const CHECKS: readonly Check[] = [
  { name: "ping", run: () => undefined },
  // The store's name is what clients of kube-apiserver know.
  {
    name: "etcd",
    run: ({ services }) => void services.env.store.get({ resource: "namespaces", namespace: "", name: "default" }),
  },
];

export function health(context: RequestContext, endpoint: string, only: string | undefined): Response {
  const { query } = context;
  const excluded = new Set(query?.getAll("exclude") ?? []);
  const checks =
    only === undefined ? CHECKS.filter(({ name }) => !excluded.has(name)) : CHECKS.filter((c) => c.name === only);
  if (only !== undefined && checks.length === 0)
    throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
  const lines: string[] = [];
  let failed = false;
  for (const { name, run } of checks) {
    try {
      run(context);
      lines.push(`[+]${name} ok`);
    } catch (error) {
      failed = true;
      context.services.report(error, `health check ${name}`);
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (failed) return plain(context, 500, `${lines.join("\n")}\n${endpoint} check failed\n`);
  if (!query?.has("verbose")) return plain(context, 200, "ok");
  for (const name of excluded) if (CHECKS.some((c) => c.name === name)) lines.push(`[+]${name} excluded: ok`);
  return plain(context, 200, `${lines.join("\n")}\n${endpoint} check passed\n`);
}
