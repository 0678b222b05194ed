import { describe, expect, it } from "vitest";
import type { LeaseCandidate, LeaseCandidateSpec } from "../generated/api/coordination-v1beta1.ts";
import { created, createErrors } from "../judge.ts";
import { runtimeClass } from "../node/runtime-class.ts";
import type { RuntimeClass } from "../node/v1-types.ts";
import { lease } from "./lease.ts";
import { leaseCandidate } from "./lease-candidate.ts";
import type { Lease } from "./v1-types.ts";

describe("LeaseCandidate", () => {
  const make = (spec: Partial<LeaseCandidateSpec>): LeaseCandidate => ({
    apiVersion: "coordination.k8s.io/v1beta1",
    kind: "LeaseCandidate",
    metadata: { name: "a", namespace: "default" },
    spec: {
      leaseName: "l",
      binaryVersion: "1.36.0",
      emulationVersion: "1.35.0",
      strategy: "OldestEmulationVersion",
      ...spec,
    } as LeaseCandidateSpec,
  });

  it.each<[string, Partial<LeaseCandidateSpec>, string[]]>([
    ["fine", {}, []],
    [
      "no versions",
      { binaryVersion: "v1.36", emulationVersion: "" },
      [
        'spec.binaryVersion: Invalid value: "v1.36": must be a valid semantic version',
        "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
      ],
    ],
    [
      "older than what it emulates",
      { binaryVersion: "1.34.0" },
      ['spec.binaryVersion: Invalid value: "1.34.0": must be greater than or equal to `emulationVersion`'],
    ],
    [
      "an unknown strategy",
      { strategy: "Any" },
      ['spec.strategy.strategy: Unsupported value: "Any": supported values: "OldestEmulationVersion"'],
    ],
    ["a strategy of its own", { strategy: "example.com/any", emulationVersion: "" }, []],
  ])("LC-1 %s", (_, spec, errors) => {
    expect(createErrors(leaseCandidate, make(spec))).toEqual(errors);
  });

  it("LC-2 names are those of keys", () => {
    expect(leaseCandidate.nameErrors?.("A_b")).toEqual([]);
  });
});

describe("RuntimeClass", () => {
  it("RTC-1 tolerations are told apart by all but their time", () => {
    const object: RuntimeClass = {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name: "a" },
      handler: "h",
      scheduling: {
        tolerations: [
          { key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 1 },
          { key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 2 },
          { key: "-", operator: "Exists" },
        ],
      },
    };
    expect(createErrors(runtimeClass, object).map((error) => error.split(" ")[0])).toEqual([
      "scheduling.tolerations.tolerations[2].key:",
      "scheduling.tolerations[1]:",
    ]);
  });
});

describe("Lease", () => {
  it("LEASE-1 who is to lead next takes a gate that is closed: it is dropped, unless it is there already", () => {
    const spec = { holderIdentity: "a", strategy: "OldestEmulationVersion", preferredHolder: "b" };
    const object: Lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec };
    const stored = created(lease, object);
    expect(stored.spec).toEqual({ holderIdentity: "a" });
    expect(lease.prepareForUpdate?.(structuredClone(object), stored).spec).toEqual({ holderIdentity: "a" });
    expect(lease.prepareForUpdate?.(structuredClone(object), object).spec).toEqual(spec);
  });
});
