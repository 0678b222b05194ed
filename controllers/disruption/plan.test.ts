import { describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { PodDisruptionBudget } from "../../kinds/policy/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { controlledBy, metadata, pod, readySince, replicaSet } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { disruptionController } from "./controller.ts";
import { planBudget, planStaleDisruption, type ScaleOf } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const TIME = "2026-01-01T01:00:00Z";
const SINCE = "2026-01-01T00:00:00Z";

const budget = (spec: object, status: object = {}): PodDisruptionBudget =>
  ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata("pdb", { generation: 2 }),
    spec: { selector: { matchLabels: { app: "web" } }, ...spec },
    status,
  }) as PodDisruptionBudget;
const owner = replicaSet("web");
const pods = (...states: ("ready" | "pending" | "terminating" | "stray")[]): Pod[] =>
  states.map((state, i) =>
    pod(`p${i}`, {
      metadata: {
        ...(state !== "stray" && controlledBy(owner)),
        ...(state === "terminating" && { deletionTimestamp: TIME }),
      },
      status: state === "pending" ? { phase: "Pending" } : readySince(SINCE),
    }),
  );
const scaled =
  (replicas: number): ScaleOf =>
  () => ({ uid: "uid-of-web", replicas });
const plan = (b: PodDisruptionBudget, of: Pod[], scaleOf: ScaleOf = scaled(4)): Plan =>
  planBudget({ budget: b, pods: of, scaleOf, nowMs: NOW });
const statusOf = ({ actions }: Plan) =>
  (actions[0]?.op as unknown as { patch: { status: { [field: string]: unknown } } } | undefined)?.patch.status;

describe("planBudget", () => {
  it.each([
    {
      name: "[DB1] minAvailable as a number",
      spec: { minAvailable: 2 },
      of: pods("ready", "ready", "ready", "pending"),
      status: { expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 },
    },
    {
      name: "[DB2] minAvailable as a percentage of the scale, rounded up",
      spec: { minAvailable: "50%" },
      of: pods("ready", "ready"),
      scale: 5,
      status: { expectedPods: 5, desiredHealthy: 3, currentHealthy: 2, disruptionsAllowed: 0 },
    },
    {
      name: "[DB3] maxUnavailable",
      spec: { maxUnavailable: 1 },
      of: pods("ready", "ready", "ready", "ready"),
      status: { expectedPods: 4, desiredHealthy: 3, currentHealthy: 4, disruptionsAllowed: 1 },
    },
    {
      name: "[DB4] maxUnavailable as a percentage, rounded up",
      spec: { maxUnavailable: "30%" },
      of: pods("ready", "ready", "ready", "ready"),
      status: { expectedPods: 4, desiredHealthy: 2, currentHealthy: 4, disruptionsAllowed: 2 },
    },
    {
      name: "[DB5] more unavailable than there are",
      spec: { maxUnavailable: 9 },
      of: pods("ready"),
      scale: 1,
      status: { expectedPods: 1, desiredHealthy: 0, currentHealthy: 1, disruptionsAllowed: 1 },
    },
    {
      name: "[DB6] pods on their way out are not healthy",
      spec: { minAvailable: 1 },
      of: pods("ready", "terminating"),
      status: { expectedPods: 2, desiredHealthy: 1, currentHealthy: 1, disruptionsAllowed: 0 },
    },
    {
      name: "[DB7] pods that nobody controls have no scale",
      spec: { maxUnavailable: 1 },
      of: pods("ready", "stray"),
      scale: 1,
      status: { expectedPods: 1, desiredHealthy: 0, currentHealthy: 2, disruptionsAllowed: 2 },
    },
    {
      name: "[DB8] no pods: nothing may go",
      spec: { maxUnavailable: 1 },
      of: [],
      status: { expectedPods: 0, desiredHealthy: 0, currentHealthy: 0, disruptionsAllowed: 0 },
    },
  ])("$name", ({ spec, of, status, scale = 4 }) => {
    const result = plan(budget(spec), of, scaled(scale));
    expect(statusOf(result)).toMatchObject({
      ...status,
      observedGeneration: 2,
      conditions: [
        {
          type: "DisruptionAllowed",
          status: status.disruptionsAllowed > 0 ? "True" : "False",
          reason: status.disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
          observedGeneration: 2,
          lastTransitionTime: TIME,
        },
      ],
    });
  });

  it("[DB9] evictions that are allowed but not seen yet count as gone; each is forgotten after two minutes", () => {
    const disruptedPods = { p0: "2026-01-01T00:59:30Z", p1: "2026-01-01T00:57:00Z", gone: TIME };
    const result = plan(budget({ minAvailable: 1 }, { disruptedPods }), pods("ready", "ready", "ready"));
    expect(statusOf(result)).toMatchObject({
      currentHealthy: 2,
      disruptionsAllowed: 1,
      disruptedPods: { p1: null, gone: null },
    });
    expect(result.againAtMs).toBe(Date.parse("2026-01-01T01:01:30Z"));
    expect(result.events).toMatchObject([{ about: { metadata: { name: "p1" } }, reason: "NotDeleted" }]);
  });

  it("[DB10] a scale that cannot be known allows nothing", () => {
    const result = plan(
      budget({ maxUnavailable: 1 }, { disruptionsAllowed: 3, currentHealthy: 3, observedGeneration: 1 }),
      pods("ready"),
      () => ({ error: 'found no controllers for pod "p0"' }),
    );
    expect(statusOf(result)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [
        { status: "False", reason: "SyncFailed", message: 'found no controllers for pod "p0"', observedGeneration: 1 },
      ],
    });
    // The present generation, 2, was not observed.
    expect(statusOf(result)).not.toHaveProperty("observedGeneration");
    expect(result.events).toMatchObject([{ reason: "CalculateExpectedPodCountFailed" }]);
  });

  it.each([
    {
      name: "[DB13] a Job has no scale",
      kind: "Job",
      version: "batch/v1",
      says: "jobs.batch does not implement the scale subresource",
    },
    {
      name: "[DB14] a DaemonSet has none",
      kind: "DaemonSet",
      version: "apps/v1",
      says: "daemonsets.apps does not implement the scale subresource",
    },
    {
      name: "[DB15] a kind nobody knows",
      kind: "Robot",
      version: "example.com/v1",
      says: 'no matches for kind "Robot" in version "example.com/v1"',
    },
    {
      name: "[DB16] a ReplicaSet that is gone",
      kind: "ReplicaSet",
      version: "apps/v1",
      says: 'found no controllers for pod "p"',
    },
  ])("$name", ({ kind, version, says }) => {
    const view = new View(registry);
    const controller = { apiVersion: version, kind, name: "x", uid: "x", controller: true };
    view.disruptionBudgets.put(budget({ maxUnavailable: 1 }));
    view.pods.put(pod("p", { metadata: { ownerReferences: [controller] }, status: readySince(SINCE) }));
    const result = disruptionController.plan("default/pdb", view, {
      nowMs: NOW,
      random: () => 0,
      attempts: 0,
      failures: [],
    });
    expect(result.events).toMatchObject([{ message: `Failed to calculate the number of expected pods: ${says}` }]);
    expect(statusOf(result)).toMatchObject({ conditions: [{ reason: "SyncFailed", message: says }] });
  });

  it("[DB12] tells of pods that nobody controls, where a share is asked for", () => {
    const strays = pods("ready", "stray");
    expect(plan(budget({ maxUnavailable: 1 }), strays).events).toEqual([
      expect.objectContaining({
        type: "Warning",
        reason: "UnmanagedPods",
        message: expect.stringContaining(
          "(selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged.",
        ),
      }),
    ]);
    expect(plan(budget({ minAvailable: 1 }), strays).events).toEqual([]);
  });

  it("[DB11] says nothing twice, and never overwrites an eviction it has not seen", () => {
    const b = budget({ minAvailable: 1 });
    const first = plan(b, pods("ready", "ready"));
    expect((first.actions[0]!.op as unknown as { patch: { metadata: object } }).patch.metadata).toHaveProperty(
      "resourceVersion",
    );
    expect(plan({ ...b, status: statusOf(first) } as never, pods("ready", "ready"))).toEqual({
      actions: [],
      events: [],
    });
  });
});

describe("planStaleDisruption", () => {
  const marked = (reason: string, more: object = {}, phase = "Running") =>
    pod("p", {
      metadata: more,
      status: {
        phase,
        conditions: [{ type: "DisruptionTarget", status: "True", reason, lastTransitionTime: "2026-01-01T00:59:00Z" }],
      },
    });

  it("[DT1] a pod that was to be disrupted and was not says so after two minutes", () => {
    expect(planStaleDisruption(marked("PreemptionByScheduler"), NOW)).toEqual({ actions: [], againAtMs: NOW + 60_000 });
    expect(planStaleDisruption(marked("PreemptionByScheduler"), NOW + 60_000).actions[0]?.op).toMatchObject({
      patch: { status: { conditions: [{ type: "DisruptionTarget", status: "False" }] } },
    });
  });

  it.each([
    { name: "[DT2] not one that goes", of: marked("x", { deletionTimestamp: TIME }) },
    { name: "[DT3] not one that has ended", of: marked("x", {}, "Failed") },
    { name: "[DT4] not what the kubelet said", of: marked("TerminationByKubelet") },
  ])("$name", ({ of }) => {
    expect(planStaleDisruption(of, NOW + 600_000)).toEqual({ actions: [] });
  });
});
