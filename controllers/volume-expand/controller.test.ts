import { expect, it } from "vitest";
import type { PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planExpansion } from "./controller.ts";

const claim = (wants: string, has: string | undefined, phase = "Bound"): PersistentVolumeClaim =>
  ({
    metadata: metadata("data"),
    spec: { resources: { requests: { storage: wants } } },
    status: { phase, ...(has && { capacity: { storage: has } }) },
  }) as unknown as PersistentVolumeClaim;

it.each([
  { name: "[VE1] wants more than it has", claim: claim("2Gi", "1Gi"), told: true },
  { name: "[VE2] has what it wants", claim: claim("1Gi", "1024Mi"), told: false },
  { name: "[VE3] is not bound", claim: claim("2Gi", "1Gi", "Pending"), told: false },
  { name: "[VE4] has not said what it has", claim: claim("2Gi", undefined), told: false },
])("$name", ({ claim, told }) => {
  expect(planExpansion(claim).events?.map(({ reason }) => reason) ?? []).toEqual(told ? ["ExternalExpanding"] : []);
});
