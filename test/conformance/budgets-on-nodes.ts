/** What conformance asks of disruption budgets, with containers that run. */
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { ok } from "./kit.ts";
import { podOf, template } from "./nodes-kit.ts";
import { becomes, FOREVER, named, type Workloads } from "./workloads-kit.ts";

export function disruptionTests({ api }: Workloads): void {
  describe.concurrent("[sig-apps] DisruptionController", () => {
    it("should block an eviction until the PDB is updated to allow it [Conformance]", async () => {
      const space = await api().space("disruption");
      const labels = { app: "disrupted" };
      await space.create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "rs" },
        spec: { replicas: 3, selector: { matchLabels: labels }, template: template(labels, FOREVER) },
      });
      const budget = await space.create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "foo" },
        spec: { minAvailable: 3, selector: { matchLabels: labels } },
      });
      const pods = named(await space.ready(3));
      const allowed = (count: number) =>
        becomes(`${count} disruptions`, async () => {
          const { metadata, status } = await api().get(budget);
          return [
            status?.disruptionsAllowed,
            status?.currentHealthy,
            status?.observedGeneration === metadata.generation,
          ];
        }, [count, 3, true]);
      const evict = (name: string) =>
        api().request("POST", space.path(`pods/${name}/eviction`), {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name },
        });
      await allowed(0);
      const blocked = await evict(pods[0] as string);
      expect([blocked.status, blocked.body.details.causes[0].reason]).toEqual([429, "DisruptionBudget"]);
      await api().patch(budget, { spec: { minAvailable: 2 } });
      await allowed(1);
      ok(await evict(pods[0] as string), 201);
      await eventually(
        "one less, and made up for",
        60_000,
        async () => !named(await space.pods()).includes(pods[0] as string),
      );
      await space.ready(3);
      await api().patch(budget, { spec: { minAvailable: 3 } });
      await allowed(0);
      expect((await evict(pods[1] as string)).status).toBe(429);
      await api().delete(budget);
      await eventually("nothing forbids it", 30_000, async () => (await evict(pods[1] as string)).status === 201);
      await space.remove();
    });

    it("should observe PodDisruptionBudget status updated [Conformance]", async () => {
      const space = await api().space("observed");
      const labels = { app: "observed" };
      const budget = await space.create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "foo" },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      });
      for (const name of ["a", "b", "c"]) await space.create(podOf(name, labels, FOREVER));
      await becomes("two may go", async () => (await api().get(budget)).status?.disruptionsAllowed, 2);
      await space.remove();
    });
  });
}
