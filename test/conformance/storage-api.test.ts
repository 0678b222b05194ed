import { describe, expect, it } from "vitest";
import { type Answer, pod, startApi, type TestApi } from "../api/in-process.ts";
import { discovered, namesOf, ok, openWatch, startCluster, supportsApiOperations, type TestCluster } from "./kit.ts";

const STORAGE = "/apis/storage.k8s.io/v1";
const VOLUMES = "/api/v1/persistentvolumes";
const CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
const LABEL = "e2e-test%3Dlifecycle";

type Resource = { metadata: { name: string; labels?: object }; [field: string]: unknown };

/** Create, read, patch, list, update, delete one and a collection: what the lifecycle tests have in common. */
async function runsThroughItsLifecycle(
  api: TestApi & Partial<Pick<TestCluster, "settle">>,
  path: string,
  make: (name: string) => Resource,
): Promise<void> {
  const settle = async () => api.settle?.();
  const made = ok(await api.create(path, make("first")), 201);
  expect(ok(await api.get(`${path}/first`)).metadata.uid).toBe(made.metadata.uid);
  const patched = ok(await api.patch(`${path}/first`, { metadata: { labels: { first: "patched" } } }));
  expect(patched.metadata.labels.first).toBe("patched");
  expect(namesOf(ok(await api.get(`${path}?labelSelector=first%3Dpatched`)))).toEqual(["first"]);
  ok(await api.delete(`${path}/first`));
  await settle();
  expect((await api.get(`${path}/first`)).status).toBe(404);
  for (const name of ["second", "third"]) {
    ok(await api.create(path, make(name)), 201);
    await settle();
    const live = ok(await api.get(`${path}/${name}`));
    live.metadata.labels = { ...live.metadata.labels, "e2e-test": "lifecycle" };
    expect(ok(await api.replace(`${path}/${name}`, live)).metadata.labels["e2e-test"]).toBe("lifecycle");
  }
  expect(namesOf(ok(await api.get(`${path}?labelSelector=${LABEL}`)))).toEqual(["second", "third"]);
  ok(await api.request("DELETE", `${path}?labelSelector=${LABEL}`));
  await settle();
  expect(namesOf(ok(await api.get(`${path}?labelSelector=${LABEL}`)))).toEqual([]);
}

const volume = (name: string, spec: object = {}): Resource => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name, labels: { pv: name } },
  spec: {
    capacity: { storage: "5Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: `/tmp/${name}` },
    storageClassName: "e2e-class",
    ...spec,
  },
});
const claim = (name: string, spec: object = {}): Resource => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, labels: { pvc: name } },
  spec: {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "2Gi" } },
    storageClassName: "e2e-class",
    ...spec,
  },
});
const phases = async (cluster: TestCluster): Promise<string[]> => {
  await cluster.settle();
  const lists = [ok(await cluster.get(VOLUMES)), ok(await cluster.get(CLAIMS))];
  return lists.flatMap(({ items }) =>
    items.map(
      ({ metadata, status }: { metadata: { name: string }; status: { phase: string } }) =>
        `${metadata.name}=${status.phase}`,
    ),
  );
};
const gone = async (cluster: TestCluster, path: string): Promise<void> => {
  ok(await cluster.delete(path));
  await cluster.settle();
  expect((await cluster.get(path)).status).toBe(404);
};

describe("[sig-storage] PersistentVolumes", () => {
  it("CSI Conformance should run through the lifecycle of a PV and a PVC [Conformance]", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(VOLUMES, volume("pv-1")), 201);
    ok(await cluster.create(CLAIMS, claim("pvc-1")), 201);
    expect(await phases(cluster)).toEqual(["pv-1=Bound", "pvc-1=Bound"]);
    expect(namesOf(ok(await cluster.get(`${VOLUMES}?labelSelector=pv%3Dpv-1`)))).toEqual(["pv-1"]);
    expect(namesOf(ok(await cluster.get(CLAIMS)))).toEqual(["pvc-1"]);
    const labels = { metadata: { labels: { patched: "yes" } } };
    const patchedVolume = ok(await cluster.patch(`${VOLUMES}/pv-1`, labels, "strategic"));
    const patchedClaim = ok(await cluster.patch(`${CLAIMS}/pvc-1`, labels, "strategic"));
    expect([patchedVolume.metadata.labels.patched, patchedClaim.metadata.labels.patched]).toEqual(["yes", "yes"]);
    expect(ok(await cluster.get(`${VOLUMES}/pv-1`)).metadata.uid).toBe(patchedVolume.metadata.uid);
    expect(ok(await cluster.get(`${CLAIMS}/pvc-1`)).metadata.uid).toBe(patchedClaim.metadata.uid);
    await gone(cluster, `${CLAIMS}/pvc-1`);
    await gone(cluster, `${VOLUMES}/pv-1`);

    ok(await cluster.create(VOLUMES, volume("pv-2")), 201);
    ok(await cluster.create(CLAIMS, claim("pvc-2")), 201);
    expect(await phases(cluster)).toEqual(["pv-2=Bound", "pvc-2=Bound"]);
    for (const path of [`${VOLUMES}/pv-2`, `${CLAIMS}/pvc-2`]) {
      const live = ok(await cluster.get(path));
      live.metadata.labels.updated = "yes";
      expect(ok(await cluster.replace(path, live)).metadata.labels.updated).toBe("yes");
    }
    for (const path of [CLAIMS, VOLUMES]) {
      ok(await cluster.request("DELETE", `${path}?labelSelector=updated%3Dyes`));
      await cluster.settle();
      expect(namesOf(ok(await cluster.get(path)))).toEqual([]);
    }
  });

  it("CSI Conformance should apply changes to a pv/pvc status [Conformance]", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(VOLUMES, volume("pv-1")), 201);
    ok(await cluster.create(CLAIMS, claim("pvc-1")), 201);
    await cluster.settle();
    expect(ok(await cluster.get(`${CLAIMS}/pvc-1/status`)).status.phase).toBe("Bound");
    expect(ok(await cluster.get(`${VOLUMES}/pv-1/status`)).status.phase).toBe("Bound");
    const condition = (type: string) => ({ type, status: "True", reason: "E2E", message: "set from an e2e test" });
    const conditions = { status: { conditions: [condition("StatusPatched")] } };
    const claimed = ok(await cluster.patch(`${CLAIMS}/pvc-1/status`, conditions, "strategic"));
    expect(claimed.status.conditions[0].type).toBe("StatusPatched");
    const word = { status: { message: "StatusPatched", reason: "E2E patchStatus" } };
    expect(ok(await cluster.patch(`${VOLUMES}/pv-1/status`, word)).status).toMatchObject(word.status);
    claimed.status.conditions.push(condition("StatusUpdated"));
    const updated = ok(await cluster.replace(`${CLAIMS}/pvc-1/status`, claimed));
    expect(updated.status.conditions.map(({ type }: { type: string }) => type)).toContain("StatusUpdated");
    const live = ok(await cluster.get(`${VOLUMES}/pv-1`));
    live.status = { ...live.status, reason: "E2E updateStatus", message: "StatusUpdated" };
    expect(ok(await cluster.replace(`${VOLUMES}/pv-1/status`, live)).status.message).toBe("StatusUpdated");
    // What others say of them does not undo the binding.
    expect(await phases(cluster)).toEqual(["pv-1=Bound", "pvc-1=Bound"]);
  });

  it("many claims get each a volume of their own, the smallest that fits", async () => {
    const cluster = await startCluster();
    for (let i = 0; i < 8; i++) {
      ok(await cluster.create(CLAIMS, claim(`c${i}`, { resources: { requests: { storage: `${i + 1}Gi` } } })), 201);
    }
    await cluster.settle();
    for (let i = 0; i < 8; i++) {
      ok(await cluster.create(VOLUMES, volume(`v${i}`, { capacity: { storage: `${i + 1}Gi` } })), 201);
    }
    await cluster.settle();
    const { items } = ok(await cluster.get(CLAIMS));
    const sizes = items.map(({ status }: { status: { capacity?: { storage: string } } }) => status.capacity?.storage);
    expect(sizes.sort()).toEqual(Array.from({ length: 8 }, (_, i) => `${i + 1}Gi`));
    expect(cluster.errors).toEqual([]);
  });

  it("a claim in use stays until its pod is gone, and then its volume is released", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(VOLUMES, volume("pv-1")), 201);
    ok(await cluster.create(CLAIMS, claim("pvc-1")), 201);
    const spec = {
      nodeName: "n1",
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: "pvc-1" } }],
    };
    const PODS = "/api/v1/namespaces/default/pods";
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    ok(
      await cluster.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" }, status }),
      201,
    );
    await cluster.settle();
    ok(await cluster.create(PODS, { ...pod("p"), spec }), 201);
    ok(await cluster.delete(`${CLAIMS}/pvc-1`));
    await cluster.settle();
    expect(ok(await cluster.get(`${CLAIMS}/pvc-1`)).metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      finalizers: ["kubernetes.io/pvc-protection"],
    });
    ok(await cluster.delete(`${PODS}/p`));
    await cluster.settle();
    expect((await cluster.get(`${CLAIMS}/pvc-1`)).status).toBe(404);
    expect(await phases(cluster)).toEqual(["pv-1=Released"]);
    // Its administrator gives it back by clearing the reference.
    ok(await cluster.patch(`${VOLUMES}/pv-1`, { spec: { claimRef: null } }));
    expect(await phases(cluster)).toEqual(["pv-1=Available"]);
  });

  it("a pod's ephemeral volume gets a claim that goes with the pod", async () => {
    const cluster = await startCluster();
    const PODS = "/api/v1/namespaces/default/pods";
    const spec = {
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: claim("x").spec } } }],
    };
    ok(await cluster.create(PODS, { ...pod("p"), spec }), 201);
    await cluster.settle();
    expect(ok(await cluster.get(`${CLAIMS}/p-scratch`)).metadata.ownerReferences[0]).toMatchObject({
      kind: "Pod",
      name: "p",
    });
    ok(await cluster.delete(`${PODS}/p`));
    await cluster.settle();
    expect((await cluster.get(`${CLAIMS}/p-scratch`)).status).toBe(404);
    expect(cluster.errors).toEqual([]);
  });
});

describe("[sig-storage] attaching", () => {
  it("a CSI volume is attached to the node of its pod, and detached once the pod is gone", async () => {
    const cluster = await startCluster();
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    ok(
      await cluster.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" }, status }),
      201,
    );
    const csi = { hostPath: undefined, csi: { driver: "csi.example.com", volumeHandle: "h1" } };
    ok(await cluster.create(VOLUMES, volume("pv-1", csi)), 201);
    ok(await cluster.create(CLAIMS, claim("pvc-1")), 201);
    await cluster.settle();
    const PODS = "/api/v1/namespaces/default/pods";
    const spec = {
      nodeName: "n1",
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: "pvc-1" } }],
    };
    ok(await cluster.create(PODS, { ...pod("p"), spec }), 201);
    await cluster.settle();
    const ATTACHMENTS = `${STORAGE}/volumeattachments`;
    const [attachment] = ok(await cluster.get(ATTACHMENTS)).items;
    expect(attachment.spec).toEqual({
      attacher: "csi.example.com",
      nodeName: "n1",
      source: { persistentVolumeName: "pv-1" },
    });
    // As the driver's attacher answers.
    ok(await cluster.patch(`${ATTACHMENTS}/${attachment.metadata.name}/status`, { status: { attached: true } }));
    await cluster.settle();
    const attached = async () => ok(await cluster.get("/api/v1/nodes/n1")).status.volumesAttached;
    expect(await attached()).toEqual([{ name: "kubernetes.io/csi/csi.example.com^h1", devicePath: "" }]);
    ok(await cluster.delete(`${PODS}/p`));
    await cluster.settle();
    expect([await attached(), ok(await cluster.get(ATTACHMENTS)).items]).toEqual([undefined, []]);
    expect(cluster.errors).toEqual([]);
  });
});

describe("[sig-storage] classes and drivers", () => {
  const lives = [
    {
      name: "StorageClasses CSI Conformance should run through the lifecycle of a StorageClass [Conformance]",
      path: `${STORAGE}/storageclasses`,
      body: { kind: "StorageClass", provisioner: "e2e-fake-provisioner", reclaimPolicy: "Delete" },
    },
    {
      name: "CSINodes CSI Conformance should run through the lifecycle of a csinode [Conformance]",
      path: `${STORAGE}/csinodes`,
      body: { kind: "CSINode", spec: { drivers: [] } },
    },
    {
      name: "VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment [Conformance]",
      path: `${STORAGE}/volumeattachments`,
      body: {
        kind: "VolumeAttachment",
        spec: { attacher: "e2e-attacher", nodeName: "n1", source: { persistentVolumeName: "pv-1" } },
      },
    },
    {
      name: "VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass [Conformance]",
      path: `${STORAGE}/volumeattributesclasses`,
      body: { kind: "VolumeAttributesClass", driverName: "e2e-fake-driver", parameters: { iops: "100" } },
    },
    {
      name: "CSIInlineVolumes should run through the lifecycle of a CSIDriver [Conformance]",
      path: `${STORAGE}/csidrivers`,
      body: { kind: "CSIDriver", spec: { volumeLifecycleModes: ["Ephemeral"] } },
    },
  ];
  it.each(lives)("$name", async ({ path, body }) => {
    const cluster = await startCluster();
    await runsThroughItsLifecycle(cluster, path, (name) => ({
      apiVersion: "storage.k8s.io/v1",
      ...body,
      metadata: { name },
    }));
    expect(cluster.errors).toEqual([]);
  });

  it("VolumeAttachment Conformance should apply changes to a volumeattachment status [Conformance]", async () => {
    const api = await startApi();
    const path = `${STORAGE}/volumeattachments`;
    const spec = { attacher: "e2e-attacher", nodeName: "n1", source: { persistentVolumeName: "pv-1" } };
    const object = { apiVersion: "storage.k8s.io/v1", kind: "VolumeAttachment", metadata: { name: "va" }, spec };
    ok(await api.create(path, object), 201);
    const patched = ok(await api.patch(`${path}/va`, { metadata: { labels: { va: "patched" } } }));
    expect(patched.metadata.labels.va).toBe("patched");
    expect(ok(await api.get(`${path}/va/status`)).status.attached).toBe(false);
    expect(ok(await api.patch(`${path}/va/status`, { status: { attached: true } })).status.attached).toBe(true);
    const live = ok(await api.get(`${path}/va/status`));
    live.status.attached = false;
    expect(ok(await api.replace(`${path}/va/status`, live)).status.attached).toBe(false);
    ok(await api.delete(`${path}/va`));
    expect((await api.get(`${path}/va`)).status).toBe(404);
  });

  it("CSIStorageCapacity should support CSIStorageCapacities API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "storage.k8s.io/v1", ["csistoragecapacities"]);
    await supportsApiOperations(api, `${STORAGE}/namespaces/default/csistoragecapacities`, (name) => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIStorageCapacity",
      metadata: { name },
      storageClassName: "e2e-class",
      capacity: "4Gi",
    }));
  });

  it("CSIInlineVolumes should support CSIVolumeSource in Pod API [Conformance]", async () => {
    const api = await startCluster();
    const volumes = [{ name: "v", csi: { driver: "e2e-driver", readOnly: true, volumeAttributes: { a: "b" } } }];
    const PODS = "/api/v1/namespaces/default/pods";
    const watch = await openWatch(api, PODS);
    ok(await api.create(PODS, { ...pod("p"), spec: { containers: [{ name: "c", image: "i" }], volumes } }), 201);
    expect(ok(await api.get(`${PODS}/p`)).spec.volumes).toEqual(
      expect.arrayContaining([expect.objectContaining(volumes[0]!)]),
    );
    expect(namesOf(ok(await api.get(PODS)))).toEqual(["p"]);
    const patched: Answer = await api.patch(`${PODS}/p`, { metadata: { labels: { p: "patched" } } });
    expect(ok(patched).metadata.labels.p).toBe("patched");
    ok(await api.delete(`${PODS}/p`));
    expect((await api.get(`${PODS}/p`)).status).toBe(404);
    expect(await watch.take(3)).toEqual(["ADDED p", "MODIFIED p", "DELETED p"]);
    await watch.cancel();
  });
});
