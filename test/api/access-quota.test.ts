/** ResourceQuota: the conformance tests about it by their names, and the rules behind them. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, configMap, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NS = "/api/v1/namespaces/quota";
const QUOTAS = `${NS}/resourcequotas`;
const PODS = `${NS}/pods`;

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  await made(api.create("/api/v1/namespaces", { metadata: { name: "quota" } }));
  await made(api.create(`${NS}/serviceaccounts`, serviceAccount("default")));
});

async function made(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, text, body } = await answer;
  expect(status, text).toBe(201);
  return body;
}

type List = { [resource: string]: string };

const quota = (name: string, hard: List, spec: object = {}) => ({ metadata: { name }, spec: { hard, ...spec } });
const used = async (name = "q"): Promise<List> => (await api.get(`${QUOTAS}/${name}`)).body.status.used;
const remove = async (path: string) =>
  expect((await api.delete(path, { gracePeriodSeconds: 0, propagationPolicy: "Background" })).status).toBe(200);

const asking = (name: string, requests: List = {}, limits: List = {}, spec: object = {}) =>
  pod(name, { containers: [{ name: "pause", image: "pause", resources: { requests, limits } }], ...spec });

/** Upstream's newTestResourceQuota. */
const TEST_QUOTA: List = {
  pods: "5",
  services: "10",
  "services.nodeports": "1",
  "services.loadbalancers": "1",
  replicationcontrollers: "10",
  resourcequotas: "1",
  cpu: "1",
  memory: "500Mi",
  configmaps: "10",
  secrets: "10",
  persistentvolumeclaims: "10",
  "requests.storage": "10Gi",
  "ephemeral-storage": "50Gi",
  "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "10",
  "gold.storageclass.storage.k8s.io/requests.storage": "10Gi",
  "count/replicasets.apps": "5",
  "requests.example.com/dongle": "3",
};

describe("[sig-api-machinery] ResourceQuota", () => {
  const start = () => made(api.create(QUOTAS, quota("q", TEST_QUOTA)));

  it("should create a ResourceQuota and ensure its status is promptly calculated. [Conformance]", async () => {
    await start();
    const { status } = (await api.get(`${QUOTAS}/q`)).body;
    expect(status.hard).toEqual(TEST_QUOTA);
    const zeros = Object.fromEntries(Object.keys(TEST_QUOTA).map((name) => [name, "0"]));
    expect(status.used).toEqual({ ...zeros, resourcequotas: "1" });
  });

  it("should create a ResourceQuota and capture the life of a service. [Conformance]", async () => {
    await start();
    const service = (name: string, type: string) => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
    await made(api.create(`${NS}/services`, service("a", "ClusterIP")));
    await made(api.create(`${NS}/services`, service("b", "NodePort")));
    const refused = await api.create(`${NS}/services`, service("c", "LoadBalancer"));
    expect(refused.body).toMatchObject({
      code: 403,
      message:
        'services "c" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    });
    expect(await used()).toMatchObject({ resourcequotas: "1", services: "2", "services.nodeports": "1" });
    for (const name of ["a", "b"]) await remove(`${NS}/services/${name}`);
    expect(await used()).toMatchObject({ services: "0", "services.nodeports": "0" });
  });

  it.each([
    {
      what: "secret",
      path: "/api/v1/namespaces/quota/secrets",
      name: "secrets",
      object: { metadata: { name: "o" } },
    },
    { what: "configMap", path: "/api/v1/namespaces/quota/configmaps", name: "configmaps", object: configMap("o") },
    {
      what: "replication controller",
      path: "/api/v1/namespaces/quota/replicationcontrollers",
      name: "replicationcontrollers",
      object: { metadata: { name: "o" }, spec: { replicas: 0, selector: { a: "b" }, template: template() } },
    },
    {
      what: "replica set",
      path: "/apis/apps/v1/namespaces/quota/replicasets",
      name: "count/replicasets.apps",
      object: {
        metadata: { name: "o" },
        spec: { replicas: 0, selector: { matchLabels: { a: "b" } }, template: template() },
      },
    },
  ])("should create a ResourceQuota and capture the life of a $what. [Conformance]", async ({ path, name, object }) => {
    await start();
    const before = (await used())[name];
    await made(api.create(path, object));
    expect(await used()).toMatchObject({ [name]: String(Number(before) + 1), resourcequotas: "1" });
    await remove(`${path}/o`);
    expect((await used())[name]).toBe(before);
  });

  it("should create a ResourceQuota and capture the life of a pod. [Conformance]", async () => {
    await start();
    const requests = { cpu: "500m", memory: "252Mi", "ephemeral-storage": "30Gi", "example.com/dongle": "2" };
    const limits = { "example.com/dongle": "2" };
    const body = await made(api.create(PODS, asking("p", requests, limits)));
    const expected = {
      pods: "1",
      cpu: "500m",
      memory: "252Mi",
      "ephemeral-storage": "30Gi",
      "requests.example.com/dongle": "2",
      resourcequotas: "1",
    };
    expect(await used()).toMatchObject(expected);
    const tooMuch = await api.create(PODS, asking("f", { cpu: "600m", memory: "100Mi" }));
    expect(tooMuch.body.message).toBe(
      'pods "f" is forbidden: exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
    );
    const dongles = { cpu: "500m", memory: "100Mi", "ephemeral-storage": "30Gi", "example.com/dongle": "2" };
    const tooMany = await api.create(PODS, asking("g", dongles, limits));
    expect(tooMany.body.message).toBe(
      'pods "g" is forbidden: exceeded quota: q, requested: ephemeral-storage=30Gi,requests.example.com/dongle=2, used: ephemeral-storage=30Gi,requests.example.com/dongle=2, limited: ephemeral-storage=50Gi,requests.example.com/dongle=3',
    );
    body.spec.containers[0].resources.requests = { cpu: "100m", memory: "100Mi", "ephemeral-storage": "10Gi" };
    expect((await api.replace(`${PODS}/p`, body)).status).toBe(422);
    expect(await used()).toMatchObject(expected);
    await remove(`${PODS}/p`);
    expect(await used()).toMatchObject({
      pods: "0",
      cpu: "0",
      memory: "0",
      "ephemeral-storage": "0",
      "requests.example.com/dongle": "0",
    });
  });

  it("should verify ResourceQuota with terminating scopes. [Conformance]", async () => {
    const hard = {
      pods: "5",
      "requests.cpu": "1",
      "requests.memory": "500Mi",
      "limits.cpu": "2",
      "limits.memory": "1Gi",
    };
    await made(api.create(QUOTAS, quota("terminating", hard, { scopes: ["Terminating"] })));
    await made(api.create(QUOTAS, quota("not", hard, { scopes: ["NotTerminating"] })));
    const requests = { cpu: "500m", memory: "200Mi" };
    const limits = { cpu: "1", memory: "400Mi" };
    const charged = {
      pods: "1",
      "requests.cpu": "500m",
      "requests.memory": "200Mi",
      "limits.cpu": "1",
      "limits.memory": "400Mi",
    };
    const free = { pods: "0", "requests.cpu": "0", "requests.memory": "0", "limits.cpu": "0", "limits.memory": "0" };
    await made(api.create(PODS, asking("long", requests, limits)));
    expect([await used("not"), await used("terminating")]).toEqual([charged, free]);
    await remove(`${PODS}/long`);
    expect(await used("not")).toEqual(free);
    await made(api.create(PODS, asking("short", requests, limits, { activeDeadlineSeconds: 3600 })));
    expect([await used("not"), await used("terminating")]).toEqual([free, charged]);
    await remove(`${PODS}/short`);
    expect(await used("terminating")).toEqual(free);
  });

  it("should verify ResourceQuota with best effort scope. [Conformance]", async () => {
    await made(api.create(QUOTAS, quota("best", { pods: "5" }, { scopes: ["BestEffort"] })));
    await made(api.create(QUOTAS, quota("not", { pods: "5" }, { scopes: ["NotBestEffort"] })));
    await made(api.create(PODS, asking("b")));
    expect([await used("best"), await used("not")]).toEqual([{ pods: "1" }, { pods: "0" }]);
    await remove(`${PODS}/b`);
    await made(api.create(PODS, asking("n", { cpu: "500m", memory: "200Mi" }, { cpu: "1", memory: "400Mi" })));
    expect([await used("best"), await used("not")]).toEqual([{ pods: "0" }, { pods: "1" }]);
    await remove(`${PODS}/n`);
    expect(await used("not")).toEqual({ pods: "0" });
  });

  it("should be able to update and delete ResourceQuota. [Conformance]", async () => {
    const body = await made(api.create(QUOTAS, quota("q", { cpu: "1", memory: "500Mi" })));
    body.spec.hard = { cpu: "2", memory: "1Gi" };
    delete body.metadata.resourceVersion;
    const updated = await api.replace(`${QUOTAS}/q`, body);
    expect(updated.status, updated.text).toBe(200);
    expect((await api.get(`${QUOTAS}/q`)).body).toMatchObject({
      spec: { hard: body.spec.hard },
      status: { hard: body.spec.hard },
    });
    await remove(`${QUOTAS}/q`);
    expect((await api.get(`${QUOTAS}/q`)).status).toBe(404);
  });

  it("should manage the lifecycle of a ResourceQuota [Conformance]", async () => {
    const labelled = { ...quota("q", { cpu: "1", memory: "500Mi" }), metadata: { name: "q", labels: { test: "x" } } };
    await made(api.create(QUOTAS, labelled));
    const selector = "labelSelector=test%3Dx";
    expect((await api.get(`/api/v1/resourcequotas?${selector}`)).body.items).toHaveLength(1);
    const patch = { metadata: { labels: { more: "y" } }, spec: { hard: { memory: "750Mi" } } };
    const patched = await api.patch(`${QUOTAS}/q`, patch, "strategic");
    expect(patched.body).toMatchObject({
      metadata: { labels: { test: "x", more: "y" } },
      spec: { hard: { cpu: "1", memory: "750Mi" } },
    });
    expect((await api.delete(`${QUOTAS}?${selector}`)).status).toBe(200);
    expect((await api.get(`/api/v1/resourcequotas?${selector}`)).body.items).toEqual([]);
  });

  it("should apply changes to a resourcequota status [Conformance]", async () => {
    const { store } = api.services.env;
    const hardSince = (revision: number): unknown[] =>
      [...store.changesSince(revision, { resource: "resourcequotas" })].map(
        ({ value }) => JSON.parse(value).status?.hard,
      );
    await made(api.create(QUOTAS, quota("q", { cpu: "500m", memory: "500Mi" })));
    const got = (await api.get(`${QUOTAS}/q`)).body;
    let seen = store.revision();
    const put = await api.replace(`${QUOTAS}/q/status`, { ...got, status: { hard: got.spec.hard } });
    expect(put.body.status).toEqual({ hard: got.spec.hard });
    expect(hardSince(seen)).toContainEqual(got.spec.hard);
    seen = store.revision();
    const wider = { cpu: "1", memory: "1Gi" };
    expect((await api.patch(`${QUOTAS}/q`, { spec: { hard: wider } }, "strategic")).body.spec.hard).toEqual(wider);
    expect((await api.patch(`${QUOTAS}/q/status`, { status: { hard: wider } }, "strategic")).status).toBe(200);
    expect(hardSince(seen)).toContainEqual(wider);
    expect((await api.get(`${QUOTAS}/q/status`)).body.status.hard).toEqual(wider);
    seen = store.revision();
    const other = { cpu: "2", memory: "2Gi" };
    expect((await api.patch(`${QUOTAS}/q/status`, { status: { hard: other } }, "strategic")).body.status.hard).toEqual(
      other,
    );
    // Watchers see what was written, and then what is so.
    expect(hardSince(seen)).toEqual([other, wider]);
    expect((await api.get(`${QUOTAS}/q`)).body.spec.hard).toEqual(wider);
  });
});

function template() {
  return { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
}

describe("ResourceQuota", () => {
  it("[RQ1] of several pods at once only those that fit are made, and all is counted", async () => {
    await made(api.create(QUOTAS, quota("q", { pods: "2" })));
    const answers = await Promise.all(["a", "b", "c"].map((name) => api.create(PODS, pod(name))));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 403]);
    expect(answers[2]!.body.message).toBe(
      'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
    expect(await used()).toEqual({ pods: "2" });
  });

  it("[RQ2] what fails, or is only tried, costs nothing", async () => {
    await made(api.create(QUOTAS, quota("q", { pods: "1", "count/services": "1", "services.nodeports": "5" })));
    expect((await api.create(`${PODS}?dryRun=All`, pod("a"))).status).toBe(201);
    const taken = { type: "NodePort", ports: [{ port: 80, nodePort: 99 }] };
    expect((await api.create(`${NS}/services`, { metadata: { name: "s" }, spec: taken })).status).toBe(422);
    expect(await used()).toEqual({ pods: "0", "count/services": "0", "services.nodeports": "0" });
  });

  it("[RQ3] pods that are over, or overdue, make room", async () => {
    await made(api.create(QUOTAS, quota("q", { pods: "1", "count/pods": "9" })));
    await made(api.create(PODS, pod("a", { nodeName: "n" })));
    await api.patch(`${PODS}/a/status`, { status: { phase: "Succeeded" } });
    expect(await used()).toEqual({ pods: "0", "count/pods": "1" });
    await made(api.create(PODS, pod("b", { nodeName: "lost" })));
    await api.patch(`${PODS}/b/status`, { status: { phase: "Running" } });
    expect((await api.delete(`${PODS}/b`)).status).toBe(200);
    expect((await api.create(PODS, pod("c"))).status).toBe(403);
    api.advance(61_000);
    await made(api.create(PODS, pod("c")));
    expect(await used()).toEqual({ pods: "1", "count/pods": "3" });
    await remove(`${PODS}/b`);
    expect(await used()).toEqual({ pods: "1", "count/pods": "2" });
  });

  it("[RQ4] once compute is counted every container says what it needs", async () => {
    await made(api.create(QUOTAS, quota("q", { "limits.cpu": "2", "requests.memory": "1Gi" })));
    const containers = [
      { name: "b", image: "i" },
      { name: "a", image: "i", resources: { limits: { cpu: "1" } } },
    ];
    expect((await api.create(PODS, pod("p", { containers }))).body.message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: b; requests.memory for: a,b',
    );
  });

  it("[RQ5] a service that becomes more costs more", async () => {
    await made(api.create(QUOTAS, quota("q", { "services.nodeports": "1", services: "2" })));
    const spec = {
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 81 },
      ],
    };
    await made(api.create(`${NS}/services`, { metadata: { name: "s" }, spec }));
    const grown = await api.patch(`${NS}/services/s`, { spec: { type: "NodePort" } });
    expect(grown.body.message).toBe(
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    );
    await api.patch(`${NS}/services/s`, { spec: { ports: [{ name: "a", port: 80 }] } });
    expect((await api.patch(`${NS}/services/s`, { spec: { type: "NodePort" } })).status).toBe(200);
    expect(await used()).toEqual({ "services.nodeports": "1", services: "1" });
    expect((await api.patch(`${NS}/services/s`, { spec: { type: "ClusterIP" } })).status).toBe(200);
    expect(await used()).toEqual({ "services.nodeports": "0", services: "1" });
  });

  it("[RQ6] claims count by size and by class", async () => {
    const gold = "gold.storageclass.storage.k8s.io/";
    await made(
      api.create(
        QUOTAS,
        quota("q", {
          "requests.storage": "10Gi",
          [`${gold}requests.storage`]: "2Gi",
          [`${gold}persistentvolumeclaims`]: "5",
        }),
      ),
    );
    const claim = (name: string, storage: string, storageClassName: string) => ({
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage } } },
    });
    const path = `${NS}/persistentvolumeclaims`;
    await made(api.create(path, claim("a", "2Gi", "gold")));
    await made(api.create(path, claim("b", "5Gi", "silver")));
    expect((await api.create(path, claim("c", "1Gi", "gold"))).body.message).toContain(
      `exceeded quota: q, requested: ${gold}requests.storage=1Gi, used: ${gold}requests.storage=2Gi, limited: ${gold}requests.storage=2Gi`,
    );
    expect(await used()).toEqual({
      "requests.storage": "7Gi",
      [`${gold}requests.storage`]: "2Gi",
      [`${gold}persistentvolumeclaims`]: "1",
    });
  });

  it("[RQ11] devices count by class, by extended resource, and once for the pod they were claimed for", async () => {
    const CLASSES = "/apis/resource.k8s.io/v1/deviceclasses";
    const CLAIMS = `/apis/resource.k8s.io/v1/namespaces/quota/resourceclaims`;
    await made(api.create(CLASSES, { metadata: { name: "gpu" }, spec: { extendedResourceName: "example.com/gpu" } }));
    const hard = {
      "gpu.deviceclass.resource.k8s.io/devices": "9",
      "requests.deviceclass.resource.kubernetes.io/gpu": "9",
      "requests.example.com/gpu": "3",
      "count/resourceclaims.resource.k8s.io": "9",
    };
    await made(api.create(QUOTAS, quota("q", hard)));
    const amounts = async (): Promise<unknown[]> => {
      const all = await used();
      return Object.keys(hard).map((name) => all[name]);
    };
    const claim = (name: string, count: number, metadata: object = {}) => ({
      metadata: { name, ...metadata },
      spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu", count } }] } },
    });
    const gpu = { "example.com/gpu": "1" };
    const p = await made(api.create(PODS, asking("p", gpu, gpu)));
    expect(await amounts()).toEqual(["0", "0", "1", "0"]);
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: p.metadata.uid, controller: true };
    const forPod = {
      annotations: { "resource.kubernetes.io/extended-resource-claim": "true" },
      ownerReferences: [owner],
    };
    await made(api.create(CLAIMS, claim("of-p", 1, forPod)));
    expect(await amounts()).toEqual(["1", "1", "1", "1"]);
    await made(api.create(CLAIMS, claim("own", 2)));
    expect(await amounts()).toEqual(["3", "3", "3", "2"]);
    const refused = await api.create(CLAIMS, claim("more", 1));
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'resourceclaims.resource.k8s.io "more" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=1, ' +
        "used: requests.example.com/gpu=3, limited: requests.example.com/gpu=3",
    ]);
    await remove(`${PODS}/p`);
    await remove(`${CLAIMS}/of-p`);
    expect(await amounts()).toEqual(["2", "2", "2", "1"]);
    await remove(`${CLAIMS}/own`);
    expect(await amounts()).toEqual(["0", "0", "0", "0"]);
  });

  it("[RQ7] a scope selects by priority class", async () => {
    await made(api.create("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "high" }, value: 10 }));
    const scopeSelector = { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] };
    await made(api.create(QUOTAS, quota("q", { pods: "1" }, { scopeSelector })));
    await made(api.create(PODS, pod("low")));
    await made(api.create(PODS, pod("a", { priorityClassName: "high" })));
    expect((await api.create(PODS, pod("b", { priorityClassName: "high" }))).status).toBe(403);
    expect(await used()).toEqual({ pods: "1" });
  });

  it("[RQ8] a pod that gets a deadline changes its quota", async () => {
    await made(api.create(QUOTAS, quota("q", { pods: "0" }, { scopes: ["Terminating"] })));
    await made(api.create(PODS, pod("p")));
    const answer = await api.patch(`${PODS}/p`, { spec: { activeDeadlineSeconds: 60 } });
    expect(answer.body.message).toContain("exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0");
  });

  it("[RQ9] what was there before counts from the beginning", async () => {
    for (const name of ["a", "b"]) await made(api.create(`${NS}/configmaps`, configMap(name)));
    await made(api.create(PODS, asking("p", { cpu: "250m" })));
    await made(api.create(QUOTAS, quota("q", { "count/configmaps": "2", "requests.cpu": "1" })));
    expect(await used()).toEqual({ "count/configmaps": "2", "requests.cpu": "250m" });
    expect((await api.create(`${NS}/configmaps`, configMap("c"))).body.message).toBe(
      'configmaps "c" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=2, limited: count/configmaps=2',
    );
  });

  it("[RQ10] a quota below what is used takes nothing away, and lets go", async () => {
    for (const name of ["a", "b"]) await made(api.create(`${NS}/configmaps`, configMap(name)));
    await made(api.create(QUOTAS, quota("q", { configmaps: "1" })));
    expect((await api.patch(`${NS}/configmaps/a`, { data: { k: "v" } })).status).toBe(200);
    await remove(`${NS}/configmaps/a`);
    expect(await used()).toEqual({ configmaps: "1" });
    expect((await api.create(`${NS}/configmaps`, configMap("c"))).status).toBe(403);
  });
});
