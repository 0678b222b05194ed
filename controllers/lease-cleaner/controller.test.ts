import { expect, it } from "vitest";
import type { Lease } from "../../kinds/coordination/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planLease } from "./controller.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const lease = (spec: object | undefined): Lease => ({ metadata: metadata("apiserver-x"), spec }) as Lease;

it.each([
  {
    name: "[LC1] renewed in time: waits until it ends",
    spec: { renewTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 60 },
    againAtMs: NOW + 60_000,
  },
  { name: "[LC2] ended: goes", spec: { renewTime: "2025-12-31T23:59:00.000000Z", leaseDurationSeconds: 60 } },
  { name: "[LC3] says nothing: goes", spec: {} },
  { name: "[LC4] has no spec: goes", spec: undefined },
])("$name", ({ spec, againAtMs }) => {
  const plan = planLease(lease(spec), NOW);
  expect(plan.againAtMs).toBe(againAtMs);
  expect(plan.actions.map(({ op }) => op.verb)).toEqual(againAtMs ? [] : ["delete"]);
});
