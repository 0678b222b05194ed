import { expect, it } from "vitest";
import { node } from "../../test/fakes/cluster-objects.ts";
import { nextStep, planTtl } from "./controller.ts";

it.each([
  { name: "[TT1] small", step: 0, nodes: 100, next: 0 },
  { name: "[TT2] grows beyond its step", step: 0, nodes: 101, next: 1 },
  { name: "[TT3] does not go back at once", step: 1, nodes: 95, next: 1 },
  { name: "[TT4] goes back", step: 1, nodes: 89, next: 0 },
  { name: "[TT5] jumps", step: 0, nodes: 5_000, next: 4 },
  { name: "[TT6] falls", step: 4, nodes: 3, next: 0 },
])("$name", ({ step, nodes, next }) => {
  expect(nextStep(step, nodes)).toBe(next);
});

it("[TT7] says it once", () => {
  const annotations = { "node.alpha.kubernetes.io/ttl": "0" };
  expect(planTtl(node("n"), 0).actions[0]?.op).toMatchObject({ patch: { metadata: { annotations } } });
  expect(planTtl(node("n", { metadata: { annotations } }), 0)).toEqual({ actions: [] });
});
