import { beforeEach, describe, expect, it } from "vitest";
import { configMap, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  expect(api.errors).toEqual([]);
  await api.create("/api/v1/namespaces/default/serviceaccounts", serviceAccount("default"));
});

describe("create", () => {
  it("[C1] answers 201 with what only the server gives", async () => {
    const { status, body, headers } = await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    expect(status).toBe(201);
    expect(body).toEqual({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        name: "a",
        namespace: "default",
        uid: expect.stringMatching(/^0{8}-/),
        resourceVersion: String(api.services.env.store.revision()),
        creationTimestamp: "2026-01-01T00:00:00Z",
        managedFields: [
          {
            manager: "unknown",
            operation: "Update",
            apiVersion: "v1",
            time: "2026-01-01T00:00:00Z",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { ".": {}, "f:k": {} } },
          },
        ],
      },
      data: { k: "v" },
    });
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("no-cache, private");
    expect(headers.get("audit-id")).toMatch(/^0{8}-/);
  });

  it("[C2] the text of a get is the text of the create", async () => {
    const created = await api.create(MAPS, configMap("a"));
    expect((await api.get(`${MAPS}/a`)).text).toBe(created.text);
  });

  it("[C3] generateName makes five letters", async () => {
    const { body } = await api.create(MAPS, { metadata: { generateName: "x-" } });
    expect(body.metadata.name).toMatch(/^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it.each([
    {
      name: "[C4] a name that is taken",
      path: MAPS,
      body: configMap("taken"),
      code: 409,
      reason: "AlreadyExists",
      message: 'configmaps "taken" already exists',
    },
    {
      name: "[C5] a namespace that does not exist",
      path: "/api/v1/namespaces/nope/configmaps",
      body: configMap("a"),
      code: 404,
      reason: "NotFound",
      message: 'namespaces "nope" not found',
    },
    {
      name: "[C6] another namespace in the body",
      path: MAPS,
      body: { metadata: { name: "a", namespace: "other" } },
      code: 400,
      reason: "BadRequest",
      message: "the namespace of the provided object does not match the namespace sent on the request",
    },
    {
      name: "[C7] no name",
      path: MAPS,
      body: { metadata: {} },
      code: 422,
      reason: "Invalid",
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    },
    {
      name: "[C8] another apiVersion",
      path: MAPS,
      body: { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "a" } },
      code: 400,
      reason: "BadRequest",
      message:
        'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    },
    {
      name: "[C8b] another kind",
      path: MAPS,
      body: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } },
      code: 400,
      reason: "BadRequest",
      message:
        'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    },
    {
      name: "[C8c] another version of the kind",
      path: "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
      body: { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata: { name: "a" } },
      code: 400,
      reason: "BadRequest",
      message: "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)",
    },
    {
      name: "[C9] a field of the wrong type",
      path: MAPS,
      body: { metadata: { name: "a" }, data: "x" },
      code: 400,
      reason: "BadRequest",
      message: expect.stringContaining(
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal',
      ),
    },
    { name: "[C10] no JSON", path: MAPS, body: "{", code: 400, reason: "BadRequest", message: expect.any(String) },
    {
      name: "[C11] a resourceVersion",
      path: MAPS,
      body: { metadata: { name: "a", resourceVersion: "1" } },
      code: 500,
      reason: undefined,
      message: "resourceVersion should not be set on objects to be created",
    },
    {
      name: "[C12] a resource that is not served",
      path: "/api/v1/namespaces/default/widgets",
      body: {},
      code: 404,
      reason: "NotFound",
      message: "the server could not find the requested resource",
    },
  ])("$name is refused", async ({ path, body, code, reason, message }) => {
    await api.create(MAPS, configMap("taken"));
    const before = api.services.env.store.revision();
    const answer = await api.create(path, body);
    expect(answer.body).toMatchObject({ kind: "Status", status: "Failure", code, message });
    expect(answer.body.reason).toBe(reason);
    expect(answer.status).toBe(code);
    expect(api.services.env.store.revision()).toBe(before);
  });

  it("[C19] a name that is taken by what is going, or beside a generateName", async () => {
    await api.create(MAPS, { metadata: { name: "a", finalizers: ["x.io/y"] } });
    const unlucky = await api.create(MAPS, { metadata: { name: "a", generateName: "a" } });
    expect(unlucky.body).toMatchObject({
      reason: "AlreadyExists",
      message: 'configmaps "a" already exists, the server was not able to generate a unique name for the object',
      details: { retryAfterSeconds: 1 },
    });
    await api.delete(`${MAPS}/a`);
    expect((await api.create(MAPS, configMap("a"))).body).toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      message: 'object is being deleted: configmaps "a" already exists',
      details: { name: "a", kind: "configmaps" },
    });
  });

  it("[C20] what only the server may say is nobody's", async () => {
    const metadata = { name: "a", resourceVersion: "0", deletionTimestamp: "2020-01-01T00:00:00Z", selfLink: "/x" };
    const { body } = await api.create(MAPS, { metadata: { ...metadata, deletionGracePeriodSeconds: 3 } });
    expect(body.metadata).not.toHaveProperty("deletionTimestamp");
    expect(body.metadata).not.toHaveProperty("managedFields");
  });

  it("[C21] an owner that is named twice is one, and warned of", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u" };
    const other = { ...owner, name: "p" };
    const ownerReferences = [owner, other, owner];
    const created = await api.create(MAPS, { metadata: { name: "a", ownerReferences } });
    expect(created.body.metadata.ownerReferences).toEqual([owner, other]);
    expect(created.headers.get("warning")).toBe(
      '299 - ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u"',
    );
    const patched = await api.patch(`${MAPS}/a`, { metadata: { ownerReferences } });
    expect(patched.body.metadata.ownerReferences).toEqual([owner, other]);
    expect(patched.headers.get("warning")).toContain("duplicate entries after mutating admission happens;");
    const replaced = await api.replace(`${MAPS}/a`, { metadata: { name: "a", ownerReferences } });
    expect(replaced.body.metadata.ownerReferences).toEqual([owner, other]);
    expect(replaced.headers.get("warning")).toContain("contains duplicate entries; API server");
  });

  it("[C13] unknown fields warn, are refused, or pass, as asked; they are never stored", async () => {
    const odd = (name: string) => ({ metadata: { name }, data: {}, colour: "red" });
    const warned = await api.create(MAPS, odd("a"));
    expect(warned.status).toBe(201);
    expect(warned.headers.get("warning")).toBe('299 - "unknown field \\"colour\\""');
    const strict = await api.create(`${MAPS}?fieldValidation=Strict`, odd("b"));
    expect(strict.body.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "colour"',
    );
    const ignored = await api.create(`${MAPS}?fieldValidation=Ignore`, odd("c"));
    expect(ignored.headers.get("warning")).toBeNull();
    expect(ignored.text).not.toContain("colour");
  });

  it("[C14] a dry run says what would be and leaves nothing behind", async () => {
    const before = api.services.env.store.revision();
    const { status, body } = await api.create(`${MAPS}?dryRun=All`, configMap("a"));
    expect(status).toBe(201);
    expect(body.metadata.resourceVersion).toBeUndefined();
    expect(api.services.env.store.revision()).toBe(before);
    expect((await api.get(`${MAPS}/a`)).status).toBe(404);
  });

  it("[C15] more than 3 MB is refused", async () => {
    const answer = await api.create(MAPS, configMap("a", { data: { k: "x".repeat(3 * 1024 * 1024) } }));
    expect(answer.status).toBe(413);
  });

  it("[C16] an object above etcd's limit is refused", async () => {
    const answer = await api.create(MAPS, configMap("a", { data: { k: "x".repeat(1_600_000) } }));
    expect(answer.status).toBe(422);
  });

  it("[C17] YAML is taken", async () => {
    const answer = await api.create(MAPS, "metadata:\n  name: yam\ndata:\n  k: v\n", {
      contentType: "application/yaml",
    });
    expect(answer.body.data).toEqual({ k: "v" });
  });

  it("[C18] __proto__ is a key like any other", async () => {
    const answer = await api.create(MAPS, '{"metadata":{"name":"p"},"__proto__":{"data":{"k":"v"}}}');
    expect(answer.status).toBe(201);
    expect(answer.body.data).toBeUndefined();
  });
});

describe("update", () => {
  it("[U1] replaces, with the version seen", async () => {
    const { body } = await api.create(MAPS, configMap("a", { data: { k: "1" } }));
    const answer = await api.replace(`${MAPS}/a`, { ...body, data: { k: "2" } });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ k: "2" });
    expect(Number(answer.body.metadata.resourceVersion)).toBeGreaterThan(Number(body.metadata.resourceVersion));
  });

  it("[U2] refuses an old version", async () => {
    const { body } = await api.create(MAPS, configMap("a", { data: { k: "1" } }));
    await api.replace(`${MAPS}/a`, { ...body, data: { k: "2" } });
    const answer = await api.replace(`${MAPS}/a`, { ...body, data: { k: "3" } });
    expect(answer.body).toMatchObject({
      code: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it("[U3] writes nothing when nothing changes", async () => {
    const { body, text } = await api.create(MAPS, configMap("a", { data: { k: "1" } }));
    expect((await api.replace(`${MAPS}/a`, body)).text).toBe(text);
  });

  it("[U4] refuses another name than the URL's", async () => {
    await api.create(MAPS, configMap("a"));
    expect((await api.replace(`${MAPS}/a`, configMap("b"))).body.message).toBe(
      "the name of the object (b) does not match the name on the URL (a)",
    );
  });

  it("[U5] keeps uid and creation time, and refuses another uid", async () => {
    const { body } = await api.create(MAPS, configMap("a"));
    const kept = await api.replace(`${MAPS}/a`, configMap("a", { data: { k: "v" } }));
    expect(kept.body.metadata.uid).toBe(body.metadata.uid);
    const other = await api.replace(`${MAPS}/a`, { metadata: { name: "a", uid: "other" } });
    expect(other.body).toMatchObject({ code: 409, reason: "Conflict" });
  });

  it("[U6] does not create what is missing", async () => {
    expect((await api.replace(`${MAPS}/a`, configMap("a"))).body).toMatchObject({ code: 404 });
  });

  it("[U7] counts generations of what is desired, not of status", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments";
    const template = { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { selector: { matchLabels: { app: "w" } }, template };
    const { body } = await api.create(path, { metadata: { name: "w" }, spec });
    expect(body.metadata.generation).toBe(1);
    const status = await api.patch(`${path}/w/status`, { status: { replicas: 1 }, spec: { replicas: 9 } });
    expect(status.body).toMatchObject({ metadata: { generation: 1 }, status: { replicas: 1 }, spec: { replicas: 1 } });
    const scaled = await api.patch(`${path}/w`, { spec: { replicas: 2 }, status: { replicas: 7 } });
    expect(scaled.body).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 1 }, spec: { replicas: 2 } });
  });

  it("[U9] counts a Deployment's annotations and a slice's labels, which others live by; not through its status", async () => {
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    await api.create(deployments, {
      metadata: { name: "d" },
      spec: { selector: { matchLabels: { a: "b" } }, template },
    });
    await api.create(slices, { metadata: { name: "s" }, addressType: "IPv4", endpoints: [] });
    const generation = async (path: string, metadata: object) =>
      (await api.patch(path, { metadata })).body.metadata.generation;
    expect(await generation(`${deployments}/d`, { labels: { x: "y" } })).toBe(1);
    expect(await generation(`${deployments}/d/status`, { annotations: { x: "y" } })).toBe(1);
    expect(await generation(`${deployments}/d`, { annotations: { x: "z" } })).toBe(2);
    expect(await generation(`${slices}/s`, { annotations: { x: "y" } })).toBe(1);
    expect(await generation(`${slices}/s`, { labels: { x: "y" } })).toBe(2);
  });

  it("[U10] a priority class begins with generation 1 and stays there; gangs have none", async () => {
    const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    const made = await api.create(classes, { metadata: { name: "p" }, value: 1 });
    const { body } = await api.patch(`${classes}/p`, { description: "x" });
    expect([made.body.metadata.generation, body.metadata.generation, body.description]).toEqual([1, 1, "x"]);
    const group = { metadata: { name: "g" }, spec: { schedulingPolicy: { basic: {} } } };
    const gang = await api.create("/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups", group);
    expect([gang.status, gang.body.metadata.generation]).toEqual([201, undefined]);
  });

  it("[U11] the status of these leaves labels as they are", async () => {
    api = await startApi({ runtimeConfig: "api/beta=true" });
    const metadata = { name: "a" };
    const resource = { group: "apps", resource: "deployments" };
    const objects = [
      ["/apis/storagemigration.k8s.io/v1beta1/storageversionmigrations", { metadata, spec: { resource } }],
      ["/apis/networking.k8s.io/v1/servicecidrs", { metadata, spec: { cidrs: ["10.9.0.0/24"] } }],
    ] as const;
    for (const [path, object] of objects) {
      expect((await api.create(path, object)).status).toBe(201);
      const condition = {
        type: "Seen",
        status: "True",
        reason: "R",
        message: "",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      };
      const patch = { metadata: { labels: { a: "b" } }, status: { conditions: [condition] } };
      const { status, body } = await api.patch(`${path}/a/status`, patch);
      expect([status, body.metadata.labels, body.status.conditions[0].type]).toEqual([200, undefined, "Seen"]);
    }
  });

  it("[U8] PUT creates a Lease and a RuntimeClass, not a PodTemplate", async () => {
    const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
    const answer = await api.replace(path, { metadata: { name: "l" }, spec: { holderIdentity: "me" } });
    expect(answer.status).toBe(201);
    const runtime = { metadata: { name: "r" }, handler: "r" };
    expect((await api.replace("/apis/node.k8s.io/v1/runtimeclasses/r", runtime)).status).toBe(201);
    const template = { metadata: { name: "t" }, template: { spec: { containers: [{ name: "c", image: "i" }] } } };
    expect((await api.replace("/api/v1/namespaces/default/podtemplates/t", template)).status).toBe(404);
  });
});

describe("patch", () => {
  beforeEach(() => api.create(MAPS, configMap("a", { data: { k: "1", l: "2" } })));

  it("[P1] merge", async () => {
    const answer = await api.patch(`${MAPS}/a`, { data: { k: null, m: "3" } });
    expect(answer.body.data).toEqual({ l: "2", m: "3" });
  });

  it("[P2] json", async () => {
    const answer = await api.patch(`${MAPS}/a`, [{ op: "replace", path: "/data/k", value: "9" }], "json");
    expect(answer.body.data).toEqual({ k: "9", l: "2" });
  });

  it("[P3] a json patch whose test fails changes nothing", async () => {
    const operations = [
      { op: "remove", path: "/data/k" },
      { op: "test", path: "/data/l", value: "nope" },
    ];
    expect((await api.patch(`${MAPS}/a`, operations, "json")).status).toBe(422);
    expect((await api.get(`${MAPS}/a`)).body.data).toEqual({ k: "1", l: "2" });
  });

  it("[P4] strategic merges lists by key", async () => {
    const first = await api.create(PODS, pod("p"));
    expect(first.status).toBe(201);
    const spec = { containers: [{ name: "main", image: "other" }] };
    const answer = await api.patch(`${PODS}/p`, { spec }, "strategic");
    expect(answer.body.spec.containers[0]).toMatchObject({ name: "main", image: "other" });
    expect(answer.body.spec.containers[0].volumeMounts).toHaveLength(1);
  });

  it.each([
    { name: "[P5] an unknown content type", contentType: "application/json", code: 415 },
    { name: "[P6] apply without a field manager", contentType: "application/apply-patch+yaml", code: 422 },
  ])("$name is refused", async ({ contentType, code }) => {
    const answer = await api.request("PATCH", `${MAPS}/a`, { body: {}, contentType });
    expect(answer.status).toBe(code);
  });

  it("[P7] a resourceVersion in the patch must be the live one", async () => {
    expect((await api.patch(`${MAPS}/a`, { metadata: { resourceVersion: "1" } })).status).toBe(409);
  });

  it("[P8] what is missing is not created", async () => {
    expect((await api.patch(`${MAPS}/nope`, {})).status).toBe(404);
  });
});

describe("which object is meant", () => {
  const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const lease = { metadata: { name: "l" }, spec: {} };

  it("[ID1] another uid: a replacement conflicts, a patch is invalid", async () => {
    const { uid } = (await api.create(MAPS, configMap("a"))).body.metadata;
    expect((await api.replace(`${MAPS}/a`, { metadata: { name: "a", uid: "u" } })).body).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: u, UID in object meta: ${uid}`,
    });
    for (const type of ["merge", "strategic"] as const)
      expect((await api.patch(`${MAPS}/a`, { metadata: { uid: "u" } }, type)).body).toMatchObject({
        code: 422,
        reason: "Invalid",
        message: 'ConfigMap "a" is invalid: metadata.uid: Invalid value: "u": field is immutable',
      });
    expect((await api.patch(`${MAPS}/a`, { metadata: { uid } })).status).toBe(200);
  });

  it("[ID2] names are compared before it is looked for", async () => {
    expect((await api.replace(`${MAPS}/nope`, configMap("b"))).status).toBe(400);
    expect((await api.replace(`${MAPS}/nope`, { metadata: { name: "nope", namespace: "n" } })).status).toBe(400);
    expect((await api.replace(MAPS, configMap("b"))).status).toBe(405);
    expect((await api.patch(MAPS, {})).status).toBe(405);
  });

  it("[ID3] what must not be overwritten blindly wants a version", async () => {
    await api.create(LEASES, lease);
    expect((await api.replace(`${LEASES}/l`, lease)).body).toMatchObject({
      code: 422,
      message:
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      details: { kind: "leases" },
    });
    expect((await api.patch(`${LEASES}/l`, { metadata: { resourceVersion: null } })).status).toBe(422);
    expect((await api.patch(`${LEASES}/l`, { metadata: { labels: { a: "b" } } })).status).toBe(200);
    const applied = { body: { ...lease, apiVersion: "coordination.k8s.io/v1", kind: "Lease" } };
    const contentType = "application/apply-patch+yaml";
    expect((await api.request("PATCH", `${LEASES}/l?fieldManager=me`, { ...applied, contentType })).status).toBe(200);
    const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    const budget = { metadata: { name: "b" }, spec: { maxUnavailable: 1 } };
    await api.create(budgets, budget);
    expect((await api.replace(`${budgets}/b/status`, budget)).body).toMatchObject({
      code: 422,
      details: { kind: "poddisruptionbudgets" },
    });
  });

  it("[ID6] flow control may be overwritten blindly", async () => {
    const path = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
    const spec = { priorityLevelConfiguration: { name: "exempt" }, matchingPrecedence: 7 };
    await api.create(path, { metadata: { name: "f" }, spec });
    const { status, body } = await api.replace(`${path}/f`, {
      metadata: { name: "f" },
      spec: { ...spec, matchingPrecedence: 8 },
    });
    expect([status, body.metadata.generation, body.spec.matchingPrecedence]).toEqual([200, 2, 8]);
  });

  it("[ID4] who may replace but not create does not create by replacing", async () => {
    const as = { user: "u", groups: ["system:authenticated"] };
    const rules = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["update"] }];
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    await api.create(`${rbac}/roles`, { metadata: { name: "r" }, rules });
    await api.create(`${rbac}/rolebindings`, {
      metadata: { name: "r" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "u" }],
    });
    expect((await api.replace(`${LEASES}/l`, lease, { as })).status).toBe(403);
    const seen = { ...lease, metadata: { name: "l", resourceVersion: "5" } };
    expect((await api.replace(`${LEASES}/l`, seen)).status).toBe(201);
    const { body } = await api.get(`${LEASES}/l`);
    expect((await api.replace(`${LEASES}/l`, body, { as })).status).toBe(200);
  });

  it("[ID5] a dry run gives no version away", async () => {
    const { resourceVersion } = (await api.create(MAPS, configMap("a"))).body.metadata;
    const finalizers = ["x.io/y"];
    const patched = await api.patch(`${MAPS}/a?dryRun=All`, { metadata: { finalizers }, data: { k: "v" } });
    expect(patched.body).toMatchObject({ metadata: { resourceVersion }, data: { k: "v" } });
    expect((await api.create(`${MAPS}?dryRun=All`, configMap("b"))).body.metadata).not.toHaveProperty(
      "resourceVersion",
    );
    const marked = (await api.patch(`${MAPS}/a`, { metadata: { finalizers } })).body.metadata.resourceVersion;
    const deleted = await api.delete(`${MAPS}/a?dryRun=All`);
    expect(deleted.body.metadata).toMatchObject({ resourceVersion: marked, deletionTimestamp: expect.anything() });
  });
});

describe("delete", () => {
  it("[D1] answers with a Status that names what has gone", async () => {
    const { body } = await api.create(MAPS, configMap("a"));
    const answer = await api.delete(`${MAPS}/a`);
    expect(answer.body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: body.metadata.uid },
    });
    expect((await api.get(`${MAPS}/a`)).status).toBe(404);
  });

  it("[D2] finalizers hold it until they are gone", async () => {
    await api.create(MAPS, { metadata: { name: "a", finalizers: ["x.io/y"] } });
    const marked = await api.delete(`${MAPS}/a`);
    expect(marked.body.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
      finalizers: ["x.io/y"],
    });
    const added = await api.patch(`${MAPS}/a`, { metadata: { finalizers: ["x.io/y", "x.io/z"] } });
    expect(added.status).toBe(422);
    expect((await api.patch(`${MAPS}/a`, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api.get(`${MAPS}/a`)).status).toBe(404);
  });

  it.each([
    { policy: "Foreground", finalizers: ["foregroundDeletion"] },
    { policy: "Orphan", finalizers: ["orphan"] },
  ])("[D3] $policy adds its finalizer", async ({ policy, finalizers }) => {
    await api.create(MAPS, configMap("a"));
    const { body } = await api.delete(`${MAPS}/a`, { propagationPolicy: policy });
    expect(body.metadata.finalizers).toEqual(finalizers);
  });

  it("[D4] preconditions", async () => {
    await api.create(MAPS, configMap("a"));
    const { uid, resourceVersion } = (await api.get(`${MAPS}/a`)).body.metadata;
    expect((await api.delete(`${MAPS}/a`, { preconditions: { uid: "other" } })).body).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    });
    expect((await api.delete(`${MAPS}/a`, { preconditions: { resourceVersion: "1" } })).body).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    });
    expect((await api.get(`${MAPS}/a`)).status).toBe(200);
  });

  it("[D5] a pod on a node has its grace; a shorter one is taken, a longer one is not", async () => {
    await api.create(PODS, pod("p", { nodeName: "n", terminationGracePeriodSeconds: 40 }));
    const first = await api.delete(`${PODS}/p`);
    expect(first.body.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:40Z",
      deletionGracePeriodSeconds: 40,
      generation: 2,
    });
    expect((await api.delete(`${PODS}/p?gracePeriodSeconds=50`)).body.metadata.deletionGracePeriodSeconds).toBe(40);
    const shorter = await api.delete(`${PODS}/p`, { gracePeriodSeconds: 10 });
    expect(shorter.body.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:10Z",
      deletionGracePeriodSeconds: 10,
    });
    expect((await api.delete(`${PODS}/p`, { gracePeriodSeconds: 0 })).status).toBe(200);
    expect((await api.get(`${PODS}/p`)).status).toBe(404);
  });

  it("[D6] a pod without a node goes at once", async () => {
    await api.create(PODS, pod("p"));
    await api.delete(`${PODS}/p`);
    expect((await api.get(`${PODS}/p`)).status).toBe(404);
  });

  it("[D10] a Job's pods stay by default, which is warned of", async () => {
    const jobs = "/apis/batch/v1/namespaces/default/jobs";
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
    await api.create(jobs, { metadata: { name: "j" }, spec: { template } });
    const orphaned = await api.delete(`${jobs}/j`);
    expect(orphaned.body.metadata.finalizers).toEqual(["orphan"]);
    expect(orphaned.headers.get("warning")).toContain("child pods are preserved by default when jobs are deleted");
    await api.create(jobs, { metadata: { name: "k" }, spec: { template } });
    const told = await api.delete(`${jobs}/k`, { propagationPolicy: "Background" });
    expect(told.body.status).toBe("Success");
    expect(told.headers.get("warning")).toBeNull();
  });

  it("[D7] a collection, by selector", async () => {
    for (const name of ["a", "b", "c"]) {
      await api.create(MAPS, { metadata: { name, labels: { which: name === "b" ? "keep" : "drop" } } });
    }
    const answer = await api.delete(`${MAPS}?labelSelector=which%3Ddrop`);
    expect(answer.body.items).toHaveLength(2);
    expect((await api.get(MAPS)).body.items.map((o: { metadata: { name: string } }) => o.metadata.name)).toEqual(["b"]);
  });

  it("[D11] a collection, some at a time", async () => {
    const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map((o) => o.metadata.name);
    const labels = (name: string) => ({ odd: String("bd".includes(name)) });
    for (const name of ["a", "b", "c", "d", "e"]) await api.create(MAPS, { metadata: { name, labels: labels(name) } });
    const before = (await api.get(MAPS)).body.metadata.resourceVersion;
    const first = await api.delete(`${MAPS}?limit=1&labelSelector=odd%3Dfalse`);
    expect(names(first.body)).toEqual(["a"]);
    expect(first.body.metadata).toEqual({ resourceVersion: before, continue: expect.any(String) });
    const on = await api.delete(`${MAPS}?limit=2&labelSelector=odd%3Dfalse&continue=${first.body.metadata.continue}`);
    expect(names(on.body)).toEqual(["c", "e"]);
    expect(on.body.metadata).not.toHaveProperty("continue");
    expect(names((await api.get(MAPS)).body)).toEqual(["b", "d"]);
    const refused = await api.delete(`${MAPS}?resourceVersionMatch=Exact`);
    expect(refused.body).toMatchObject({ code: 422, details: { kind: "ListOptions" } });
    expect(names((await api.delete(MAPS)).body)).toEqual(["b", "d"]);
  });

  it("[D8] a namespace goes through Terminating, where nothing new is made", async () => {
    await api.create("/api/v1/namespaces", { metadata: { name: "n" } });
    const marked = await api.delete("/api/v1/namespaces/n");
    expect(marked.body.status.phase).toBe("Terminating");
    const refused = await api.create("/api/v1/namespaces/n/configmaps", configMap("a"));
    expect(refused.body).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated',
      details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
    });
    const finalized = { ...marked.body, spec: { finalizers: [] } };
    expect((await api.replace("/api/v1/namespaces/n/finalize", finalized)).status).toBe(200);
    expect((await api.get("/api/v1/namespaces/n")).status).toBe(404);
  });

  it("[D9] the built-in namespaces stay", async () => {
    expect((await api.delete("/api/v1/namespaces/kube-system")).body).toMatchObject({
      code: 403,
      message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    });
  });
});

describe("devices", () => {
  it("DRA-1 admin access needs a label of the namespace; taints get their time", async () => {
    const api = await startApi();
    const claims = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";
    const exactly = { deviceClassName: "gpu", adminAccess: true };
    const claim = { metadata: { name: "a" }, spec: { devices: { requests: [{ name: "gpu", exactly }] } } };
    const refused = await api.create(claims, claim);
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain(
      "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace",
    );
    await api.patch("/api/v1/namespaces/default", {
      metadata: { labels: { "resource.kubernetes.io/admin-access": "true" } },
    });
    expect((await api.create(claims, claim)).status).toBe(201);

    const slice = await api.create("/apis/resource.k8s.io/v1/resourceslices", {
      metadata: { name: "a" },
      spec: {
        driver: "d.example.com",
        pool: { name: "p", generation: 1, resourceSliceCount: 1 },
        allNodes: true,
        devices: [{ name: "x", taints: [{ key: "k", effect: "NoSchedule" }] }],
      },
    });
    expect(slice.body.spec.devices[0].taints[0].timeAdded).toBe("2026-01-01T00:00:00Z");
  });
});

it("DRA-2 another effect of a rule's taint begins when it is given, unless the client says when", async () => {
  const api = await startApi({ runtimeConfig: "api/beta=true" });
  const rules = "/apis/resource.k8s.io/v1beta2/devicetaintrules";
  const spec = { deviceSelector: { driver: "d.io" }, taint: { key: "k", effect: "NoSchedule" } };
  const taintOf = ({ body }: { body: { spec: { taint: { timeAdded: string } } } }) => body.spec.taint.timeAdded;
  const change = async (taint: object) => taintOf(await api.patch(`${rules}/r`, { spec: { taint } }));
  expect(taintOf(await api.create(rules, { metadata: { name: "r" }, spec }))).toBe("2026-01-01T00:00:00Z");
  api.advance(5000);
  expect(await change({ value: "v" })).toBe("2026-01-01T00:00:00Z");
  expect(await change({ effect: "NoExecute" })).toBe("2026-01-01T00:00:05Z");
  expect(await change({ effect: "None", timeAdded: "2025-01-01T00:00:00Z" })).toBe("2025-01-01T00:00:00Z");
});

describe("strict decoding", () => {
  it("[SD1] YAML's double keys are told before unknown fields, as one error of all lines", async () => {
    const text = "metadata:\n  name: a\ndata:\n  x: '1'\n  x: '2'\ndta: {}\n";
    const yaml = { contentType: "application/yaml" };
    const strict = await api.create(`${MAPS}?fieldValidation=Strict`, text, yaml);
    expect(strict.body.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 5: key "x" already set in map, unknown field "dta"',
    );
    const warned = await api.create(MAPS, text, yaml);
    expect(warned.status).toBe(201);
    expect(warned.body.data).toEqual({ x: "2" });
    expect(warned.headers.get("warning")).toBe(
      '299 - "unknown field \\"dta\\"", 299 - "line 5: key \\"x\\" already set in map"',
    );
  });
});

describe("what updates do to metadata", () => {
  it("[UM1] the prefix of a name goes when it is left out; a deletion is not made by saying so", async () => {
    const { body } = await api.create(MAPS, { metadata: { generateName: "a-" } });
    const path = `${MAPS}/${body.metadata.name}`;
    expect((await api.patch(path, { data: { a: "1" } })).body.metadata.generateName).toBe("a-");
    const replaced = await api.replace(path, { metadata: { name: body.metadata.name } });
    expect(replaced.body.metadata.generateName).toBeUndefined();

    const deletion = { metadata: { deletionTimestamp: "2020-01-01T00:00:00Z" } };
    const refused = await api.patch(path, deletion);
    expect([refused.status, refused.body.message]).toEqual([
      422,
      `ConfigMap "${body.metadata.name}" is invalid: metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable`,
    ]);
    await api.create(PODS, pod("p"));
    expect((await api.patch(`${PODS}/p/status`, deletion)).body.metadata.deletionTimestamp).toBeUndefined();
  });

  it("[UM2] nobody takes a deletion back, and its grace period stays", async () => {
    await api.create(MAPS, configMap("a"));
    await api.patch(`${MAPS}/a`, { metadata: { finalizers: ["example.com/hold"] } });
    const going = (await api.delete(`${MAPS}/a`)).body;
    expect(going.metadata.deletionTimestamp).toBe("2026-01-01T00:00:00Z");
    const { deletionTimestamp: _when, deletionGracePeriodSeconds: _grace, ...metadata } = going.metadata;
    const replaced = await api.replace(`${MAPS}/a`, { ...going, metadata });
    expect(replaced.body.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
    });
    const longer = await api.patch(`${MAPS}/a`, { metadata: { deletionGracePeriodSeconds: 9 } });
    expect(longer.body.message).toContain("metadata.deletionGracePeriodSeconds: Invalid value: 9: field is immutable");
  });
});

it("[AN1] of all namespaces at once nothing is made or deleted", async () => {
  await api.create(MAPS, configMap("kept"));
  for (const path of ["/api/v1/configmaps", "/api/v1/pods", "/apis/events.k8s.io/v1/events"]) {
    expect((await api.delete(path)).status, path).toBe(405);
    expect((await api.request("POST", path, { body: configMap("b") })).status, path).toBe(405);
    expect((await api.get(path)).status, path).toBe(200);
  }
  expect((await api.get(`${MAPS}/kept`)).status).toBe(200);
});

it("[RT1] HEAD is for nothing but what is proxied; what stands beside the API takes every method", async () => {
  for (const path of [MAPS, "/api/v1/nodes/n", "/api/v1", "/apis", "/version"])
    expect((await api.request("HEAD", path)).status, path).toBe(405);
  for (const method of ["HEAD", "POST", "OPTIONS"])
    for (const path of ["/healthz", "/readyz/ping", "/"])
      expect((await api.request(method, path)).status, `${method} ${path}`).toBe(200);
});
