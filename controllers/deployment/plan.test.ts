import { describe, expect, it } from "vitest";
import type { Deployment, DeploymentCondition, ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { controlledBy, deployment, pod, replicaSet, template } from "../../test/fakes/cluster-objects.ts";
import type { Failure, Plan } from "../runner/controller.ts";
import { planDeployment } from "./plan.ts";
import { templateHash } from "./template.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const TIME = "2026-01-01T01:00:00Z";
const REVISION = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAX = "deployment.kubernetes.io/max-replicas";

interface World {
  sets?: ReplicaSet[];
  orphans?: ReplicaSet[];
  others?: ReplicaSet[];
  pods?: Pod[];
  failures?: Failure[];
}

const plan = (d: Deployment, { sets = [], orphans = [], others = [], pods = [], failures = [] }: World = {}): Plan =>
  planDeployment({
    deployment: d,
    controlled: sets,
    orphans,
    replicaSetNamed: (name) => [...sets, ...orphans, ...others].find(({ metadata }) => metadata.name === name),
    podsOf: ({ metadata }) => pods.filter((p) => p.metadata.ownerReferences?.[0]?.uid === metadata.uid),
    failures,
    nowMs: NOW,
  });

/** A ReplicaSet of the Deployment: "new" has its template, any other image is an older one. */
const set = (
  d: Deployment,
  image: string,
  options: {
    replicas: number;
    available?: number;
    actual?: number;
    revision?: number;
    desired?: number;
    max?: number;
    created?: string;
  },
): ReplicaSet => {
  const { replicas, available = replicas, actual = replicas, revision = 1 } = options;
  const wanted = d.spec.replicas ?? 1;
  const t = image === "new" ? d.spec.template : template({ app: "web" }, image);
  return replicaSet(`web-${image}`, {
    metadata: {
      ...controlledBy(d),
      creationTimestamp: options.created ?? "2026-01-01T00:00:00Z",
      annotations: {
        [REVISION]: String(revision),
        [DESIRED]: String(options.desired ?? wanted),
        [MAX]: String(options.max ?? wanted + Math.ceil(wanted * 0.25)),
      },
    },
    spec: { replicas, template: { ...t, metadata: { labels: { ...t.metadata?.labels, "pod-template-hash": image } } } },
    status: {
      replicas: actual,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  });
};

/** Sizes that the plan sets, by the ReplicaSet's name ("" for a new one). */
const sizes = ({ actions }: Plan): { [name: string]: number } => {
  const result: { [name: string]: number } = {};
  for (const { op } of actions) {
    if (op.resource !== "replicasets.apps") continue;
    const object = (op.verb === "create" ? op.object : op.verb === "patch" ? op.patch : {}) as {
      spec?: { replicas?: number };
    };
    if (object.spec?.replicas !== undefined)
      result[op.verb === "patch" ? op.name.replace("web-", "") : "created"] = object.spec.replicas;
  }
  return result;
};

const statusPatch = ({ actions }: Plan) =>
  (
    actions.find(({ op }) => op.resource === "deployments.apps")?.op as
      | { patch?: { status?: { [field: string]: unknown; conditions?: DeploymentCondition[] }; metadata?: object } }
      | undefined
  )?.patch;

const condition = (result: Plan, type: string) => statusPatch(result)?.status?.conditions?.find((c) => c.type === type);
const messages = ({ actions }: Plan) => actions.flatMap(({ event }) => (event ? [event.message] : []));
const sized = (
  replicas: number,
  more: Partial<Deployment["spec"]> = {},
  rest: { status?: object; metadata?: object } = {},
) => deployment("web", { spec: { replicas, ...more }, ...rest });
const rolling = (maxSurge: number | string, maxUnavailable: number | string) =>
  ({ type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } }) as Deployment["spec"]["strategy"] & object;

describe("planDeployment: the newest ReplicaSet", () => {
  it("[DP1] creates one for the template, fully sized, with hash, owner and annotations", () => {
    const d = deployment("web", {
      metadata: { annotations: { note: "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}" } },
    });
    const result = plan(d);
    const hash = templateHash(d.spec.template, undefined);
    expect((result.actions[0]!.op as unknown as { object: ReplicaSet }).object).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        labels: { app: "web", "pod-template-hash": hash },
        annotations: { note: "kept", [REVISION]: "1", [DESIRED]: "3", [MAX]: "4" },
        ownerReferences: [{ kind: "Deployment", name: "web", controller: true, blockOwnerDeletion: true }],
      },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web", "pod-template-hash": hash } },
        template: { metadata: { labels: { app: "web", "pod-template-hash": hash } } },
      },
    });
    expect(JSON.stringify(result.actions[0]?.op)).not.toContain("last-applied-configuration");
    expect(messages(result)).toEqual([`Scaled up replica set web-${hash} from 0 to 3`]);
    expect(statusPatch(result)).toMatchObject({ metadata: { annotations: { [REVISION]: "1" } } });
    expect(condition(result, "Progressing")).toMatchObject({
      status: "True",
      reason: "NewReplicaSetCreated",
      message: `Created new replica set "web-${hash}"`,
    });
    expect(condition(result, "Available")).toMatchObject({
      status: "False",
      reason: "MinimumReplicasUnavailable",
      message: "Deployment does not have minimum availability.",
    });
    // The status tells of a ReplicaSet: it holds only if that was created.
    expect(result.actions[1]?.needs).toBe(0);
  });

  it("[DP2] takes another name when this one is taken by somebody else's", () => {
    const d = deployment("web");
    const stranger = replicaSet(`web-${templateHash(d.spec.template, undefined)}`);
    const result = plan(d, { others: [stranger] });
    expect(result.actions).toHaveLength(1);
    expect(statusPatch(result)?.status?.collisionCount).toBe(1);
    const next = plan(deployment("web", { status: { collisionCount: 1 } }), { others: [stranger] });
    expect(next.actions[0]?.op).toMatchObject({
      object: { metadata: { name: `web-${templateHash(d.spec.template, 1)}` } },
    });
  });

  it("[DP3] adopts a ReplicaSet that matches and uses it if its template does", () => {
    const d = deployment("web");
    const orphan = replicaSet("old-one", { spec: { template: template() } });
    const result = plan(d, { orphans: [orphan] });
    expect(result.actions.map(({ op }) => op.verb)).not.toContain("create");
    expect(result.actions[0]?.op).toMatchObject({
      verb: "patch",
      patch: { metadata: { ownerReferences: [{ uid: "uid-of-web" }] } },
    });
    expect(condition(result, "Progressing")).toMatchObject({
      reason: "FoundNewReplicaSet",
      message: 'Found new replica set "old-one"',
    });
  });

  it("[DP3b] does not adopt one that is being deleted", () => {
    const orphan = replicaSet("old-one", { metadata: { deletionTimestamp: TIME }, spec: { template: template() } });
    expect(plan(deployment("web"), { orphans: [orphan] }).actions[0]?.op.verb).toBe("create");
  });

  it("[DP4] going back to an older template gives it the next revision and remembers its own", () => {
    const d = sized(3);
    const result = plan(d, {
      sets: [set(d, "new", { replicas: 0, revision: 1 }), set(d, "b", { replicas: 3, revision: 2 })],
    });
    const patch = result.actions.find(({ op }) => "name" in op && op.name === "web-new")?.op as unknown as {
      patch: { metadata: { annotations: object } };
    };
    expect(patch.patch.metadata.annotations).toMatchObject({
      [REVISION]: "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect(statusPatch(result)?.metadata).toMatchObject({ annotations: { [REVISION]: "3" } });
  });

  it("[DP5] changes of annotations and minReadySeconds go to it without a rollout", () => {
    const d = sized(3, { minReadySeconds: 7 }, { metadata: { annotations: { team: "blue" } } });
    const result = plan(d, { sets: [set(d, "new", { replicas: 3 })] });
    expect(result.actions[0]?.op).toMatchObject({
      patch: { spec: { minReadySeconds: 7 }, metadata: { annotations: { team: "blue" } } },
    });
    expect(sizes(result)).toEqual({});
  });

  it("[DP6] a create that failed becomes a condition, and is tried again", () => {
    const failures = [
      {
        op: { verb: "create", resource: "replicasets.apps", namespace: "default", object: {} },
        status: { message: "exceeded quota" },
      },
    ] as unknown as Failure[];
    const result = plan(deployment("web"), { failures });
    expect(condition(result, "Progressing")).toMatchObject({ status: "False", reason: "ReplicaSetCreateError" });
    expect(condition(result, "Progressing")?.message).toMatch(
      /^Failed to create new replica set "web-.*": exceeded quota$/,
    );
    expect(result.actions.map(({ op, needs }) => [op.verb, needs])).toEqual([
      ["create", undefined],
      ["patch", undefined],
    ]);
  });
});

describe("planDeployment: rolling update", () => {
  it.each<{
    name: string;
    replicas: number;
    strategy: ReturnType<typeof rolling>;
    newest: Parameters<typeof set>[2];
    old: Parameters<typeof set>[2];
    sizes: { [name: string]: number };
  }>([
    {
      name: "[DP10] the newest grows within maxSurge",
      replicas: 10,
      strategy: rolling(3, 2),
      newest: { replicas: 0 },
      old: { replicas: 10 },
      sizes: { new: 3 },
    },
    {
      name: "[DP11] without surge, old ones shrink first",
      replicas: 10,
      strategy: rolling(0, 2),
      newest: { replicas: 0 },
      old: { replicas: 10 },
      sizes: { old: 8 },
    },
    {
      name: "[DP12] pods of the newest that are not available make no room",
      replicas: 10,
      strategy: rolling(3, 2),
      newest: { replicas: 3, available: 0 },
      old: { replicas: 10 },
      sizes: { old: 8 },
    },
    {
      name: "[DP12b] nor do they let more of the old that are not available go",
      replicas: 10,
      strategy: rolling(3, 2),
      newest: { replicas: 3, available: 0 },
      old: { replicas: 10, available: 5 },
      sizes: { old: 8 },
    },
    {
      name: "[DP13] one step at a time: growing comes before shrinking",
      replicas: 10,
      strategy: rolling(3, 2),
      newest: { replicas: 3 },
      old: { replicas: 8 },
      sizes: { new: 5 },
    },
    {
      name: "[DP14] available pods of the newest replace old ones",
      replicas: 10,
      strategy: rolling(3, 2),
      newest: { replicas: 5 },
      old: { replicas: 8 },
      sizes: { old: 3 },
    },
    {
      name: "[DP15] old pods that are not available go first, whatever they cost",
      replicas: 10,
      strategy: rolling(0, 2),
      newest: { replicas: 0 },
      old: { replicas: 10, available: 9 },
      sizes: { old: 8 },
    },
    {
      name: "[DP16] both limits at 0% still move by one",
      replicas: 2,
      strategy: rolling("0%", "10%"),
      newest: { replicas: 0 },
      old: { replicas: 2 },
      sizes: { old: 1 },
    },
    {
      name: "[DP17] percentages: surge rounds up",
      replicas: 3,
      strategy: rolling("25%", "25%"),
      newest: { replicas: 0 },
      old: { replicas: 3 },
      sizes: { new: 1 },
    },
    {
      name: "[DP18] percentages: unavailable rounds down",
      replicas: 3,
      strategy: rolling("25%", "25%"),
      newest: { replicas: 1, available: 0 },
      old: { replicas: 3 },
      sizes: {},
    },
    {
      name: "[DP19] a newest that is too large shrinks to the wanted count",
      replicas: 3,
      strategy: rolling(1, 1),
      newest: { replicas: 5 },
      old: { replicas: 0 },
      sizes: { new: 3 },
    },
    {
      name: "[DP20] pods that old ones still have count as pods",
      replicas: 4,
      strategy: rolling(1, 1),
      newest: { replicas: 2, available: 0 },
      old: { replicas: 1, actual: 3 },
      sizes: {},
    },
  ])("$name", ({ replicas, strategy, newest, old, sizes: expected }) => {
    const d = sized(replicas, { strategy });
    const oldSet = set(d, "old", old);
    const pods = Array.from({ length: old.actual ?? old.replicas }, (_, i) =>
      pod(`o${i}`, { metadata: controlledBy(oldSet) }),
    );
    const result = plan(d, { sets: [set(d, "new", { ...newest, revision: 2, desired: replicas }), oldSet], pods });
    expect(sizes(result)).toEqual(expected);
  });

  it("[DP21] tells of every size, from what to what", () => {
    const d = sized(10, { strategy: rolling(0, 2) });
    expect(
      messages(plan(d, { sets: [set(d, "new", { replicas: 0, revision: 2 }), set(d, "old", { replicas: 10 })] })),
    ).toEqual(["Scaled down replica set web-old from 10 to 8"]);
  });

  it("[DP22] the oldest of the old ones shrink first", () => {
    const d = sized(4, { strategy: rolling(0, 1) });
    const result = plan(d, {
      sets: [
        set(d, "new", { replicas: 0, revision: 3 }),
        set(d, "b", { replicas: 2, revision: 2, created: "2026-01-01T00:10:00Z" }),
        set(d, "a", { replicas: 2, revision: 1 }),
      ],
    });
    expect(sizes(result)).toEqual({ a: 1 });
  });
});

describe("planDeployment: Recreate", () => {
  const recreate = (more: { status?: object } = {}) => sized(3, { strategy: { type: "Recreate" } }, more);

  it("[DP30] shrinks all old ones to nothing first", () => {
    const d = recreate();
    expect(sizes(plan(d, { sets: [set(d, "a", { replicas: 2 }), set(d, "b", { replicas: 1, revision: 2 })] }))).toEqual(
      { a: 0, b: 0 },
    );
  });

  it.each([
    { name: "[DP31] waits while an old ReplicaSet says it has pods", actual: 1, pods: [] as object[], creates: false },
    {
      name: "[DP32] waits while an old pod is on its way out",
      actual: 0,
      pods: [{ metadata: { deletionTimestamp: TIME }, status: { phase: "Running" } }],
      creates: false,
    },
    {
      name: "[DP33] does not wait for old pods that ended",
      actual: 0,
      pods: [{ status: { phase: "Failed" } }, { status: { phase: "Succeeded" } }],
      creates: true,
    },
    { name: "[DP34] creates the new one when none is left", actual: 0, pods: [], creates: true },
  ])("$name", ({ actual, pods, creates }) => {
    const d = recreate();
    const old = set(d, "a", { replicas: 0, actual });
    const result = plan(d, {
      sets: [old],
      pods: pods.map((edits, i) =>
        pod(`p${i}`, { ...edits, metadata: { ...controlledBy(old), ...(edits as { metadata?: object }).metadata } }),
      ),
    });
    expect(sizes(result)).toEqual(creates ? { created: 3 } : {});
  });
});

describe("planDeployment: scaling", () => {
  it.each<{
    name: string;
    before: number;
    after: number;
    sets: [image: string, replicas: number][];
    sizes: { [name: string]: number };
  }>([
    { name: "[DP40] a single one takes it all", before: 3, after: 7, sets: [["new", 3]], sizes: { new: 7 } },
    {
      name: "[DP41] up in proportion, the rest to the largest",
      before: 10,
      after: 15,
      sets: [
        ["new", 5],
        ["old", 8],
      ],
      sizes: { new: 7, old: 12 },
    },
    {
      name: "[DP42] down in proportion",
      before: 10,
      after: 5,
      sets: [
        ["new", 5],
        ["old", 8],
      ],
      sizes: { new: 3, old: 4 },
    },
    {
      name: "[DP43] to zero",
      before: 10,
      after: 0,
      sets: [
        ["new", 5],
        ["old", 8],
      ],
      sizes: { new: 0, old: 0 },
    },
    {
      name: "[DP44] three at once",
      before: 10,
      after: 20,
      sets: [
        ["new", 5],
        ["old", 5],
        ["older", 3],
      ],
      sizes: { new: 10, old: 10, older: 5 },
    },
  ])("$name", ({ before, after, sets, sizes: expected }) => {
    const d = sized(after);
    const max = before + Math.ceil(before * 0.25);
    const all = sets.map(([image, replicas], i) =>
      set(d, image, { replicas, revision: 9 - i, desired: before, max, created: `2026-01-01T00:0${9 - i}:00Z` }),
    );
    const result = plan(d, { sets: all });
    expect(sizes(result)).toEqual(expected);
    const annotated = result.actions.filter(({ op }) => op.verb === "patch" && op.resource === "replicasets.apps");
    expect(annotated).toHaveLength(sets.length);
    for (const { op } of annotated)
      expect(op).toMatchObject({ patch: { metadata: { annotations: { [DESIRED]: String(after) } } } });
  });

  it("[DP45] a size that is right with an annotation that is not: only the annotation", () => {
    const d = sized(3);
    const result = plan(d, {
      sets: [set(d, "new", { replicas: 0, revision: 2 }), set(d, "old", { replicas: 3, desired: 2 })],
    });
    expect(sizes(result)).toEqual({});
    expect(result.actions[0]?.op).toMatchObject({
      name: "web-old",
      patch: { metadata: { annotations: { [DESIRED]: "3" } } },
    });
  });

  it("[DP46] a newest that is complete: what is left of the old ones goes", () => {
    const d = sized(3, { paused: true });
    expect(
      sizes(plan(d, { sets: [set(d, "new", { replicas: 3, revision: 2 }), set(d, "old", { replicas: 1 })] })),
    ).toEqual({ old: 0 });
  });
});

describe("planDeployment: pause", () => {
  it("[DP50] holds the rollout and says so", () => {
    const d = sized(3, { paused: true });
    const result = plan(d, { sets: [set(d, "old", { replicas: 3 })] });
    expect(sizes(result)).toEqual({});
    expect(condition(result, "Progressing")).toMatchObject({
      status: "Unknown",
      reason: "DeploymentPaused",
      message: "Deployment is paused",
    });
    expect(result.againAtMs).toBeUndefined();
  });

  it("[DP51] still scales", () => {
    const d = sized(5, { paused: true });
    expect(sizes(plan(d, { sets: [set(d, "old", { replicas: 3, desired: 3 })] }))).toEqual({ old: 5 });
  });

  it("[DP52] resuming says so and goes on", () => {
    const d = sized(
      3,
      {},
      {
        status: {
          readyReplicas: 3,
          availableReplicas: 3,
          conditions: [{ type: "Progressing", status: "Unknown", reason: "DeploymentPaused" }],
        },
      },
    );
    const result = plan(d, { sets: [set(d, "new", { replicas: 0, revision: 2 }), set(d, "old", { replicas: 3 })] });
    expect(condition(result, "Progressing")).toMatchObject({ reason: "DeploymentResumed" });
    expect(sizes(result)).toEqual({ new: 1 });
  });

  it("[DP53] what has timed out stays so", () => {
    const d = sized(
      3,
      { paused: true },
      { status: { conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }] } },
    );
    expect(condition(plan(d, { sets: [set(d, "new", { replicas: 3 })] }), "Progressing")).toMatchObject({
      reason: "ProgressDeadlineExceeded",
    });
  });
});

describe("planDeployment: status", () => {
  const at = (lastUpdateTime: string, reason = "ReplicaSetUpdated", status = "True") => ({
    type: "Progressing",
    status,
    reason,
    lastUpdateTime,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });

  it("[DP60] complete", () => {
    const d = sized(3);
    const result = plan(d, { sets: [set(d, "new", { replicas: 3 })] });
    expect(statusPatch(result)?.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(statusPatch(result)?.status).not.toHaveProperty("unavailableReplicas");
    expect(condition(result, "Available")).toMatchObject({
      status: "True",
      reason: "MinimumReplicasAvailable",
      message: "Deployment has minimum availability.",
    });
    expect(condition(result, "Progressing")).toMatchObject({
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: 'ReplicaSet "web-new" has successfully progressed.',
    });
  });

  it("[DP61] says nothing twice", () => {
    const d = sized(3);
    const sets = [set(d, "new", { replicas: 3 })];
    const first = statusPatch(plan(d, { sets }));
    const done = {
      ...d,
      status: first?.status,
      metadata: { ...d.metadata, annotations: { [REVISION]: "1" } },
    } as Deployment;
    expect(plan(done, { sets })).toEqual({ actions: [] });
  });

  it("[DP62] progress restarts the clock but not the transition", () => {
    const d = sized(3, {}, { status: { conditions: [at("2026-01-01T00:50:00Z")], replicas: 1, updatedReplicas: 1 } });
    const result = plan(d, { sets: [set(d, "new", { replicas: 3, available: 1 })] });
    expect(condition(result, "Progressing")).toMatchObject({
      reason: "ReplicaSetUpdated",
      message: 'ReplicaSet "web-new" is progressing.',
      lastUpdateTime: TIME,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    });
    expect(result.againAtMs).toBe(NOW + 601_000);
  });

  it("[DP63] no progress until the deadline: woken then", () => {
    const status = {
      conditions: [at("2026-01-01T00:55:00Z")],
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 1,
      availableReplicas: 1,
    };
    const d = sized(3, {}, { status });
    expect(plan(d, { sets: [set(d, "new", { replicas: 3, available: 1 })] }).againAtMs).toBe(
      Date.parse("2026-01-01T01:05:01Z"),
    );
  });

  it("[DP64] and past it: timed out", () => {
    const status = {
      conditions: [at("2026-01-01T00:49:59Z")],
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 1,
      availableReplicas: 1,
    };
    const d = sized(3, {}, { status });
    const result = plan(d, { sets: [set(d, "new", { replicas: 3, available: 1 })] });
    expect(condition(result, "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: 'ReplicaSet "web-new" has timed out progressing.',
      lastTransitionTime: TIME,
    });
    expect(result.againAtMs).toBeUndefined();
  });

  it("[DP65] a pod lost after completion starts no clock", () => {
    const d = sized(3, {}, { status: { conditions: [at("2026-01-01T00:00:00Z", "NewReplicaSetAvailable")] } });
    const result = plan(d, { sets: [set(d, "new", { replicas: 3, available: 2 })] });
    expect(condition(result, "Progressing")).toMatchObject({ reason: "NewReplicaSetAvailable" });
    expect(result.againAtMs).toBeUndefined();
  });

  it("[DP66] without a deadline there is no Progressing condition", () => {
    const d = sized(3, { progressDeadlineSeconds: 2_147_483_647 }, { status: { conditions: [at(TIME)] } });
    expect(condition(plan(d, { sets: [set(d, "new", { replicas: 3 })] }), "Progressing")).toBeUndefined();
  });

  it("[DP67] ReplicaFailure of a ReplicaSet shows, and goes with it", () => {
    const d = sized(3);
    const failing = set(d, "new", { replicas: 3, available: 0, actual: 0 });
    failing.status = {
      ...failing.status!,
      conditions: [
        {
          type: "ReplicaFailure",
          status: "True",
          reason: "FailedCreate",
          message: "exceeded quota",
          lastTransitionTime: TIME,
        },
      ],
    };
    expect(condition(plan(d, { sets: [failing] }), "ReplicaFailure")).toMatchObject({
      status: "True",
      reason: "FailedCreate",
      message: "exceeded quota",
      lastUpdateTime: TIME,
    });
    const had = sized(
      3,
      {},
      { status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate" }] } },
    );
    expect(condition(plan(had, { sets: [set(had, "new", { replicas: 3 })] }), "ReplicaFailure")).toBeUndefined();
  });

  it("[DP68] available while at most maxUnavailable are missing", () => {
    const d = sized(4, { strategy: rolling(1, 1) });
    expect(condition(plan(d, { sets: [set(d, "new", { replicas: 4, available: 3 })] }), "Available")).toMatchObject({
      status: "True",
    });
    expect(condition(plan(d, { sets: [set(d, "new", { replicas: 4, available: 2 })] }), "Available")).toMatchObject({
      status: "False",
    });
  });

  it("[DP69] one that is being deleted only counts", () => {
    const d = sized(3, {}, { metadata: { deletionTimestamp: TIME } });
    const result = plan(d, { sets: [set(d, "old", { replicas: 2 })] });
    expect(result.actions.map(({ op }) => op.resource)).toEqual(["deployments.apps"]);
  });

  it("[DP70] a selector of everything does nothing but complain", () => {
    const d = sized(3, { selector: {} });
    const result = plan(d);
    expect(result.events).toMatchObject([{ type: "Warning", reason: "SelectingAll" }]);
    expect(result.actions.map(({ op }) => op.resource)).toEqual(["deployments.apps"]);
    expect(plan({ ...d, status: { observedGeneration: 1 } })).toEqual({ actions: [] });
  });
});

describe("planDeployment: history", () => {
  const history = (limit: number) => {
    const d = sized(3, { revisionHistoryLimit: limit });
    const sets = [
      set(d, "new", { replicas: 3, revision: 9 }),
      ...[4, 2, 3].map((revision) => set(d, `r${revision}`, { replicas: 0, revision })),
    ];
    return { d, sets };
  };
  const deleted = ({ actions }: Plan) => actions.flatMap(({ op }) => (op.verb === "delete" ? [op.name] : []));

  it("[DP80] keeps the newest revisions up to the limit", () => {
    const { d, sets } = history(1);
    expect(deleted(plan(d, { sets }))).toEqual(["web-r2", "web-r3"]);
  });

  it("[DP84] of those without a revision the oldest goes first, whatever their order", () => {
    const d = sized(3, { revisionHistoryLimit: 1 });
    const made = (name: string, created: string) => {
      const one = set(d, name, { replicas: 0, created });
      one.metadata.annotations = {};
      return one;
    };
    const old = [
      made("b", "2025-01-02T00:00:00Z"),
      made("a", "2025-01-03T00:00:00Z"),
      made("c", "2025-01-01T00:00:00Z"),
    ];
    const newest = set(d, "new", { replicas: 3, revision: 9 });
    for (const sets of [
      [newest, ...old],
      [newest, ...old.reverse()],
    ]) {
      expect(deleted(plan(d, { sets }))).toEqual(["web-c", "web-b"]);
    }
  });

  it("[DP85] a long name is cut, so that hash and all fit", () => {
    const d = deployment("x".repeat(250));
    const op = plan(d).actions.find(({ op }) => op.verb === "create")?.op as unknown as { object: ReplicaSet };
    expect(op.object.metadata.name).toMatch(/^x{240,}-[a-z0-9]+$/);
    expect(op.object.metadata.name).toHaveLength(253);
  });

  it("[DP81] keeps all below the limit, and all without one", () => {
    for (const limit of [3, 2_147_483_647]) {
      const { d, sets } = history(limit);
      expect(deleted(plan(d, { sets }))).toEqual([]);
    }
  });

  it("[DP82] never one that has pods or has not been looked at", () => {
    const { d, sets } = history(0);
    d.spec.paused = true;
    sets[1]!.status = { replicas: 1, observedGeneration: 1 };
    sets[2]!.metadata.generation = 5;
    expect(deleted(plan(d, { sets }))).toEqual(["web-r3"]);
  });

  it("[DP83] not in the middle of a rollout", () => {
    const { d, sets } = history(0);
    sets[0] = set(d, "new", { replicas: 3, available: 1, revision: 9 });
    expect(deleted(plan(d, { sets }))).toEqual([]);
  });
});
