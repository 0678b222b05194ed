import { describe, expect, it } from "vitest";
import { createErrors, updateErrors } from "../judge.ts";
import { priorityClass } from "../scheduling/priority-class.ts";
import type { PriorityClass } from "../scheduling/v1-types.ts";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "./v1-types.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const metadata = { name: "web", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };

const makeBudget = (spec: PodDisruptionBudgetSpec): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata,
  spec,
});
const makeClass = (name: string, more: Partial<PriorityClass> = {}): PriorityClass => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { ...metadata, name },
  value: 1,
  ...more,
});

describe("PodDisruptionBudget", () => {
  const bad: [name: string, spec: PodDisruptionBudgetSpec, errors: string[]][] = [
    [
      "two measures",
      { minAvailable: 1, maxUnavailable: 1 },
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      "more than all",
      { minAvailable: "101%" },
      ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      "no measure at all",
      { maxUnavailable: "many" },
      [
        `spec.maxUnavailable: Invalid value: "many": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      ],
    ],
    [
      "an unknown policy",
      { unhealthyPodEvictionPolicy: "Never" as "AlwaysAllow" },
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ];
  it.each(bad)("PDB-1 %s", (_, spec, errors) => {
    expect(createErrors(podDisruptionBudget, makeBudget(spec))).toEqual(errors);
  });

  it("PDB-3 conditions of its status", () => {
    const next = { ...makeBudget({}), status: { conditions: [{ type: "DisruptionAllowed", status: "Yes" }] } };
    const errors = podDisruptionBudget.subresources?.status?.validateUpdate?.(next as never, makeBudget({}));
    expect(errors?.map(({ field }) => field)).toEqual([
      "status.conditions[0].status",
      "status.conditions[0].lastTransitionTime",
      "status.conditions[0].reason",
    ]);
  });

  it("PDB-2 rows", () => {
    expect(podDisruptionBudget.row?.(makeBudget({ minAvailable: "50%" }), NOW_MS)).toEqual([
      "web",
      "50%",
      "N/A",
      0,
      "5m",
    ]);
    expect(podDisruptionBudget.row?.(makeBudget({ maxUnavailable: 0 }), NOW_MS)).toEqual(["web", "N/A", "0", 0, "5m"]);
  });
});

describe("PriorityClass", () => {
  it("PRIO-1 the system keeps its names and the highest values", () => {
    expect(createErrors(priorityClass, makeClass("high", { value: 1_000_000_001 }))).toEqual([
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ]);
    expect(createErrors(priorityClass, makeClass("system-mine"))).toEqual([
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ]);
  });

  it("PRIO-2 the value stays", () => {
    const errors = updateErrors(priorityClass, makeClass("high"), (next) => {
      next.value = 2;
    });
    expect(errors).toEqual(["value: Forbidden: may not be changed in an update."]);
  });

  it("PRIO-3 row", () => {
    expect(priorityClass.row?.(makeClass("high", { preemptionPolicy: "Never" }), NOW_MS)).toEqual([
      "high",
      1,
      false,
      "5m",
      "Never",
    ]);
  });
});
