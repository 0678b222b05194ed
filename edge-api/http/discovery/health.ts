/**
 * /healthz, /livez, /readyz: one word, or with `verbose` a line for each check. `exclude` leaves checks out; a check's
 * name below the path asks for that one alone.
 * Source: https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import type { RequestContext, Services } from "../context.ts";
import { type Answer, setHeader } from "../reply.ts";
import { plain } from "../respond.ts";

interface Check {
  name: string;
  /** Asked of /readyz alone. */
  readinessOnly?: boolean;
  /** @throws when it is not well */
  run(services: Services): void;
}

/** That something which is made at the start has been made. */
const made = (name: string, object: { resource: string; namespace: string; name: string }): Check => ({
  name,
  run({ env }) {
    if (!env.store.get(object)) throw new Error(`${object.resource} ${object.name} is not there yet`);
  },
});

/** @throws when the store cannot be read */
export function readsStore({ env }: Pick<Services, "env">): void {
  env.store.get({ resource: "namespaces", namespace: "", name: "default" });
}

const LAST_API_SERVICE = { resource: "apiservices.apiregistration.k8s.io", namespace: "", name: "v1.storage.k8s.io" };

/** Names that monitoring of kube-apiserver knows; those of its parts that kedge does not have are not among them. */
const CHECKS: readonly Check[] = [
  { name: "ping", run: () => undefined },
  { name: "etcd", run: readsStore },
  { name: "etcd-readiness", readinessOnly: true, run: readsStore },
  made("poststarthook/start-system-namespaces-controller", {
    resource: "namespaces",
    namespace: "",
    name: "kube-system",
  }),
  made("poststarthook/rbac/bootstrap-roles", {
    resource: "clusterroles.rbac.authorization.k8s.io",
    namespace: "",
    name: "cluster-admin",
  }),
  made("poststarthook/scheduling/bootstrap-system-priority-classes", {
    resource: "priorityclasses.scheduling.k8s.io",
    namespace: "",
    name: "system-node-critical",
  }),
  made("poststarthook/start-kubernetes-service-cidr-controller", {
    resource: "servicecidrs.networking.k8s.io",
    namespace: "",
    name: "kubernetes",
  }),
  made("poststarthook/priority-and-fairness-config-producer", {
    resource: "flowschemas.flowcontrol.apiserver.k8s.io",
    namespace: "",
    name: "catch-all",
  }),
  made("poststarthook/bootstrap-controller", { resource: "services", namespace: "default", name: "kubernetes" }),
  made("poststarthook/kube-apiserver-autoregistration", LAST_API_SERVICE),
  made("autoregister-completion", LAST_API_SERVICE),
];

const ENDPOINTS = ["healthz", "livez", "readyz"];

const checksOf = (endpoint: string): readonly Check[] =>
  CHECKS.filter(({ readinessOnly }) => !readinessOnly || endpoint === "readyz");

/** "/livez", "/livez/ping", … */
export const healthPaths = (): string[] =>
  ENDPOINTS.flatMap((endpoint) => [`/${endpoint}`, ...checksOf(endpoint).map(({ name }) => `/${endpoint}/${name}`)]);

export const isHealthEndpoint = (name: string | undefined): name is string =>
  name !== undefined && ENDPOINTS.includes(name);

const headersOfText = { "x-content-type-options": "nosniff" };

/** @param only the name of one check */
export function health(context: RequestContext, endpoint: string, only: string | undefined): Answer {
  const response = only === undefined ? allChecks(context, endpoint) : oneCheck(context, endpoint, only);
  for (const [name, value] of Object.entries(headersOfText)) setHeader(response, name, value);
  return response;
}

function oneCheck(context: RequestContext, endpoint: string, name: string): Answer {
  const check = checksOf(endpoint).find((one) => one.name === name);
  if (!check) return plain(context, 404, "404 page not found\n");
  return isWell(context.services, endpoint, check)
    ? plain(context, 200, "ok")
    : plain(context, 500, "internal server error: reason withheld\n");
}

function isWell(services: Services, endpoint: string, { name, run }: Check): boolean {
  let well = true;
  try {
    run(services);
  } catch (error) {
    services.report(error, `health check ${name}`);
    well = false;
  }
  services.metrics.health(endpoint, name, well ? "success" : "error");
  return well;
}

/** All of them, for those who count them. */
export function runHealthChecks(services: Services): void {
  for (const endpoint of ENDPOINTS) for (const check of checksOf(endpoint)) isWell(services, endpoint, check);
}

function allChecks(context: RequestContext, endpoint: string): Answer {
  const { query } = context;
  const excluded = new Set(query?.getAll("exclude") ?? []);
  const lines: string[] = [];
  let failed = false;
  for (const check of checksOf(endpoint)) {
    if (excluded.delete(check.name)) lines.push(`[+]${check.name} excluded: ok`);
    else if (isWell(context.services, endpoint, check)) lines.push(`[+]${check.name} ok`);
    else {
      failed = true;
      lines.push(`[-]${check.name} failed: reason withheld`);
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed) return plain(context, 500, `${lines.join("\n")}\n${endpoint} check failed\n`);
  if (!query?.has("verbose")) return plain(context, 200, "ok");
  return plain(context, 200, `${lines.join("\n")}\n${endpoint} check passed\n`);
}
