import { beforeAll, describe, expect, it } from "vitest";
import { type Apps, startApps, template } from "./apps-kit.ts";
import { namesOf, ok } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

const budget = (name: string, more: object = {}) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name, labels: { test: "yes" } },
  spec: { selector: { matchLabels: { app: "held" } }, minAvailable: 1, ...more },
});

async function setUp(pods: number) {
  apps.fate = () => "ready";
  const ns = await apps.namespace();
  const budgets = `/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets`;
  for (let i = 0; i < pods; i++) {
    ok(
      await apps.create(`/api/v1/namespaces/${ns}/pods`, {
        metadata: { name: `p-${i}`, labels: { app: "held" } },
        ...spec(),
      }),
    );
  }
  await apps.rest();
  return {
    ns,
    budgets,
    status: async (name: string) => ok(await apps.get(`${budgets}/${name}`)).status,
    evict: (name: string) =>
      apps.create(`/api/v1/namespaces/${ns}/pods/${name}/eviction`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name },
      }),
  };
}
const spec = () => {
  const { spec: podSpec } = template({}) as { spec: object };
  return { spec: podSpec };
};

describe("[sig-apps] DisruptionController", () => {
  it("should create a PodDisruptionBudget [Conformance]", async () => {
    const { budgets } = await setUp(0);
    ok(await apps.create(budgets, budget("b")), 201);
    const created = ok(await apps.get(`${budgets}/b`));
    created.spec.minAvailable = "2%";
    expect(ok(await apps.replace(`${budgets}/b`, created)).spec.minAvailable).toBe("2%");
    expect(ok(await apps.patch(`${budgets}/b`, { spec: { minAvailable: "3%" } })).spec.minAvailable).toBe("3%");
    ok(await apps.delete(`${budgets}/b`));
    expect((await apps.get(`${budgets}/b`)).status).toBe(404);
  });

  it("should observe PodDisruptionBudget status updated [Conformance]", async () => {
    const { budgets, status } = await setUp(3);
    ok(await apps.create(budgets, budget("b")));
    await apps.rest();
    expect(await status("b")).toMatchObject({
      disruptionsAllowed: 2,
      currentHealthy: 3,
      desiredHealthy: 1,
      expectedPods: 3,
      observedGeneration: 1,
      conditions: [{ type: "DisruptionAllowed", status: "True", reason: "SufficientPods" }],
    });
  });

  it("should update/patch PodDisruptionBudget status [Conformance]", async () => {
    const { budgets, status } = await setUp(1);
    ok(await apps.create(budgets, budget("b")));
    await apps.rest();
    const condition = (type: string) => ({
      type,
      status: "True",
      reason: "E2E",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    });
    const object = ok(await apps.get(`${budgets}/b`));
    object.status.conditions = [condition("Updated")];
    expect(ok(await apps.replace(`${budgets}/b/status`, object)).status.conditions).toMatchObject([
      { type: "Updated" },
    ]);
    ok(await apps.patch(`${budgets}/b/status`, { status: { conditions: [condition("Patched")] } }));
    expect((await status("b")).conditions).toMatchObject([{ type: "Patched" }]);
    await apps.rest();
  });

  it("should block an eviction until the PDB is updated to allow it [Conformance]", async () => {
    const { budgets, evict, ns } = await setUp(3);
    // Bare pods do not count where a share is asked for; here it is a number.
    ok(await apps.create(budgets, budget("b", { minAvailable: 3 })));
    await apps.rest();
    const refused = await evict("p-0");
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: "DisruptionBudget", message: "The disruption budget b needs 3 healthy pods and has 3 currently" },
        ],
      },
    });
    ok(await apps.patch(`${budgets}/b`, { spec: { minAvailable: 2 } }));
    // Before the controller has seen the change nobody may rely on the old count.
    expect((await evict("p-0")).status).toBe(429);
    await apps.rest();
    ok(await evict("p-0"), 201);
    await apps.rest();
    expect((await apps.pods(ns)).map(({ metadata }) => metadata.name)).toEqual(["p-1", "p-2"]);
    // Only one could go.
    expect((await evict("p-1")).status).toBe(429);
    ok(await apps.delete(`${budgets}/b`));
    ok(await evict("p-1"), 201);
  });

  it("Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets [Conformance]", async () => {
    const one = await setUp(0);
    const two = await setUp(0);
    ok(await apps.create(one.budgets, budget("a")));
    ok(await apps.create(one.budgets, budget("b")));
    ok(await apps.create(two.budgets, budget("c")));
    const everywhere = async () =>
      namesOf(ok(await apps.get("/apis/policy/v1/poddisruptionbudgets?labelSelector=test%3Dyes")));
    expect(await everywhere()).toEqual(expect.arrayContaining(["a", "b", "c"]));
    ok(await apps.request("DELETE", `${one.budgets}?labelSelector=test%3Dyes`));
    expect(namesOf(ok(await apps.get(one.budgets)))).toEqual([]);
    expect(await everywhere()).toEqual(expect.arrayContaining(["c"]));
  });

  it("never lets more go than the budget allows, also of pods that are not ready", async () => {
    const { budgets, evict, ns } = await setUp(2);
    ok(await apps.create(budgets, budget("b", { minAvailable: 2 })));
    apps.fate = ({ metadata }) => (metadata.name === "p-1" ? "unready" : "ready");
    await apps.rest();
    // IfHealthyBudget: what is unready may go only while the rest is enough.
    expect((await evict("p-1")).status).toBe(429);
    ok(await apps.patch(`${budgets}/b`, { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } }));
    await apps.rest();
    ok(await evict("p-1"), 201);
    expect((await evict("p-0")).status).toBe(429);
    await apps.rest();
    expect((await apps.pods(ns)).map(({ metadata }) => metadata.name)).toEqual(["p-0"]);
  });
});
