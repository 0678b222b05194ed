/** What conformance asks of stateful sets whose pods fall ill, with containers that run. */
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import { OTHER_IMAGE } from "./cli-on-nodes.ts";
import { isReady, podOf, template } from "./nodes-kit.ts";
import { becomes, imageOf, named, stays, uidsOf, type Workloads, withImage } from "./workloads-kit.ts";

export function statefulSetTests({ api, nodes }: Workloads): void {
  describe.concurrent("[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic]", () => {
    /** Ready as long as its page is there. */
    const readinessProbe = {
      httpGet: { path: "/index.html", port: 80 },
      periodSeconds: 1,
      failureThreshold: 1,
      // A busy machine is no illness.
      timeoutSeconds: 20,
    };
    const setUp = async (name: string, spec: object = {}, more: object = {}) => {
      const space = await api().space(`set-${name}`);
      await space.create({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "test" },
        spec: { clusterIP: "None", selector: { app: name }, ports: [{ port: 80, name: "http" }] },
      });
      const set = await space.create({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name },
        spec: {
          replicas: 3,
          serviceName: "test",
          selector: { matchLabels: { app: name } },
          template: template({ app: name }, { readinessProbe }, more),
          ...spec,
        },
      });
      const pod = (ordinal: number) => `${name}-${ordinal}`;
      /** By ordinal. */
      const pods = async () => (await space.pods()).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      return {
        space,
        set,
        pod,
        pods,
        status: async () => (await api().get(set)).status,
        images: async () => (await pods()).filter(isReady).map(imageOf),
        scale: (replicas: number) => api().patch(`${set}/scale`, { spec: { replicas } }),
        sicken: async (...ordinals: number[]) => {
          for (const ordinal of ordinals) await space.sh(pod(ordinal), "mv /www/index.html /tmp/");
          for (const ordinal of ordinals)
            await becomes(`${pod(ordinal)} is ill`, async () => isReady(await space.pod(pod(ordinal))), false);
        },
        /** All at once: the last one that is ill while a set shrinks is the next to go. */
        heal: (...ordinals: number[]) =>
          Promise.all(ordinals.map((ordinal) => space.sh(pod(ordinal), "mv /tmp/index.html /www/"))),
      };
    };
    it("should perform rolling updates and roll backs of template modifications [Conformance]", async () => {
      const { space, set, pods, status, images, pod, sicken, heal } = await setUp("rolls");
      await space.ready(3);
      const first = (await status()).currentRevision;
      expect((await status()).updateRevision).toBe(first);
      /** The one in the middle is ill: those before it wait until it is replaced and well. */
      const roll = async (to: string) => {
        await sicken(1);
        const followed = await api().follow(space.path("pods"));
        await api().patch(set, withImage(to), "strategic");
        await eventually("a revision to update to", 30_000, async () => {
          const now = await status();
          return now.updateRevision !== now.currentRevision;
        });
        await heal(1).catch(() => undefined);
        await becomes("all images", images, [to, to, to], 90_000);
        await becomes("deletions", async () => followed.events().filter((line) => line.startsWith("DELETED")), [
          `DELETED ${pod(2)}`,
          `DELETED ${pod(1)}`,
          `DELETED ${pod(0)}`,
        ]);
        followed.stop();
        await eventually("current is updated", 30_000, async () => {
          const now = await status();
          return now.currentRevision === now.updateRevision && now.currentReplicas === 3;
        });
      };
      await roll(OTHER_IMAGE);
      const second = (await status()).currentRevision;
      expect(second).not.toBe(first);
      await roll(WEB_IMAGE);
      expect((await status()).currentRevision).toBe(first);
      const labels = (await pods()).map(({ metadata }) => metadata.labels["controller-revision-hash"]);
      expect(labels).toEqual([first, first, first]);
      expect((await api().get(space.path("controllerrevisions", "apps/v1"))).items).toHaveLength(2);
      await space.remove();
    });

    it("should perform canary updates and phased rolling updates of template modifications [Conformance]", async () => {
      const partition = (value: number) => ({
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: value } },
      });
      const { space, set, images, status, pod } = await setUp("canary", partition(3));
      await space.ready(3);
      const before = (await status()).currentRevision;
      await api().patch(set, withImage(OTHER_IMAGE), "strategic");
      await eventually("a revision to update to", 30_000, async () => (await status()).updateRevision !== before);
      await stays(images);
      expect(await images()).toEqual([WEB_IMAGE, WEB_IMAGE, WEB_IMAGE]);
      await api().patch(set, { spec: partition(2) });
      await becomes("a canary", images, [WEB_IMAGE, WEB_IMAGE, OTHER_IMAGE]);
      // Whoever is lost comes back as it was.
      const lost = await Promise.all([0, 2].map(async (ordinal) => (await space.pod(pod(ordinal))).metadata.uid));
      for (const ordinal of [0, 2]) await api().delete(space.path(`pods/${pod(ordinal)}`));
      await eventually("both back", 60_000, async () => {
        const now = await space.pods();
        return now.length === 3 && now.every(isReady) && !uidsOf(now).some((uid) => lost.includes(uid));
      });
      expect(await images()).toEqual([WEB_IMAGE, WEB_IMAGE, OTHER_IMAGE]);
      for (const value of [1, 0]) {
        await api().patch(set, { spec: partition(value) });
        const wanted = [0, 1, 2].map((ordinal) => (ordinal >= value ? OTHER_IMAGE : WEB_IMAGE));
        await becomes(`partition ${value}`, images, wanted);
      }
      await eventually("current is updated", 30_000, async () => {
        const now = await status();
        return now.currentRevision === now.updateRevision && now.currentRevision !== before;
      });
      await space.remove();
    });

    it("Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow] [Conformance]", async () => {
      const { space, pod, scale, sicken, heal, status } = await setUp("ordered", { replicas: 1 });
      await space.ready(1);
      const names = async () => named(await space.pods());
      await sicken(0);
      const up = await api().follow(space.path("pods"));
      await scale(3);
      await stays(names);
      expect(await names()).toEqual([pod(0)]);
      await heal(0);
      const pods = await space.ready(3);
      await becomes("in order", async () => up.events(), [`ADDED ${pod(1)}`, `ADDED ${pod(2)}`]);
      up.stop();
      const madeAt = new Map(pods.map(({ metadata }) => [metadata.name, metadata.creationTimestamp]));
      expect(madeAt.get(pod(1)) <= madeAt.get(pod(2))).toBe(true);
      await sicken(0, 1, 2);
      const down = await api().follow(space.path("pods"));
      await scale(0);
      await stays(names);
      expect(await names()).toEqual([pod(0), pod(1), pod(2)]);
      await heal(0, 1, 2);
      await becomes("all gone", names, []);
      await becomes(
        "in order",
        async () => down.events(),
        [2, 1, 0].map((ordinal) => `DELETED ${pod(ordinal)}`),
      );
      down.stop();
      await becomes("none counted", async () => (await status()).replicas, 0);
      await space.remove();
    });

    it("Burst scaling should run to completion even with unhealthy pods [Slow] [Conformance]", async () => {
      const { space, scale, sicken, status } = await setUp("burst", { replicas: 1, podManagementPolicy: "Parallel" });
      await space.ready(1);
      await sicken(0);
      await scale(3);
      await becomes(
        "three",
        async () => (await space.pods()).filter(({ status }) => status.phase === "Running").length,
        3,
      );
      expect(isReady(await space.pod("burst-0"))).toBe(false);
      await sicken(1, 2);
      await scale(0);
      await becomes("none", async () => named(await space.pods()), []);
      await becomes("none counted", async () => (await status()).replicas, 0);
      await space.remove();
    });

    it("Should recreate evicted statefulset [Conformance]", async () => {
      const space = await api().space("set-evicted");
      const [node] = nodes();
      const pinned = { nodeName: node?.name };
      const ports = [{ containerPort: 21_017, hostPort: 21_017, name: "conflict" }];
      await space.create(podOf("in-the-way", { app: "in-the-way" }, { ports }, pinned));
      await space.ready(1);
      await space.create({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "ss" },
        spec: {
          replicas: 1,
          serviceName: "test",
          selector: { matchLabels: { app: "ss" } },
          template: template({ app: "ss" }, { ports }, pinned),
        },
      });
      const seen = new Map<string, string>();
      await eventually("rejected and made again", 60_000, async () => {
        const answer = await api().request("GET", space.path("pods/ss-0"));
        if (answer.status === 200) seen.set(answer.body.metadata.uid, answer.body.status.phase);
        return seen.size >= 2 && [...seen.values()].includes("Failed");
      });
      await api().delete(space.path("pods/in-the-way"));
      const [pod] = await space.ready(1, "app=ss");
      expect([...seen].filter(([, phase]) => phase === "Failed").map(([uid]) => uid)).not.toContain(pod.metadata.uid);
      expect(pod.status.phase).toBe("Running");
      await space.remove();
    });
  });
}
