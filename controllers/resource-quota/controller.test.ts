import { expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import { planRecount } from "./controller.ts";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const quotas = [{ metadata: metadata("q") } as KubeObject];
const going = (deletionTimestamp: string, deletionGracePeriodSeconds = 30) =>
  pod("p", { metadata: { deletionTimestamp, deletionGracePeriodSeconds } });

it.each([
  { name: "[RQ1] nobody goes: nothing", pods: [pod("p")], recounts: false },
  {
    name: "[RQ2] one that may still go: later",
    pods: [going("2026-01-01T00:00:45Z")],
    recounts: false,
    againAtMs: NOW + 15_001,
  },
  { name: "[RQ3] one that should be gone: now", pods: [going("2026-01-01T00:00:15Z")], recounts: true },
  { name: "[RQ4] counted already: nothing", pods: [going("2026-01-01T00:00:15Z")], sinceMs: NOW, recounts: false },
  { name: "[RQ5] no quota: nothing", pods: [going("2026-01-01T00:00:15Z")], quotas: [], recounts: false },
])("$name", ({ pods, recounts, againAtMs, sinceMs = 0, quotas: its = quotas }) => {
  const plan = planRecount({ quotas: its, pods, sinceMs, nowMs: NOW });
  expect(plan.actions.map(({ op }) => ("subresource" in op ? op.subresource : ""))).toEqual(recounts ? ["status"] : []);
  expect(plan.againAtMs).toBe(againAtMs);
});
