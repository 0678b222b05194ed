import { expect, it } from "vitest";
import { registry } from "../../kinds/registry.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import { projectPod } from "../view/project.ts";
import { POD_GROUPS } from "../view/resources.ts";
import { View } from "../view/view.ts";
import { FINALIZER, podGroupProtectionController } from "./controller.ts";

const DELETED = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const HELD = { finalizers: [FINALIZER] };

it.each([
  { name: "[PG1] nobody uses it: nothing", group: {}, phases: [], does: undefined },
  { name: "[PG2] somebody does: it is held", group: {}, phases: ["Succeeded", "Pending"], does: "merge" },
  { name: "[PG3] it is held already", group: HELD, phases: ["Running"], does: undefined },
  { name: "[PG4] deleted, but in use", group: { ...HELD, ...DELETED }, phases: ["Running"], does: undefined },
  { name: "[PG5] deleted, and all have ended", group: { ...HELD, ...DELETED }, phases: ["Failed"], does: "json" },
])("$name", ({ group, phases, does }) => {
  const view = new View(registry);
  view.table(POD_GROUPS)!.put({ metadata: metadata("g", group) } as KubeObject);
  phases.forEach((phase, i) => {
    const it = pod(`p${i}`, { spec: { schedulingGroup: { podGroupName: "g" } }, status: { phase } });
    view.pods.put(projectPod(it));
  });
  const seen = { nowMs: 0, random: () => 0, attempts: 0, failures: [] };
  const [action] = podGroupProtectionController.plan("default/g", view, seen).actions;
  expect((action?.op as { patchType?: string } | undefined)?.patchType).toBe(does);
});

it("[PG6] pods that come, end and go make it worth a look", () => {
  const view = new View(registry);
  const of = (phase: string) => pod("p", { spec: { schedulingGroup: { podGroupName: "g" } }, status: { phase } });
  const keys = (type: "added" | "changed" | "deleted", phase: string, before?: string) => [
    ...(podGroupProtectionController.watches.pods!(
      { type, resource: "pods", object: of(phase), ...(before && { previous: of(before) }) },
      view,
    ) ?? []),
  ];
  expect(keys("added", "Pending")).toEqual(["default/g"]);
  expect(keys("changed", "Running", "Pending")).toEqual([]);
  expect(keys("changed", "Succeeded", "Running")).toEqual(["default/g"]);
  expect(keys("deleted", "Running")).toEqual(["default/g"]);
});
