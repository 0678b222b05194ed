import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { ADMIN, configMap, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const MAPS = `${NAMESPACE}/configmaps`;
const PODS = `${NAMESPACE}/pods`;
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

let api: TestApi;
const user = (name: string, ...groups: string[]): Identity => ({
  user: name,
  groups: [...groups, "system:authenticated"],
});
const node = (name: string): Identity => user(`system:node:${name}`, "system:nodes");
const anonymous: Identity = { user: "system:anonymous", groups: ["system:unauthenticated"] };

beforeEach(async () => {
  api = await startApi();
  await api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default"));
});

describe("authorization", () => {
  it.each([
    {
      name: "[A1] a collection in a namespace",
      path: MAPS,
      message:
        'configmaps is forbidden: User "eve" cannot list resource "configmaps" in API group "" in the namespace "default"',
    },
    {
      name: "[A2] one object",
      path: "/apis/apps/v1/namespaces/default/deployments/d",
      message:
        'deployments.apps "d" is forbidden: User "eve" cannot get resource "deployments" in API group "apps" in the namespace "default"',
    },
    {
      name: "[A3] a subresource",
      path: `${PODS}/p/log`,
      message:
        'pods "p" is forbidden: User "eve" cannot get resource "pods/log" in API group "" in the namespace "default"',
    },
    {
      name: "[A4] cluster-wide",
      path: "/api/v1/nodes",
      message: 'nodes is forbidden: User "eve" cannot list resource "nodes" in API group "" at the cluster scope',
    },
    { name: "[A5] no resource", path: "/metrics", message: 'forbidden: User "eve" cannot get path "/metrics"' },
  ])("$name, refused in upstream's words", async ({ path, message }) => {
    const { status, body } = await api.get(path, { as: user("eve") });
    expect(status).toBe(403);
    expect(body).toMatchObject({ reason: "Forbidden", code: 403, message });
  });

  it("[A6] what a role allows, where it is bound", async () => {
    const eve = { as: user("eve") };
    await api.create(`${RBAC}/namespaces/default/roles`, {
      metadata: { name: "r" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }],
    });
    await api.create(`${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "eve" }],
    });
    expect((await api.get(MAPS, eve)).status).toBe(200);
    expect((await api.create(MAPS, configMap("a"), eve)).status).toBe(403);
    expect((await api.get("/api/v1/configmaps", eve)).status).toBe(403);
    await api.patch(`${RBAC}/namespaces/default/roles/r`, { rules: [] });
    expect((await api.get(MAPS, eve)).status).toBe(403);
  });

  it("[A7] a list of one name passes a rule for that name", async () => {
    await api.create(`${RBAC}/clusterroles`, {
      metadata: { name: "r" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["a"], verbs: ["get", "list", "watch"] }],
    });
    await api.create(`${RBAC}/clusterrolebindings`, {
      metadata: { name: "b" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "r" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    });
    const as = user("system:serviceaccount:default:default");
    expect((await api.get(`${MAPS}?fieldSelector=metadata.name%3Da`, { as })).status).toBe(200);
    expect((await api.get(MAPS, { as })).status).toBe(403);
  });

  it("[A8] nobody in particular sees health and version, and no more", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"])
      expect((await api.get(path, { as: anonymous })).status).toBe(200);
    for (const path of ["/api", "/apis", "/openapi/v3", MAPS, "/metrics"])
      expect((await api.get(path, { as: anonymous })).status).toBe(403);
  });

  it("[A9] anybody known may ask what they may", async () => {
    const review = { spec: { resourceAttributes: { verb: "list", resource: "pods", namespace: "default" } } };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    expect((await api.create(path, review, { as: user("eve") })).body.status).toEqual({ allowed: false });
    expect((await api.create(path, review)).body.status).toEqual({ allowed: true });
    const other = { spec: { ...review.spec, user: "eve", groups: ["system:masters"] } };
    const answer = await api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", other);
    expect(answer.body.status).toEqual({ allowed: true });
  });

  it("[A10] only who may impersonate does", async () => {
    const headers = { "impersonate-user": "bob", "impersonate-group": "devs" };
    const who = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const bob = await api.create(who, {}, { headers });
    expect(bob.body.status.userInfo).toEqual({ username: "bob", groups: ["devs", "system:authenticated"] });
    const refused = await api.create(who, {}, { headers, as: user("eve") });
    expect(refused.body.message).toBe(
      'selfsubjectreviews.authentication.k8s.io is forbidden: User "eve" cannot impersonate-on:user-info:create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
    );
  });

  it("[A11] deleted default rules come back at the next start, others stay", async () => {
    const { bootstrap } = await import("../../edge-api/bootstrap/bootstrap.ts");
    const path = `${RBAC}/clusterroles/system:discovery`;
    await api.patch(path, { rules: [{ verbs: ["get"], nonResourceURLs: ["/mine"] }] });
    api.services.env.store.transaction(() => bootstrap(api.services.env, (error) => expect.fail(String(error))));
    const { rules } = (await api.get(path)).body;
    // One rule a missing path, as the check for what is missing takes them apart.
    expect(rules).toHaveLength(12);
    expect(rules[0].nonResourceURLs).toEqual(["/mine"]);
    const settled = api.services.env.store.revision();
    api.services.env.store.transaction(() => bootstrap(api.services.env, (error) => expect.fail(String(error))));
    expect(api.services.env.store.revision()).toBe(settled);
  });
});

describe("nodes", () => {
  beforeEach(async () => {
    await api.create("/api/v1/nodes", { metadata: { name: "n1" } }, { as: node("n1") });
    await api.create("/api/v1/nodes", { metadata: { name: "n2" } });
    for (const name of ["used", "unused"]) await api.create(`${NAMESPACE}/secrets`, { metadata: { name } });
    const env = [{ name: "E", valueFrom: { secretKeyRef: { name: "used", key: "k" } } }];
    await api.create(PODS, pod("p", { nodeName: "n1", containers: [{ name: "c", image: "i", env }] }));
  });

  it.each([
    ["[N1] its own node", "GET", "/api/v1/nodes/n1", 200],
    ["[N2] its own status", "PATCH", "/api/v1/nodes/n1/status", 200],
    ["[N3] another's status", "PATCH", "/api/v1/nodes/n2/status", 403],
    ["[N4] pods of all nodes", "GET", "/api/v1/pods", 403],
    ["[N5] its own pods", "GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", 200],
    ["[N6] another's pods", "GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn2", 403],
    ["[N7] a secret its pod uses", "GET", `${NAMESPACE}/secrets/used`, 200],
    ["[N8] a secret no pod of its uses", "GET", `${NAMESPACE}/secrets/unused`, 403],
    ["[N9] all secrets", "GET", `${NAMESPACE}/secrets`, 403],
    ["[N10] the CA its pods mount", "GET", `${NAMESPACE}/configmaps/kube-root-ca.crt`, 404],
    ["[N11] another config map", "GET", `${NAMESPACE}/configmaps/other`, 403],
    ["[N12] services", "GET", "/api/v1/services?watch=false", 200],
    ["[N13] deployments", "GET", "/apis/apps/v1/deployments", 403],
    ["[N14] status of its pod", "PATCH", `${PODS}/p/status`, 200],
    ["[N15] spec of its pod", "PATCH", `${PODS}/p`, 403],
  ])("%s: %s %s is %i", async (_name, method, path, code) => {
    const options = {
      as: node("n1"),
      ...(method === "PATCH" && { body: { status: {} }, contentType: "application/merge-patch+json" }),
    };
    expect((await api.request(method, path, options)).status).toBe(code);
  });

  it("[N16] a token for its pod's account, bound to the pod", async () => {
    const path = `${NAMESPACE}/serviceaccounts/default/token`;
    const pods = (await api.get(`${PODS}/p`)).body;
    const bound = { kind: "Pod", apiVersion: "v1", name: "p", uid: pods.metadata.uid };
    const request = { spec: { boundObjectRef: bound, expirationSeconds: 3607 } };
    const { status, body } = await api.create(path, request, { as: node("n1") });
    expect(status).toBe(201);
    const warnAfter = Math.floor(api.services.env.clock.now() / 1000) + 3607;
    expect(await api.services.authenticator.authenticate(body.status.token)).toMatchObject({ warnAfter });
    expect((await api.create(path, request, { as: node("n2") })).status).toBe(403);
    expect((await api.create(path, { spec: {} }, { as: node("n1") })).body.message).toContain("not bound to a pod");
  });

  it("[N19] nothing for another node's pod, though its own uses the same account", async () => {
    await api.create(PODS, pod("q", { nodeName: "n2" }));
    const path = `${NAMESPACE}/serviceaccounts/default/token`;
    const { uid } = (await api.get(`${PODS}/p`)).body.metadata;
    const request = { spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid } } };
    const refused = await api.create(path, request, { as: node("n2") });
    expect(refused.body.message).toContain("node requested token bound to a pod scheduled on a different node");
    expect((await api.patch(`${PODS}/p/status`, { status: {} }, "merge", { as: node("n2") })).status).toBe(403);
    expect((await api.delete(`${PODS}/p`, undefined, { as: node("n2") })).status).toBe(403);
  });

  it("[N17] a token of its own, not another's", async () => {
    const own = await api.request("POST", "/kedge/v1/nodes/n1/token", { as: node("n1") });
    expect(own.status).toBe(201);
    expect(own.body.expirationTimestamp).toBe("2027-01-01T00:00:00Z");
    const identity = await api.services.authenticator.authenticate(own.body.token);
    expect(identity).toMatchObject({ user: "system:node:n1", groups: ["system:nodes", "system:authenticated"] });
    expect((await api.request("POST", "/kedge/v1/nodes/n2/token", { as: node("n1") })).status).toBe(403);
    expect((await api.request("POST", "/kedge/v1/nodes/n2/token", { as: user("eve") })).status).toBe(403);
    const joiner = user("system:bootstrap:abcdef", "system:bootstrappers");
    expect((await api.request("POST", "/kedge/v1/nodes/n3/token", { as: joiner })).status).toBe(201);
    expect((await api.request("POST", "/kedge/v1/nodes/N_3/token", { as: ADMIN })).status).toBe(400);
  });

  it("[N18] a lost connection makes its conditions unknown, once", async () => {
    const { reportNodeConnection } = await import("../../edge-api/verbs/node-connection.ts");
    const { env } = api.services;
    const conditions = [
      { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: "2026-01-01T00:00:00Z" },
    ];
    await api.patch("/api/v1/nodes/n1/status", { status: { conditions } });
    const lose = () =>
      env.store.transaction(() => reportNodeConnection(env, { name: "n1", connected: false, atMs: env.clock.now() }));
    api.advance(60_000);
    lose();
    const { status } = (await api.get("/api/v1/nodes/n1")).body;
    expect(status.conditions.find((c: { type: string }) => c.type === "Ready")).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: "2026-01-01T00:01:00Z",
    });
    const revision = env.store.revision();
    lose();
    expect(env.store.revision()).toBe(revision);
  });
});

describe("tokens", () => {
  const token = async (spec: object = {}) => {
    const { body } = await api.create(`${NAMESPACE}/serviceaccounts/default/token`, { spec });
    return body.status.token as string;
  };

  it("[T1] speak for the account", async () => {
    const identity = await api.services.authenticator.authenticate(await token());
    expect(identity?.user).toBe("system:serviceaccount:default:default");
    expect(identity?.groups).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:default",
      "system:authenticated",
    ]);
  });

  it("[T2] end when they expire", async () => {
    const made = await token({ expirationSeconds: 600 });
    api.advance(700_000);
    expect(await api.services.authenticator.authenticate(made)).toBeUndefined();
  });

  it("[T3] for another audience are not the API server's", async () => {
    expect(await api.services.authenticator.authenticate(await token({ audiences: ["vault"] }))).toBeUndefined();
  });

  it("[T4] end with their account", async () => {
    const as = (await api.services.authenticator.authenticate(await token()))!;
    expect((await api.get(MAPS, { as })).status).toBe(403);
    await api.delete(`${NAMESPACE}/serviceaccounts/default`);
    expect((await api.get(MAPS, { as })).status).toBe(401);
    await api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default"));
    expect((await api.get(MAPS, { as })).status).toBe(401);
  });

  it("[T5] end with the pod they are bound to", async () => {
    const { body } = await api.create(PODS, pod("p"));
    const made = await token({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid: body.metadata.uid } });
    const as = (await api.services.authenticator.authenticate(made))!;
    expect(as.extra?.["authentication.kubernetes.io/pod-name"]).toEqual(["p"]);
    expect((await api.get(MAPS, { as })).status).toBe(403);
    await api.delete(`${PODS}/p`);
    expect((await api.get(MAPS, { as })).status).toBe(401);
  });

  it.each([
    { name: "[T6] too short", spec: { expirationSeconds: 60 }, code: 422 },
    {
      name: "[T7] bound to what is not there",
      spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "x" } },
      code: 404,
    },
    {
      name: "[T8] bound to what cannot be",
      spec: { boundObjectRef: { kind: "Job", apiVersion: "v1", name: "x" } },
      code: 400,
    },
  ])("$name are refused", async ({ spec, code }) => {
    expect((await api.create(`${NAMESPACE}/serviceaccounts/default/token`, { spec })).status).toBe(code);
  });

  it("[T9] forged or foreign ones are nobody's", async () => {
    const made = await token();
    const [header, payload, signature] = made.split(".");
    for (const bad of [
      "x",
      `${header}.${payload}.`,
      `${header}.${payload}.${signature!.slice(0, -4)}AAAA`,
      `${header}.e30.${signature}`,
    ])
      expect(await api.services.authenticator.authenticate(bad)).toBeUndefined();
  });

  it("[T10] are reviewed", async () => {
    const path = "/apis/authentication.k8s.io/v1/tokenreviews";
    const made = await token();
    const good = await api.create(path, { spec: { token: made } });
    expect(good.body.status).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:default" },
    });
    expect((await api.create(path, { spec: { token: "x" } })).body.status).toEqual({
      user: {},
      error: "invalid bearer token",
    });
    const vault = await api.create(path, { spec: { token: made, audiences: ["vault"] } });
    expect(vault.body.status.authenticated).toBeUndefined();
  });

  it("[T11] of bootstrap hold while their secret does", async () => {
    const secret = (expiration: string) => ({
      metadata: { name: "bootstrap-token-abcdef" },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-authentication": "true",
        expiration,
      },
    });
    const ask = (text: string) => api.services.authenticator.authenticate(text);
    await api.create("/api/v1/namespaces/kube-system/secrets", secret("2026-01-02T00:00:00Z"));
    expect(await ask("abcdef.0123456789abcdef")).toMatchObject({
      user: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", "system:authenticated"],
    });
    expect(await ask("abcdef.0123456789abcdee")).toBeUndefined();
    api.advance(48 * 3_600_000);
    expect(await ask("abcdef.0123456789abcdef")).toBeUndefined();
  });
});

describe("admission", () => {
  it("[M1] a pod gets its account, token, tolerations and priority", async () => {
    const { body } = await api.create(PODS, pod("p"));
    expect(body.spec).toMatchObject({ serviceAccountName: "default", priority: 0 });
    expect(body.spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(body.spec.containers[0].volumeMounts).toEqual([
      { name: body.spec.volumes[0].name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ]);
    expect(body.spec.tolerations.map((t: { key: string }) => t.key)).toEqual([
      "node.kubernetes.io/not-ready",
      "node.kubernetes.io/unreachable",
    ]);
  });

  it("[M2] without its account it is not made", async () => {
    expect((await api.create(PODS, pod("p", { serviceAccountName: "nope" }))).body).toMatchObject({
      code: 403,
      message: 'pods "p" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    });
  });

  it("[M3] no token where none is wanted", async () => {
    const { body } = await api.create(PODS, pod("p", { automountServiceAccountToken: false }));
    expect(body.spec.volumes).toBeUndefined();
  });

  it("[M4] priority comes from the class", async () => {
    await api.create("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "high" }, value: 1000 });
    const { body } = await api.create(PODS, pod("p", { priorityClassName: "high" }));
    expect(body.spec).toMatchObject({ priority: 1000, preemptionPolicy: "PreemptLowerPriority" });
    expect((await api.create(PODS, pod("q", { priorityClassName: "nope" }))).body.message).toBe(
      'pods "q" is forbidden: no PriorityClass with name nope was found',
    );
    const system = await api.create(PODS, pod("s", { priorityClassName: "system-node-critical" }));
    expect(system.body.spec.priority).toBe(2_000_001_000);
  });
});
