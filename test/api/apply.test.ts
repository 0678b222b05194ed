import { beforeEach, describe, expect, it } from "vitest";
import { pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const MAPS = `${NAMESPACE}/configmaps`;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const APPLY = "application/apply-patch+yaml";

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  await api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default"));
  api.advance(1000);
});

const apply = (path: string, body: unknown, query = "fieldManager=me") =>
  api.request("PATCH", `${path}?${query}`, { body, contentType: APPLY });

const map = (data: object, { metadata, ...more }: { metadata?: object } & object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", ...metadata },
  ...more,
  data,
});

const deployment = (spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "w" },
  spec: {
    selector: { matchLabels: { app: "w" } },
    template: { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    ...spec,
  },
});

interface Entry {
  manager?: string;
  operation: string;
  subresource?: string;
  time?: string;
  fieldsV1: object;
}

const entriesOf = (answer: { body: { metadata: { managedFields?: Entry[] } } }): Entry[] =>
  answer.body.metadata.managedFields ?? [];

const ownersOf = (answer: Parameters<typeof entriesOf>[0]): string[] =>
  entriesOf(answer).map(({ manager, operation, subresource }) => `${manager} ${operation}${subresource ?? ""}`);

describe("apply", () => {
  it("[SSA1] creates what is not there: 201, then 200", async () => {
    const created = await apply(`${MAPS}/a`, map({ k: "v" }));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ metadata: { name: "a", namespace: "default" }, data: { k: "v" } });
    expect(entriesOf(created)).toEqual([
      {
        manager: "me",
        operation: "Apply",
        apiVersion: "v1",
        time: "2026-01-01T00:00:01Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:k": {} } },
      },
    ]);
    api.advance(1000);
    const again = await apply(`${MAPS}/a`, map({ k: "v" }));
    expect(again.status).toBe(200);
    expect(again.text).toBe(created.text);
    expect((await apply(`${MAPS}/a`, map({ k: "w" }))).body.data).toEqual({ k: "w" });
  });

  it("[SSA2] takes YAML", async () => {
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {a: b}\ndata:\n  k: |\n    x\n";
    expect((await apply(`${MAPS}/a`, yaml)).body).toMatchObject({
      metadata: { labels: { a: "b" } },
      data: { k: "x\n" },
    });
  });

  it("[SSA3] removes what the applier no longer names, and keeps what others own", async () => {
    await apply(`${MAPS}/a`, map({ mine: "1", old: "1" }));
    await api.patch(`${MAPS}/a`, { data: { theirs: "1" } });
    expect((await apply(`${MAPS}/a`, map({ mine: "2" }))).body.data).toEqual({ mine: "2", theirs: "1" });
  });

  it("[SSA4] conflicts are told, and force takes over", async () => {
    await api.create(`${DEPLOYMENTS}?fieldManager=cli`, deployment({ replicas: 1 }));
    const refused = await apply(`${DEPLOYMENTS}/w`, deployment({ replicas: 3 }));
    expect(refused.body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'Apply failed with 1 conflict: conflict with "cli" using apps/v1: .spec.replicas',
      reason: "Conflict",
      details: {
        causes: [
          { reason: "FieldManagerConflict", message: 'conflict with "cli" using apps/v1', field: ".spec.replicas" },
        ],
      },
      code: 409,
    });
    const forced = await apply(`${DEPLOYMENTS}/w`, deployment({ replicas: 3 }), "fieldManager=me&force=true");
    expect(forced.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } });
    expect(ownersOf(forced)).toEqual(["me Apply", "cli Update"]);
  });

  it("[SSA5] a dry run shows the outcome and writes nothing", async () => {
    const created = await apply(`${MAPS}/a`, map({ k: "v" }), "fieldManager=me&dryRun=All");
    expect(created.status).toBe(201);
    expect(created.body.data).toEqual({ k: "v" });
    expect((await api.get(`${MAPS}/a`)).status).toBe(404);
    await apply(`${MAPS}/a`, map({ k: "v" }));
    expect((await apply(`${MAPS}/a`, map({ k: "w" }), "fieldManager=me&dryRun=All")).body.data).toEqual({ k: "w" });
    expect((await api.get(`${MAPS}/a`)).body.data).toEqual({ k: "v" });
  });

  it("[SSA6] whoever may not create, may not by applying", async () => {
    const nobody = { user: "u", groups: ["system:authenticated"] };
    await api.create("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", {
      metadata: { name: "patcher" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["patch"] }],
    });
    await api.create("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
      metadata: { name: "patcher" },
      subjects: [{ kind: "User", name: "u", apiGroup: "rbac.authorization.k8s.io" }],
      roleRef: { kind: "Role", name: "patcher", apiGroup: "rbac.authorization.k8s.io" },
    });
    const as = (name: string) =>
      api.request("PATCH", `${MAPS}/${name}?fieldManager=me`, {
        body: map({ k: "v" }),
        contentType: APPLY,
        as: nobody,
      });
    expect((await as("a")).body).toMatchObject({
      code: 403,
      message: expect.stringContaining("cannot create resource"),
    });
    await api.create(MAPS, map({}, { metadata: { name: "a" } }));
    expect((await as("a")).status).toBe(200);
  });

  it("[SSA7] optimistic locking works with it", async () => {
    const { body } = await apply(`${MAPS}/a`, map({ k: "v" }));
    const { resourceVersion } = body.metadata;
    await apply(`${MAPS}/a`, map({ k: "w" }));
    expect((await apply(`${MAPS}/a`, map({ k: "x" }, { metadata: { resourceVersion } }))).status).toBe(409);
    const gone = await apply(`${MAPS}/b`, map({ k: "x" }, { metadata: { uid: "u-1" } }));
    expect(gone.body).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "b": uid mismatch: the provided object specified uid u-1, and no existing object was found',
    });
  });

  it("[SSA8] to a subresource", async () => {
    await api.create(DEPLOYMENTS, deployment());
    const { apiVersion, kind } = deployment();
    const config = { apiVersion, kind, status: { replicas: 4 } };
    const answer = await apply(`${DEPLOYMENTS}/w/status`, config);
    expect(answer.body.status.replicas).toBe(4);
    expect(ownersOf(answer)).toEqual(["me Applystatus", "unknown Update"]);
    expect((await apply(`${DEPLOYMENTS}/other/status`, config)).status).toBe(404);
  });
});

describe("bad applies", () => {
  it.each([
    [
      "[SSA10] without a manager",
      "",
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    ["[SSA11] too long a manager", `fieldManager=${"x".repeat(129)}`, 422, "may not be more than 128 bytes"],
    ["[SSA12] a manager that is not printable", "fieldManager=a%01", 422, "invalid character U+0001"],
  ])("%s", async (_rule, query, code, message) => {
    const answer = await apply(`${MAPS}/a`, map({}), query);
    expect(answer.body).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("[SSA13] force is for apply only", async () => {
    const answer = await api.request("PATCH", `${MAPS}/a?force=true`, {
      body: {},
      contentType: "application/merge-patch+json",
    });
    expect(answer.body).toMatchObject({
      code: 422,
      message: 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    });
  });

  it.each([
    ["[SSA14] no map", "[]", 400],
    ["[SSA15] broken YAML", "a: [", 400],
    ["[SSA16] another kind", { apiVersion: "v1", kind: "Secret" }, 400],
    ["[SSA17] managedFields", map({}, { metadata: { managedFields: [] } }), 400],
    ["[SSA18] another name", map({}, { metadata: { name: "b" } }), 400],
    ["[SSA19] an unknown field", map({}, { dta: {} } as object), 500],
    ["[SSA20] a wrong type", { apiVersion: "v1", kind: "ConfigMap", data: [] }, 500],
  ])("%s", async (_rule, body, code) => {
    expect((await apply(`${MAPS}/a`, body)).status).toBe(code);
    expect((await api.get(`${MAPS}/a`)).status).toBe(404);
  });

  it("[SSA21] what validation refuses is not written", async () => {
    const answer = await apply(`${DEPLOYMENTS}/w`, deployment({ replicas: -1 }));
    expect(answer.body).toMatchObject({ code: 422, reason: "Invalid" });
    expect((await api.get(`${DEPLOYMENTS}/w`)).status).toBe(404);
  });

  it("[SSA22] duplicate fields, when asked to be strict", async () => {
    const text = '{"apiVersion":"v1","kind":"ConfigMap","data":{},"data":{}}';
    const strict = await apply(`${MAPS}/a`, text, "fieldManager=me&fieldValidation=Strict");
    expect(strict.body.message).toBe(
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key "data" already set in map',
    );
    const warned = await apply(`${MAPS}/a`, text);
    expect(warned.headers.get("warning")).toBe('299 - "line 1: key \\"data\\" already set in map"');
  });
});

describe("managedFields of other writes", () => {
  const as = (agent: string) => ({ headers: { "user-agent": agent } });

  it("[MF1] the manager is the client's program, unless it names one", async () => {
    await api.create(MAPS, map({}, { metadata: { name: "a", labels: { x: "y" } } }), as("kubectl/v1.36.0 (linux)"));
    const patched = await api.patch(
      `${MAPS}/a?fieldManager=other`,
      { data: { k: "v" } },
      "merge",
      as("kubectl/v1.36.0"),
    );
    expect(ownersOf(patched)).toEqual(["kubectl Update", "other Update"]);
  });

  it("[MF2] of every kind of patch, of a put, and of a status", async () => {
    await api.create(`${MAPS}?fieldManager=c`, map({ a: "1" }, { metadata: { name: "a" } }));
    api.advance(1000);
    await api.patch(`${MAPS}/a?fieldManager=m`, { data: { b: "1" } }, "merge");
    api.advance(1000);
    await api.patch(`${MAPS}/a?fieldManager=s`, { data: { c: "1" } }, "strategic");
    api.advance(1000);
    await api.patch(`${MAPS}/a?fieldManager=j`, [{ op: "add", path: "/data/d", value: "1" }], "json");
    api.advance(1000);
    const { body } = await api.get(`${MAPS}/a`);
    const put = await api.replace(`${MAPS}/a?fieldManager=p`, { ...body, data: { ...body.data, e: "1" } });
    expect(entriesOf(put).map(({ manager, fieldsV1 }) => `${manager} ${JSON.stringify(fieldsV1)}`)).toEqual([
      'c {"f:data":{".":{},"f:a":{}}}',
      'm {"f:data":{"f:b":{}}}',
      's {"f:data":{"f:c":{}}}',
      'j {"f:data":{"f:d":{}}}',
      'p {"f:data":{"f:e":{}}}',
    ]);
  });

  it("[MF3] what admission and the server fill in has no owner", async () => {
    const { body } = await api.create(`${NAMESPACE}/pods?fieldManager=c`, pod("p"));
    expect(body.spec.serviceAccountName).toBe("default");
    const text = JSON.stringify(body.metadata.managedFields);
    expect(text).toContain('"f:dnsPolicy"');
    expect(text).not.toContain("serviceAccount");
    expect(text).not.toContain("f:uid");
    const { body: service } = await api.create(`${NAMESPACE}/services`, {
      metadata: { name: "s" },
      spec: { ports: [{ port: 80 }] },
    });
    expect(service.spec.clusterIP).toMatch(/^10\./);
    expect(JSON.stringify(service.metadata.managedFields)).not.toContain("clusterIP");
  });

  it("[MF4] status writes own status alone", async () => {
    await api.create(`${NAMESPACE}/pods?fieldManager=c`, pod("p"));
    const patched = await api.patch(
      `${NAMESPACE}/pods/p/status?fieldManager=kubelet`,
      { spec: { priority: 7 }, status: { phase: "Running" } },
      "merge",
    );
    const mine = entriesOf(patched).find(({ manager }) => manager === "kubelet");
    expect(mine).toMatchObject({ subresource: "status", fieldsV1: { "f:status": { "f:phase": {} } } });
  });

  it("[MF5] a write that changes nothing changes no time and no version", async () => {
    const { text, body } = await api.create(MAPS, map({ k: "v" }, { metadata: { name: "a" } }));
    api.advance(5000);
    expect((await api.patch(`${MAPS}/a?fieldManager=x`, { data: { k: "v" } })).text).toBe(text);
    expect((await api.replace(`${MAPS}/a?fieldManager=x`, body)).text).toBe(text);
  });

  it("[MF6] an update through a value that is put back changes only the owner's time", async () => {
    await api.create(`${MAPS}?fieldManager=c`, map({ k: "v" }, { metadata: { name: "a" } }));
    api.advance(1000);
    const patched = await api.patch(`${MAPS}/a?fieldManager=c`, { data: { k: "w" } });
    expect(entriesOf(patched)).toMatchObject([{ manager: "c", time: "2026-01-01T00:00:02Z" }]);
  });

  it("[MF7] one empty entry strips all", async () => {
    await api.create(MAPS, map({ k: "v" }, { metadata: { name: "a" } }));
    const path = "/metadata/managedFields";
    const patched = await api.patch(`${MAPS}/a`, [{ op: "replace", path, value: [{}] }], "json");
    expect(patched.body.metadata.managedFields).toBeUndefined();
    expect((await api.patch(`${MAPS}/a`, { data: { k: "w" } })).body.metadata.managedFields).toBeUndefined();
    expect(ownersOf(await apply(`${MAPS}/a`, map({ k: "w" })))).toEqual(["me Apply", "before-first-apply Update"]);
  });

  it("[MF12] are left out where they alone make an object too large; who applies is told", async () => {
    const data = Object.fromEntries(Array.from({ length: 24_000 }, (_, i) => [`key-${i}-${"x".repeat(20)}`, "v"]));
    const created = await api.create(MAPS, map(data));
    expect(created.status).toBe(201);
    expect(entriesOf(created)).toEqual([]);
    const small = await api.create(MAPS, map({ k: "v" }, { metadata: { name: "c" } }));
    expect(ownersOf(small)).toEqual(["unknown Update"]);
    const replaced = await api.replace(`${MAPS}/c`, map(data, { metadata: { name: "c" } }));
    expect(replaced.status).toBe(200);
    expect(entriesOf(replaced)).toEqual([]);
    expect((await apply(`${MAPS}/b`, map(data, { metadata: { name: "b" } }))).body).toMatchObject({
      code: 500,
      message: "etcdserver: request is too large",
    });
  });

  it("[MF8] kubectl moves its own entry from Update to Apply by a patch", async () => {
    const query = "fieldManager=kubectl-client-side-apply";
    const { body } = await api.create(`${MAPS}?${query}`, map({ k: "v", gone: "1" }, { metadata: { name: "a" } }));
    const [entry] = body.metadata.managedFields;
    const value = [{ ...entry, manager: "kubectl", operation: "Apply" }];
    await api.patch(
      `${MAPS}/a?fieldManager=kubectl`,
      [
        { op: "replace", path: "/metadata/managedFields", value },
        { op: "replace", path: "/metadata/resourceVersion", value: body.metadata.resourceVersion },
      ],
      "json",
    );
    const applied = await apply(`${MAPS}/a`, map({ k: "w" }), "fieldManager=kubectl");
    expect(applied.body.data).toEqual({ k: "w" });
    expect(ownersOf(applied)).toEqual(["kubectl Apply"]);
  });

  it("[MF9] scaling takes the replicas over, and only these", async () => {
    await api.create(`${DEPLOYMENTS}?fieldManager=c`, deployment({ replicas: 1 }));
    await api.patch(`${DEPLOYMENTS}/w/scale?fieldManager=hpa`, { spec: { replicas: 3 } });
    const scaled = await api.get(`${DEPLOYMENTS}/w`);
    expect(entriesOf(scaled).find(({ manager }) => manager === "hpa")).toMatchObject({
      operation: "Update",
      apiVersion: "apps/v1",
      subresource: "scale",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    });
    const creator = entriesOf(scaled).find(({ manager }) => manager === "c");
    expect(JSON.stringify(creator?.fieldsV1)).not.toContain("f:replicas");
    const scale = { apiVersion: "autoscaling/v1", kind: "Scale", spec: { replicas: 5 } };
    const refused = await apply(`${DEPLOYMENTS}/w/scale`, scale);
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using autoscaling/v1: .spec.replicas',
    );
    const forced = await apply(`${DEPLOYMENTS}/w/scale`, scale, "fieldManager=me&force=true");
    expect(forced.body.spec.replicas).toBe(5);
    expect(ownersOf(await api.get(`${DEPLOYMENTS}/w`))).toEqual(["me Applyscale", "c Update"]);
  });

  it("[MF10] what is owned in one version is seen in the other", async () => {
    const path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
    await api.create(`${path}?fieldManager=c`, {
      metadata: { name: "h" },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "w" },
        targetCPUUtilizationPercentage: 50,
      },
    });
    const v2 = path.replace("/v1/", "/v2/");
    const config = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", spec: { maxReplicas: 4 } };
    const refused = await apply(`${v2}/h`, config);
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "c" using autoscaling/v1: .spec.maxReplicas',
    );
    const forced = await apply(`${v2}/h`, config, "fieldManager=me&force=true");
    expect(entriesOf(forced).map(({ manager, fieldsV1 }) => `${manager} ${JSON.stringify(fieldsV1)}`)).toEqual([
      'me {"f:spec":{"f:maxReplicas":{}}}',
      'c {"f:spec":{"f:minReplicas":{},"f:scaleTargetRef":{},"f:targetCPUUtilizationPercentage":{}}}',
    ]);
  });

  it("[MF11] of programs' batches: the manager they name, or upstream's name for them", async () => {
    const { writeBatch } = await import("../../edge-api/verbs/batch.ts");
    const { env } = api.services;
    const op = { verb: "create" as const, resource: "configmaps", namespace: "default" };
    const results = env.store.transaction(() =>
      writeBatch(
        env,
        "system:serviceaccount:kube-system:x",
        [
          { ...op, object: map({ k: "v" }, { metadata: { name: "a" } }) },
          { ...op, object: map({ k: "v" }, { metadata: { name: "b" } }), options: { fieldManager: "named" } },
          { ...op, actor: "system:kube-scheduler", object: map({ k: "v" }, { metadata: { name: "c" } }) },
        ],
        (error) => {
          throw error;
        },
      ),
    );
    const managers = results.map((result) => result.ok && result.object.metadata.managedFields?.[0]?.manager);
    expect(managers).toEqual(["kube-controller-manager", "named", "kube-scheduler"]);
  });
});
