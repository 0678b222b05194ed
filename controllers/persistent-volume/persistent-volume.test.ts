import { describe, expect, it } from "vitest";
import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { StorageClass } from "../../kinds/storage/v1-types.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { defaultClass } from "./classes.ts";
import { bestMatch } from "./match.ts";
import { planClaim, type SeenClaim } from "./plan-claim.ts";
import { planVolume } from "./plan-volume.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
type Meta = Parameters<typeof metadata>[1];
interface Edits {
  metadata?: Meta;
  spec?: object;
  status?: object;
}
const volume = (name: string, { metadata: meta, spec, status }: Edits = {}): PersistentVolume =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: metadata(name, { namespace: "", ...meta }),
    spec: { capacity: { storage: "5Gi" }, accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem", ...spec },
    status: status ?? { phase: "Available" },
  }) as PersistentVolume;
const claim = ({ metadata: meta, spec, status }: Edits = {}): PersistentVolumeClaim =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadata("data", meta),
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "2Gi" } },
      storageClassName: "",
      ...spec,
    },
    status: status ?? { phase: "Pending" },
  }) as PersistentVolumeClaim;
const storageClass = (name: string, more: object = {}, meta: Meta = {}): StorageClass =>
  ({
    metadata: metadata(name, meta),
    provisioner: "csi.example.com",
    volumeBindingMode: "Immediate",
    ...more,
  }) as never;

const boundTo = (uid = "uid-of-data") => ({
  claimRef: { kind: "PersistentVolumeClaim", namespace: "default", name: "data", uid },
});
const BOUND = { "pv.kubernetes.io/bind-completed": "yes" };

const plan = (seen: Partial<SeenClaim>): Plan =>
  planClaim({
    claim: claim(),
    volume: undefined,
    candidates: [],
    storageClass: undefined,
    defaultClass: undefined,
    pods: [],
    isTaken: () => false,
    nowMs: NOW,
    ...seen,
  });
/** Resource, subresource and patch of each write. */
const writes = ({ actions }: Plan) =>
  actions.map(({ op }) => {
    if (op.verb !== "patch") return op.verb;
    const { metadata: { annotations = undefined } = {}, ...patch } = op.patch as {
      metadata?: { annotations?: object };
    };
    return [
      op.subresource ? `${op.resource}/${op.subresource}` : op.resource,
      { ...patch, ...(annotations && { annotations }) },
    ];
  });
const told = ({ events = [], actions }: Plan) =>
  [...events, ...actions.flatMap(({ event }) => event ?? [])].map(({ reason, message }) => `${reason}: ${message}`);

describe("bestMatch", () => {
  const small = volume("small", { spec: { capacity: { storage: "2Gi" } } });
  it.each([
    {
      name: "[PM1] the smallest that is large enough",
      volumes: [volume("a"), small, volume("tiny", { spec: { capacity: { storage: "1Gi" } } })],
      best: "small",
    },
    {
      name: "[PM2] fewer access modes before smaller size",
      volumes: [
        volume("wide", { spec: { capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce", "ReadOnlyMany"] } }),
        volume("a"),
      ],
      best: "a",
    },
    { name: "[PM3] not without the access mode", volumes: [volume("a", { spec: { accessModes: ["ReadOnlyMany"] } })] },
    { name: "[PM4] not of another class", volumes: [volume("a", { spec: { storageClassName: "fast" } })] },
    {
      name: "[PM5] the class may stand in the old annotation",
      volumes: [volume("a", { metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "fast" } } })],
      spec: { storageClassName: "fast" },
      best: "a",
    },
    { name: "[PM6] not of another mode", volumes: [volume("a", { spec: { volumeMode: "Block" } })] },
    {
      name: "[PM7] not what the selector leaves out",
      volumes: [volume("a"), volume("b", { metadata: { labels: { disk: "ssd" } } })],
      spec: { selector: { matchLabels: { disk: "ssd" } } },
      best: "b",
    },
    {
      name: "[PM8] not what is not available, deleted, or given away",
      volumes: [
        volume("a", { status: { phase: "Released" } }),
        volume("b", { metadata: { deletionTimestamp: "x" } }),
        volume("taken"),
      ],
    },
    {
      name: "[PM9] one that is promised to it, even if another is smaller",
      volumes: [
        small,
        volume("mine", { spec: { claimRef: { namespace: "default", name: "data" } }, status: { phase: "Pending" } }),
      ],
      best: "mine",
    },
    {
      name: "[PM10] not one that is promised to another of the same name",
      volumes: [volume("a", { spec: boundTo("uid-of-before") })],
    },
    { name: "[PM11] while it waits for its pod, only a promised one", volumes: [small], waitsForConsumer: true },
    {
      name: "[PM12] not with other attributes",
      volumes: [volume("a", { spec: { volumeAttributesClassName: "gold" } })],
    },
  ])("$name", ({ volumes, spec = {}, best, waitsForConsumer = false }) => {
    const isTaken = ({ metadata }: PersistentVolume) => metadata.name === "taken";
    expect(bestMatch({ claim: claim({ spec }), volumes, isTaken, waitsForConsumer })?.metadata.name).toBe(best);
  });

  it("[PM13] the newest of several default classes", () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    const old = storageClass("old", {}, { annotations, creationTimestamp: "2025-01-01T00:00:00Z" });
    const all = [old, storageClass("other"), storageClass("new", {}, { annotations })];
    expect(defaultClass(all)?.metadata.name).toBe("new");
  });
});

describe("planClaim", () => {
  it("[PC1] binds volume and claim to each other, in one go and in order", () => {
    const made = plan({ candidates: [volume("v")] });
    expect(writes(made)).toEqual([
      [
        "persistentvolumes",
        {
          spec: { claimRef: expect.objectContaining({ namespace: "default", name: "data", uid: "uid-of-data" }) },
          annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
        },
      ],
      ["persistentvolumes/status", { status: { phase: "Bound", lastPhaseTransitionTime: "2026-01-01T00:00:00Z" } }],
      [
        "persistentvolumeclaims",
        {
          spec: { volumeName: "v" },
          annotations: { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" },
        },
      ],
      [
        "persistentvolumeclaims/status",
        { status: { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "5Gi" } } },
      ],
    ]);
    expect(made.actions.map(({ needs }) => needs)).toEqual([undefined, 0, 1, 2]);
  });

  it("[PC2] what both users have named is not ours to unbind", () => {
    const named = volume("v", { spec: { claimRef: { namespace: "default", name: "data" } } });
    const made = plan({ claim: claim({ spec: { volumeName: "v" } }), volume: named });
    expect(JSON.stringify(made)).not.toContain("bound-by-controller");
    expect(made.actions).toHaveLength(4);
  });

  it.each([
    { name: "[PC3] too small", spec: { capacity: { storage: "1Gi" } }, why: "requested PV is too small" },
    { name: "[PC4] another class", spec: { storageClassName: "fast" }, why: "storageClassName does not match" },
    { name: "[PC5] another mode", spec: { volumeMode: "Block" }, why: "incompatible volumeMode" },
    { name: "[PC6] not its access modes", spec: { accessModes: ["ReadOnlyMany"] }, why: "incompatible accessMode" },
  ])("$name: the volume it names does not fit", ({ spec, why }) => {
    const made = plan({ claim: claim({ spec: { volumeName: "v" } }), volume: volume("v", { spec }) });
    expect([writes(made), told(made)]).toEqual([[], [`VolumeMismatch: Cannot bind to requested volume "v": ${why}`]]);
  });

  it("[PC7] the volume it names is another's: it waits", () => {
    const others = volume("v", { spec: boundTo("uid-of-other") });
    expect(plan({ claim: claim({ spec: { volumeName: "v" } }), volume: others })).toEqual({ actions: [] });
  });

  it.each([
    {
      name: "[PC10] no volume and no class",
      seen: {},
      events: ["FailedBinding: no persistent volumes available for this claim and no storage class is set"],
    },
    {
      name: "[PC11] no such class",
      seen: { claim: claim({ spec: { storageClassName: "fast" } }) },
      events: ['ProvisioningFailed: storageclass.storage.k8s.io "fast" not found'],
    },
    {
      name: "[PC12] a class that nobody provisions",
      seen: {
        claim: claim({ spec: { storageClassName: "fast" } }),
        storageClass: storageClass("fast", { provisioner: "kubernetes.io/no-provisioner" }),
      },
      events: ["ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"],
    },
    {
      name: "[PC13] waits for its first pod",
      seen: {
        claim: claim({ spec: { storageClassName: "late" } }),
        storageClass: storageClass("late", { volumeBindingMode: "WaitForFirstConsumer" }),
      },
      events: ["WaitForFirstConsumer: waiting for first consumer to be created before binding"],
    },
    {
      name: "[PC14] waits for its pods to be scheduled",
      seen: {
        claim: claim({ spec: { storageClassName: "late" } }),
        storageClass: storageClass("late", { volumeBindingMode: "WaitForFirstConsumer" }),
        pods: [pod("b"), pod("a"), pod("c", { spec: { nodeName: "n1" } })],
      },
      events: ["WaitForPodScheduled: waiting for pods a,b to be scheduled"],
    },
  ] as { name: string; seen: Partial<SeenClaim>; events: string[] }[])("$name", ({ seen, events }) => {
    const made = plan(seen);
    expect([writes(made), told(made)]).toEqual([[], events]);
  });

  it.each([
    { name: "[PC15] tells the provisioner", binding: "Immediate", annotations: {} },
    {
      name: "[PC16] once the scheduler has chosen a node",
      binding: "WaitForFirstConsumer",
      annotations: { "volume.kubernetes.io/selected-node": "n1" },
    },
  ])("$name", ({ binding, annotations }) => {
    const fast = storageClass("fast", { volumeBindingMode: binding });
    const spec = { storageClassName: "fast" };
    const made = plan({ claim: claim({ spec, metadata: { annotations } }), storageClass: fast });
    const provisioner = {
      "volume.kubernetes.io/storage-provisioner": "csi.example.com",
      "volume.beta.kubernetes.io/storage-provisioner": "csi.example.com",
    };
    expect(writes(made)).toEqual([["persistentvolumeclaims", { annotations: provisioner }]]);
    expect(told(made)[0]).toMatch(
      /^ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'csi.example.com'/,
    );
    const marked = claim({ spec, metadata: { annotations: { ...annotations, ...provisioner } } });
    expect(plan({ claim: marked, storageClass: fast }).actions).toEqual([]);
  });

  it("[PC17] is given the default class once there is one, unless it wants none", () => {
    const fast = storageClass("fast");
    const undecided = claim({ spec: { storageClassName: undefined } });
    expect(writes(plan({ claim: undecided, defaultClass: fast }))).toEqual([
      ["persistentvolumeclaims", { spec: { storageClassName: "fast" } }],
    ]);
    expect(told(plan({ defaultClass: fast }))[0]).toMatch(/^FailedBinding/);
  });

  const bound = (spec: object, more: object = {}) =>
    claim({
      metadata: { annotations: BOUND },
      spec,
      status: { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "5Gi" }, ...more },
    });

  it.each([
    {
      name: "[PC20] has lost its reference",
      seen: { claim: bound({}) },
      event: "ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!",
    },
    {
      name: "[PC21] has lost its volume",
      seen: { claim: bound({ volumeName: "v" }) },
      event: "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!",
    },
    {
      name: "[PC22] another has its volume",
      seen: { claim: bound({ volumeName: "v" }), volume: volume("v", { spec: boundTo("uid-of-other") }) },
      event: "ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly",
    },
  ])("$name", ({ seen, event }) => {
    const made = plan(seen);
    expect(told(made)).toEqual([event]);
    expect(writes(made)).toEqual([
      ["persistentvolumeclaims/status", { status: { phase: "Lost", accessModes: null, capacity: null } }],
    ]);
    const lost = { ...seen.claim, status: { phase: "Lost" } } as PersistentVolumeClaim;
    expect(plan({ ...seen, claim: lost })).toEqual({ actions: [] });
  });

  it("[PC23] bound as it should be, it rests; a volume that has come loose is bound again", () => {
    const whole = volume("v", { spec: boundTo(), status: { phase: "Bound" } });
    expect(plan({ claim: bound({ volumeName: "v" }), volume: whole })).toEqual({ actions: [] });
    // What has grown is not for the binder to say.
    const grown = bound({ volumeName: "v" }, { capacity: { storage: "1Gi" } });
    expect(plan({ claim: grown, volume: whole })).toEqual({ actions: [] });
    const loose = plan({ claim: bound({ volumeName: "v" }), volume: volume("v") });
    expect(writes(loose).map(([where]) => where)).toEqual(["persistentvolumes", "persistentvolumes/status"]);
  });
});

describe("planVolume", () => {
  const status = (phase: string, more: object = {}) => [
    "persistentvolumes/status",
    { status: { phase, lastPhaseTransitionTime: "2026-01-01T00:00:00Z", ...more } },
  ];
  const elsewhere = claim({ spec: { volumeName: "other" } });
  const ours = { metadata: { annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } } };
  it.each([
    {
      name: "[PV1] new: available",
      volume: volume("v", { status: { phase: "Pending" } }),
      writes: [status("Available")],
    },
    {
      name: "[PV2] promised: available",
      volume: volume("v", { spec: boundTo(""), status: { phase: "Pending" } }),
      writes: [status("Available")],
    },
    { name: "[PV3] available: rests", volume: volume("v"), writes: [] },
    {
      name: "[PV4] its claim has it: bound",
      volume: volume("v", { spec: boundTo() }),
      claim: claim({ spec: { volumeName: "v" } }),
      writes: [status("Bound")],
    },
    {
      name: "[PV5] its claim has not yet: left to the claim",
      volume: volume("v", { spec: boundTo() }),
      claim: claim(),
      writes: [],
    },
    {
      name: "[PV6] its claim is gone: released, and kept",
      volume: volume("v", { spec: boundTo(), status: { phase: "Bound" } }),
      writes: [status("Released")],
    },
    {
      name: "[PV7] a new claim of that name is another",
      volume: volume("v", { spec: boundTo("uid-of-before"), status: { phase: "Bound" } }),
      claim: claim(),
      writes: [status("Released")],
    },
    {
      name: "[PV8] who made it deletes it",
      volume: volume("v", {
        metadata: { annotations: { "pv.kubernetes.io/provisioned-by": "csi.example.com" } },
        spec: { ...boundTo(), persistentVolumeReclaimPolicy: "Delete" },
        status: { phase: "Bound" },
      }),
      writes: [status("Released")],
    },
    {
      name: "[PV9] nobody can delete it",
      volume: volume("v", {
        spec: { ...boundTo(), persistentVolumeReclaimPolicy: "Delete" },
        status: { phase: "Bound" },
      }),
      writes: [
        status("Failed", { message: 'error getting deleter volume plugin for volume "v": no volume plugin matched' }),
      ],
      event: "VolumeFailedDelete",
    },
    {
      name: "[PV10] nobody can recycle it",
      volume: volume("v", {
        spec: { ...boundTo(), persistentVolumeReclaimPolicy: "Recycle" },
        status: { phase: "Bound" },
      }),
      writes: [status("Failed", { message: "No recycler plugin found for the volume!" })],
      event: "VolumeFailedRecycle",
    },
    {
      name: "[PV11] its claim has another: unbound",
      volume: volume("v", { ...ours, spec: boundTo() }),
      claim: elsewhere,
      writes: [
        [
          "persistentvolumes",
          { spec: { claimRef: null }, annotations: { "pv.kubernetes.io/bound-by-controller": null } },
        ],
      ],
    },
    {
      name: "[PV12] its claim has another: what its user promised stays promised",
      volume: volume("v", { spec: boundTo() }),
      claim: elsewhere,
      writes: [["persistentvolumes", { spec: { claimRef: { uid: null, resourceVersion: null } } }]],
    },
  ])("$name", ({ volume, claim, writes: wanted, event }) => {
    const made = planVolume({ volume, claim, nowMs: NOW });
    expect(writes(made)).toEqual(wanted);
    expect(told(made).map((text) => text.split(":")[0])).toEqual(event ? [event] : []);
  });
});
