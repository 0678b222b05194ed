import { describe, expect, it } from "vitest";
import type { ClusterRole } from "../../kinds/rbac/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planAggregation } from "./controller.ts";

const rule = (resource: string) => ({ verbs: ["get"], apiGroups: [""], resources: [resource] });
const role = (name: string, labels: { [key: string]: string }, resources: string[], more: object = {}): ClusterRole =>
  ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: metadata(name, { namespace: "", labels }),
    rules: resources.map(rule),
    ...more,
  }) as ClusterRole;
const gathering = (rules: string[]) =>
  role("all", {}, rules, {
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: "all" } }, { matchLabels: { also: "yes" } }] },
  });

describe("planAggregation", () => {
  const others = [role("b", { to: "all" }, ["pods", "nodes"]), role("a", { to: "all" }, ["secrets"])];
  it.each([
    {
      name: "[AG1] gathers by selector, then name, each rule once",
      has: [],
      all: [...others, role("c", { also: "yes" }, ["pods", "jobs"])],
      wants: ["secrets", "pods", "nodes", "jobs"],
    },
    { name: "[AG2] rests when it has them", has: ["secrets", "pods", "nodes"], all: others },
    { name: "[AG3] gives up what nobody has", has: ["secrets", "pods"], all: [], wants: [] },
  ])("$name", ({ has, all, wants }) => {
    const role = gathering(has);
    const plan = planAggregation(role, [role, ...all]);
    if (!wants) return expect(plan.actions).toEqual([]);
    expect(plan.actions[0]?.op).toMatchObject({ name: "all", patch: { rules: wants.map(rule) } });
  });

  it("[AG4] leaves roles alone that gather nothing", () => {
    expect(planAggregation(others[0]!, others)).toEqual({ actions: [] });
  });
});
