import { describe, expect, it } from "vitest";
import type { ReplicaSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { controlledBy, pod, readySince, replicaSet, template } from "../../test/fakes/cluster-objects.ts";
import type { Failure, Plan } from "../runner/controller.ts";
import { BURST_PODS } from "../workload/create-pod.ts";
import { planReplicaSet } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const READY = "2026-01-01T00:59:50Z";

const plan = (rs: ReplicaSet, pods: Pod[] = [], more: { orphans?: Pod[]; failures?: Failure[] } = {}): Plan =>
  planReplicaSet({
    replicaSet: rs,
    controlled: pods,
    orphans: more.orphans ?? [],
    related: () => pods,
    failures: more.failures ?? [],
    nowMs: NOW,
    random: seededRandom(1),
  });

const mine = (rs: ReplicaSet, count: number, edits: Parameters<typeof pod>[1] = {}): Pod[] =>
  Array.from({ length: count }, (_, i) =>
    pod(`p${i}`, { ...edits, metadata: { ...controlledBy(rs), ...edits.metadata } }),
  );

/** "create 2, delete 1, patch pods 1" */
const summary = ({ actions }: Plan): { [what: string]: number } => {
  const counts: { [what: string]: number } = {};
  for (const { op } of actions) {
    const what = `${op.verb} ${op.resource}${"subresource" in op && op.subresource ? `/${op.subresource}` : ""}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};

const statusOf = ({ actions }: Plan): { [field: string]: unknown } | undefined => {
  const op = actions.find(({ op }) => "subresource" in op && op.subresource === "status")?.op;
  return (op as { patch?: { status: { [field: string]: unknown } } } | undefined)?.patch?.status;
};

const FULL = {
  replicas: 2,
  fullyLabeledReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
  terminatingReplicas: 0,
  observedGeneration: 1,
};

describe("planReplicaSet", () => {
  it("[RS1] creates what is missing, as the template says, owned and named", () => {
    const rs = replicaSet("web-abc", {
      spec: {
        replicas: 2,
        template: { ...template(), metadata: { labels: { app: "web" }, annotations: { a: "1" }, finalizers: ["x/y"] } },
      },
    });
    const { actions } = plan(rs);
    const creates = actions.filter(({ op }) => op.verb === "create");
    expect(creates).toHaveLength(2);
    const [{ op, event }] = creates as [(typeof creates)[0]];
    const made = (op as unknown as { object: Pod }).object;
    expect(made).toMatchObject({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        generateName: "web-abc-",
        namespace: "default",
        labels: { app: "web" },
        annotations: { a: "1" },
        finalizers: ["x/y"],
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "ReplicaSet",
            name: "web-abc",
            uid: "uid-of-web-abc",
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: template().spec,
    });
    expect(made.metadata.name).toMatch(/^web-abc-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(event).toMatchObject({
      type: "Normal",
      reason: "SuccessfulCreate",
      message: `Created pod: ${made.metadata.name}`,
    });
  });

  it("[RS2] deletes the surplus and tells of it", () => {
    const rs = replicaSet("web", { spec: { replicas: 1 } });
    const { actions } = plan(rs, mine(rs, 3));
    const deletes = actions.filter(({ op }) => op.verb === "delete");
    expect(deletes.map(({ event }) => event?.message)).toEqual(["Deleted pod: p0", "Deleted pod: p1"]);
    expect(deletes[0]?.op.options?.preconditions?.uid).toBe("uid-of-p0");
  });

  it("[RS3] at the target with its status right, does nothing", () => {
    const rs = replicaSet("web", { spec: { replicas: 2 }, status: FULL });
    expect(plan(rs, mine(rs, 2, { status: readySince(READY) }))).toEqual({ actions: [] });
  });

  it.each([
    { name: "[RS4] a pod that is on its way out is replaced at once", pod: { metadata: { deletionTimestamp: READY } } },
    { name: "[RS5] a pod that failed is replaced", pod: { status: { phase: "Failed" } } },
    { name: "[RS6] a pod that succeeded is replaced", pod: { status: { phase: "Succeeded" } } },
  ])("$name", ({ pod: edits }) => {
    const rs = replicaSet("web", { spec: { replicas: 1 } });
    const pods = mine(rs, 1, edits);
    expect(summary(plan(rs, pods))).toMatchObject({ "create pods": 1 });
    expect(statusOf(plan(rs, pods))).toMatchObject({ terminatingReplicas: edits.metadata ? 1 : 0 });
  });

  it("[RS7] never more than one burst at a time", () => {
    expect(summary(plan(replicaSet("web", { spec: { replicas: 9_999 } })))["create pods"]).toBe(BURST_PODS);
    const rs = replicaSet("web", { spec: { replicas: 0 } });
    expect(summary(plan(rs, mine(rs, BURST_PODS + 7)))["delete pods"]).toBe(BURST_PODS);
  });

  it("[RS8] a template of a megabyte makes small bursts", () => {
    const huge = template({ app: "web" }, "x".repeat(1 << 20));
    expect(summary(plan(replicaSet("web", { spec: { replicas: 50, template: huge } })))["create pods"]).toBe(5);
  });

  it("[RS9] one that is being deleted neither creates, deletes nor adopts, but counts", () => {
    const rs = replicaSet("web", { metadata: { deletionTimestamp: READY } });
    const result = plan(rs, mine(rs, 1), { orphans: [pod("o")] });
    expect(summary(result)).toEqual({ "patch replicasets.apps/status": 1 });
    expect(statusOf(result)).toMatchObject({ replicas: 1 });
  });

  it("[RS10] adopts what matches and nobody owns, and counts it at once", () => {
    const rs = replicaSet("web", { spec: { replicas: 1 } });
    const orphan = pod("o", { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "x" }] } });
    const result = plan(rs, [], { orphans: [orphan, pod("other", { metadata: { labels: { app: "db" } } })] });
    expect(summary(result)).toMatchObject({ "patch pods": 1 });
    expect(summary(result)["create pods"]).toBeUndefined();
    const patch = result.actions[0]?.op as unknown as { patch: { metadata: object } };
    expect(patch.patch.metadata).toMatchObject({
      uid: "uid-of-o",
      resourceVersion: orphan.metadata.resourceVersion,
      ownerReferences: [{ uid: "x" }, { uid: "uid-of-web", controller: true }],
    });
  });

  it.each([
    { name: "[RS11] does not adopt a finished pod", edits: { status: { phase: "Succeeded" } } },
    { name: "[RS12] does not adopt a pod that is being deleted", edits: { metadata: { deletionTimestamp: READY } } },
  ])("$name", ({ edits }) => {
    const rs = replicaSet("web", { spec: { replicas: 0 }, status: { ...FULL, replicas: 0 } });
    expect(summary(plan(rs, [], { orphans: [pod("o", edits)] }))["patch pods"]).toBeUndefined();
  });

  it("[RS13] releases what no longer matches and replaces it", () => {
    const rs = replicaSet("web", { spec: { replicas: 1 } });
    const result = plan(rs, mine(rs, 1, { metadata: { labels: { app: "quarantined" } } }));
    expect(summary(result)).toMatchObject({ "patch pods": 1, "create pods": 1 });
    expect(result.actions[0]?.op).toMatchObject({ patch: { metadata: { ownerReferences: null } } });
  });

  it("[RS14] counts ready, available, fully labelled and terminating pods", () => {
    const rs = replicaSet("web", {
      spec: { replicas: 3, minReadySeconds: 5, template: template({ app: "web", hash: "1" }) },
    });
    const [a, b, c, d] = mine(rs, 4) as [Pod, Pod, Pod, Pod];
    a.status = readySince(READY) as Pod["status"] & object;
    a.metadata.labels = { app: "web", hash: "1" };
    b.status = readySince("2026-01-01T00:59:57Z") as Pod["status"] & object;
    d.metadata.deletionTimestamp = READY;
    const result = plan(rs, [a, b, c, d]);
    expect(statusOf(result)).toMatchObject({
      replicas: 3,
      fullyLabeledReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
    });
    // b becomes available two seconds from now, and nothing else will tell.
    expect(result.againAtMs).toBe(NOW + 2_000);
  });

  it("[RS15] counts that fall to zero are taken out", () => {
    const rs = replicaSet("web", { spec: { replicas: 2 }, status: FULL });
    expect(statusOf(plan(rs, mine(rs, 2)))).toEqual({
      fullyLabeledReplicas: undefined,
      readyReplicas: null,
      availableReplicas: null,
    });
  });

  describe("ReplicaFailure", () => {
    const failure = {
      op: { verb: "create", resource: "pods", namespace: "default", object: {} },
      status: {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        code: 403,
        message: "exceeded quota",
      },
    } as Failure;

    it("[RS16] is set when pods could not be created", () => {
      const result = plan(replicaSet("web"), [], { failures: [failure] });
      expect(statusOf(result)?.conditions).toEqual([
        {
          type: "ReplicaFailure",
          status: "True",
          reason: "FailedCreate",
          message: "exceeded quota",
          lastTransitionTime: "2026-01-01T01:00:00Z",
        },
      ]);
    });

    it("[RS17] stays as it is while they go on failing, whatever the message", () => {
      const conditions = [
        { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "older", lastTransitionTime: READY },
      ];
      const rs = replicaSet("web", {
        status: { replicas: 0, terminatingReplicas: 0, observedGeneration: 1, conditions },
      });
      expect(statusOf(plan(rs, [], { failures: [failure] }))).toBeUndefined();
    });

    it("[RS18] goes once they can", () => {
      const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate" }];
      const rs = replicaSet("web", { status: { replicas: 0, conditions } });
      expect(statusOf(plan(rs))).toMatchObject({ conditions: null });
    });

    it("[RS19] says FailedDelete for pods that could not be deleted", () => {
      const rs = replicaSet("web", { spec: { replicas: 0 } });
      const result = plan(rs, mine(rs, 1), {
        failures: [{ ...failure, op: { ...failure.op, verb: "delete", name: "p0" } as Failure["op"] }],
      });
      expect(statusOf(result)?.conditions).toMatchObject([{ reason: "FailedDelete" }]);
    });
  });

  it.each([
    { name: "[RS21] where every pod is refused, one is tried", allowed: 0, tried: 1 },
    { name: "[RS22] of a quota of 5, no more are refused than a batch has", allowed: 5, tried: 11 },
    { name: "[RS23] where none is refused, all are made at once", allowed: 99, tried: 40 },
  ])("$name", ({ allowed, tried }) => {
    const rs = replicaSet("web", { spec: { replicas: 40 } });
    const adopted = pod("free", { metadata: { labels: { app: "web" } } });
    const { actions } = plan(rs, [], { orphans: [adopted] });
    const outcome: ("made" | "refused" | "not tried")[] = [];
    actions.forEach(({ op, needs }, i) => {
      if (op.verb !== "create") outcome[i] = "made";
      else if (needs !== undefined && outcome[needs] !== "made") outcome[i] = "not tried";
      else outcome[i] = outcome.filter((one) => one === "made").length <= allowed ? "made" : "refused";
    });
    expect(outcome.slice(1, 40).filter((one) => one !== "not tried")).toHaveLength(Math.min(tried, 39));
  });

  it("[RS20] a failed create is told with its reason", () => {
    const action = plan(replicaSet("web")).actions.find(({ op }) => op.verb === "create");
    const status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      code: 403,
      message: "no",
    } as const;
    expect(action?.failureEvent?.(status)).toMatchObject({
      type: "Warning",
      reason: "FailedCreate",
      message: "Error creating: no",
    });
  });
});
