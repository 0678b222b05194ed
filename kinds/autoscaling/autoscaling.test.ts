import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { autoscalerFromStored, autoscalerToStored } from "./horizontal-pod-autoscaler-v1.ts";
import { metricsText } from "./metrics-text.ts";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricStatus } from "./v2-types.ts";

const make = (spec: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscaler => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web", namespace: "default" },
  spec: { maxReplicas: 5, scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" }, ...spec },
});

const cpu = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});
const perPod: MetricSpec = {
  type: "Pods",
  pods: { metric: { name: "hits" }, target: { type: "AverageValue", averageValue: "10" } },
};

describe("HorizontalPodAutoscaler", () => {
  it("HPA-1 watches the processor when nothing else is said", () => {
    expect(created(horizontalPodAutoscaler, make()).spec).toMatchObject({ minReplicas: 1, metrics: [cpu(80)] });
  });

  it("HPA-2 defaults of behaviour", () => {
    expect(created(horizontalPodAutoscaler, make({ behavior: {} })).spec.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [
          { type: "Pods", value: 4, periodSeconds: 15 },
          { type: "Percent", value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
    });
  });

  const bad: [name: string, spec: Partial<HorizontalPodAutoscalerSpec>, errors: string[]][] = [
    [
      "no replicas",
      { maxReplicas: 0 },
      [
        "spec.maxReplicas: Invalid value: 0: must be greater than 0",
        "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
      ],
    ],
    [
      "more at least than at most",
      { minReplicas: 6 },
      ["spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`"],
    ],
    [
      "no target",
      { scaleTargetRef: { kind: "", name: "a/b" } },
      [
        "spec.scaleTargetRef.kind: Required value",
        "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
        'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
      ],
    ],
    [
      "a metric of no kind",
      { metrics: [{ type: "Resource" }] },
      ["spec.metrics[0].resource: Required value: must populate information for the given metric source"],
    ],
    [
      "a metric of two kinds",
      { metrics: [{ ...cpu(50), ...perPod, type: "Resource" }] },
      ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"],
    ],
    [
      "a policy for ages",
      { behavior: { scaleUp: { policies: [{ type: "Pods", value: 0, periodSeconds: 1801 }] } } },
      [
        "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
        "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
      ],
    ],
  ];
  it.each(bad)("HPA-3 %s", (_, spec, errors) => {
    expect(createErrors(horizontalPodAutoscaler, make(spec))).toEqual(errors);
  });

  const target = (kind: string, apiVersion?: string): Partial<HorizontalPodAutoscalerSpec> => ({
    scaleTargetRef: { kind, name: "a", ...(apiVersion !== undefined && { apiVersion }) },
  });
  const noGroup = (version: string): string[] => [
    `spec.scaleTargetRef.apiVersion: Invalid value: "${version}": apiVersion must specify API group`,
  ];
  it.each<[string, Partial<HorizontalPodAutoscalerSpec>, string[]]>([
    ["no version", target("Deployment"), noGroup("")],
    ["the core group", target("Deployment", "v1"), noGroup("v1")],
    ["what the core group can scale", target("ReplicationController", "v1"), []],
    [
      "no version at all",
      target("Deployment", "a/b/c"),
      ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
    ],
    [
      "tolerance of less than nothing",
      { behavior: { scaleUp: { tolerance: "-1" } } },
      ['spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0'],
    ],
  ])("HPA-8 %s", (_, spec, errors) => {
    expect(createErrors(horizontalPodAutoscaler, make(spec))).toEqual(errors);
  });

  it("HPA-9 an older target may stay", () => {
    const prev = make(target("Deployment"));
    const grown = updateErrors(horizontalPodAutoscaler, prev, ({ spec }) => {
      spec.maxReplicas = 9;
    });
    expect(grown).toEqual([]);
    const moved = updateErrors(horizontalPodAutoscaler, prev, ({ spec }) => {
      spec.scaleTargetRef.kind = "ReplicaSet";
    });
    expect(moved).toEqual(noGroup(""));
  });

  it("HPA-4 scales to zero only where it already does", () => {
    const zero = make({
      minReplicas: 0,
      metrics: [{ type: "External", external: { metric: { name: "q" }, target: { type: "Value", value: "1" } } }],
    });
    expect(createErrors(horizontalPodAutoscaler, zero)).toEqual([
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
    ]);
    expect(horizontalPodAutoscaler.validateUpdate?.(zero, zero)).toEqual([]);
  });

  const current: MetricStatus = { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 42 } } };
  const texts: [specs: MetricSpec[], statuses: MetricStatus[], text: string][] = [
    [[], [], "<none>"],
    [[cpu(80)], [], "cpu: <unknown>/80%"],
    [[cpu(80)], [current], "cpu: 42%/80%"],
    [[cpu(80), perPod, cpu(1)], [current], "cpu: 42%/80%, <unknown>/10 + 1 more..."],
  ];
  it.each(texts)("HPA-5 %o is shown", (specs, statuses, text) => {
    expect(metricsText(specs, statuses)).toBe(text);
  });

  it("HPA-6 the older version keeps the rest as annotations", () => {
    const stored = created(horizontalPodAutoscaler, make({ metrics: [cpu(60), perPod], behavior: {} }));
    const older = autoscalerFromStored(stored);
    expect(older.spec.targetCPUUtilizationPercentage).toBe(60);
    expect(older.metadata.annotations?.["autoscaling.alpha.kubernetes.io/metrics"]).toBe(
      '[{"type":"Pods","pods":{"metricName":"hits","targetAverageValue":"10"}}]',
    );
    expect(autoscalerToStored(older).spec).toEqual({ ...stored.spec, metrics: [perPod, cpu(60)] });
    expect(autoscalerToStored(older).metadata).toEqual(stored.metadata);
  });

  const annotation = (name: string): string => `autoscaling.alpha.kubernetes.io/${name}`;

  it("HPA-10 behavior is written as Go's own type and read in any case", () => {
    const behavior = { scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }], tolerance: "0.2" } };
    const older = autoscalerFromStored(make({ behavior }));
    expect(older.metadata.annotations?.[annotation("behavior")]).toBe(
      '{"ScaleUp":{"StabilizationWindowSeconds":null,"SelectPolicy":null,"Policies":[{"Type":"Pods","Value":2,"PeriodSeconds":60}],"Tolerance":"0.2"},"ScaleDown":null}',
    );
    expect(autoscalerToStored(older).spec.behavior?.scaleUp).toMatchObject(behavior.scaleUp);
    older.metadata.annotations = { [annotation("behavior")]: JSON.stringify(behavior) };
    expect(autoscalerToStored(older).spec.behavior?.scaleUp).toMatchObject(behavior.scaleUp);
    older.metadata.annotations = { [annotation("behavior")]: "{}" };
    expect(autoscalerToStored(older).spec.behavior).toBeUndefined();
  });

  it.each<[string, object, MetricSpec]>([
    [
      "a resource without a target",
      { type: "Resource", resource: { name: "memory" } },
      { type: "Resource", resource: { name: "memory", target: { type: "AverageValue" } } },
    ],
    [
      "something external by both values",
      { type: "External", external: { metricName: "q", targetValue: "1", targetAverageValue: "2" } },
      {
        type: "External",
        external: { metric: { name: "q" }, target: { type: "Value", value: "1", averageValue: "2" } },
      },
    ],
  ])("HPA-11 %s", (_, older, newer) => {
    const object = autoscalerFromStored(make());
    object.metadata.annotations = { [annotation("metrics")]: JSON.stringify([older]) };
    expect(autoscalerToStored(object).spec.metrics).toEqual([newer]);
  });

  it("HPA-12 measures that are not there are written as 0", () => {
    const status = { desiredReplicas: 1, currentMetrics: [current] };
    expect(autoscalerFromStored({ ...make(), status }).metadata.annotations?.[annotation("current-metrics")]).toBe(
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":42,"currentAverageValue":"0"}}]',
    );
  });
});
