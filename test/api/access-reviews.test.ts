/** Reviews of rights: what they answer, and what is wrong with them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { startApi, type TestApi } from "./in-process.ts";

const API = "/apis/authorization.k8s.io/v1";
const REVIEWS = `${API}/subjectaccessreviews`;
const SELF = `${API}/selfsubjectaccessreviews`;
const LOCAL = `${API}/namespaces/default/localsubjectaccessreviews`;
const RULES = `${API}/selfsubjectrulesreviews`;
const PODS = { verb: "list", resource: "pods", namespace: "default" };

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

describe("access reviews that are refused", () => {
  const both = { resourceAttributes: PODS, nonResourceAttributes: { path: "/", verb: "get" } };
  const field = (requirement: object) => ({
    resourceAttributes: { ...PODS, fieldSelector: { requirements: [requirement] } },
  });
  it.each([
    ["[AR1] two questions", SELF, both, "spec.nonResourceAttributes", "cannot be specified in combination with"],
    ["[AR2] no question", SELF, {}, "spec.resourceAttributes", "exactly one of nonResourceAttributes or"],
    ["[AR3] about nobody", REVIEWS, { resourceAttributes: PODS }, "spec.user", "at least one of user or group"],
    [
      "[AR4] a path in a namespace",
      LOCAL,
      { user: "eve", nonResourceAttributes: { path: "/", verb: "get" } },
      "spec.nonResourceAttributes",
      "disallowed on this kind of request",
    ],
    [
      "[AR5] another namespace",
      LOCAL,
      { user: "eve", resourceAttributes: { ...PODS, namespace: "other" } },
      "spec.resourceAttributes.namespace",
      'Invalid value: "other": must match metadata.namespace',
    ],
    [
      "[AR6] a selector that is none",
      SELF,
      { resourceAttributes: { ...PODS, labelSelector: {} } },
      "spec.resourceAttributes.labelSelector.requirements",
      "when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required",
    ],
    [
      "[AR7] a selector twice",
      SELF,
      { resourceAttributes: { ...PODS, fieldSelector: { rawSelector: "a=b", requirements: [{ key: "a" }] } } },
      "spec.resourceAttributes.fieldSelector.rawSelector",
      "may not specified at the same time as requirements",
    ],
    [
      "[AR8] a requirement without values",
      SELF,
      field({ key: "spec.nodeName", operator: "In" }),
      "spec.resourceAttributes.fieldSelector.requirements[0].values",
      "must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ])("%s", async (_name, path, spec, where, message) => {
    const { status, body } = await api.create(path, { spec });
    expect(status).toBe(422);
    expect(body.details.causes).toHaveLength(1);
    expect(body.details.causes[0].field).toBe(where);
    expect(body.details.causes[0].message).toContain(message);
  });

  it("[AR9] with a name", async () => {
    const { body } = await api.create(SELF, { metadata: { name: "a" }, spec: { resourceAttributes: PODS } });
    expect(body.message).toBe(
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: metadata: Invalid value: {"name":"a"}: must be empty',
    );
  });
});

describe("access reviews", () => {
  const node: Identity = { user: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };
  const asNode = async (selector: object): Promise<object> =>
    (await api.create(SELF, { spec: { resourceAttributes: { ...PODS, namespace: "", ...selector } } }, { as: node }))
      .body.status;
  it.each([
    ["[AR10] parsed", { rawSelector: "spec.nodeName=n1" }, { allowed: true }],
    [
      "[AR11] in parts",
      { requirements: [{ key: "spec.nodeName", operator: "In", values: ["n1"] }] },
      { allowed: true },
    ],
    [
      "[AR12] of another node",
      { rawSelector: "spec.nodeName=n2" },
      { allowed: false, reason: "can only list/watch pods with spec.nodeName field selector" },
    ],
    [
      "[AR13] not understood",
      { rawSelector: "spec.nodeName" },
      {
        allowed: false,
        reason: "can only list/watch pods with spec.nodeName field selector",
        evaluationError: "spec.resourceAttributes.fieldSelector ignored due to parse error",
      },
    ],
    [
      "[AR14] half understood",
      {
        requirements: [
          { key: "spec.nodeName", operator: "In", values: ["n1"] },
          { key: "a", operator: "Maybe" },
        ],
      },
      {
        allowed: true,
        evaluationError: "spec.resourceAttributes.fieldSelector partially ignored due to parse error",
      },
    ],
  ])("take a field selector %s into account", async (_name, fieldSelector, status) => {
    expect(await asNode({ fieldSelector })).toEqual(status);
  });

  it("[AR15] a label selector that is not understood is told", async () => {
    const resourceAttributes = { ...PODS, labelSelector: { rawSelector: "a in b" } };
    expect((await api.create(SELF, { spec: { resourceAttributes } })).body.status).toEqual({
      allowed: true,
      evaluationError: "spec.resourceAttributes.labelSelector ignored due to parse error",
    });
  });

  it("[AR16] who may not list learns nothing of their selector; who may is told", async () => {
    const bad = "/api/v1/pods?fieldSelector=what";
    expect((await api.get(bad, { as: { user: "eve", groups: [] } })).status).toBe(403);
    expect((await api.get(bad)).status).toBe(400);
  });

  it("[AR18] a list of one name needs the right to that name; deleting by it, the right to all", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const verbs = ["list", "watch", "deletecollection"];
    await api.create(`${rbac}/roles`, {
      metadata: { name: "one" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["a"], verbs }],
    });
    await api.create(`${rbac}/rolebindings`, {
      metadata: { name: "one" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "eve" }],
    });
    const as = { user: "eve", groups: [] };
    const one = "/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3D";
    expect((await api.get(`${one}a`, { as })).status).toBe(200);
    expect((await api.get(`${one}b`, { as })).status).toBe(403);
    expect((await api.request("DELETE", `${one}a`, { as })).status).toBe(403);
  });

  it("[AR17] rules: what RBAC gives; of nodes that is not all", async () => {
    const rules = async (as?: Identity) =>
      (await api.create(RULES, { spec: { namespace: "default" } }, as ? { as } : {})).body.status;
    const { incomplete, resourceRules, nonResourceRules } = await rules();
    expect(incomplete).toBe(false);
    expect(resourceRules).toContainEqual({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] });
    expect(nonResourceRules).toContainEqual({ verbs: ["*"], nonResourceURLs: ["*"] });
    expect(await rules(node)).toMatchObject({
      incomplete: true,
      evaluationError: "node authorizer does not support user rule resolution",
    });
  });

  it("[AR32] rules of roles that are bound and not there are told of, here and where more is granted", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const as = { user: "eve", groups: ["system:authenticated"] };
    const bind = (name: string, role: string) =>
      api.create(`${rbac}/namespaces/default/rolebindings`, {
        metadata: { name },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "eve" }],
      });
    await bind("a", "none");
    await bind("b", "admin");
    const missing = 'clusterrole.rbac.authorization.k8s.io "none" not found';
    const { status } = (await api.create(RULES, { spec: { namespace: "default" } }, { as })).body;
    expect(status).toMatchObject({ incomplete: false, evaluationError: missing });
    const rules = [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }];
    const role = { metadata: { name: "r" }, rules };
    const refused = await api.create(`${rbac}/namespaces/default/roles`, role, { as });
    expect(refused.body.message.split("not currently held:\n")[1]).toBe(
      `{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}; resolution errors: [${missing}]`,
    );
  });
});

describe("access reviews are admitted", () => {
  it("[AR30] by policies, as whatever else is created", async () => {
    const group = "/apis/admissionregistration.k8s.io/v1";
    const rule = { apiGroups: ["*"], apiVersions: ["*"], operations: ["CREATE"], resources: ["subjectaccessreviews"] };
    const validations = [{ expression: "object.spec.user != 'eve'", message: "do not ask about eve" }];
    const spec = { matchConstraints: { resourceRules: [rule] }, validations };
    await api.create(`${group}/validatingadmissionpolicies`, { metadata: { name: "p" }, spec });
    const binding = { metadata: { name: "b" }, spec: { policyName: "p", validationActions: ["Deny"] } };
    await api.create(`${group}/validatingadmissionpolicybindings`, binding);
    const ask = (user: string) => api.create(REVIEWS, { spec: { user, resourceAttributes: PODS } });
    expect((await ask("eve")).body.message).toContain("do not ask about eve");
    expect((await ask("joe")).status).toBe(201);
  });

  it("[AR31] about namespaces that are not there", async () => {
    const resourceAttributes = { ...PODS, namespace: "none" };
    const local = `${API}/namespaces/none/localsubjectaccessreviews`;
    const { status, body } = await api.create(local, { spec: { user: "eve", resourceAttributes } });
    expect([status, body.status.allowed]).toEqual([201, false]);
  });
});
