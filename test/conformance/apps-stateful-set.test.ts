import { beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Apps, startApps, statusEndpoints, template } from "./apps-kit.ts";
import { namesOf, ok, openWatch } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

async function setUp(name: string, more: object = {}, fate: Apps["fate"] = () => "ready") {
  apps.fate = fate;
  const ns = await apps.namespace();
  const sets = `/apis/apps/v1/namespaces/${ns}/statefulsets`;
  const object = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, labels: { test: name } },
    spec: {
      replicas: 1,
      serviceName: "test",
      selector: { matchLabels: { app: name } },
      template: template({ app: name }),
      ...more,
    },
  };
  ok(await apps.create(sets, object), 201);
  await apps.rest();
  const path = `${sets}/${name}`;
  return {
    ns,
    sets,
    path,
    get: async () => ok(await apps.get(path)),
    podPath: (ordinal: number) => `/api/v1/namespaces/${ns}/pods/${name}-${ordinal}`,
    scale: async (replicas: number) => void ok(await apps.patch(`${path}/scale`, { spec: { replicas } })),
    image: async (image: string) =>
      void ok(
        await apps.patch(
          path,
          { spec: { template: { spec: { containers: [{ name: "main", image }] } } } },
          "strategic",
        ),
      ),
    images: async () => (await apps.pods(ns)).map((each) => each.spec.containers[0].image),
    names: async () => (await apps.pods(ns)).map(({ metadata }) => metadata.name),
    revisions: async () => (await apps.pods(ns)).map(({ metadata }) => metadata.labels["controller-revision-hash"]),
    /** What becomes of its pods from now on: "ADDED x-0", "DELETED x-0", in order. */
    async follow() {
      const from = ok(await apps.get(`/api/v1/namespaces/${ns}/pods`)).metadata.resourceVersion;
      const watch = await openWatch(apps, `/api/v1/namespaces/${ns}/pods?resourceVersion=${from}`);
      return async (count: number): Promise<string[]> => {
        const seen: string[] = [];
        while (seen.length < count) {
          const { type, object } = await watch.next();
          if (type !== "MODIFIED") seen.push(`${type} ${object.metadata.name}`);
        }
        await watch.cancel();
        return seen;
      };
    },
  };
}

const partition = (value: number) => ({
  spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: value } } },
});

describe("[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic]", () => {
  it("Burst scaling should run to completion even with unhealthy pods [Slow] [Conformance]", async () => {
    const { names, scale, get } = await setUp(
      "burst",
      { podManagementPolicy: "Parallel", replicas: 3 },
      () => "unready",
    );
    expect(await names()).toEqual(["burst-0", "burst-1", "burst-2"]);
    await scale(5);
    await apps.rest();
    expect(await names()).toHaveLength(5);
    expect((await get()).status).toMatchObject({ replicas: 5, currentReplicas: 5 });
    await scale(0);
    await apps.rest();
    expect(await names()).toEqual([]);
    expect((await get()).status.replicas).toBe(0);
  });

  it("Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow] [Conformance]", async () => {
    let isSick = false;
    const { names, scale, follow } = await setUp("ordered", {}, () => (isSick ? "unready" : "ready"));
    const up = await follow();
    isSick = true;
    await apps.rest();
    await scale(3);
    await apps.rest();
    expect(await names()).toEqual(["ordered-0"]);
    isSick = false;
    await apps.rest();
    expect(await up(2)).toEqual(["ADDED ordered-1", "ADDED ordered-2"]);
    const down = await follow();
    isSick = true;
    await apps.rest();
    await scale(0);
    await apps.rest();
    // None goes while one before it is not well.
    expect(await names()).toHaveLength(3);
    isSick = false;
    await apps.rest();
    expect(await down(3)).toEqual(["DELETED ordered-2", "DELETED ordered-1", "DELETED ordered-0"]);
  });

  it("Should recreate evicted statefulset [Conformance]", async () => {
    const { podPath } = await setUp("evicted");
    const before = ok(await apps.get(podPath(0)));
    const status = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
    ok(await apps.patch(`${podPath(0)}/status`, { status }, "strategic"));
    await apps.rest();
    const after = ok(await apps.get(podPath(0)));
    expect([after.status.phase, after.metadata.uid === before.metadata.uid]).toEqual(["Running", false]);
  });

  it("should have a working scale subresource [Conformance]", async () => {
    const { path, get } = await setUp("scaled");
    const scale = ok(await apps.get(`${path}/scale`));
    expect([scale.spec.replicas, scale.status.replicas]).toEqual([1, 1]);
    scale.metadata.resourceVersion = "";
    scale.spec.replicas = 2;
    expect(ok(await apps.replace(`${path}/scale`, scale)).spec.replicas).toBe(2);
    expect((await get()).spec.replicas).toBe(2);
    ok(await apps.patch(`${path}/scale`, { spec: { replicas: 4 } }));
    expect((await get()).spec.replicas).toBe(4);
  });

  it("should list, patch and delete a collection of StatefulSets [Conformance]", async () => {
    const { sets, path, get, ns } = await setUp("collected");
    expect(namesOf(ok(await apps.get("/apis/apps/v1/statefulsets?labelSelector=test%3Dcollected")))).toEqual([
      "collected",
    ]);
    const changes = {
      metadata: { labels: { "test-ss": "patched" } },
      spec: {
        replicas: 2,
        template: { spec: { containers: [{ name: "main", image: "pause" }], terminationGracePeriodSeconds: 0 } },
      },
    };
    ok(await apps.patch(path, changes, "strategic"));
    await apps.rest();
    const { status } = await get();
    expect(status).toMatchObject({ observedGeneration: 2, readyReplicas: 2, updatedReplicas: 2 });
    expect(status.currentRevision).toBe(status.updateRevision);
    ok(await apps.request("DELETE", `${sets}?labelSelector=test-ss%3Dpatched`));
    await apps.rest();
    expect(ok(await apps.get(sets)).items).toEqual([]);
    expect(await apps.pods(ns)).toEqual([]);
  });

  it("should perform canary updates and phased rolling updates of template modifications [Conformance]", async () => {
    const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 3 } };
    const { image, images, path, get, podPath } = await setUp("canary", { replicas: 3, updateStrategy });
    await image("httpd:2");
    await apps.rest();
    expect(await images()).toEqual(["httpd:1", "httpd:1", "httpd:1"]);
    const { currentRevision, updateRevision } = (await get()).status;
    expect(currentRevision).not.toBe(updateRevision);
    ok(await apps.patch(path, partition(2), "strategic"));
    await apps.rest();
    expect(await images()).toEqual(["httpd:1", "httpd:1", "httpd:2"]);
    // What is deleted comes back as it was on each side of the partition.
    for (const ordinal of [0, 2]) ok(await apps.delete(podPath(ordinal)));
    await apps.rest();
    expect(await images()).toEqual(["httpd:1", "httpd:1", "httpd:2"]);
    ok(await apps.patch(path, partition(0), "strategic"));
    await apps.rest();
    expect(await images()).toEqual(["httpd:2", "httpd:2", "httpd:2"]);
    expect((await get()).status).toMatchObject({ currentRevision: updateRevision, updateRevision, updatedReplicas: 3 });
  });

  it("should perform rolling updates and roll backs of template modifications [Conformance]", async () => {
    const { image, images, get, follow, revisions } = await setUp("rolled", { replicas: 3 });
    const first = (await get()).status.currentRevision;
    const forward = await follow();
    await image("httpd:2");
    await apps.rest();
    const order = [
      "DELETED rolled-2",
      "ADDED rolled-2",
      "DELETED rolled-1",
      "ADDED rolled-1",
      "DELETED rolled-0",
      "ADDED rolled-0",
    ];
    expect(await forward(6)).toEqual(order);
    expect(await images()).toEqual(["httpd:2", "httpd:2", "httpd:2"]);
    expect((await get()).status.currentRevision).not.toBe(first);
    const back = await follow();
    await image("httpd:1");
    await apps.rest();
    expect(await back(6)).toEqual(order);
    // The same revision as before, not another like it.
    expect((await get()).status).toMatchObject({ currentRevision: first, updateRevision: first });
    expect(await revisions()).toEqual([first, first, first]);
  });

  it("should validate Statefulset Status endpoints [Conformance]", async () => {
    await statusEndpoints(apps, (await setUp("status")).path);
  });

  it("gives pods at their start ordinal, and each its name, index and place in DNS", async () => {
    const { ns } = await setUp("placed", { replicas: 2, ordinals: { start: 5 } });
    const facts = (await apps.pods(ns)).map(({ metadata, spec }: Pod & { metadata: { labels: object } }) => [
      metadata.name,
      metadata.labels?.["apps.kubernetes.io/pod-index"],
      metadata.labels?.["statefulset.kubernetes.io/pod-name"],
      `${spec.hostname}.${spec.subdomain}`,
    ]);
    expect(facts).toEqual([
      ["placed-5", "5", "placed-5", "placed-5.test"],
      ["placed-6", "6", "placed-6", "placed-6.test"],
    ]);
  });
});
