import { describe, expect, it } from "vitest";
import type { HorizontalPodAutoscaler } from "../../kinds/autoscaling/v2-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Answer, Failure } from "../runner/controller.ts";
import type { History } from "./behavior.ts";
import type { Measured, Observed, PodSample } from "./metrics.ts";
import { planAutoscaler, SYNC_MS } from "./plan.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const LONG_AGO = "2026-01-01T00:00:00Z";

const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } };
const autoscaler = (spec: object = {}, status: object = { desiredReplicas: 0 }): HorizontalPodAutoscaler =>
  ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadata("web"),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 1,
      maxReplicas: 20,
      metrics: [cpu],
      ...spec,
    },
    status,
  }) as HorizontalPodAutoscaler;

interface PodShape {
  phase?: string;
  ready?: boolean;
  startTime?: string;
  changed?: string;
  request?: string | undefined;
  going?: boolean;
}
const podOf = (i: number, shape: PodShape = {}): Pod => {
  const { phase = "Running", ready = true, startTime = LONG_AGO, changed = LONG_AGO, going = false } = shape;
  const request = "request" in shape ? shape.request : "100m";
  return pod(`p${i}`, {
    metadata: going ? { deletionTimestamp: LONG_AGO } : {},
    spec: { containers: [{ name: "c", resources: request === undefined ? {} : { requests: { cpu: request } } }] },
    status: {
      phase,
      startTime,
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: changed }],
    },
  });
};
const podsOf = (...shapes: PodShape[]): Pod[] => shapes.map((shape, i) => podOf(i, shape));

const samples = (...values: (number | undefined)[]): Measured => ({
  of: "pods",
  samples: new Map(
    values.flatMap((valueMilli, i): [string, PodSample][] =>
      valueMilli === undefined ? [] : [[`p${i}`, { valueMilli, timestampMs: NOW - 5_000, windowMs: 15_000 }]],
    ),
  ),
});
const nothing = (error: string): Measured => ({ of: "nothing", error });

interface Given {
  hpa?: HorizontalPodAutoscaler;
  replicas: number;
  pods?: Pod[];
  metrics?: Measured[];
  history?: History;
  selector?: string;
  others?: string[];
  failures?: Failure[];
  answer?: Answer;
}

function plan({ hpa = autoscaler(), replicas, pods, metrics = [], history, selector = "app=web", ...rest }: Given) {
  const observed: Observed = { scale: { specReplicas: replicas, statusReplicas: replicas, selector }, metrics };
  const {
    actions,
    events = [],
    againAtMs,
    history: next,
  } = planAutoscaler({
    hpa,
    answer: rest.answer ?? { ok: true, value: observed },
    podsOf: () => pods ?? Array.from({ length: replicas }, (_, i) => podOf(i)),
    othersOf: () => rest.others ?? [],
    failures: rest.failures ?? [],
    history,
    scaleOp: (to) => ({
      verb: "patch",
      resource: "deployments.apps",
      namespace: "ns",
      name: "web",
      subresource: "scale",
      patchType: "merge",
      patch: { spec: { replicas: to } },
    }),
    nowMs: NOW,
  });
  expect(againAtMs).toBe(NOW + SYNC_MS);
  const patches = actions.map(
    ({ op }) =>
      op as WriteOp & { subresource: string; patch: { spec?: { replicas: number }; status?: Record<string, unknown> } },
  );
  const size = patches.find(({ subresource }) => subresource === "scale")?.patch.spec?.replicas ?? replicas;
  const status = patches.find(({ subresource }) => subresource === "status")?.patch.status as
    | {
        conditions: { type: string; status: string; reason: string; message: string }[];
        currentMetrics: unknown[];
        desiredReplicas: number;
      }
    | undefined;
  const condition = (type: string): string | undefined => {
    const found = status?.conditions.find((each) => each.type === type);
    return found && `${found.status} ${found.reason}: ${found.message}`;
  };
  const told = [...events, ...actions.flatMap(({ event }) => event ?? [])].map(
    ({ reason, message }) => `${reason}: ${message}`,
  );
  return { size, status, condition, told, history: next };
}

const settled = (replicas: number): History => ({
  recommendations: [{ replicas, atMs: NOW - 3_600_000 }],
  changes: [],
});

describe("the size that metrics ask for", () => {
  it.each([
    { name: "[HP1] ceil(ratio × pods)", replicas: 3, values: [80, 80, 80], want: 5 },
    { name: "[HP2] within the tolerance of 10 % nothing changes", replicas: 3, values: [54, 54, 54], want: 3 },
    { name: "[HP3] fewer when all use little", replicas: 4, values: [10, 10, 10, 10], want: 1 },
    { name: "[HP4] never above maxReplicas", replicas: 15, values: Array(15).fill(100), want: 20 },
    { name: "[HP5] never more than twice as many at once", replicas: 5, values: Array(5).fill(500), want: 10 },
    { name: "[HP6] up to four at once whatever there is", replicas: 1, values: [1_000], want: 4 },
    {
      name: "[HP7] pods without a figure count as idle when growing",
      replicas: 4,
      values: [100, 100, undefined, undefined],
      want: 4,
    },
    {
      name: "[HP8] pods without a figure count as fully used when shrinking",
      replicas: 4,
      values: [10, 10, 10, undefined],
      want: 3,
    },
  ])("$name", ({ replicas, values, want }) => {
    expect(plan({ replicas, metrics: [samples(...values)], history: settled(1) }).size).toBe(want);
  });

  it.each([
    {
      name: "[HP9] pending pods count as idle",
      pods: podsOf({}, {}, { phase: "Pending" }),
      values: [100, 100, undefined],
      want: 4,
    },
    {
      name: "[HP10] CPU of a pod that became ready within its sample is not believed",
      pods: podsOf({}, {}, { startTime: "2026-01-01T00:59:00Z", changed: "2026-01-01T00:59:50Z" }),
      values: [100, 100, 900],
      want: 4,
    },
    {
      name: "[HP11] CPU of a pod that was never ready is not believed",
      pods: podsOf({}, {}, { ready: false, changed: "2026-01-01T00:00:10Z" }),
      values: [100, 100, 900],
      want: 4,
    },
    {
      name: "[HP12] CPU of one that was ready once is",
      pods: podsOf({}, {}, { ready: false, changed: "2026-01-01T00:30:00Z" }),
      values: [40, 40, 100],
      want: 4,
    },
    {
      name: "[HP13] pods that go or have failed do not count",
      pods: podsOf({}, { going: true }, { phase: "Failed" }),
      values: [100, 900, 900],
      want: 2,
    },
  ])("$name", ({ pods, values, want }) => {
    expect(plan({ replicas: 3, pods, metrics: [samples(...values)], history: settled(1) }).size).toBe(want);
  });

  it("[HP14] says what it saw and did", () => {
    const { status, condition, told } = plan({ replicas: 3, metrics: [samples(80, 80, 80)], history: settled(1) });
    expect(status).toMatchObject({
      currentReplicas: 3,
      desiredReplicas: 5,
      lastScaleTime: "2026-01-01T01:00:00Z",
      currentMetrics: [
        { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 80, averageValue: "80m" } } },
      ],
    });
    expect(condition("AbleToScale")).toBe(
      "True SucceededRescale: the HPA controller was able to update the target scale to 5",
    );
    expect(condition("ScalingActive")).toBe(
      "True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
    );
    expect(condition("ScalingLimited")).toBe(
      "False DesiredWithinRange: the desired count is within the acceptable range",
    );
    expect(told).toEqual([
      "SuccessfulRescale: New size: 5; reason: cpu resource utilization (percentage of request) above target",
    ]);
  });

  it.each([
    {
      name: "[HP15] below minReplicas",
      spec: { minReplicas: 3 },
      replicas: 2,
      want: 3,
      why: "Current number of replicas below Spec.MinReplicas",
    },
    {
      name: "[HP16] above maxReplicas",
      spec: { maxReplicas: 3 },
      replicas: 5,
      want: 3,
      why: "Current number of replicas above Spec.MaxReplicas",
    },
  ])("$name", ({ spec, replicas, want, why }) => {
    const { size, told } = plan({ hpa: autoscaler(spec), replicas });
    expect(size).toBe(want);
    expect(told).toEqual([`SuccessfulRescale: New size: ${want}; reason: ${why}`]);
  });

  it("[HP17] a target of size 0 is switched off", () => {
    const { size, condition } = plan({ replicas: 0 });
    expect(size).toBe(0);
    expect(condition("ScalingActive")).toBe(
      "False ScalingDisabled: scaling is disabled since the replica count of the target is zero",
    );
  });

  it.each([
    {
      name: "[HP18] the mean of a resource",
      metric: {
        type: "Resource",
        resource: { name: "memory", target: { type: "AverageValue", averageValue: "100Mi" } },
      },
      measured: samples(209_715_200_000, 209_715_200_000),
      current: { resource: { name: "memory", current: { averageValue: "209715200" } } },
      want: 4,
    },
    {
      name: "[HP19] one container's CPU",
      metric: {
        type: "ContainerResource",
        containerResource: { name: "cpu", container: "c", target: { type: "Utilization", averageUtilization: 50 } },
      },
      measured: samples(100, 100),
      current: {
        containerResource: { name: "cpu", container: "c", current: { averageUtilization: 100, averageValue: "100m" } },
      },
      want: 4,
    },
    {
      name: "[HP20] a metric of pods",
      metric: { type: "Pods", pods: { metric: { name: "qps" }, target: { type: "AverageValue", averageValue: "10" } } },
      measured: samples(15_000, 15_000),
      current: { pods: { metric: { name: "qps" }, current: { averageValue: "15" } } },
      want: 3,
    },
    {
      name: "[HP21] a metric of an object, its value",
      metric: {
        type: "Object",
        object: {
          describedObject: { kind: "Service", name: "s" },
          metric: { name: "rps" },
          target: { type: "Value", value: "10" },
        },
      },
      measured: { of: "value" as const, valueMilli: 20_000 },
      current: {
        object: { metric: { name: "rps" }, describedObject: { kind: "Service", name: "s" }, current: { value: "20" } },
      },
      want: 4,
    },
    {
      name: "[HP22] an external metric, each replica's share",
      metric: {
        type: "External",
        external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "5" } },
      },
      measured: { of: "value" as const, valueMilli: 16_000 },
      current: { external: { metric: { name: "queue" }, current: { averageValue: "8" } } },
      want: 4,
    },
  ])("$name", ({ metric, measured, current, want }) => {
    const { size, status } = plan({
      hpa: autoscaler({ metrics: [metric] }),
      replicas: 2,
      metrics: [measured],
      history: settled(1),
    });
    expect(size).toBe(want);
    expect(status?.currentMetrics).toEqual([{ type: metric.type, ...current }]);
  });

  it("[HP22b] from nothing, as an external metric asks", () => {
    const external = { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "5" } };
    const { size, status } = plan({
      hpa: autoscaler({ minReplicas: 0, metrics: [{ type: "External", external }] }),
      replicas: 0,
      metrics: [{ of: "value", valueMilli: 16_000 }],
      history: settled(0),
    });
    expect(size).toBe(4);
    expect(status?.currentMetrics).toEqual([
      { type: "External", external: { metric: { name: "queue" }, current: { averageValue: "0" } } },
    ]);
  });

  it("[HP23] of several metrics the one that asks for most", () => {
    const memory = {
      type: "Resource",
      resource: { name: "memory", target: { type: "AverageValue", averageValue: "100" } },
    };
    const hpa = autoscaler({ metrics: [cpu, memory] });
    const { size, told } = plan({
      hpa,
      replicas: 2,
      metrics: [samples(60, 60), samples(190_000, 190_000)],
      history: settled(1),
    });
    expect(size).toBe(4);
    expect(told).toEqual(["SuccessfulRescale: New size: 4; reason: memory resource above target"]);
  });
});

describe("metrics that cannot be had", () => {
  const missing = nothing(
    "unable to fetch metrics from resource metrics API: the server could not find the requested resource",
  );
  const why = `failed to get cpu utilization: unable to get metrics for resource cpu: ${(missing as { error: string }).error}`;

  it("[HP30] none: nothing changes, and everybody is told", () => {
    const { size, status, condition, told } = plan({ replicas: 2, metrics: [missing] });
    expect(size).toBe(2);
    expect(condition("ScalingActive")).toBe(
      `False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`,
    );
    expect(told).toEqual([
      `FailedGetResourceMetric: ${why}`,
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ]);
    expect(status?.currentMetrics).toEqual([{ type: "" }]);
  });

  const memory = {
    type: "Resource",
    resource: { name: "memory", target: { type: "AverageValue", averageValue: "100" } },
  };
  it.each([
    { name: "[HP31] some: growing goes on", used: 200_000, want: 4 },
    { name: "[HP32] some: shrinking does not", used: 10_000, want: 2 },
  ])("$name", ({ used, want }) => {
    const hpa = autoscaler({ metrics: [cpu, memory] });
    expect(plan({ hpa, replicas: 2, metrics: [missing, samples(used, used)], history: settled(1) }).size).toBe(want);
  });

  it.each([
    {
      name: "[HP33] a container without a request",
      pods: podsOf({ request: undefined }),
      why: "missing request for cpu in container c of Pod p0",
    },
    { name: "[HP34] no pods", pods: [], why: "no pods returned by selector while calculating replica count" },
    {
      name: "[HP35] only pods that are not ready",
      pods: podsOf({ phase: "Pending" }),
      why: "did not receive metrics for targeted pods (pods might be unready)",
    },
    {
      name: "[HP60] unready pods are told of before what they lack",
      pods: podsOf({ phase: "Pending", request: undefined }),
      why: "did not receive metrics for targeted pods (pods might be unready)",
    },
    {
      name: "[HP61] a pod that asks for something as a whole, but not for this",
      pods: podsOf({ request: undefined }).map((one) => ({
        ...one,
        spec: { ...one.spec, resources: { requests: { memory: "1Gi" } } },
      })),
      why: "missing pod-level request for cpu in Pod p0",
    },
  ])("$name", ({ pods, why: message }) => {
    const { told } = plan({ replicas: 1, pods, metrics: [samples(10)] });
    expect(told[0]).toBe(`FailedGetResourceMetric: failed to get cpu utilization: ${message}`);
  });

  it("[HP62] a container that a pod does not have", () => {
    const target = { type: "Utilization", averageUtilization: 50 };
    const source = { name: "cpu", container: "other", target };
    const hpa = autoscaler({ metrics: [{ type: "ContainerResource", containerResource: source }] });
    const { told } = plan({ hpa, replicas: 1, metrics: [samples(10)] });
    expect(told[0]).toContain("container other not found in Pod p0");
  });

  it.each([
    {
      name: "[HP63] an object's metric that cannot be had",
      metric: {
        type: "Object",
        object: {
          metric: { name: "hits" },
          describedObject: { kind: "Service", name: "web" },
          target: { type: "Value", value: "10" },
        },
      },
      condition: "FailedGetObjectMetric: the HPA was unable to compute the replica count: unable to get metric hits:",
      first: "failed to get object metric value: failed to get hits object metric: unable to get metric hits:",
    },
    {
      name: "[HP64] an external metric that cannot be had",
      metric: { type: "External", external: { metric: { name: "jobs" }, target: { type: "Value", value: "10" } } },
      condition:
        "FailedGetExternalMetric: the HPA was unable to compute the replica count: unable to get external metric",
      first:
        "failed to get jobs external metric value: failed to get jobs external metric: unable to get external metric",
    },
  ])("$name", ({ metric, condition: of, first }) => {
    const hpa = autoscaler({ metrics: [metric] });
    const { condition, told } = plan({ hpa, replicas: 1, metrics: [nothing("no")] });
    expect(condition("ScalingActive")).toContain(`False ${of}`);
    expect(told.at(-1)).toContain(`first error is: ${first}`);
  });

  it("[HP36] a target without a scale", () => {
    const error = new Error('deployments.apps "web" not found');
    const { condition, told } = plan({ replicas: 1, answer: { ok: false, error } });
    expect(condition("AbleToScale")).toBe(
      'False FailedGetScale: the HPA controller was unable to get the target\'s current scale: deployments.apps "web" not found',
    );
    expect(told).toEqual(['FailedGetScale: deployments.apps "web" not found']);
  });

  it.each([
    { name: "[HP37] a scale without a selector", given: { selector: "" }, reason: "InvalidSelector" },
    { name: "[HP38] pods that another autoscaler has", given: { others: ["ns/other"] }, reason: "AmbiguousSelector" },
  ])("$name", ({ given, reason }) => {
    const { size, condition } = plan({ replicas: 2, metrics: [samples(90, 90)], ...given });
    expect(size).toBe(2);
    expect(condition("ScalingActive")).toMatch(new RegExp(`^False ${reason}: `));
  });

  it("[HP39] a scale that cannot be set", () => {
    const op = {
      verb: "patch",
      resource: "deployments.apps",
      namespace: "ns",
      name: "web",
      subresource: "scale",
      patchType: "merge",
      patch: {},
    } as const;
    const failures = [{ op, status: { kind: "Status", apiVersion: "v1", metadata: {}, message: "no" } as never }];
    const { size, condition } = plan({ replicas: 2, metrics: [samples(90, 90)], failures });
    expect(size).toBe(2);
    expect(condition("AbleToScale")).toBe(
      "False FailedUpdateScale: the HPA controller was unable to update the target scale: no",
    );
  });
});

describe("how fast", () => {
  it("[HP40] smaller only when nothing in five minutes asked for more", () => {
    const history = { recommendations: [{ replicas: 6, atMs: NOW - 240_000 }], changes: [] };
    const { size, condition } = plan({ replicas: 6, metrics: [samples(...Array(6).fill(10))], history });
    expect(size).toBe(6);
    expect(condition("AbleToScale")).toBe(
      "True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation",
    );
  });

  it("[HP41] one that has just begun does not shrink its target", () => {
    const { size, history } = plan({ replicas: 6, metrics: [samples(...Array(6).fill(10))] });
    expect(size).toBe(6);
    expect(history?.recommendations.map(({ replicas }) => replicas)).toEqual([6, 2]);
  });

  const rules = (policies: object[], more: object = {}) => ({
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies,
    ...more,
  });
  const up = {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  };
  it.each([
    {
      name: "[HP42] pods in a period",
      behavior: { scaleUp: rules([{ type: "Pods", value: 1, periodSeconds: 60 }]), scaleDown: up },
      used: 100,
      want: 5,
      limited: "ScaleUpLimit",
    },
    {
      name: "[HP43] percent in a period, rounded up",
      behavior: { scaleUp: rules([{ type: "Percent", value: 10, periodSeconds: 60 }]), scaleDown: up },
      used: 100,
      want: 5,
      limited: "ScaleUpLimit",
    },
    {
      name: "[HP44] what was added in this period counts",
      behavior: { scaleUp: rules([{ type: "Pods", value: 3, periodSeconds: 60 }]), scaleDown: up },
      used: 100,
      changes: [{ by: 2, atMs: NOW - 30_000 }],
      want: 5,
      limited: "ScaleUpLimit",
    },
    {
      name: "[HP45] switched off",
      behavior: { scaleUp: rules([], { selectPolicy: "Disabled" }), scaleDown: up },
      used: 100,
      want: 4,
      limited: "ScaleUpLimit",
    },
    {
      name: "[HP46] the lowest of the policies",
      behavior: {
        scaleUp: rules(
          [
            { type: "Pods", value: 1, periodSeconds: 60 },
            { type: "Percent", value: 100, periodSeconds: 60 },
          ],
          { selectPolicy: "Min" },
        ),
        scaleDown: up,
      },
      used: 100,
      want: 5,
      limited: "ScaleUpLimit",
    },
    {
      name: "[HP47] removals in a period",
      behavior: { scaleUp: up, scaleDown: rules([{ type: "Pods", value: 1, periodSeconds: 60 }]) },
      used: 10,
      want: 3,
      limited: "ScaleDownLimit",
    },
    {
      name: "[HP48] a tolerance of its own",
      behavior: { scaleUp: rules([{ type: "Pods", value: 4, periodSeconds: 60 }], { tolerance: "0" }), scaleDown: up },
      used: 51,
      want: 5,
      limited: "DesiredWithinRange",
    },
  ])("$name", ({ behavior, used, want, limited, changes = [] }) => {
    const { size, condition } = plan({
      hpa: autoscaler({ behavior }),
      replicas: 4,
      metrics: [samples(used, used, used, used)],
      history: { ...settled(1), changes },
    });
    expect(size).toBe(want);
    expect(condition("ScalingLimited")).toMatch(new RegExp(` ${limited}: `));
  });

  it("[HP49] a window for growing takes the lowest recommendation in it", () => {
    const behavior = { scaleUp: { ...up, stabilizationWindowSeconds: 60 }, scaleDown: up };
    const history = { recommendations: [{ replicas: 3, atMs: NOW - 30_000 }], changes: [] };
    const { size, condition } = plan({
      hpa: autoscaler({ behavior }),
      replicas: 2,
      metrics: [samples(100, 100)],
      history,
    });
    expect(size).toBe(3);
    expect(condition("AbleToScale")).toMatch(/SucceededRescale/);
  });
});
