import { describe, expect, it } from "vitest";
import type { ControllerRevision, StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { controlledBy, metadata, pod, readySince, template } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { updateRevision } from "../workload/revisions.ts";
import { statefulSetController } from "./controller.ts";
import { newPod } from "./identity.ts";
import { planStatefulSet } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const READY = "2026-01-01T00:30:00Z";
const DELETED = "2026-01-01T00:59:00Z";

type Edits = Partial<StatefulSet["spec"]>;
const setOf = (spec: Edits = {}, more: { status?: object; metadata?: object } = {}): StatefulSet =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata("web", more.metadata ?? {}),
    spec: {
      replicas: 3,
      serviceName: "web",
      selector: { matchLabels: { app: "web" } },
      template: template(),
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: more.status ?? {},
  }) as StatefulSet;

/** The revision of an image, as the store would have it. */
const revisionOf = (set: StatefulSet, image: string, revision: number): ControllerRevision => {
  const made = updateRevision({
    owner: set,
    template: template({ app: "web" }, image),
    history: [],
    collisionCount: 0,
    hashLabel: "controller.kubernetes.io/hash",
    named: () => undefined,
  }).revision;
  return { ...made, revision, metadata: { ...metadata(made.metadata.name ?? ""), ...made.metadata } };
};

type PodState = "ready" | "running" | "pending" | "terminating" | "failed";
const podAt = (set: StatefulSet, ordinal: number, state: PodState, revision: string, readyAt = READY): Pod => {
  const made = newPod(set, set.spec.template, revision, ordinal);
  const status =
    state === "ready" || state === "terminating"
      ? readySince(readyAt)
      : { phase: { running: "Running", pending: "Pending", failed: "Failed" }[state] };
  return {
    ...made,
    metadata: {
      ...metadata(made.metadata.name ?? ""),
      ...made.metadata,
      ...(state === "terminating" && { deletionTimestamp: DELETED }),
    },
    status,
  } as Pod;
};

interface World {
  pods?: Pod[];
  orphans?: Pod[];
  revisions?: ControllerRevision[];
  claims?: PersistentVolumeClaim[];
  taken?: ControllerRevision[];
  nowMs?: number;
}
const plan = (
  set: StatefulSet,
  { pods = [], orphans = [], revisions = [], claims = [], taken = [], nowMs = NOW }: World = {},
): Plan =>
  planStatefulSet({
    set,
    controlled: pods,
    orphans,
    revisions,
    orphanRevisions: [],
    revisionNamed: (name) => [...revisions, ...taken].find(({ metadata: { name: its } }) => its === name),
    claimNamed: (name) => claims.find(({ metadata: { name: its } }) => its === name),
    nowMs,
  });

const steps = ({ actions }: Plan): string[] =>
  actions
    .filter(({ op }) => !("subresource" in op))
    .map(
      ({ op }) =>
        `${op.verb} ${op.resource === "pods" ? "" : `${op.resource} `}${op.verb === "create" ? (op.object as { metadata: { name: string } }).metadata.name : "name" in op ? op.name : ""}`,
    );
const statusOf = ({ actions }: Plan) =>
  (
    actions.find(({ op }) => "subresource" in op)?.op as unknown as
      | { patch: { status: { [field: string]: unknown } } }
      | undefined
  )?.patch.status;

/** A set with revisions "web:1" (old) and "web:2" (its template), and pods in the given states. */
const world = (spec: Edits, pods: [state: PodState, image: 1 | 2, readyAt?: string][], currentImage: 1 | 2 = 1) => {
  const bare = setOf(spec);
  const revisions = [revisionOf(bare, "web:1", 1), revisionOf(bare, "web:2", 2)];
  const name = (image: 1 | 2) => revisions[image - 1]!.metadata.name ?? "";
  const set = setOf(
    { ...spec, template: template({ app: "web" }, "web:2") },
    { status: { currentRevision: name(currentImage) } },
  );
  const start = spec.ordinals?.start ?? 0;
  return {
    set,
    revisions,
    pods: pods.map(([state, image, readyAt], i) => podAt(set, start + i, state, name(image), readyAt)),
    name,
  };
};

describe("planStatefulSet: ordered", () => {
  it("[SS1] begins with its first revision and its first pod, and no other", () => {
    const set = setOf();
    const result = plan(set);
    const name = revisionOf(set, "web:1", 1).metadata.name;
    expect(steps(result)).toEqual([`create controllerrevisions.apps ${name}`, "create web-0"]);
    expect((result.actions[0]!.op as unknown as { object: ControllerRevision }).object).toMatchObject({
      revision: 1,
      data: { spec: { template: { $patch: "replace" } } },
      metadata: {
        labels: { app: "web", "controller.kubernetes.io/hash": expect.any(String) },
        ownerReferences: [{ kind: "StatefulSet", controller: true }],
      },
    });
    expect((result.actions[1]!.op as unknown as { object: Pod }).object).toMatchObject({
      metadata: {
        name: "web-0",
        generateName: "web-",
        labels: {
          app: "web",
          "statefulset.kubernetes.io/pod-name": "web-0",
          "apps.kubernetes.io/pod-index": "0",
          "controller-revision-hash": name,
        },
        ownerReferences: [{ kind: "StatefulSet", name: "web", controller: true, blockOwnerDeletion: true }],
      },
      spec: { hostname: "web-0", subdomain: "web" },
    });
    expect(result.actions[1]?.event).toMatchObject({
      reason: "SuccessfulCreate",
      message: "create Pod web-0 in StatefulSet web successful",
    });
    expect(statusOf(result)).toMatchObject({
      replicas: 0,
      availableReplicas: 0,
      currentRevision: name,
      updateRevision: name,
      observedGeneration: 1,
    });
  });

  it.each<{ name: string; spec?: Edits; pods: [PodState, 1 | 2, string?][]; does: string[] }>([
    { name: "[SS2] the next one when the one before is ready", pods: [["ready", 2]], does: ["create web-1"] },
    { name: "[SS3] not while the one before is pending", pods: [["pending", 2]], does: [] },
    { name: "[SS4] not while the one before runs but is not ready", pods: [["running", 2]], does: [] },
    { name: "[SS5] not while the one before is on its way out", pods: [["terminating", 2]], does: [] },
    {
      name: "[SS6] not before minReadySeconds",
      spec: { minReadySeconds: 10 },
      pods: [["ready", 2, "2026-01-01T00:59:55Z"]],
      does: [],
    },
    {
      name: "[SS7] a pod that ended is deleted, to be made again",
      pods: [
        ["ready", 2],
        ["failed", 2],
      ],
      does: ["delete web-1"],
    },
    {
      name: "[SS8] all there: nothing",
      pods: [
        ["ready", 2],
        ["ready", 2],
        ["ready", 2],
      ],
      does: [],
    },
    {
      name: "[SS9] too many: the highest goes, alone",
      spec: { replicas: 1 },
      pods: [
        ["ready", 2],
        ["ready", 2],
        ["ready", 2],
      ],
      does: ["delete web-2"],
    },
    {
      name: "[SS10] the next one goes when that is gone, not before",
      spec: { replicas: 1 },
      pods: [
        ["ready", 2],
        ["ready", 2],
        ["terminating", 2],
      ],
      does: [],
    },
    {
      name: "[SS11] nothing goes while a lower one is not well",
      spec: { replicas: 1 },
      pods: [
        ["running", 2],
        ["ready", 2],
      ],
      does: [],
    },
    {
      name: "[SS12] an unwell one too many goes if all below are well",
      spec: { replicas: 1 },
      pods: [
        ["ready", 2],
        ["running", 2],
      ],
      does: ["delete web-1"],
    },
    {
      name: "[SS13] an unwell one too many waits for one below it that is not well either",
      spec: { replicas: 1 },
      pods: [
        ["ready", 2],
        ["running", 2],
        ["running", 2],
      ],
      does: [],
    },
    {
      name: "[SS14] ordinals may start elsewhere",
      spec: { ordinals: { start: 5 } },
      pods: [["ready", 2]],
      does: ["create web-6"],
    },
  ])("$name", ({ spec = {}, pods, does }) => {
    const { set, ...rest } = world(spec, pods, 2);
    expect(steps(plan(set, rest))).toEqual(does);
  });

  it("[SS15] moving the start condemns what is below it", () => {
    const { set, revisions, name } = world({ ordinals: { start: 1 }, replicas: 1 }, [], 2);
    const pods = [podAt(set, 0, "ready", name(2)), podAt(set, 1, "ready", name(2))];
    expect(steps(plan(set, { revisions, pods }))).toEqual(["delete web-0"]);
  });

  it("[SS16] is woken when a pod becomes available by time", () => {
    const { set, ...rest } = world({ minReadySeconds: 10 }, [["ready", 2, "2026-01-01T00:59:55Z"]], 2);
    expect(plan(set, rest).againAtMs).toBe(NOW + 5_000);
  });
});

describe("planStatefulSet: parallel", () => {
  const spec: Edits = { podManagementPolicy: "Parallel" };

  it("[SS20] makes all at once, whatever the others do", () => {
    const { set, ...rest } = world(spec, [["pending", 2]], 2);
    expect(steps(plan(set, rest))).toEqual(["create web-1", "create web-2"]);
  });

  it("[SS22] each batch of pods needs one of the batch before, claims and all", () => {
    const claimTemplate = { metadata: { name: "data" }, spec: {} } as PersistentVolumeClaim;
    const needs = (edits: Edits) => {
      const { set, revisions } = world({ ...spec, replicas: 4, ...edits }, [], 2);
      return plan(set, { revisions })
        .actions.filter(({ op }) => op.verb === "create")
        .map(({ needs }) => needs);
    };
    expect(needs({})).toEqual([undefined, 0, 0, 1]);
    expect(needs({ volumeClaimTemplates: [claimTemplate] })).toEqual([undefined, 0, 1, 2, 1, 4, 3, 6]);
  });

  it("[SS21] deletes all that are too many at once", () => {
    const { set, ...rest } = world(
      { ...spec, replicas: 1 },
      [
        ["pending", 2],
        ["ready", 2],
        ["running", 2],
      ],
      2,
    );
    expect(steps(plan(set, rest))).toEqual(["delete web-2", "delete web-1"]);
  });
});

describe("planStatefulSet: rolling update", () => {
  it.each<{ name: string; spec?: Edits; pods: [PodState, 1 | 2][]; does: string[] }>([
    {
      name: "[SS30] the highest first",
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 1],
      ],
      does: ["delete web-2"],
    },
    {
      name: "[SS31] the next when that is well",
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 2],
      ],
      does: ["delete web-1"],
    },
    {
      name: "[SS32] not before",
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["running", 2],
      ],
      does: [],
    },
    {
      name: "[SS33] not below the partition",
      spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } },
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 2],
      ],
      does: [],
    },
    {
      name: "[SS34] OnDelete: nothing",
      spec: { updateStrategy: { type: "OnDelete" } },
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 1],
      ],
      does: [],
    },
    {
      name: "[SS35] maxUnavailable lets several go",
      spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } } },
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 1],
      ],
      does: ["delete web-2", "delete web-1"],
    },
    {
      name: "[SS36] a percentage rounds down, but not to nothing",
      spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } } },
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["ready", 1],
      ],
      does: ["delete web-2"],
    },
    {
      name: "[SS37] parallel with maxUnavailable: those that are down anyway go at once",
      spec: {
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      },
      pods: [
        ["running", 1],
        ["running", 1],
        ["ready", 1],
      ],
      does: ["delete web-1", "delete web-0"],
    },
    {
      name: "[SS38] parallel with maxUnavailable: down ones of the new revision use up the room",
      spec: {
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      },
      pods: [
        ["ready", 1],
        ["ready", 1],
        ["running", 2],
      ],
      does: [],
    },
    {
      name: "[SS37b] parallel by default: the highest goes, whatever those below it are like",
      spec: { podManagementPolicy: "Parallel" },
      pods: [
        ["running", 1],
        ["running", 1],
        ["ready", 1],
      ],
      does: ["delete web-2"],
    },
    {
      name: "[SS38b] parallel by default: the next waits for the one above it",
      spec: { podManagementPolicy: "Parallel" },
      pods: [
        ["running", 1],
        ["ready", 1],
        ["running", 2],
      ],
      does: [],
    },
    {
      name: "[SS38c] parallel by default: and goes when that is available, though one below is not",
      spec: { podManagementPolicy: "Parallel" },
      pods: [
        ["running", 1],
        ["ready", 1],
        ["ready", 2],
      ],
      does: ["delete web-1"],
    },
  ])("$name", ({ spec = {}, pods, does }) => {
    const { set, ...rest } = world(spec, pods);
    expect(steps(plan(set, rest))).toEqual(does);
  });

  it.each([
    { name: "[SS39] a pod below the partition comes back at the current revision", partition: 1, image: 1 },
    { name: "[SS40] one above it at the update revision", partition: 0, image: 2 },
  ])("$name", ({ partition, image }) => {
    const { set, revisions, name } = world(
      { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } } },
      [],
    );
    const made = (plan(set, { revisions }).actions[0]!.op as unknown as { object: Pod }).object;
    expect(made.metadata.labels?.["controller-revision-hash"]).toBe(name(image as 1 | 2));
    expect(made.spec.containers[0]?.image).toBe(`web:${image}`);
  });

  it("[SS41] counts pods by revision while it goes on", () => {
    const { set, name, ...rest } = world({}, [
      ["ready", 1],
      ["ready", 1],
      ["running", 2],
    ]);
    expect(statusOf(plan(set, rest))).toMatchObject({
      replicas: 3,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 1,
      updateRevision: name(2),
    });
  });

  it("[SS42] complete: the update revision becomes the current one", () => {
    const { set, name, ...rest } = world({}, [
      ["ready", 2],
      ["ready", 2],
      ["ready", 2],
    ]);
    expect(statusOf(plan(set, rest))).toMatchObject({
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: name(2),
      updateRevision: name(2),
    });
  });

  it("[SS43] going back to an older template makes its revision the newest again", () => {
    const bare = setOf();
    const revisions = [revisionOf(bare, "web:1", 1), revisionOf(bare, "web:2", 2)];
    const set = setOf({}, { status: { currentRevision: revisions[1]!.metadata.name } });
    const result = plan(set, { revisions });
    expect(result.actions[0]?.op).toMatchObject({
      verb: "patch",
      name: revisions[0]!.metadata.name,
      patch: { revision: 3 },
    });
    expect(statusOf(result)?.updateRevision).toBe(revisions[0]!.metadata.name);
  });

  it("[SS44] a name that is taken makes another, and is counted", () => {
    const set = setOf();
    const taken = revisionOf(set, "web:1", 1);
    const result = plan(set, { taken: [{ ...taken, data: { other: true } as never }] });
    expect(statusOf(result)?.collisionCount).toBe(1);
    expect(steps(result)[0]).not.toContain(taken.metadata.name);
  });

  it("[SS45] keeps the history to its limit, but never what a pod or the status uses", () => {
    const bare = setOf();
    const revisions = [1, 2, 3, 4, 5].map((i) => revisionOf(bare, `web:${i}`, i));
    const name = (i: number) => revisions[i - 1]!.metadata.name ?? "";
    const set = setOf(
      { template: template({ app: "web" }, "web:5"), revisionHistoryLimit: 1 },
      { status: { currentRevision: name(4) } },
    );
    const pods = [podAt(set, 0, "running", name(1))];
    expect(steps(plan(set, { revisions, pods }))).toEqual([`delete controllerrevisions.apps ${name(2)}`]);
  });
});

describe("planStatefulSet: claims", () => {
  const claimTemplate = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", labels: { tier: "db" } },
    spec: { resources: { requests: { storage: "1Gi" } } },
  } as PersistentVolumeClaim;
  const second = { ...claimTemplate, metadata: { name: "logs" } } as PersistentVolumeClaim;
  const policy = (whenDeleted: string, whenScaled: string) => ({
    volumeClaimTemplates: [claimTemplate],
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
  });
  const claimOf = (ordinal: number, more: object = {}): PersistentVolumeClaim =>
    ({ ...claimTemplate, metadata: { ...metadata(`data-web-${ordinal}`), ...more } }) as PersistentVolumeClaim;
  const owners = (result: Plan) =>
    result.actions
      .filter(({ op }) => op.resource === "persistentvolumeclaims" && op.verb === "patch")
      .map(
        ({ op }) =>
          op as unknown as { name: string; patch: { metadata: { ownerReferences: { name: string }[] | null } } },
      )
      .map(({ name, patch }) => `${name}: ${patch.metadata.ownerReferences?.map((o) => o.name) ?? "none"}`);

  it("[SS50] are made before the pod, which waits for them", () => {
    const set = setOf({ volumeClaimTemplates: [claimTemplate, second] });
    const result = plan(set);
    expect(steps(result).slice(1)).toEqual([
      "create persistentvolumeclaims data-web-0",
      "create persistentvolumeclaims logs-web-0",
      "create web-0",
    ]);
    expect(result.actions.map(({ needs }) => needs)).toEqual([undefined, undefined, 1, 2, undefined]);
    expect(result.actions[1]?.op).toMatchObject({
      object: { metadata: { labels: { tier: "db", app: "web" } }, spec: claimTemplate.spec },
    });
    expect((result.actions[3]!.op as unknown as { object: Pod }).object.spec.volumes).toEqual([
      { name: "data", persistentVolumeClaim: { claimName: "data-web-0", readOnly: false } },
      { name: "logs", persistentVolumeClaim: { claimName: "logs-web-0", readOnly: false } },
    ]);
    expect(result.actions[1]?.event?.message).toBe("create Claim data-web-0 Pod web-0 in StatefulSet web success");
  });

  it("[SS51] that are there are used; those a pending pod lacks are made", () => {
    const { set, revisions, name } = world({ volumeClaimTemplates: [claimTemplate] }, [], 2);
    expect(steps(plan(set, { revisions, claims: [claimOf(0)] }))).toEqual(["create web-0"]);
    expect(steps(plan(set, { revisions, pods: [podAt(set, 0, "pending", name(2))] }))).toEqual([
      "create persistentvolumeclaims data-web-0",
    ]);
  });

  it.each([
    {
      name: "[SS52] retain both ways: nobody's",
      spec: policy("Retain", "Retain"),
      replicas: 2,
      owned: { ownerReferences: [{ uid: "uid-of-web" }] },
      expected: ["data-web-0: none", "data-web-1: none"],
    },
    {
      name: "[SS53] delete with the set: the set's",
      spec: policy("Delete", "Retain"),
      replicas: 2,
      owned: {},
      expected: ["data-web-0: web", "data-web-1: web"],
    },
    {
      name: "[SS54] delete when scaled: a condemned pod's",
      spec: policy("Retain", "Delete"),
      replicas: 1,
      owned: {},
      expected: ["data-web-1: web-1"],
    },
    {
      name: "[SS55] both: the set's, and a condemned pod's",
      spec: policy("Delete", "Delete"),
      replicas: 1,
      owned: {},
      expected: ["data-web-0: web", "data-web-1: web-1"],
    },
    {
      name: "[SS56] one that somebody else controls is left alone",
      spec: policy("Delete", "Retain"),
      replicas: 2,
      owned: { ownerReferences: [{ uid: "other", controller: true }] },
      expected: [],
    },
  ])("$name", ({ spec, replicas, owned, expected }) => {
    const { set, ...rest } = world(
      { ...spec, replicas },
      [
        ["ready", 2],
        ["ready", 2],
      ],
      2,
    );
    expect(owners(plan(set, { ...rest, claims: [claimOf(0, owned), claimOf(1, owned)] }))).toEqual(expected);
  });

  it("[SS57] a pod waits for the claim of an earlier pod of its name to go", () => {
    const { set, revisions } = world(policy("Retain", "Delete"), [], 2);
    const stale = claimOf(0, { ownerReferences: [{ kind: "Pod", name: "web-0", uid: "older" }] });
    expect(steps(plan(set, { revisions, claims: [stale] }))).toEqual([]);
  });

  it("[SS58] no pod is made while a claim of its place is on its way out, which is told", () => {
    const { set, revisions } = world({ volumeClaimTemplates: [claimTemplate] }, [], 2);
    const result = plan(set, { revisions, claims: [claimOf(0, { deletionTimestamp: DELETED })] });
    expect(steps(result)).toEqual([]);
    expect(result.events).toMatchObject([
      {
        type: "Warning",
        reason: "FailedCreate",
        message: "create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted",
      },
    ]);
    const view = new View(registry);
    view.statefulSets.put(set);
    const woken = (name: string) => {
      const object = { ...claimTemplate, metadata: metadata(name) };
      return statefulSetController.watches.persistentvolumeclaims?.(
        { type: "deleted", resource: "persistentvolumeclaims", object },
        view,
      );
    };
    expect(woken("data-web-0")).toEqual(["default/web"]);
    expect(woken("data-other-0")).toEqual([]);
  });

  it("[SS59] a claim that somebody else controls is told of", () => {
    const { set, revisions, name } = world({ ...policy("Delete", "Retain"), replicas: 1 }, [], 2);
    const messages = (ownerReferences: object[]) =>
      plan(set, {
        revisions,
        pods: [podAt(set, 0, "ready", name(2))],
        claims: [claimOf(0, { ownerReferences })],
      }).events?.map(({ reason }) => reason);
    expect(messages([{ kind: "Other", uid: "x", controller: true }])).toEqual(["ConflictingController"]);
    expect(messages([{ kind: "StatefulSet", name: "web", uid: "older" }])).toEqual(["ConflictingController"]);
    expect(messages([{ kind: "Other", uid: "x" }])).toBeUndefined();
  });
});

describe("planStatefulSet: belonging", () => {
  it("[SS60] adopts only pods that have a name of its own", () => {
    const { set, revisions } = world({ replicas: 1 }, [], 2);
    const result = plan(set, { revisions, orphans: [pod("other-0"), pod("web-x"), pod("web-00")] });
    expect(steps(result)).toEqual(["create web-0"]);
    expect(steps(plan(set, { revisions, orphans: [pod("web-0", { status: { phase: "Running" } })] }))).toEqual([
      "patch web-0",
    ]);
  });

  it("[SS61] gives a pod the labels of its place", () => {
    const { set, revisions, pods } = world({ replicas: 1 }, [["ready", 2]], 2);
    pods[0]!.metadata.labels = {
      app: "web",
      "controller-revision-hash": pods[0]!.metadata.labels?.["controller-revision-hash"] ?? "",
    };
    expect(plan(set, { revisions, pods }).actions[0]?.op).toMatchObject({
      patch: {
        metadata: { labels: { "statefulset.kubernetes.io/pod-name": "web-0", "apps.kubernetes.io/pod-index": "0" } },
      },
    });
  });

  it("[SS62] one that is being deleted only counts", () => {
    const set = setOf({}, { metadata: { deletionTimestamp: DELETED } });
    expect(steps(plan(set, { pods: [podAt(set, 7, "ready", "x")] }))).toEqual([]);
  });

  it("[SS63] says nothing twice", () => {
    const { set, revisions, pods } = world(
      {},
      [
        ["ready", 2],
        ["ready", 2],
        ["ready", 2],
      ],
      2,
    );
    const status = statusOf(plan(set, { revisions, pods }));
    expect(plan({ ...set, status: { ...set.status, ...status } as never }, { revisions, pods })).toEqual({
      actions: [],
    });
    expect(controlledBy(set).ownerReferences).toHaveLength(1);
  });
});
