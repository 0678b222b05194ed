import { describe, expect, it } from "vitest";
import { persistentVolume } from "../core/persistent-volume.ts";
import { persistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
} from "../core/v1-types.ts";
import { created, createErrors, updateErrors } from "../judge.ts";
import { csiDriver } from "./csi-driver.ts";
import { csiNode } from "./csi-node.ts";
import { storageClass } from "./storage-class.ts";
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment } from "./v1-types.ts";
import { volumeAttachment } from "./volume-attachment.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const metadata = { name: "data", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };

const makeClaim = (spec: Partial<PersistentVolumeClaimSpec> = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata,
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});
const makeVolume = (spec: Partial<PersistentVolumeSpec> = {}): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata,
  spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/data" }, ...spec },
});
const makeClass = (more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata,
  provisioner: "example.com/disks",
  ...more,
});

describe("PersistentVolumeClaim", () => {
  it("PVC-1 begins pending, as a file system", () => {
    expect(created(persistentVolumeClaim, makeClaim())).toMatchObject({
      spec: { volumeMode: "Filesystem" },
      status: { phase: "Pending" },
    });
  });

  it("PVC-2 says its source in both fields", () => {
    const dataSource = { kind: "PersistentVolumeClaim", name: "other" };
    expect(created(persistentVolumeClaim, makeClaim({ dataSource })).spec.dataSourceRef).toEqual(dataSource);
  });

  const bad: [name: string, spec: Partial<PersistentVolumeClaimSpec>, errors: string[]][] = [
    ["no access mode", { accessModes: [] }, ["spec.accessModes: Required value: at least 1 access mode is required"]],
    ["no size", { resources: {} }, ["spec.resources[storage]: Required value"]],
    [
      "one pod and others",
      { accessModes: ["ReadWriteOncePod", "ReadWriteMany"] },
      ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
    ],
  ];
  it.each(bad)("PVC-3 %s", (_, spec, errors) => {
    expect(createErrors(persistentVolumeClaim, makeClaim(spec))).toEqual(errors);
  });

  it("PVC-4 the volume is named once; the rest stays", () => {
    const bound = updateErrors(persistentVolumeClaim, makeClaim(), ({ spec }) => {
      spec.volumeName = "pv";
    });
    expect(bound).toEqual([]);
    const [moved] = updateErrors(persistentVolumeClaim, makeClaim({ volumeName: "pv" }), ({ spec }) => {
      spec.volumeName = "other";
    });
    expect(moved).toMatch(
      /^spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims/,
    );
  });

  it("PVC-5 row", () => {
    const claim = makeClaim({ volumeName: "pv", storageClassName: "fast", volumeMode: "Filesystem" });
    claim.status = { phase: "Bound", capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce", "ReadOnlyMany"] };
    expect(persistentVolumeClaim.row?.(claim, NOW_MS)).toEqual([
      "data",
      "Bound",
      "pv",
      "2Gi",
      "RWO,ROX",
      "fast",
      "<unset>",
      "5m",
      "Filesystem",
    ]);
  });
});

describe("PersistentVolume", () => {
  const bad: [name: string, spec: Partial<PersistentVolumeSpec>, errors: string[]][] = [
    [
      "two sources",
      { nfs: { server: "a", path: "/" } },
      ["spec.nfs: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "no size",
      { capacity: {} },
      ["spec.capacity: Required value", 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    [
      "a root to be wiped",
      { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
  ];
  it.each(bad)("PV-1 %s", (_, spec, errors) => {
    expect(createErrors(persistentVolume, makeVolume(spec))).toEqual(errors);
  });

  it("PV-2 local volumes say on which node", () => {
    const local = makeVolume({ local: { path: "/disk" } });
    delete local.spec?.hostPath;
    expect(createErrors(persistentVolume, local)).toEqual([
      "spec.nodeAffinity: Required value: Local volume requires node affinity",
    ]);
  });

  it("PV-3 the source stays", () => {
    const [error] = updateErrors(persistentVolume, makeVolume(), (next) => {
      if (next.spec) next.spec.hostPath = { path: "/other" };
    });
    expect(error).toMatch(
      /^spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation/,
    );
  });

  it("PV-4 row", () => {
    const volume = makeVolume({
      claimRef: { namespace: "default", name: "data" },
      persistentVolumeReclaimPolicy: "Retain",
    });
    volume.status = { phase: "Bound" };
    expect(persistentVolume.row?.(volume, NOW_MS)).toEqual([
      "data",
      "1Gi",
      "RWO",
      "Retain",
      "Bound",
      "default/data",
      "",
      "<unset>",
      "",
      "5m",
      "<unset>",
    ]);
  });
});

describe("storage.k8s.io", () => {
  it("SC-1 defaults, and what stays", () => {
    expect(created(storageClass, makeClass())).toMatchObject({
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    });
    const errors = updateErrors(storageClass, makeClass(), (next) => {
      next.parameters = { a: "b" };
      next.volumeBindingMode = "WaitForFirstConsumer";
    });
    expect(errors).toEqual([
      "parameters: Forbidden: updates to parameters are forbidden.",
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
  });

  it("SC-2 the default class is marked", () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    const object = makeClass({ metadata: { ...metadata, annotations } });
    expect(storageClass.row?.(object, NOW_MS)).toEqual([
      "data (default)",
      "example.com/disks",
      "Delete",
      "Immediate",
      false,
      "5m",
    ]);
  });

  it("CSI-1 drivers' defaults", () => {
    const object = { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata, spec: {} };
    expect(csiDriver.row?.(created(csiDriver, object), NOW_MS)).toEqual([
      "data",
      true,
      false,
      false,
      "<unset>",
      false,
      "Persistent",
      "5m",
    ]);
    expect(createErrors(csiDriver, object)).toEqual([]);
  });

  it("CSI-2 how often drivers are asked, and where they get tokens", () => {
    const spec = { nodeAllocatableUpdatePeriodSeconds: 9, serviceAccountTokenInSecrets: true };
    const object = { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata, spec };
    expect(createErrors(csiDriver, object)).toEqual([
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
      "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    ]);
  });

  it("CSI-3 what takes a gate that is closed is dropped, unless it is there already", () => {
    const spec = { preventPodSchedulingIfMissing: true };
    const object: CSIDriver = { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata, spec };
    const stored = created(csiDriver, object);
    expect(stored.spec).not.toHaveProperty("preventPodSchedulingIfMissing");
    expect(csiDriver.prepareForUpdate?.(structuredClone(object), stored).spec).not.toHaveProperty(
      "preventPodSchedulingIfMissing",
    );
    expect(csiDriver.prepareForUpdate?.(structuredClone(object), object).spec).toEqual(spec);
  });

  it("VA-1 attachments name one volume", () => {
    const object = {
      apiVersion: "storage.k8s.io/v1",
      kind: "VolumeAttachment",
      metadata,
      spec: { attacher: "example.com", nodeName: "n", source: {} },
    };
    expect(createErrors(volumeAttachment, object)).toEqual([
      "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
    ]);
  });

  const attach = (source: VolumeAttachment["spec"]["source"], status = {}): VolumeAttachment => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata,
    spec: { attacher: "example.com", nodeName: "n", source },
    status: { attached: false, ...status },
  });

  it.each<[string, VolumeAttachment, string[]]>([
    [
      "a driver's volume",
      attach({ inlineVolumeSpec: { csi: { driver: "d", volumeHandle: "h" }, accessModes: ["ReadWriteOnce"] } }),
      [],
    ],
    [
      "any other",
      attach({ inlineVolumeSpec: { hostPath: { path: "/a" }, accessModes: ["ReadWriteOnce"], storageClassName: "a" } }),
      [
        "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
        "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes",
      ],
    ],
    [
      "a volume without a name",
      attach({ persistentVolumeName: "" }),
      ["spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName"],
    ],
  ])("VA-2 %s", (_, object, errors) => {
    expect(createErrors(volumeAttachment, object)).toEqual(errors);
  });

  it.each<[string, object, string[]]>([
    [
      "a long error",
      { attachError: { message: "x".repeat(1025) } },
      ["status.attachError.message: Too long: may not be more than 262144 bytes"],
    ],
    [
      "an impossible code",
      { detachError: { errorCode: -1 } },
      ["status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
    ],
  ])("VA-3 status: %s", (_, status, errors) => {
    const object = attach({ persistentVolumeName: "a" }, status);
    const found = volumeAttachment.subresources?.status?.validateUpdate?.(object, object) ?? [];
    expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(errors);
  });

  it("CSI-3 what of drivers stays is called as upstream calls it", () => {
    const driver = { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata, spec: { attachRequired: true } };
    const changed = updateErrors(csiDriver, driver, ({ spec }) => {
      spec.attachRequired = false;
    });
    expect(changed).toEqual(["spec.attachedRequired: Invalid value: false: field is immutable"]);
  });

  it("CSI-4 a node stays who it is to a driver, and its topology is of labels", () => {
    const node = (nodeID: string, count: number, ...topologyKeys: string[]): CSINode => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSINode",
      metadata,
      spec: { drivers: [{ name: "d", nodeID, topologyKeys, allocatable: { count } }] },
    });
    expect(updateErrors(csiNode, node("a", 1), (next) => Object.assign(next, node("a", 2)))).toEqual([]);
    expect(updateErrors(csiNode, node("a", 1), (next) => Object.assign(next, node("b", 1)))[0]).toMatch(
      /^spec.drivers: Invalid value: .*: field is immutable$/,
    );
    expect(createErrors(csiNode, node("a", 1, "x", "x"))).toEqual(['spec.drivers[0]: Duplicate value: "x"']);
  });
});
