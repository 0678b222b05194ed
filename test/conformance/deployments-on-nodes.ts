/** What conformance asks of deployments, with containers that run. */
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import { OTHER_IMAGE } from "./cli-on-nodes.ts";
import { type Any, isReady, template } from "./nodes-kit.ts";
import { becomes, imageOf, NO_IMAGE, running, type Workloads, withImage } from "./workloads-kit.ts";

export function deploymentTests({ api }: Workloads): void {
  describe.concurrent("[sig-apps] Deployment", () => {
    const setUp = async (name: string, spec: object = {}) => {
      const space = await api().space(`deployment-${name}`);
      const deployment = await space.create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: name } },
          template: template({ app: name }, running("trap 'exit 0' TERM; sleep 3600 & wait")),
          ...spec,
        },
      });
      /** Replicas by image: what is asked for, and what is available. */
      const sets = async () =>
        Object.fromEntries(
          (await api().get(space.path("replicasets", "apps/v1"))).items.map(({ spec, status }: Any) => [
            imageOf(spec.template),
            [spec.replicas, status.availableReplicas ?? 0],
          ]),
        );
      return { space, deployment, sets, status: async () => (await api().get(deployment)).status };
    };

    it.each([
      { what: "RecreateDeployment", strategy: { type: "Recreate" } },
      { what: "RollingUpdateDeployment", strategy: { type: "RollingUpdate" } },
    ])("$what should delete old pods and create new ones [Conformance]", async ({ what, strategy }) => {
      const { space, deployment, sets } = await setUp(what.toLowerCase(), { strategy });
      await space.ready(2);
      await api().patch(deployment, withImage(OTHER_IMAGE), "strategic");
      let overlapped = false;
      await eventually("new pods only", 60_000, async () => {
        const pods = await space.pods();
        const live = new Set(pods.filter(({ status }) => status.phase === "Running").map(imageOf));
        overlapped ||= live.size > 1;
        return pods.length === 2 && pods.every((pod) => isReady(pod) && imageOf(pod) === OTHER_IMAGE);
      });
      if (strategy.type === "Recreate") expect(overlapped).toBe(false);
      await becomes("old set empty", sets, { [WEB_IMAGE]: [0, 0], [OTHER_IMAGE]: [2, 2] });
      await space.remove();
    });

    it("deployment should support rollover [Conformance]", async () => {
      const space = await api().space("deployment-rollover");
      const labels = { app: "rollover" };
      const pods = template(labels);
      await space.create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "rollover-before", labels },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: pods },
      });
      await space.ready(1);
      const deployment = await space.create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "rollover" },
        spec: {
          replicas: 1,
          minReadySeconds: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: labels },
          template: template(labels, { image: NO_IMAGE }),
        },
      });
      const sets = async () =>
        (await api().get(space.path("replicasets", "apps/v1"))).items.map(({ spec }: Any) => [
          imageOf(spec.template),
          spec.replicas,
        ]);
      await becomes(
        "the new one stands still beside the adopted",
        async () => (await sets()).sort(),
        [
          [WEB_IMAGE, 1],
          [NO_IMAGE, 1],
        ].sort(),
      );
      await api().patch(deployment, withImage(OTHER_IMAGE), "strategic");
      await becomes(
        "rolled over",
        async () => (await sets()).sort(),
        [
          [WEB_IMAGE, 0],
          [NO_IMAGE, 0],
          [OTHER_IMAGE, 1],
        ].sort(),
      );
      const [pod] = await space.ready(1);
      expect(imageOf(pod)).toBe(OTHER_IMAGE);
      for (const { metadata } of (await api().get(space.path("replicasets", "apps/v1"))).items)
        expect(metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "rollover", controller: true }]);
      await space.remove();
    });

    it("deployment should support proportional scaling [Conformance]", async () => {
      const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
      const { space, deployment, sets, status } = await setUp("proportional", {
        replicas: 10,
        strategy: { type: "RollingUpdate", rollingUpdate },
      });
      await space.ready(10);
      await api().patch(deployment, withImage(NO_IMAGE), "strategic");
      await becomes("as many as may be", sets, { [WEB_IMAGE]: [8, 8], [NO_IMAGE]: [5, 0] });
      await becomes("available", async () => (await status()).availableReplicas, 8);
      await api().patch(`${deployment}/scale`, { spec: { replicas: 30 } });
      await eventually("both in proportion", 60_000, async () => {
        const now = await sets();
        return now[WEB_IMAGE]?.[0] === 20 && now[NO_IMAGE]?.[0] === 13;
      });
      await space.remove();
    });
  });
}
