/**
 * What it takes to find out whether somebody may do something, and to admit an object, in a cluster with many roles and
 * bindings: microseconds of one call, in this process over SQLite in memory, median of 9 runs. The floor is the same
 * request by an administrator, whom nothing is looked up for.
 *
 *   node bench/access.ts
 */
import { AUTHENTICATED_GROUP, type Identity, serviceAccountGroups } from "../edge-api/access/identity.ts";
import { parseRequestInfo } from "../edge-api/http/request-info.ts";
import { migrate } from "../edge-api/store/migrate.ts";
import { SqliteStore } from "../edge-api/store/sqlite-store.ts";
import { ADMIN, startApi } from "../test/api/in-process.ts";
import { NodeSql } from "../test/fakes/node-sql.ts";

const BINDINGS = 2_000;
const RUNS = 9;
const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
const core = "/api/v1/namespaces/default";

const api = await startApi({
  makeStore: (now) => {
    const sql = new NodeSql();
    migrate(sql);
    return new SqliteStore(sql, { now });
  },
});
const must = async (path: string, body: object) => {
  const { status, text } = await api.create(path, body);
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
};

await must(`${core}/serviceaccounts`, { metadata: { name: "reader" } });
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" };
await must(`${rbac}/roles`, {
  metadata: { name: "reader" },
  rules: [
    { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["configmaps", "pods"], verbs: ["get", "list", "create"] },
  ],
});
for (let i = 0; i < BINDINGS; i++) {
  const name = i === 0 ? "reader" : `other-${i}`;
  await must(`${rbac}/rolebindings`, { metadata: { name }, roleRef, subjects: [{ kind: "ServiceAccount", name }] });
}
await must(`${core}/configmaps`, { metadata: { name: "c" }, data: { key: "x".repeat(1_000) } });

const account = (name: string): Identity => ({
  user: `system:serviceaccount:default:${name}`,
  groups: [...serviceAccountGroups({ namespace: "default" }), AUTHENTICATED_GROUP],
});
const reader = account("reader");

/** Microseconds of one of `count` calls. */
async function microseconds(count: number, work: () => unknown): Promise<string> {
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    for (let i = 0; i < count; i++) await work();
    runs.push(((performance.now() - started) / count) * 1_000);
  }
  return `${runs
    .toSorted((a, b) => a - b)
    [RUNS >> 1]!.toFixed(1)
    .padStart(7)} µs`;
}
/** As above, without the price of awaiting. */
const called = (work: () => unknown) =>
  microseconds(1, () => {
    for (let i = 0; i < 10_000; i++) work();
  }).then((text) => `${(Number.parseFloat(text) / 10_000).toFixed(2).padStart(7)} µs`);
const row = (what: string, figure: string) => console.log(what.padEnd(58), figure);

const { authorizer, env } = api.services;
const get = parseRequestInfo("GET", `${core}/configmaps/c`, undefined);
const secret = parseRequestInfo("GET", `${core}/secrets/c`, undefined);
row("authorize an administrator", await called(() => authorizer.authorize(ADMIN, get)));
row(`authorize an account by one of ${BINDINGS} bindings`, await called(() => authorizer.authorize(reader, get)));
row("refuse an account", await called(() => authorizer.authorize(reader, secret)));

const podBody = () => ({
  metadata: { name: "p", namespace: "default", labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "i", terminationMessagePolicy: "File" }], serviceAccountName: "default" },
});
const admission = (resource: string, object: () => object) => {
  const kind = env.registry.find("", "v1", resource)!;
  const common = { operation: "CREATE" as const, kind, namespace: "default", name: "p", subresource: "" };
  return () => {
    const attributes = { ...common, object: object() as never, identity: reader, dryRun: false, warn: () => {} };
    env.admission.admit(attributes);
    env.admission.validate(attributes);
  };
};
await must(`${core}/serviceaccounts`, { metadata: { name: "default" } });
row("classify an account for fair queuing", await called(() => api.services.fairness.flowOf(reader, get)));
row("admit a ConfigMap: all plugins", await called(admission("configmaps", () => ({ metadata: { name: "p" } }))));
row("admit a Pod: all plugins", await called(admission("pods", podBody)));

let made = 0;
const expecting = async (status: number, answer: Promise<Response>) => {
  const { status: got } = await answer;
  if (got !== status) throw new Error(`HTTP ${got} instead of ${status}`);
};
const reading = (as: Identity) => () => expecting(200, api.raw("GET", `${core}/configmaps/c`, { as }));
const making = (as: Identity) => () =>
  expecting(
    201,
    api.raw("POST", `${core}/configmaps`, { as, body: { metadata: { name: `m-${made++}` }, data: { k: "v" } } }),
  );
const pods = (as: Identity) => () => {
  const body = podBody();
  return expecting(201, api.raw("POST", `${core}/pods`, { as, body: { ...body, metadata: { name: `p-${made++}` } } }));
};
row("a get through the whole chain: administrator", await microseconds(2_000, reading(ADMIN)));
row("a get through the whole chain: account", await microseconds(2_000, reading(reader)));
row("a ConfigMap made, one a commit: administrator", await microseconds(500, making(ADMIN)));
row("a ConfigMap made, one a commit: account", await microseconds(500, making(reader)));
row("a Pod made, one a commit: account", await microseconds(500, pods(reader)));
if (api.errors.length > 0) throw api.errors[0];
process.exit(0);
