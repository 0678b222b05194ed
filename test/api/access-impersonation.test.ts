/** Acting as others: the old way, which allows all that the other may, and the ways that say what may be done. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { startApi, type TestApi } from "./in-process.ts";

const PODS = "/api/v1/namespaces/default/pods";
const WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const AUTHENTICATION = "authentication.k8s.io";

let api: TestApi;
const eve: Identity = { user: "eve", groups: ["system:authenticated"] };
const agent: Identity = {
  user: "system:serviceaccount:kube-system:agent",
  groups: ["system:serviceaccounts", "system:authenticated"],
  extra: { "authentication.kubernetes.io/node-name": ["n1"] },
};

beforeEach(async () => {
  api = await startApi();
  await api.create("/api/v1/namespaces/kube-system/serviceaccounts", { metadata: { name: "agent" } });
});

/** One rule is "verb group resource[: names]". */
async function grant({ user }: Identity, ...rules: string[]): Promise<void> {
  await api.create(`${RBAC}/clusterroles`, {
    metadata: { name: user },
    rules: rules.map((text) => {
      const [rule = "", names] = text.split("=");
      const [verb, group, resource] = rule.split(" ");
      return {
        verbs: [verb],
        apiGroups: [group === "core" ? "" : group],
        resources: [resource],
        ...(names !== undefined && { resourceNames: [names] }),
      };
    }),
  });
  await api.create(`${RBAC}/clusterrolebindings`, {
    metadata: { name: user },
    subjects: [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user },
  });
}

const create = `impersonate-on:user-info:create ${AUTHENTICATION} selfsubjectreviews`;
const become = (headers: { [name: string]: string }, as: Identity = eve) => api.create(WHO, {}, { headers, as });
const refusalOf = async (headers: { [name: string]: string }, as?: Identity): Promise<string> => {
  const { status, body } = await become(headers, as);
  expect(status).toBe(403);
  return body.message;
};

describe("impersonation with constraints", () => {
  it("[IM1] a user: who, and what for", async () => {
    await grant(eve, `impersonate:user-info ${AUTHENTICATION} users=jane`, create);
    const { status, body } = await become({ "impersonate-user": "jane" });
    expect([status, body.status.userInfo]).toEqual([201, { username: "jane", groups: ["system:authenticated"] }]);
    expect(await refusalOf({ "impersonate-user": "joe" })).toBe(
      'users.authentication.k8s.io "joe" is forbidden: User "eve" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope',
    );
    const other = await api.get(PODS, { headers: { "impersonate-user": "jane" }, as: eve });
    expect(other.body.message).toBe(
      'pods is forbidden: User "eve" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"',
    );
  });

  it("[IM2] groups, uid and extra fields are each asked for; some are never given", async () => {
    await grant(
      eve,
      `impersonate:user-info ${AUTHENTICATION} users`,
      `impersonate:user-info ${AUTHENTICATION} groups`,
      `impersonate:user-info ${AUTHENTICATION} uids=u1`,
      `impersonate:user-info ${AUTHENTICATION} userextras/example.com/team=blue`,
      create,
    );
    const all = {
      "impersonate-user": "jane",
      "impersonate-group": "CN=a,OU=b, devs",
      "impersonate-uid": "u1",
      "impersonate-extra-example.com%2fteam": "blue",
    };
    expect((await become(all)).body.status.userInfo).toEqual({
      username: "jane",
      uid: "u1",
      groups: ["CN=a,OU=b", "devs", "system:authenticated"],
      extra: { "example.com/team": ["blue"] },
    });
    expect(await refusalOf({ ...all, "impersonate-uid": "u2" })).toContain(
      'cannot impersonate:user-info resource "uids"',
    );
    expect(await refusalOf({ ...all, "impersonate-extra-example.com%2fteam": "red" })).toContain(
      'resource "userextras/example.com/team"',
    );
    expect(await refusalOf({ ...all, "impersonate-group": "system:masters" })).toContain(
      "impersonating the system:masters group is not allowed",
    );
    expect(await refusalOf({ ...all, "impersonate-extra-team": "blue" })).toContain(
      "impersonating an invalid key in extra is not allowed",
    );
  });

  it("[IM3] service accounts and nodes have verbs of their own, and groups that are given", async () => {
    const verbs = ["serviceaccount", "arbitrary-node"].map(
      (mode) => `impersonate-on:${mode}:create ${AUTHENTICATION} selfsubjectreviews`,
    );
    await grant(
      eve,
      `impersonate:serviceaccount ${AUTHENTICATION} serviceaccounts=a`,
      `impersonate:arbitrary-node ${AUTHENTICATION} nodes=n1`,
      ...verbs,
    );
    const account = await become({ "impersonate-user": "system:serviceaccount:ns:a" });
    expect(account.body.status.userInfo.groups).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:ns",
      "system:authenticated",
    ]);
    const node = await become({ "impersonate-user": "system:node:n1" });
    expect(node.body.status.userInfo.groups).toEqual(["system:nodes", "system:authenticated"]);
    expect(await refusalOf({ "impersonate-user": "system:node:n2" })).toContain('nodes.authentication.k8s.io "n2"');
    const more = { "impersonate-user": "system:node:n1", "impersonate-group": "devs" };
    expect(await refusalOf(more)).toContain('cannot impersonate resource "users"');
  });

  it("[IM4] an agent becomes the node it is on, and no other", async () => {
    await api.create("/api/v1/nodes", { metadata: { name: "n1" } });
    await grant(
      agent,
      `impersonate:associated-node ${AUTHENTICATION} nodes`,
      `impersonate-on:associated-node:create ${AUTHENTICATION} selfsubjectreviews`,
    );
    const here = await become({ "impersonate-user": "system:node:n1" }, agent);
    expect(here.body.status.userInfo.username).toBe("system:node:n1");
    expect(await refusalOf({ "impersonate-user": "system:node:n2" }, agent)).toContain("impersonate-on:arbitrary-node");
  });
});

describe("impersonation as it always was", () => {
  it("[IM5] goes on; once it has let somebody in, its refusals are the ones that are told", async () => {
    await grant(eve, "impersonate core users=jane", "impersonate core groups=devs");
    const { body } = await become({ "impersonate-user": "jane", "impersonate-group": "devs" });
    expect(body.status.userInfo).toEqual({ username: "jane", groups: ["devs", "system:authenticated"] });
    expect(await refusalOf({ "impersonate-user": "bob" })).toBe(
      'users "bob" is forbidden: User "eve" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it("[IM6] administrators may even be administrators", async () => {
    const headers = { "impersonate-user": "root", "impersonate-group": "system:masters" };
    expect((await api.create(WHO, {}, { headers })).body.status.userInfo.groups).toContain("system:masters");
  });

  it.each([
    ["[IM7] the anonymous", "system:anonymous", [], ["system:unauthenticated"]],
    ["[IM8] who is to be unauthenticated", "jane", ["system:unauthenticated"], ["system:unauthenticated"]],
  ])("%s is not authenticated", async (_name, user, asked, groups) => {
    const headers = { "impersonate-user": user, "impersonate-group": ["system:masters", ...asked].join(", ") };
    expect((await api.create(WHO, {}, { headers })).body.status.userInfo.groups).toEqual(["system:masters", ...groups]);
  });

  it.each([
    ["[IM9] a group", { "impersonate-group": "devs" }, 'Groups:[]string{"devs"}, Extra:map[string][]string(nil)'],
    [
      "[IM10] an extra field",
      { "impersonate-extra-b": "2", "impersonate-extra-a%2fb": "1, x" },
      'Groups:[]string(nil), Extra:map[string][]string{"a/b":[]string{"1", "x"}, "b":[]string{"2"}}',
    ],
  ])("%s alone is nobody", async (_name, headers, said) => {
    const { status, body } = await api.get(PODS, { headers });
    expect([status, body.reason, body.message]).toEqual([
      400,
      "BadRequest",
      `requested &user.DefaultInfo{Name:"", UID:"", ${said}} without impersonating a user name`,
    ]);
    const withUid = await api.get(PODS, { headers: { "impersonate-uid": "u" } });
    expect(withUid.body.message).toContain('UID:"u"');
  });

  it("[IM11] who wants many groups with constraints is asked first whether all are allowed", async () => {
    await grant(
      eve,
      `impersonate:user-info ${AUTHENTICATION} users=jane`,
      `impersonate:user-info ${AUTHENTICATION} groups=*`,
      create,
    );
    const groups = (count: number) => ["a", "b", "c", "d"].slice(0, count).join(", ");
    const wanted = (count: number) => ({ "impersonate-user": "jane", "impersonate-group": groups(count) });
    expect((await become(wanted(4))).status).toBe(201);
    expect((await become(wanted(3))).status).toBe(403);
  });
});
