/** Conformance of kinds that ask no more of a cluster than an API server; names are upstream's. */
import { describe, expect, it } from "vitest";
import { startApi, type TestApi } from "../api/in-process.ts";
import { minimalObjects } from "../builders/minimal-objects.ts";
import { namesOf, ok, openWatch, startCluster, supportsApiOperations } from "./kit.ts";

const IN_DEFAULT = "namespaces/default/";
const DRA = "/apis/resource.k8s.io/v1/";
const STORAGE = "/apis/storage.k8s.io/v1/";

/** By resource as minimal objects have it. */
const KINDS: [name: string, storage: string, kind: string, path: string][] = [
  [
    "[sig-instrumentation] Events should manage the lifecycle of an event",
    "events",
    "Event",
    "/api/v1/namespaces/default/events",
  ],
  [
    "[sig-node] ConfigMap should run through a ConfigMap lifecycle",
    "configmaps",
    "ConfigMap",
    "/api/v1/namespaces/default/configmaps",
  ],
  [
    "[sig-node] Lease lease API should be available",
    "leases.coordination.k8s.io",
    "Lease",
    `/apis/coordination.k8s.io/v1/${IN_DEFAULT}leases`,
  ],
  ["[sig-node] Node Lifecycle should run through the lifecycle of a node", "nodes", "Node", "/api/v1/nodes"],
  [
    "[sig-node] PodTemplates should run the lifecycle of PodTemplates",
    "podtemplates",
    "PodTemplate",
    "/api/v1/namespaces/default/podtemplates",
  ],
  ["[sig-node] Secrets should patch a secret", "secrets", "Secret", "/api/v1/namespaces/default/secrets"],
  [
    "[sig-node] RuntimeClass should support RuntimeClasses API operations",
    "runtimeclasses.node.k8s.io",
    "RuntimeClass",
    "/apis/node.k8s.io/v1/runtimeclasses",
  ],
  [
    "[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceClass",
    "deviceclasses.resource.k8s.io",
    "DeviceClass",
    `${DRA}deviceclasses`,
  ],
  [
    "[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim",
    "resourceclaims.resource.k8s.io",
    "ResourceClaim",
    `${DRA}${IN_DEFAULT}resourceclaims`,
  ],
  [
    "[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate",
    "resourceclaimtemplates.resource.k8s.io",
    "ResourceClaimTemplate",
    `${DRA}${IN_DEFAULT}resourceclaimtemplates`,
  ],
  [
    "[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice",
    "resourceslices.resource.k8s.io",
    "ResourceSlice",
    `${DRA}resourceslices`,
  ],
  [
    "[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver",
    "csidrivers.storage.k8s.io",
    "CSIDriver",
    `${STORAGE}csidrivers`,
  ],
  [
    "[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode",
    "csinodes.storage.k8s.io",
    "CSINode",
    `${STORAGE}csinodes`,
  ],
  [
    "[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass",
    "storageclasses.storage.k8s.io",
    "StorageClass",
    `${STORAGE}storageclasses`,
  ],
  [
    "[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment",
    "volumeattachments.storage.k8s.io",
    "VolumeAttachment",
    `${STORAGE}volumeattachments`,
  ],
];

describe("API operations", async () => {
  const shared = await startApi();

  it.each(KINDS)("%s [Conformance]", async (_, storage, kind, path) => {
    const groupVersion = /^\/apis?\/(v1$|v1(?=\/)|[^/]+\/[^/]+)/.exec(path)![1]!;
    await supportsApiOperations(shared, path, (name) => ({
      apiVersion: groupVersion,
      kind,
      ...structuredClone(minimalObjects[storage]),
      metadata: { name },
    }));
  });

  it("[sig-storage] VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass [Conformance]", async () => {
    const api = await startCluster();
    const path = `${STORAGE}volumeattributesclasses`;
    const make = (name: string) => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "VolumeAttributesClass",
      metadata: { name },
      driverName: "e2e-fake-csi-driver",
      parameters: { foo: "bar" },
    });
    ok(await api.create(path, make("one")), 201);
    expect(ok(await api.get(`${path}/one`)).parameters).toEqual({ foo: "bar" });
    const labels = { "e2e-class": "patched" };
    expect(ok(await api.patch(`${path}/one`, { metadata: { labels } }, "strategic")).metadata.labels).toEqual(labels);
    ok(await api.delete(`${path}/one`));
    await api.settle();
    expect((await api.get(`${path}/one`)).status).toBe(404);
    const replacement = ok(await api.create(path, make("two")), 201);
    replacement.metadata.labels = labels;
    ok(await api.replace(`${path}/two`, replacement));
    ok(await api.request("DELETE", `${path}?labelSelector=e2e-class%3Dpatched`));
    await api.settle();
    expect(namesOf(ok(await api.get(path)))).toEqual([]);
  });

  it("[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed [Conformance]", async () => {
    const api = await startApi();
    const path = "/apis/events.k8s.io/v1/namespaces/default/events";
    const event = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "one", labels: { test: "yes" } },
      eventTime: "2026-01-01T00:00:00.123456Z",
      note: "This is a test",
      action: "Do",
      reason: "Test",
      type: "Normal",
      regarding: { namespace: "default" },
      series: { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" },
      reportingController: "test-controller",
      reportingInstance: "test-node",
    };
    ok(await api.create(path, event), 201);
    for (const list of [
      `${path}?labelSelector=test`,
      "/apis/events.k8s.io/v1/events",
      `${path}?fieldSelector=reportingController%3Dtest-controller`,
    ]) {
      expect(namesOf(ok(await api.get(list)))).toEqual(["one"]);
    }
    const core = ok(await api.get("/api/v1/namespaces/default/events/one"));
    expect(core).toMatchObject({
      message: "This is a test",
      reportingComponent: "test-controller",
      eventTime: event.eventTime,
    });
    const series = { series: { count: 3, lastObservedTime: "2026-01-01T00:00:09.000000Z" } };
    expect(ok(await api.patch(`${path}/one`, series, "strategic"))).toMatchObject({
      ...event,
      ...series,
      metadata: { name: "one" },
    });
    const live = ok(await api.get(`${path}/one`));
    live.series.count = 100;
    expect(ok(await api.replace(`${path}/one`, live)).series.count).toBe(100);
    expect(
      (
        await api.replace(`${path}/one`, {
          ...live,
          metadata: { ...live.metadata, resourceVersion: undefined },
          reason: "Other",
        })
      ).text,
    ).toContain('reason: Invalid value: \\"Other\\": field is immutable');
    ok(await api.create(path, { ...event, metadata: { name: "two", labels: { test: "yes" } } }), 201);
    ok(await api.delete(`${path}/one`));
    ok(await api.request("DELETE", `${path}?labelSelector=test`));
    expect(namesOf(ok(await api.get(path)))).toEqual([]);
  });
});

describe("what is set for good", () => {
  it.each([
    ["[sig-storage] Secrets", "secrets", "Secret"],
    ["[sig-storage] ConfigMap", "configmaps", "ConfigMap"],
  ])("%s should be immutable if `immutable` field is set [Conformance]", async (_, plural, kind) => {
    const api = await startApi();
    const path = `/api/v1/namespaces/default/${plural}`;
    const object = ok(
      await api.create(path, { apiVersion: "v1", kind, metadata: { name: "a" }, data: { a: "Yg==" } }),
      201,
    );
    object.data.a = "Yw==";
    const changed = ok(await api.replace(`${path}/a`, object));
    changed.immutable = true;
    const fixed = ok(await api.replace(`${path}/a`, changed));
    for (const change of [{ data: { a: "ZA==" } }, { data: { a: "Yw==", b: "ZA==" } }, { immutable: false }]) {
      expect(await api.replace(`${path}/a`, { ...fixed, ...change })).toMatchObject({
        status: 422,
        body: { reason: "Invalid" },
      });
    }
    expect(ok(await api.patch(`${path}/a`, { metadata: { labels: { a: "b" } } })).metadata.labels).toEqual({ a: "b" });
    ok(await api.delete(`${path}/a`));
  });

  it.each([
    ["[sig-node] Secrets should fail to create secret due to empty secret key", "secrets", "Secret"],
    ["[sig-node] ConfigMap should fail to create ConfigMap with empty key", "configmaps", "ConfigMap"],
  ])("%s [Conformance]", async (_, plural, kind) => {
    const api = await startApi();
    const answer = await api.create(`/api/v1/namespaces/default/${plural}`, {
      apiVersion: "v1",
      kind,
      metadata: { name: "a" },
      data: { "": "dmFsdWUtMQo=" },
    });
    expect(answer).toMatchObject({ status: 422, body: { reason: "Invalid" } });
  });
});

describe("pods", () => {
  const PODS = "/api/v1/namespaces/default/pods";
  const pod = (name: string, spec: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { test: "yes" } },
    spec: { containers: [{ name: "a", image: "pause" }], ...spec },
  });
  const startWithAccount = async () => {
    const api = await startApi();
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    ok(await api.create("/api/v1/namespaces/default/serviceaccounts", account), 201);
    return api;
  };
  const newPod = async (api: TestApi, name: string, spec?: object) => ok(await api.create(PODS, pod(name, spec)), 201);

  it("Pods should run through the lifecycle of Pods and PodStatus [Conformance]", async () => {
    const api = await startWithAccount();
    const watch = await openWatch(api, `${PODS}?labelSelector=test%3Dyes`);
    await newPod(api, "p");
    const patch = {
      metadata: { labels: { patched: "true" } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "a", image: "other" }] },
    };
    const refused = await api.patch(`${PODS}/p`, patch, "strategic");
    expect(refused.body.message).toContain("pod updates may not change fields other than");
    const { terminationGracePeriodSeconds: _, ...spec } = patch.spec;
    expect(ok(await api.patch(`${PODS}/p`, { ...patch, spec }, "strategic")).spec.containers[0].image).toBe("other");
    const live = ok(await api.get(`${PODS}/p/status`));
    live.status.conditions = [{ type: "Ready", status: "False", reason: "Tested" }];
    expect(ok(await api.replace(`${PODS}/p/status`, live)).status.conditions).toMatchObject([{ reason: "Tested" }]);
    const byStatus = {
      metadata: { annotations: { patchedstatus: "true" } },
      status: { message: "Patched by a test", reason: "E2E" },
    };
    expect(ok(await api.patch(`${PODS}/p/status`, byStatus))).toMatchObject(byStatus);
    ok(await api.request("DELETE", `${PODS}?labelSelector=test%3Dyes`, { body: { gracePeriodSeconds: 0 } }));
    expect(await watch.take(5)).toEqual(["ADDED p", "MODIFIED p", "MODIFIED p", "MODIFIED p", "DELETED p"]);
    await watch.cancel();
  });

  it("Pods should allow activeDeadlineSeconds to be updated [Conformance]", async () => {
    const api = await startWithAccount();
    await newPod(api, "p", { activeDeadlineSeconds: 30 });
    expect(ok(await api.patch(`${PODS}/p`, { spec: { activeDeadlineSeconds: 5 } })).spec.activeDeadlineSeconds).toBe(5);
    for (const activeDeadlineSeconds of [6, null]) {
      expect((await api.patch(`${PODS}/p`, { spec: { activeDeadlineSeconds } })).status).toBe(422);
    }
  });

  it("Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits [Conformance]", async () => {
    const api = await startWithAccount();
    const resources = { cpu: "100m", memory: "100Mi" };
    const spec = { containers: [{ name: "a", image: "pause", resources: { requests: resources, limits: resources } }] };
    expect((await newPod(api, "p", spec)).status.qosClass).toBe("Guaranteed");
  });

  it("Pod Generation pod generation should start at 1 and increment per update [Conformance]", async () => {
    const api = await startWithAccount();
    const spec = { containers: [{ name: "a", image: "pause", resources: { requests: { cpu: "1m" } } }] };
    const created = ok(await api.create(PODS, { ...pod("p", spec), metadata: { name: "p", generation: 100 } }), 201);
    expect(created.metadata.generation).toBe(1);
    const steps: [path: string, patch: object, generation: number][] = [
      ["p", { metadata: { labels: { a: "b" } } }, 1],
      ["p", { metadata: { generation: 77 } }, 1],
      ["p", { spec: { activeDeadlineSeconds: 5000 } }, 2],
      ["p", { spec: { tolerations: [{ key: "a", operator: "Exists" }] } }, 3],
      ["p/status", { status: { message: "m" } }, 3],
      ["p/ephemeralcontainers", { spec: { ephemeralContainers: [{ name: "debug", image: "busybox" }] } }, 4],
      ["p/resize", { spec: { containers: [{ name: "a", resources: { requests: { cpu: "2m" } } }] } }, 5],
    ];
    for (const [path, patch, generation] of steps) {
      expect(ok(await api.patch(`${PODS}/${path}`, patch, "strategic")).metadata.generation).toBe(generation);
    }
    ok(
      await api.create(`${PODS}/p/binding`, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "p" },
        target: { kind: "Node", name: "n" },
      }),
      201,
    );
    expect(ok(await api.delete(`${PODS}/p`)).metadata).toMatchObject({ generation: 6, deletionGracePeriodSeconds: 30 });
  });

  it("RuntimeClass should reject a Pod requesting a non-existent RuntimeClass, and initialize the Overhead of others [Conformance]", async () => {
    const api = await startWithAccount();
    const answer = await api.create(PODS, pod("p", { runtimeClassName: "none" }));
    expect(answer).toMatchObject({
      status: 403,
      body: { message: 'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found' },
    });
    const podFixed = { cpu: "200m", memory: "42Mi" };
    const runtimeClass = {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name: "heavy" },
      handler: "runc",
      overhead: { podFixed },
    };
    ok(await api.create("/apis/node.k8s.io/v1/runtimeclasses", runtimeClass), 201);
    expect((await newPod(api, "q", { runtimeClassName: "heavy" })).spec.overhead).toEqual(podFixed);
    ok(await api.delete("/apis/node.k8s.io/v1/runtimeclasses/heavy"));
    expect((await api.create(PODS, pod("r", { runtimeClassName: "heavy" }))).status).toBe(403);
  });

  it("Ephemeral Containers should update the ephemeral containers in an existing pod [Conformance]", async () => {
    const api = await startWithAccount();
    await newPod(api, "p");
    const add = (name: string) =>
      api.patch(
        `${PODS}/p/ephemeralcontainers`,
        { spec: { ephemeralContainers: [{ name, image: "busybox", stdin: true, tty: true }] } },
        "strategic",
      );
    ok(await add("debugger"));
    expect(ok(await add("debugger2")).spec.ephemeralContainers.map(({ name }: { name: string }) => name)).toEqual([
      "debugger",
      "debugger2",
    ]);
    const live = ok(await api.get(`${PODS}/p/ephemeralcontainers`));
    live.spec.ephemeralContainers.splice(0, 1);
    expect((await api.replace(`${PODS}/p/ephemeralcontainers`, live)).body.message).toContain(
      "existing ephemeral containers",
    );
  });
});
