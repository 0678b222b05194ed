import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { event } from "../events/event.ts";
import type { Event } from "../events/v1-types.ts";
import { created, createErrors } from "../judge.ts";
import type { Strategy } from "../kind.ts";
import { node } from "./node.ts";
import { persistentVolume } from "./persistent-volume.ts";
import { persistentVolumeClaim } from "./persistent-volume-claim.ts";
import { resourceQuota } from "./resource-quota.ts";
import type {
  Node,
  NodeStatus,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  PersistentVolumeSpec,
  ResourceQuota,
  ResourceQuotaSpec,
  VolumeNodeAffinity,
} from "./v1-types.ts";

const metadata = { name: "a", namespace: "default", uid: "1", creationTimestamp: "2026-01-01T00:00:00Z" };

/** What a changed object would be told, that of before having this very form. */
function changeErrors<T extends KubeObject>(strategy: Strategy<T>, prev: T, change: (next: T) => void): string[] {
  const next = structuredClone(prev);
  change(next);
  const errors = strategy.validateUpdate?.(next, prev) ?? [];
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

describe("Node", () => {
  const make = (status: NodeStatus, podCIDRs: string[] = []): Node => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a" },
    spec: { podCIDRs },
    status,
  });

  it.each<[string, Node, string[]]>([
    ["features in order", make({ declaredFeatures: ["A", "A/b", "B"] }), []],
    [
      "features out of order",
      make({ declaredFeatures: ["B", "A"] }),
      ['status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically'],
    ],
    ["a feature twice", make({ declaredFeatures: ["A", "A"] }), ['status.declaredFeatures[1]: Duplicate value: "A"']],
    [
      "a feature in lower case",
      make({ declaredFeatures: ["a"] }),
      [
        'status.declaredFeatures[0]: Invalid value: "a": invalid feature name "a": must start with an UpperCamelCase ' +
          "segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain " +
          "only alphanumeric characters and slashes",
      ],
    ],
    [
      "no swap at all",
      make({ nodeInfo: { swap: { capacity: 0 } } as NonNullable<NodeStatus["nodeInfo"]> }),
      ["metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero"],
    ],
    [
      "pod ranges with zeros",
      make({}, ["10.0.0.0/08"]),
      ['spec.podCIDRs[0]: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length'],
    ],
  ])("NODE-R1 %s", (_, object, errors) => {
    expect(createErrors(node, object)).toEqual(errors);
  });

  it("NODE-R2 configuration from ConfigMaps is dropped", () => {
    const object = make({});
    object.spec.configSource = { configMap: { name: "a", namespace: "b", kubeletConfigKey: "c" } };
    expect(created(node, object).spec.configSource).toBeUndefined();
  });

  it("NODE-R3 the kernel is shown with its architecture", () => {
    const nodeInfo = { kernelVersion: "6.12.0", architecture: "arm64" } as NonNullable<NodeStatus["nodeInfo"]>;
    expect(node.row?.(make({ nodeInfo }), 0)[8]).toBe("6.12.0 (arm64)");
    expect(node.row?.(make({}), 0)[8]).toBe("<unknown>");
  });
});

describe("PersistentVolumeClaim", () => {
  const CLASS = "volume.beta.kubernetes.io/storage-class";
  const make = (
    spec: Partial<PersistentVolumeClaimSpec> = {},
    status: PersistentVolumeClaimStatus = {},
    annotations: { [key: string]: string } = {},
  ): PersistentVolumeClaim => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { ...metadata, annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, ...spec },
    status,
  });
  const fixed = [
    "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
  ];
  const bound: PersistentVolumeClaimStatus = { phase: "Bound", capacity: { storage: "1Gi" } };
  type Change = (next: PersistentVolumeClaim) => void;
  const setClass =
    (name: string): Change =>
    ({ spec }) => {
      spec.storageClassName = name;
    };
  const setAttributes =
    (name: string | undefined): Change =>
    ({ spec }) => {
      if (name === undefined) delete spec.volumeAttributesClassName;
      else spec.volumeAttributesClassName = name;
    };

  it.each<[string, PersistentVolumeClaim, Change, string[]]>([
    ["a class where there is none, bound or not", make({ volumeName: "v" }, bound), setClass("a"), []],
    ["another class", make({ storageClassName: "a" }), setClass("b"), fixed],
    ["the class of its annotation", make({}, {}, { [CLASS]: "a" }), setClass("a"), []],
    ["another class than its annotation's", make({}, {}, { [CLASS]: "a" }), setClass("b"), fixed],
    [
      "its annotation",
      make({}, {}, { [CLASS]: "a" }),
      (next) => void Object.assign(next.metadata.annotations!, { [CLASS]: "b" }),
      [`metadata.annotations.${CLASS}: Invalid value: "b": field is immutable`],
    ],
    ["attributes while unbound", make({ volumeAttributesClassName: "a" }), setAttributes("b"), fixed],
    ["attributes once bound", make({ volumeAttributesClassName: "a" }, bound), setAttributes("b"), []],
    [
      "attributes that were never applied",
      make({ volumeAttributesClassName: "a" }, bound),
      setAttributes(undefined),
      [],
    ],
    [
      "attributes that were applied",
      make({ volumeAttributesClassName: "a" }, { ...bound, currentVolumeAttributesClassName: "a" }),
      setAttributes(undefined),
      [
        "spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil",
      ],
    ],
    [
      "a size below what there is",
      make({}, bound),
      ({ spec }) => {
        spec.resources!.requests!.storage = "512Mi";
      },
      ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
    ],
  ])("PVC-R1 %s", (_, prev, change, errors) => {
    expect(changeErrors(persistentVolumeClaim, prev, change)).toEqual(errors);
  });

  it.each<[string, PersistentVolumeClaimStatus, string[]]>([
    [
      "a negative capacity",
      { capacity: { storage: "-1Gi" } },
      ["status.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity"],
    ],
    [
      "an amount of something else",
      { allocatedResources: { cpu: "1" } },
      ['status.allocatedResources: Unsupported value: "cpu": supported values: "storage"'],
    ],
    [
      "an unknown state",
      { allocatedResourceStatuses: { storage: "Bigger" } },
      [
        'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", ' +
          '"ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      ],
    ],
  ])("PVC-R2 status: %s", (_, status, errors) => {
    const found = persistentVolumeClaim.subresources?.status?.validateUpdate?.(make({}, status), make()) ?? [];
    expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(errors);
  });

  it("PVC-R3 sources in other namespaces are dropped", () => {
    const dataSourceRef = { kind: "PersistentVolumeClaim", name: "b", namespace: "other" };
    expect(created(persistentVolumeClaim, make({ dataSourceRef })).spec.dataSourceRef).toBeUndefined();
  });
});

describe("PersistentVolume", () => {
  const term = (key: string): VolumeNodeAffinity => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["a"] }] }] },
  });
  const make = (spec: Partial<PersistentVolumeSpec>): PersistentVolume => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata,
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec },
  });
  const zone = "topology.kubernetes.io/zone";

  it.each<[string, Partial<PersistentVolumeSpec>, Partial<PersistentVolumeSpec>, number]>([
    [
      "the newer name of a label",
      { nodeAffinity: term("failure-domain.beta.kubernetes.io/zone") },
      { nodeAffinity: term(zone) },
      0,
    ],
    [
      "the older name of a label",
      { nodeAffinity: term(zone) },
      { nodeAffinity: term("failure-domain.beta.kubernetes.io/zone") },
      1,
    ],
    ["nodes where there were none named", {}, { nodeAffinity: term(zone) }, 0],
  ])("PV-R1 %s", (_, before, after, count) => {
    const errors = changeErrors(persistentVolume, make(before), ({ spec }) => void Object.assign(spec, after));
    expect(errors).toHaveLength(count);
    if (count > 0) expect(errors[0]).toMatch(/: field is immutable, except for updating from beta label to GA$/);
  });

  it("PV-R2 a class of attributes stays", () => {
    const errors = changeErrors(persistentVolume, make({ volumeAttributesClassName: "a" }), ({ spec }) => {
      delete spec.volumeAttributesClassName;
    });
    expect(errors).toEqual([
      "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden",
    ]);
  });

  it("PV-R3 a negative size", () => {
    const errors = createErrors(persistentVolume, make({ capacity: { storage: "-1" }, hostPath: { path: "/a" } }));
    expect(errors).toEqual([
      "spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
    ]);
  });
});

describe("ResourceQuota", () => {
  const make = (spec: ResourceQuotaSpec): ResourceQuota => ({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata,
    spec,
  });
  const misapplied = 'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource';

  it.each<[string, ResourceQuotaSpec, string[]]>([
    [
      "an unknown scope",
      { hard: { pods: "1" }, scopes: ["Big"] },
      ['spec.scopes: Invalid value: ["Big"]: unsupported scope'],
    ],
    [
      "a scope that knows neither",
      { hard: { cpu: "1", memory: "1" }, scopes: ["BestEffort"] },
      [misapplied, misapplied],
    ],
    [
      "selectors that exclude each other",
      {
        hard: { pods: "1" },
        scopeSelector: {
          matchExpressions: [
            { scopeName: "BestEffort", operator: "Exists" },
            { scopeName: "NotBestEffort", operator: "Exists" },
          ],
        },
      },
      ["spec.scopeSelector.matchExpressions: Invalid value: null: conflicting scopes"],
    ],
    [
      "a selector of values where there are none",
      {
        hard: { pods: "1" },
        scopeSelector: { matchExpressions: [{ scopeName: "BestEffort", operator: "In", values: ["a"] }] },
      },
      [
        "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of " +
          "ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, " +
          "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ],
    ],
  ])("RQ-R1 %s", (_, spec, errors) => {
    expect(createErrors(resourceQuota, make(spec))).toEqual(errors);
  });
});

describe("Event of events.k8s.io", () => {
  const base: Event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata,
    eventTime: "2026-01-01T00:00:00.000000Z",
    regarding: { namespace: "default" },
    reportingController: "a.io/b",
    reportingInstance: "c",
    action: "Run",
    reason: "Ran",
    type: "Normal",
  };

  it.each<[string, Partial<Event>, string[]]>([
    ["its note", { note: "else" }, ['message: Invalid value: "else": field is immutable']],
    ["its older count", { deprecatedCount: 2 }, ["count: Invalid value: 2: field is immutable"]],
    [
      "who reports",
      { reportingController: "a.io/d" },
      ['reportingController: Invalid value: "a.io/d": field is immutable'],
    ],
    [
      "a series of one",
      { series: { count: 1, lastObservedTime: "2026-01-01T00:00:00.000000Z" } },
      ['series.count: Invalid value: "": should be at least 2'],
    ],
  ])("EVT-R1 %s", (_, change, errors) => {
    expect(changeErrors(event, base, (next) => void Object.assign(next, change))).toEqual(errors);
  });
});
