import { beforeAll, describe, expect, it } from "vitest";
import { type Apps, startApps, statusEndpoints, template } from "./apps-kit.ts";
import { namesOf, ok, openWatch } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

const deployment = (name: string, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, labels: { test: name } },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template({ app: name }), ...more },
});

async function setUp(name: string, more: object = {}) {
  apps.fate = () => "ready";
  const ns = await apps.namespace();
  const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`;
  const path = `${deployments}/${name}`;
  ok(await apps.create(deployments, deployment(name, more)), 201);
  await apps.rest();
  return {
    ns,
    path,
    deployments,
    get: async () => ok(await apps.get(path)),
    replicaSets: async () =>
      // biome-ignore lint/suspicious/noExplicitAny: objects as they come
      (ok(await apps.get(`/apis/apps/v1/namespaces/${ns}/replicasets`)).items as any[]).sort(
        (a, b) =>
          Number(a.metadata.annotations["deployment.kubernetes.io/revision"]) -
          Number(b.metadata.annotations["deployment.kubernetes.io/revision"]),
      ),
    image: (image: string) =>
      apps.patch(path, { spec: { template: { spec: { containers: [{ name: "main", image }] } } } }, "strategic"),
  };
}

describe("[sig-apps] Deployment", () => {
  it("Deployment should have a working scale subresource [Conformance]", async () => {
    const { ns, path, get } = await setUp("scaled");
    const scale = ok(await apps.get(`${path}/scale`));
    expect(scale).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 1 },
      status: { replicas: 1 },
    });
    scale.metadata.resourceVersion = "";
    scale.spec.replicas = 2;
    expect(ok(await apps.replace(`${path}/scale`, scale)).spec.replicas).toBe(2);
    await apps.rest();
    expect((await get()).spec.replicas).toBe(2);
    ok(await apps.patch(`${path}/scale`, { spec: { replicas: 4 } }));
    await apps.rest();
    expect((await get()).status.readyReplicas).toBe(4);
    expect(await apps.pods(ns)).toHaveLength(4);
  });

  it("RecreateDeployment should delete old pods and create new ones [Conformance]", async () => {
    const { ns, image, get, path } = await setUp("recreated", { strategy: { type: "Recreate" } });
    ok(await apps.patch(path, { spec: { replicas: 2 } }));
    await apps.rest();
    const from = ok(await apps.get(`/api/v1/namespaces/${ns}/pods`)).metadata.resourceVersion;
    const watch = await openWatch(apps, `/api/v1/namespaces/${ns}/pods?resourceVersion=${from}`);
    ok(await image("httpd:2"));
    await apps.rest();
    expect((await get()).status).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
    // No new pod runs beside an old one.
    let olds = 2;
    for (let news = 0; news < 2; ) {
      const { type, object } = await watch.next();
      const isOld = object.spec.containers[0].image === "httpd:1";
      if (isOld && type === "DELETED") olds--;
      if (!isOld && type === "ADDED") news++;
      if (!isOld) expect(olds).toBe(0);
    }
    await watch.cancel();
  });

  it("RollingUpdateDeployment should delete old pods and create new ones [Conformance]", async () => {
    const ns = await apps.namespace();
    const labels = { app: "rolling" };
    const replicaSet = {
      metadata: { name: "older", labels, annotations: { "deployment.kubernetes.io/revision": "3546343826724305832" } },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: template(labels) },
    };
    ok(await apps.create(`/apis/apps/v1/namespaces/${ns}/replicasets`, replicaSet));
    await apps.rest();
    const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`;
    ok(await apps.create(deployments, deployment("rolling", { template: template(labels, "agnhost") })));
    await apps.rest();
    const done = ok(await apps.get(`${deployments}/rolling`));
    // One more than the ReplicaSet had that was adopted: an int64, which is none of JavaScript's.
    expect(done.metadata.annotations["deployment.kubernetes.io/revision"]).toBe("3546343826724305833");
    expect(done.status).toMatchObject({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 });
    const older = ok(await apps.get(`/apis/apps/v1/namespaces/${ns}/replicasets/older`));
    expect(older.metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "rolling", controller: true }]);
    expect(older.spec.replicas).toBe(0);
    const [pod, ...others] = await apps.pods(ns);
    expect([pod.spec.containers[0].image, others]).toEqual(["agnhost", []]);
  });

  it("deployment should delete old replica sets [Conformance]", async () => {
    const { image, replicaSets } = await setUp("forgetful", { revisionHistoryLimit: 0 });
    ok(await image("httpd:2"));
    await apps.rest();
    const [only, ...others] = await replicaSets();
    expect([only.spec.template.spec.containers[0].image, others]).toEqual(["httpd:2", []]);
  });

  it("deployment should support proportional scaling [Conformance]", async () => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    const { get, replicaSets, image, path } = await setUp("proportional", { replicas: 10, strategy });
    expect((await get()).status.availableReplicas).toBe(10);
    // An image that nobody can pull: the rollout stops half way.
    apps.fate = ({ spec }) => (spec.containers[0]?.image === "webserver:404" ? "pending" : "ready");
    ok(await image("webserver:404"));
    await apps.rest();
    const sizes = async () => (await replicaSets()).map(({ spec }) => spec.replicas);
    expect(await sizes()).toEqual([8, 5]);
    expect((await get()).status).toMatchObject({ availableReplicas: 8, updatedReplicas: 5, observedGeneration: 2 });
    ok(await apps.patch(path, { spec: { replicas: 30 } }));
    await apps.rest();
    expect(await sizes()).toEqual([20, 13]);
    const [first] = await replicaSets();
    expect(first.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/desired-replicas": "30",
      "deployment.kubernetes.io/max-replicas": "33",
    });
  });

  it("deployment should support rollover [Conformance]", async () => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const { get, image, replicaSets } = await setUp("rollover", { strategy, minReadySeconds: 10 });
    apps.fate = ({ spec }) => (spec.containers[0]?.image === "gone:1" ? "pending" : "ready");
    ok(await image("gone:1"));
    await apps.rest();
    expect((await replicaSets()).map(({ spec }) => spec.replicas)).toEqual([1, 1]);
    ok(await image("agnhost"));
    await apps.rest();
    expect((await replicaSets()).map(({ spec, status }) => [spec.replicas, status.replicas])).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect((await get()).status).toMatchObject({ updatedReplicas: 1, availableReplicas: 1 });
  });

  it("should run the lifecycle of a Deployment [Conformance]", async () => {
    const { ns, deployments, path, get } = await setUp("lived", { replicas: 2 });
    const watch = await openWatch(apps, `${deployments}?fieldSelector=metadata.name%3Dlived`);
    expect((await watch.next()).type).toBe("ADDED");
    ok(
      await apps.patch(
        path,
        {
          metadata: { labels: { patched: "yes" } },
          spec: { replicas: 1, template: { spec: { containers: [{ name: "main", image: "httpd:2" }] } } },
        },
        "strategic",
      ),
    );
    await apps.rest();
    const list = ok(await apps.get("/apis/apps/v1/deployments?labelSelector=test%3Dlived"));
    expect(namesOf(list)).toEqual(["lived"]);
    const status = { status: { conditions: [{ type: "Progressing", status: "True", reason: "E2E" }] } };
    ok(await apps.patch(`${path}/status`, status, "strategic"));
    ok(await apps.replace(path, { ...(await get()), spec: { ...(await get()).spec, replicas: 2 } }));
    await apps.rest();
    expect((await get()).status.readyReplicas).toBe(2);
    expect(ok(await apps.get(`${path}/status`)).status.replicas).toBe(2);
    ok(await apps.request("DELETE", `${deployments}?labelSelector=test%3Dlived`));
    await apps.rest();
    for (let event = await watch.next(); event.type !== "DELETED"; ) event = await watch.next();
    await watch.cancel();
    expect(await apps.pods(ns)).toEqual([]);
  });

  it("should validate Deployment Status endpoints [Conformance]", async () => {
    await statusEndpoints(apps, (await setUp("status")).path);
  });
});
