/** What conformance asks of daemon sets, with containers that run. */
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import { OTHER_IMAGE } from "./cli-on-nodes.ts";
import { type Any, isReady, template } from "./nodes-kit.ts";
import { becomes, imageOf, NO_IMAGE, named, stays, uidsOf, type Workloads, withImage } from "./workloads-kit.ts";

export function daemonSetTests({ api, nodes }: Workloads): void {
  describe.concurrent("[sig-apps] Daemon set [Serial]", () => {
    const setUp = async (name: string, spec: object = {}) => {
      const space = await api().space(`daemon-${name}`);
      const daemons = await space.create({
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name },
        spec: { selector: { matchLabels: { app: name } }, template: template({ app: name }), ...spec },
      });
      const onNodes = async () => (await space.pods()).filter(isReady).map(({ spec }) => spec.nodeName);
      return { space, daemons, everywhere: () => space.ready(nodes().length), onNodes };
    };
    const all = () =>
      nodes()
        .map(({ name }) => name)
        .sort();

    it("should run and stop simple daemon [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("simple");
      const pods = await everywhere();
      expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(all());
      await api().delete(space.path(`pods/${pods[0].metadata.name}`));
      await eventually("another in its place", 60_000, async () => {
        const now = await space.pods();
        return now.length === nodes().length && now.every(isReady) && !uidsOf(now).includes(pods[0].metadata.uid);
      });
      await api().delete(daemons);
      await becomes("none left", async () => named(await space.pods()), []);
      await space.remove();
    });

    it("should run and stop complex daemon [Conformance]", async () => {
      const label = "daemonset-color";
      const selecting = (color: string) => template({ app: "complex" }, {}, { nodeSelector: { [label]: color } });
      const { space, daemons, onNodes } = await setUp("complex", { template: selecting("blue") });
      await becomes("observed", async () => (await api().get(daemons)).status.observedGeneration, 1);
      await stays(async () => named(await space.pods()));
      expect(await space.pods()).toEqual([]);
      const [node] = all() as [string];
      const paint = (color: string | null) =>
        api().patch(`/api/v1/nodes/${node}`, { metadata: { labels: { [label]: color } } });
      await paint("blue");
      await becomes("a daemon on the blue node", onNodes, [node]);
      await paint("green");
      await becomes("no daemon", async () => named(await space.pods()), []);
      await api().patch(daemons, { spec: { template: selecting("green"), updateStrategy: { type: "RollingUpdate" } } });
      await becomes("a daemon on the green node", onNodes, [node]);
      await paint(null);
      await space.remove();
    });

    it("should retry creating failed daemon pods [Conformance]", async () => {
      const { space, everywhere } = await setUp("retried");
      const [failed] = await everywhere();
      await api().update(space.path(`pods/${failed.metadata.name}/status`), ({ status }) => {
        status.phase = "Failed";
      });
      await eventually("another in its place", 60_000, async () => {
        const now = await space.pods();
        return now.length === nodes().length && now.every(isReady) && !uidsOf(now).includes(failed.metadata.uid);
      });
      await space.remove();
    });

    it("should update pod when spec was updated and update strategy is RollingUpdate [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("rolled");
      const hashes = (pods: Any[]) => [
        ...new Set(pods.map(({ metadata }) => metadata.labels["controller-revision-hash"])),
      ];
      const [before] = hashes(await everywhere());
      const revisions = async () =>
        (await api().get(space.path("controllerrevisions", "apps/v1"))).items
          .map(({ metadata, revision }: Any) => [metadata.labels["controller-revision-hash"], revision])
          .sort((a: Any, b: Any) => a[1] - b[1]);
      expect(await revisions()).toEqual([[before, 1]]);
      await api().patch(daemons, withImage(OTHER_IMAGE), "strategic");
      await becomes(
        "new images",
        async () => (await space.pods()).filter(isReady).map(imageOf),
        nodes().map(() => OTHER_IMAGE),
      );
      const [after, ...more] = hashes(await everywhere());
      expect(more).toEqual([]);
      expect(await revisions()).toEqual([
        [before, 1],
        [after, 2],
      ]);
      await becomes(
        "all updated",
        async () => (await api().get(daemons)).status.updatedNumberScheduled,
        nodes().length,
      );
      await space.remove();
    });

    it("should rollback without unnecessary restarts [Conformance]", async () => {
      const { space, daemons, everywhere } = await setUp("rolled-back");
      const before = await everywhere();
      await api().patch(daemons, withImage(NO_IMAGE), "strategic");
      await eventually("a pod of the new kind", 60_000, async () =>
        (await space.pods()).some((pod) => imageOf(pod) === NO_IMAGE),
      );
      const kept = uidsOf((await space.pods()).filter((pod) => imageOf(pod) === WEB_IMAGE && isReady(pod)));
      expect(kept.length).toBe(before.length - 1);
      await api().patch(daemons, withImage(WEB_IMAGE), "strategic");
      const after = await eventually("all back", 60_000, async () => {
        const now = await space.pods();
        const fine = now.length === nodes().length && now.every((pod) => isReady(pod) && imageOf(pod) === WEB_IMAGE);
        return fine && now;
      });
      for (const uid of kept) expect(uidsOf(after as Any[])).toContain(uid);
      for (const { status } of after as Any[]) expect(status.containerStatuses[0].restartCount).toBe(0);
      await space.remove();
    });
  });
}
