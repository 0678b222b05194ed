import { describe, expect, it } from "vitest";
import type { PodGroup, PodGroupSpec, Workload, WorkloadSpec } from "../generated/api/scheduling-v1alpha2.ts";
import { createErrors, updateErrors } from "../judge.ts";
import { podGroup } from "./pod-group.ts";
import { priorityClass } from "./priority-class.ts";
import type { PriorityClass } from "./v1-types.ts";
import { workload } from "./workload.ts";

const apiVersion = "scheduling.k8s.io/v1alpha2";
const metadata = { name: "a", namespace: "default", resourceVersion: "1" };
const schedulingPolicy = { gang: { minCount: 5 } };
const makeWorkload = (spec: Partial<WorkloadSpec>): Workload => ({
  apiVersion,
  kind: "Workload",
  metadata,
  spec: { podGroupTemplates: [{ name: "a", schedulingPolicy }], ...spec },
});
const makeGroup = (spec: Partial<PodGroupSpec>): PodGroup => ({
  apiVersion,
  kind: "PodGroup",
  metadata,
  spec: { schedulingPolicy, ...spec },
});

describe("Workload", () => {
  const cases: [name: string, spec: Partial<WorkloadSpec>, errors: string[]][] = [
    ["WL-1 a gang", {}, []],
    ["WL-2 no group", { podGroupTemplates: [] }, ["spec.podGroupTemplates: Required value"]],
    [
      "WL-3 groups by name, of one policy each",
      {
        podGroupTemplates: [
          { name: "a", schedulingPolicy: { basic: {}, ...schedulingPolicy } },
          { name: "a", schedulingPolicy: {} },
        ],
      },
      [
        'spec.podGroupTemplates[0].schedulingPolicy: Invalid value: "{`basic`, `gang`}": exactly one of `basic`, `gang` is required, but multiple fields are set',
        'spec.podGroupTemplates[1].schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`',
        'spec.podGroupTemplates[1]: Duplicate value: {"name":"a","schedulingPolicy":{}}',
      ],
    ],
    [
      "WL-4 who runs it",
      { controllerRef: { kind: "", name: "a/b" } },
      [
        "spec.controllerRef.kind: Required value",
        "spec.controllerRef.name: Invalid value: \"a/b\": may not contain '/'",
      ],
    ],
  ];
  it.each(cases)("%s", (_, spec, errors) => {
    expect(createErrors(workload, makeWorkload(spec)).sort()).toEqual([...errors].sort());
  });

  it("WL-5 its controller and its groups stay", () => {
    const controllerRef = { kind: "Job", name: "a" };
    const change = (spec: Partial<WorkloadSpec>, to: Partial<WorkloadSpec>) =>
      updateErrors(workload, makeWorkload(spec), (next) => Object.assign(next.spec, to)).map(
        (line) => line.split(":")[0],
      );
    expect(change({}, { controllerRef })).toEqual(["spec.controllerRef"]);
    expect(change({ controllerRef }, { controllerRef: { kind: "Job", name: "b" } })).toEqual(["spec.controllerRef"]);
    expect(change({}, { podGroupTemplates: [] })).toEqual(["spec.podGroupTemplates"]);
  });
});

describe("PodGroup", () => {
  it("PG-1 claims are shared by name, from one place each", () => {
    const resourceClaims = [{ name: "a" }, { name: "b", resourceClaimName: "x" }];
    expect(createErrors(podGroup, makeGroup({ resourceClaims }))).toEqual([
      'spec.resourceClaims[0]: Invalid value: "": must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    ]);
  });

  it("PG-2 its status is of claims it has", () => {
    const prev = makeGroup({ resourceClaims: [{ name: "b", resourceClaimTemplateName: "x" }] });
    const check = (...names: string[]) =>
      podGroup.subresources!.status!.validateUpdate!(
        { ...prev, status: { resourceClaimStatuses: names.map((name) => ({ name, resourceClaimName: "y" })) } },
        prev,
      ).map(({ field, message }) => `${field}: ${message}`);
    expect(check("b")).toEqual([]);
    expect(check("b", "c")).toEqual([
      'status.resourceClaimStatuses[1].name: Invalid value: "c": must match the name of an entry in `spec.resourceClaims`',
    ]);
  });
});

describe("PodGroup: values", () => {
  const claim = { name: "a", resourceClaimName: "x" };
  const cases: [name: string, spec: Partial<PodGroupSpec>, errors: string[]][] = [
    [
      "PG-3 a gang of less than one",
      { schedulingPolicy: { gang: { minCount: -1 } } },
      ["spec.schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1"],
    ],
    [
      "PG-4 from no template in particular",
      { podGroupTemplateRef: {} },
      ['spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`'],
    ],
    [
      "PG-4 from a template without a name",
      { podGroupTemplateRef: { workload: { workloadName: "", podGroupTemplateName: "" } } },
      [
        "spec.podGroupTemplateRef.workload.workloadName: Required value",
        "spec.podGroupTemplateRef.workload.podGroupTemplateName: Required value",
      ],
    ],
    [
      "PG-5 claims of one name, from two places",
      { resourceClaims: [claim, { ...claim, resourceClaimTemplateName: "y" }] },
      [
        'spec.resourceClaims[1]: Duplicate value: {"name":"a","resourceClaimName":"x","resourceClaimTemplateName":"y"}',
        'spec.resourceClaims[1]: Invalid value: "{`resourceClaimName`, `resourceClaimTemplateName`}": exactly one of `resourceClaimName`, `resourceClaimTemplateName` is required, but multiple fields are set',
      ],
    ],
    [
      "PG-6 a priority of the system",
      { priority: 2_000_000_000 },
      ["spec.priority: Invalid value: 2000000000: must be less than or equal to 1000000000"],
    ],
  ];
  it.each(cases)("%s", (_, spec, errors) => {
    expect(createErrors(podGroup, makeGroup(spec))).toEqual(errors);
  });

  it("PG-7 no field changes", () => {
    const errors = updateErrors(podGroup, makeGroup({}), ({ spec }) => {
      spec.schedulingPolicy = { basic: {} };
      spec.priorityClassName = "high";
    });
    expect(errors).toEqual([
      'spec.schedulingPolicy: Invalid value: {"basic":{}}: field is immutable',
      'spec.priorityClassName: Invalid value: "high": field is immutable',
    ]);
  });
});

describe("PriorityClass", () => {
  const make = (name: string, more: Partial<PriorityClass> = {}): PriorityClass => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name, resourceVersion: "1" },
    value: 1,
    ...more,
  });

  it("PRIO-4 the system's classes may be described in any words", () => {
    const object = make("system-node-critical", { value: 2_000_001_000, description: "mine" });
    expect(createErrors(priorityClass, object)).toEqual([]);
  });

  it("PRIO-5 whether it preempts stays", () => {
    const errors = updateErrors(priorityClass, make("a"), (next) => {
      next.preemptionPolicy = "Never";
    });
    expect(errors).toEqual(['preemptionPolicy: Invalid value: "Never": field is immutable']);
  });

  it("PRIO-6 policies that are none", () => {
    expect(createErrors(priorityClass, make("a", { preemptionPolicy: "" as "Never" }))).toEqual([
      "preemptionPolicy: Required value",
    ]);
  });
});
