import { beforeEach, describe, expect, it } from "vitest";
import { pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const PODS = `${NAMESPACE}/pods`;
const SERVICES = `${NAMESPACE}/services`;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  await api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default"));
});

describe("scale", () => {
  beforeEach(async () => {
    const template = { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    await api.create(DEPLOYMENTS, {
      metadata: { name: "w" },
      spec: { replicas: 2, selector: { matchLabels: { app: "w" } }, template },
    });
  });

  it("[S1] shows and sets the replicas alone", async () => {
    const { body } = await api.get(`${DEPLOYMENTS}/w/scale`);
    expect(body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 2 },
      status: { replicas: 0, selector: "app=w" },
    });
    const put = await api.replace(`${DEPLOYMENTS}/w/scale`, { ...body, spec: { replicas: 5 } });
    expect(put.body.spec.replicas).toBe(5);
    const patched = await api.patch(`${DEPLOYMENTS}/w/scale`, { spec: { replicas: 7 } });
    expect(patched.body.spec.replicas).toBe(7);
    expect((await api.get(`${DEPLOYMENTS}/w`)).body).toMatchObject({
      metadata: { generation: 3 },
      spec: { replicas: 7 },
    });
    expect((await api.replace(`${DEPLOYMENTS}/w/scale`, body)).status).toBe(409);
  });

  it("[S1b] is shown as a table", async () => {
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
    const { body } = await api.get(`${DEPLOYMENTS}/w/scale`, { headers });
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      "Name",
      "Desired",
      "Available",
      "Age",
    ]);
    expect(body.rows[0]).toMatchObject({ cells: ["w", 2, 0, "0s"], object: { kind: "PartialObjectMetadata" } });
  });

  it("[S2] refuses less than none", async () => {
    const answer = await api.patch(`${DEPLOYMENTS}/w/scale`, { spec: { replicas: -1 } });
    expect(answer.body).toMatchObject({
      code: 422,
      message: 'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
  });
});

describe("binding", () => {
  const binding = (name: string, node: string) => ({
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name },
    target: { apiVersion: "v1", kind: "Node", name: node },
  });

  it("[B1] puts a pod on a node, once", async () => {
    await api.create(PODS, pod("p"));
    const answer = await api.create(`${PODS}/p/binding`, binding("p", "n1"));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ kind: "Status", status: "Success" });
    const { body } = await api.get(`${PODS}/p`);
    expect(body.spec.nodeName).toBe("n1");
    expect(body.status.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
    expect(body.metadata.generation).toBe(1);
    const again = await api.create(`${PODS}/p/binding`, binding("p", "n2"));
    expect(again.body).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    });
  });

  it("[B2] by the old endpoint", async () => {
    await api.create(PODS, pod("p"));
    expect((await api.create(`${NAMESPACE}/bindings`, binding("p", "n1"))).status).toBe(201);
  });

  it("[B3] not while it is gated", async () => {
    await api.create(PODS, pod("p", { schedulingGates: [{ name: "x.io/wait" }] }));
    expect((await api.create(`${PODS}/p/binding`, binding("p", "n1"))).status).toBe(409);
  });
});

describe("eviction", () => {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } };
  const BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

  async function budget(allowed: number): Promise<void> {
    await api.create(BUDGETS, {
      metadata: { name: "b" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "w" } } },
    });
    await api.patch(`${BUDGETS}/b/status`, {
      status: {
        observedGeneration: 9,
        disruptionsAllowed: allowed,
        currentHealthy: 2,
        desiredHealthy: 2,
        expectedPods: 2,
      },
    });
  }

  beforeEach(async () => {
    await api.create(PODS, pod("p", {}, { labels: { app: "w" } }));
    const conditions = [{ type: "Ready", status: "True" }];
    await api.patch(`${PODS}/p/status`, { status: { phase: "Running", conditions } });
  });

  it("[E1] deletes a pod nobody guards", async () => {
    expect((await api.create(`${PODS}/p/eviction`, eviction)).status).toBe(201);
    expect((await api.get(`${PODS}/p`)).status).toBe(404);
  });

  it("[E2] is refused by a spent budget, with the reason", async () => {
    await budget(0);
    const answer = await api.create(`${PODS}/p/eviction`, eviction);
    expect(answer.body).toMatchObject({
      code: 429,
      reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: "DisruptionBudget" }] },
    });
    // client-go would wait and ask again by itself.
    expect(answer.headers.get("retry-after")).toBeNull();
    expect((await api.get(`${PODS}/p`)).status).toBe(200);
  });

  it("[E3] spends a budget that has some left", async () => {
    await budget(1);
    expect((await api.create(`${PODS}/p/eviction`, eviction)).status).toBe(201);
    const { status } = (await api.get(`${BUDGETS}/b`)).body;
    expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { p: "2026-01-01T00:00:00Z" } });
    expect(status.conditions).toMatchObject([
      { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" },
    ]);
  });

  it("[E5] says of a pod that stays for its grace period why it goes", async () => {
    await api.create(`${PODS}/p/binding`, { target: { name: "n" } });
    expect((await api.create(`${PODS}/p/eviction`, eviction)).status).toBe(201);
    const { body } = await api.get(`${PODS}/p`);
    expect(body.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(body.status.conditions).toContainEqual({
      type: "DisruptionTarget",
      observedGeneration: 1,
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    });
  });

  it("[E6] is asked to come again while the budget is being counted", async () => {
    await budget(1);
    await api.patch(`${BUDGETS}/b/status`, { status: { observedGeneration: 0 } });
    const answer = await api.create(`${PODS}/p/eviction`, eviction);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("10");
    await api.patch(`${BUDGETS}/b/status`, { status: { observedGeneration: 9, disruptionsAllowed: 1 } });
    const body = { ...eviction, deleteOptions: { preconditions: { resourceVersion: "1" } } };
    expect((await api.create(`${PODS}/p/eviction`, body)).status).toBe(409);
    expect((await api.get(`${PODS}/p`)).body.status.conditions).toHaveLength(1);
  });

  it("[E4] dry runs spend nothing", async () => {
    await budget(1);
    expect((await api.create(`${PODS}/p/eviction?dryRun=All`, eviction)).status).toBe(201);
    expect((await api.get(`${BUDGETS}/b`)).body.status.disruptionsAllowed).toBe(1);
    expect((await api.get(`${PODS}/p`)).status).toBe(200);
  });
});

describe("services", () => {
  const service = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], selector: { app: "w" }, ...spec },
  });
  const addresses = async () => (await api.get("/apis/networking.k8s.io/v1/ipaddresses")).body.items.length as number;

  it("[V1] get an address and give it back", async () => {
    const before = await addresses();
    const { body } = await api.create(SERVICES, service("s"));
    expect(body.spec).toMatchObject({
      clusterIP: expect.stringMatching(/^10\.96\.\d+\.\d+$/),
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    expect(body.spec.clusterIPs).toEqual([body.spec.clusterIP]);
    expect(await addresses()).toBe(before + 1);
    await api.delete(`${SERVICES}/s`);
    expect(await addresses()).toBe(before);
  });

  it("[V2] an address that is taken, or none of ours, is refused", async () => {
    const taken = await api.create(SERVICES, service("s", { clusterIP: "10.96.0.1" }));
    expect(taken.body).toMatchObject({ code: 422, reason: "Invalid" });
    expect(taken.body.message).toContain("provided IP is already allocated");
    const foreign = await api.create(SERVICES, service("s", { clusterIP: "10.97.0.1" }));
    expect(foreign.body.message).toContain("the provided network does not match the current range");
  });

  it("[V3] node ports are given, kept and freed", async () => {
    const { body } = await api.create(SERVICES, service("s", { type: "NodePort" }));
    const { nodePort } = body.spec.ports[0];
    expect(nodePort).toBeGreaterThanOrEqual(30_086);
    const same = { type: "NodePort", ports: [{ port: 80, nodePort }] };
    expect((await api.create(SERVICES, service("t", same))).body.message).toContain(
      "provided port is already allocated",
    );
    await api.patch(`${SERVICES}/s`, { spec: { type: "ClusterIP", ports: [{ port: 80, nodePort: null }] } });
    expect((await api.create(SERVICES, service("t", same))).status).toBe(201);
  });

  it("[V4] nothing leaks when a create fails half-way", async () => {
    const before = await addresses();
    const bad = service("s", {
      type: "NodePort",
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 81, nodePort: 1 },
      ],
    });
    expect((await api.create(SERVICES, bad)).status).toBe(422);
    expect((await api.create(`${SERVICES}?dryRun=All`, service("s", { type: "NodePort" }))).status).toBe(201);
    expect(await addresses()).toBe(before);
    const rows = [...api.services.env.store.list({ resource: "nodeports.kedge" })];
    expect(rows).toEqual([]);
  });

  it("[V5] headless ones have none", async () => {
    const { body } = await api.create(SERVICES, service("s", { clusterIP: "None" }));
    expect(body.spec.clusterIPs).toEqual(["None"]);
    expect((await api.delete(`${SERVICES}/s`)).status).toBe(200);
  });

  it("[V6] becoming ExternalName gives the address back", async () => {
    const before = await addresses();
    const { body } = await api.create(SERVICES, service("s"));
    const spec = { type: "ExternalName", externalName: "example.com" };
    const { clusterIP: _a, clusterIPs: _b, ...kept } = body.spec;
    const answer = await api.replace(`${SERVICES}/s`, { ...body, spec: { ...kept, ...spec } });
    expect(answer.status).toBe(200);
    expect(await addresses()).toBe(before);
  });
});

describe("node routes", () => {
  const ASK = { headers: { "x-kedge-route": "1" } };

  beforeEach(async () => {
    const containers = [
      { name: "a", image: "i", ports: [{ containerPort: 8080 }] },
      { name: "b", image: "i" },
    ];
    await api.create(PODS, pod("p", { nodeName: "n1", containers }));
    await api.patch(`${PODS}/p/status`, { status: { phase: "Running", podIP: "10.244.0.5" } });
    await api.create(PODS, pod("waiting"));
  });

  it.each([
    [
      "[R1] log",
      `${PODS}/p/log?container=a&follow=true&tailLines=5&pretty=1`,
      "/containerLogs/default/p/a?follow=true&tailLines=5",
    ],
    [
      "[R2] exec",
      `${PODS}/p/exec?container=b&command=sh&command=-c&command=a%20b&stdin=true&stdout=true&tty=false`,
      "/exec/default/p/b?input=1&output=1&command=sh&command=-c&command=a+b",
    ],
    ["[R3] attach", `${PODS}/p/attach?container=b&stdout=True&stdin=False`, "/attach/default/p/b?output=1"],
    ["[R4] port-forward", `${PODS}/p/portforward`, "/portForward/default/p"],
    ["[R5] pod proxy", `${PODS}/p/proxy/x/y%20z?q=1`, "/proxy/http/10.244.0.5:8080/x/y%20z?q=1"],
    ["[R6] pod proxy with scheme and port", `${PODS}/https:p:8443/proxy/`, "/proxy/https/10.244.0.5:8443/"],
  ])("%s", async (_name, path, expected) => {
    const answer = await api.get(path, ASK);
    expect(answer.body).toEqual({ node: "n1", path: expected });
    expect(answer.headers.get("x-kedge-route")).toBe("1");
  });

  it("[R16] what is proxied may be called proxy, and is asked whatever the method", async () => {
    const pod = (await api.get(`${PODS}/p`)).body;
    const named = { metadata: { name: "proxy" }, spec: { ...pod.spec, nodeName: "n1" } };
    expect((await api.create(PODS, named)).status).toBe(201);
    await api.patch(`${PODS}/proxy/status`, { status: { podIP: "10.244.0.9" } });
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await api.request(method, `${PODS}/proxy/proxy/a/proxy/b`, ASK);
      expect(answer.body).toEqual({ node: "n1", path: "/proxy/http/10.244.0.9:8080/a/proxy/b" });
    }
    expect((await api.request("OPTIONS", `${PODS}/p/log`, ASK)).status).toBe(405);
  });

  it.each([
    [
      "[R7] no container named",
      `${PODS}/p/log`,
      400,
      "a container name must be specified for pod p, choose one of: [a b]",
    ],
    ["[R8] an unknown container", `${PODS}/p/log?container=z`, 400, "container z is not valid for pod p"],
    [
      "[R9] a pod without a node",
      `${PODS}/waiting/exec?command=ls&stdout=1`,
      400,
      "pod waiting does not have a host assigned",
    ],
    [
      "[R10] no command",
      `${PODS}/p/exec?container=a&stdout=1`,
      400,
      "you must specify at least 1 command for the container",
    ],
    ["[R11] no pod", `${PODS}/nope/log`, 404, 'pods "nope" not found'],
    [
      "[R12] a service without endpoints",
      `${SERVICES}/kubernetes:https/proxy/`,
      503,
      'no endpoints available for service "kubernetes:https"',
    ],
  ])("%s", async (_name, path, code, message) => {
    const answer = await api.get(path, ASK);
    expect(answer.body).toMatchObject({ code });
    expect(answer.body.message.replace("kubernetes:https", "kubernetes")).toBe(
      message.replace("kubernetes:https", "kubernetes"),
    );
    expect(answer.headers.get("x-kedge-route")).toBeNull();
  });

  it("[R13] a pod without a node has said nothing", async () => {
    const { status, text } = await api.get(`${PODS}/waiting/log`, ASK);
    expect([status, text]).toEqual([204, ""]);
  });

  it("[R18] nothing is tried by a connection; what is logged can be read all the same", async () => {
    for (const what of ["exec?command=ls&stdout=1", "portforward?ports=80", "proxy/?a=b"])
      expect((await api.get(`${PODS}/p/${what}&dryRun=All`, ASK)).body).toMatchObject({
        code: 400,
        message: "dryRun is not supported",
      });
    expect((await api.get(`${PODS}/p/log?dryRun=All&container=a`, ASK)).status).toBe(200);
  });

  it("[R14] a service goes to one of its ready endpoints", async () => {
    await api.create(SERVICES, { metadata: { name: "s" }, spec: { ports: [{ name: "web", port: 80 }] } });
    await api.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
      metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
      addressType: "IPv4",
      endpoints: [
        { addresses: ["10.244.0.9"], nodeName: "n2", conditions: { ready: false } },
        { addresses: ["10.244.0.7"], nodeName: "n3", conditions: { ready: true } },
      ],
      ports: [{ name: "web", port: 8080, protocol: "TCP" }],
    });
    for (const name of ["s", "s:web", "http:s:80"])
      expect((await api.get(`${SERVICES}/${name}/proxy/`, ASK)).body).toEqual({
        node: "n3",
        path: "/proxy/http/10.244.0.7:8080/",
      });
    expect((await api.get(`${SERVICES}/s:81/proxy/`, ASK)).body).toMatchObject({
      code: 503,
      message: 'no service port 81 found for service "s"',
    });
  });

  it("[R15] who may only get does not exec", async () => {
    await api.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      metadata: { name: "getter" },
      rules: [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }],
    });
    await api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "getter" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "getter" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "eve" }],
    });
    const as = { user: "eve", groups: ["system:authenticated"] };
    const answer = await api.get(`${PODS}/p/exec?container=a&command=ls&stdout=1`, { ...ASK, as });
    expect(answer.status).toBe(403);
  });
});

describe("status and metadata", () => {
  const spec = { attacher: "csi.example.com", nodeName: "n", source: { persistentVolumeName: "v" } };
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "b" }] } };
  it.each([
    ["/apis/storage.k8s.io/v1/volumeattachments", { spec }, { attached: true }, [undefined, "kept"]],
    [
      "/apis/apps/v1/namespaces/default/deployments",
      { spec: { selector: { matchLabels: { a: "b" } }, template } },
      { replicas: 1 },
      [undefined, "new"],
    ],
    [
      "/api/v1/namespaces/default/replicationcontrollers",
      { spec: { selector: { a: "b" }, template } },
      { replicas: 1 },
      ["new", "new"],
    ],
  ])("[ST9] %s: what of metadata a write of status may change", async (path, fields, status, [label, annotation]) => {
    await api.create(path, { metadata: { name: "a", annotations: { it: "kept" } }, ...fields });
    const change = { metadata: { labels: { it: "new" }, annotations: { it: "new" } }, status };
    const { body } = await api.patch(`${path}/a/status`, change);
    expect(body.status).toMatchObject(status);
    expect([body.metadata.labels?.it, body.metadata.annotations.it]).toEqual([label, annotation]);
  });

  it("[ST10] a volume says since when it is in its phase", async () => {
    const path = "/api/v1/persistentvolumes";
    const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/a" } };
    const made = await api.create(path, { metadata: { name: "a" }, spec: volume });
    expect(made.body.status).toEqual({ phase: "Pending", lastPhaseTransitionTime: "2026-01-01T00:00:00Z" });
    api.advance(60_000);
    const message = await api.patch(`${path}/a/status`, { status: { message: "soon" } });
    expect(message.body.status.lastPhaseTransitionTime).toBe("2026-01-01T00:00:00Z");
    const available = await api.patch(`${path}/a/status`, { status: { phase: "Available" } });
    expect(available.body.status.lastPhaseTransitionTime).toBe("2026-01-01T00:01:00Z");
    const said = { phase: "Bound", lastPhaseTransitionTime: "2026-01-01T00:00:30Z" };
    expect((await api.patch(`${path}/a/status`, { status: said })).body.status).toMatchObject(said);
  });
});

describe("connections", () => {
  const ASK = { headers: { "x-kedge-route": "1" } };
  const GROUP = "/apis/admissionregistration.k8s.io/v1";

  beforeEach(async () => {
    await api.create(PODS, pod("p", { nodeName: "n1" }));
    const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CONNECT"] };
    await api.create(`${GROUP}/validatingadmissionpolicies`, {
      metadata: { name: "no-shells" },
      spec: {
        matchConstraints: { resourceRules: [{ ...rule, resources: ["pods/exec", "pods/proxy"] }] },
        validations: [
          { expression: "request.subResource != 'exec' || object.command[0] != 'sh'", message: "no shells here" },
          { expression: "!has(object.path) || object.path != '/secret'", message: "no secrets here" },
        ],
      },
    });
    await api.create(`${GROUP}/validatingadmissionpolicybindings`, {
      metadata: { name: "no-shells" },
      spec: { policyName: "no-shells", validationActions: ["Deny"] },
    });
  });

  it("[CN1] are subject to policies, by their options", async () => {
    const exec = (command: string) => api.get(`${PODS}/p/exec?stdout=1&command=${command}&command=x`, ASK);
    expect((await exec("sh")).body).toMatchObject({
      code: 422,
      message: expect.stringContaining("denied request: no shells here"),
    });
    expect((await exec("ls")).status).toBe(200);
    expect((await api.get(`${PODS}/p/log`, ASK)).status).toBe(200);
    expect((await api.get(`${PODS}/p/portforward?ports=80`, ASK)).status).toBe(200);
    await api.patch(`${PODS}/p/status`, { status: { podIP: "10.244.0.9" } });
    expect((await api.get(`${PODS}/p/proxy/secret/`, ASK)).status).toBe(200);
    expect((await api.get(`${PODS}/p/proxy/secret`, ASK)).body).toMatchObject({ code: 422 });
  });

  it("[CN2] become what policies make of their options", async () => {
    const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CONNECT"] };
    const mutate = async (resource: string, expression: string) => {
      const name = resource.replace("/", "-");
      const matchConstraints = { resourceRules: [{ ...rule, resources: [resource] }] };
      const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression } }];
      const policy = { metadata: { name }, spec: { matchConstraints, mutations, reinvocationPolicy: "Never" } };
      expect((await api.create(`${GROUP}/mutatingadmissionpolicies`, policy)).status).toBe(201);
      const binding = { metadata: { name }, spec: { policyName: name } };
      await api.create(`${GROUP}/mutatingadmissionpolicybindings`, binding);
    };
    await mutate("pods/exec", '[JSONPatch{op: "add", path: "/command/0", value: "nice"}]');
    await mutate("pods/attach", '[JSONPatch{op: "add", path: "/command", value: 1}]');
    await mutate("pods/proxy", '[JSONPatch{op: "replace", path: "/path", value: "/" + "b c"}]');
    await api.patch(`${PODS}/p/status`, { status: { podIP: "10.244.0.9" } });
    const pathOf = async (what: string) => (await api.get(`${PODS}/p/${what}`, ASK)).body.path;
    expect(await pathOf("exec?stdout=1&command=ls")).toBe("/exec/default/p/main?output=1&command=nice&command=ls");
    expect(await pathOf("proxy/a?q=1")).toMatch(/\/b%20c\?q=1$/);
    // However the pod is called.
    await api.create(PODS, pod("proxy", { nodeName: "n1" }));
    await api.patch(`${PODS}/proxy/status`, { status: { podIP: "10.244.0.8" } });
    expect((await api.get(`${PODS}/proxy/proxy/a`, ASK)).body.path).toMatch(/\/10\.244\.0\.8:\d+\/b%20c$/);
    expect((await api.get(`${PODS}/p/attach?stdout=1`, ASK)).body).toMatchObject({
      code: 403,
      reason: "Invalid",
      message: expect.stringContaining('invalid value for field "command"'),
    });
    // What the mutated options say is what validating policies see.
    expect((await api.get(`${PODS}/p/exec?stdout=1&command=sh`, ASK)).status).toBe(200);
  });
});
