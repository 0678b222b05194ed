/** Nobody grants what they do not have. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { parseRule } from "../../edge-api/access/rbac/defaults/notation.ts";
import { startApi, type TestApi } from "./in-process.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const LOCAL = `${RBAC}/namespaces/default`;
const GROUP = "rbac.authorization.k8s.io";

let api: TestApi;
const eve: Identity = { user: "eve", groups: ["devs", "system:authenticated"] };
const as = { as: eve };

const rules = (...lines: string[]) => lines.map(parseRule);
const role = (name: string, ...lines: string[]) => ({ metadata: { name }, rules: rules(...lines) });
const binding = (name: string, roleName: string, kind = "ClusterRole", user = "bob") => ({
  metadata: { name },
  roleRef: { apiGroup: GROUP, kind, name: roleName },
  subjects: [{ apiGroup: GROUP, kind: "User", name: user }],
});

/** Gives eve these rights, in the namespace or everywhere. */
async function grant(name: string, everywhere: boolean, ...lines: string[]): Promise<void> {
  await api.create(`${RBAC}/clusterroles`, role(name, ...lines));
  const path = everywhere ? `${RBAC}/clusterrolebindings` : `${LOCAL}/rolebindings`;
  expect((await api.create(path, binding(name, name, "ClusterRole", "eve"))).status).toBe(201);
}

beforeEach(async () => {
  api = await startApi();
});

describe("roles", () => {
  beforeEach(() => grant("manager", false, `${GROUP}: roles rolebindings: all`, "core: pods: read"));

  it("[ES1] with what the writer has", async () => {
    expect((await api.create(`${LOCAL}/roles`, role("r", "core: pods: get list"), as)).status).toBe(201);
  });

  it("[ES2] with more are refused, and told what is missing", async () => {
    const wanted = role("r", "core: pods: get delete create", "core: secrets: get: a");
    const { status, body } = await api.create(`${LOCAL}/roles`, wanted, as);
    expect(status).toBe(403);
    expect(body.message).toBe(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "eve" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "create"]}\n' +
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get"]}',
    );
    expect(body.details).toMatchObject({ name: "r", group: GROUP, kind: "roles" });
  });

  it("[ES3] cannot be widened either, by PUT or PATCH; may be narrowed and let go", async () => {
    await api.create(`${LOCAL}/roles`, role("r", "core: pods: get", "core: secrets: get"));
    const path = `${LOCAL}/roles/r`;
    expect((await api.replace(path, role("r", "core: secrets: get"), as)).status).toBe(403);
    expect((await api.patch(path, { metadata: { labels: { a: "b" } } }, "merge", as)).status).toBe(403);
    expect((await api.patch(path, { metadata: { finalizers: ["a.b/c"] } }, "merge", as)).status).toBe(200);
    expect((await api.patch(path, { rules: rules("core: pods: get") }, "merge", as)).status).toBe(200);
  });

  it("[ES4] who may escalate them writes what they like", async () => {
    await grant("escalator", false, `${GROUP}: roles: escalate`);
    expect((await api.create(`${LOCAL}/roles`, role("r", "*: *: *"), as)).status).toBe(201);
  });

  it("[ES5] a right in one namespace is none in another", async () => {
    await api.create("/api/v1/namespaces", { metadata: { name: "other" } });
    await api.create(`${RBAC}/namespaces/other/rolebindings`, binding("m", "edit", "ClusterRole", "eve"));
    await grant("everywhere", true, `${GROUP}: roles: all`);
    const wanted = role("r", "apps: deployments: create");
    expect((await api.create(`${RBAC}/namespaces/other/roles`, wanted, as)).status).toBe(201);
    expect((await api.create(`${LOCAL}/roles`, wanted, as)).status).toBe(403);
  });
});

describe("cluster roles", () => {
  it("[ES6] that gather others are for those who have everything", async () => {
    await grant("manager", true, `${GROUP}: clusterroles: all`);
    const gathering = {
      metadata: { name: "g" },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    };
    const { body } = await api.create(`${RBAC}/clusterroles`, gathering, as);
    expect(body.message).toBe(
      'clusterroles.rbac.authorization.k8s.io "g" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    );
    expect(
      (await api.create(`${RBAC}/clusterrolebindings`, binding("all", "cluster-admin", "ClusterRole", "eve"))).status,
    ).toBe(201);
    expect((await api.create(`${RBAC}/clusterroles`, gathering, as)).status).toBe(201);
  });

  it("[ES7] start with the rules they gather", async () => {
    const { rules: edit } = (await api.get(`${RBAC}/clusterroles/edit`)).body;
    const { rules: view } = (await api.get(`${RBAC}/clusterroles/view`)).body;
    const { rules: admin } = (await api.get(`${RBAC}/clusterroles/admin`)).body;
    expect(view).toHaveLength(13);
    expect(edit).toEqual(expect.arrayContaining(view));
    expect(admin).toEqual(expect.arrayContaining(edit));
    expect(admin).toContainEqual(parseRule(`${GROUP}: rolebindings roles: all`));
  });
});

describe("bindings", () => {
  beforeEach(async () => {
    await grant("manager", false, `${GROUP}: rolebindings: all`, "core: pods: read");
    await api.create(`${RBAC}/clusterroles`, role("pod-reader", "core: pods: get"));
    await api.create(`${RBAC}/clusterroles`, role("secret-reader", "core: secrets: get"));
  });

  it("[ES8] to a role the writer covers", async () => {
    expect((await api.create(`${LOCAL}/rolebindings`, binding("b", "pod-reader"), as)).status).toBe(201);
  });

  it("[ES9] to a role that gives more are refused", async () => {
    const { status, body } = await api.create(`${LOCAL}/rolebindings`, binding("b", "secret-reader"), as);
    expect(status).toBe(403);
    expect(body.message).toBe(
      'rolebindings.rbac.authorization.k8s.io "b" is forbidden: user "eve" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
  });

  it("[ES10] to a role one may bind are fine, there and to that one only", async () => {
    await grant("binder", false, `${GROUP}: clusterroles: bind: secret-reader`);
    expect((await api.create(`${LOCAL}/rolebindings`, binding("b", "secret-reader"), as)).status).toBe(201);
    expect((await api.create(`${LOCAL}/rolebindings`, binding("c", "admin"), as)).status).toBe(403);
    await grant("cluster-binder", true, `${GROUP}: clusterrolebindings: all`);
    expect((await api.create(`${RBAC}/clusterrolebindings`, binding("b", "secret-reader"), as)).status).toBe(403);
  });

  it("[ES11] to a role that is not there are refused", async () => {
    const { status, body } = await api.create(`${LOCAL}/rolebindings`, binding("b", "nope", "Role"), as);
    expect(status).toBe(404);
    expect(body.message).toBe('roles.rbac.authorization.k8s.io "nope" not found');
  });

  it("[ES12] that break other rules are invalid for everybody", async () => {
    const { body } = await api.create(`${LOCAL}/rolebindings`, binding("b", "x", "Other"), as);
    expect(body.code).toBe(422);
  });
});
