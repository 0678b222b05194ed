import { beforeAll, describe, expect, it } from "vitest";
import { type Apps, startApps, statusEndpoints, template } from "./apps-kit.ts";
import { namesOf, ok, openWatch } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

const replicaSet = (name: string, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name, labels: { test: name } },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template({ app: name }), ...more },
});
const controller = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ReplicationController",
  metadata: { name, labels: { test: name } },
  spec: { replicas: 1, selector: { app: name }, template: template({ app: name }), ...more },
});
const pod = (name: string) => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: "main", image: "httpd:1" }] },
});
const pathsOf = (ns: string) => ({
  pods: `/api/v1/namespaces/${ns}/pods`,
  sets: `/apis/apps/v1/namespaces/${ns}/replicasets`,
  controllers: `/api/v1/namespaces/${ns}/replicationcontrollers`,
});
const ownersOf = (object: { metadata: { ownerReferences?: { kind: string; name: string; controller?: boolean }[] } }) =>
  (object.metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`);

async function setUp(make: (name: string) => object, name: string, of: "sets" | "controllers") {
  apps.fate = () => "ready";
  const ns = await apps.namespace();
  const paths = pathsOf(ns);
  ok(await apps.create(paths[of], make(name)), 201);
  await apps.rest();
  const path = `${paths[of]}/${name}`;
  return { ns, ...paths, path, get: async () => ok(await apps.get(path)) };
}

/** Reads, replaces and patches a scale. */
async function scales(path: string): Promise<void> {
  const scale = ok(await apps.get(`${path}/scale`));
  expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
  scale.metadata.resourceVersion = "";
  scale.spec.replicas = 2;
  expect(ok(await apps.replace(`${path}/scale`, scale)).spec.replicas).toBe(2);
  await apps.rest();
  expect(ok(await apps.get(path)).status.readyReplicas).toBe(2);
  ok(await apps.patch(`${path}/scale`, { spec: { replicas: 4 } }));
  await apps.rest();
  expect(ok(await apps.get(`${path}/scale`)).status.replicas).toBe(4);
}

/** An orphan that matches is adopted rather than another pod made; one that no longer matches is released and replaced. */
async function adoptsAndReleases(kind: string, create: (ns: string, name: string) => Promise<void>): Promise<void> {
  apps.fate = () => "ready";
  const ns = await apps.namespace();
  const { pods } = pathsOf(ns);
  const name = "pod-adoption";
  ok(await apps.create(pods, pod(name)));
  await apps.rest();
  await create(ns, name);
  await apps.rest();
  const [only, ...others] = await apps.pods(ns);
  expect([only.metadata.name, ownersOf(only), others]).toEqual([name, [`${kind}/${name}`], []]);
  ok(await apps.patch(`${pods}/${name}`, { metadata: { labels: { app: "not-matching" } } }));
  await apps.rest();
  expect(ownersOf(ok(await apps.get(`${pods}/${name}`)))).toEqual([]);
  expect((await apps.pods(ns, `app=${name}`)).map(ownersOf)).toEqual([[`${kind}/${name}`]]);
}

describe("[sig-apps] ReplicaSet", () => {
  it("Replicaset should have a working scale subresource [Conformance]", async () => {
    await scales((await setUp(replicaSet, "scaled", "sets")).path);
  });

  it("Replace and Patch tests [Conformance]", async () => {
    const { path, get, ns } = await setUp(replicaSet, "patched", "sets");
    const object = await get();
    object.spec.replicas = 2;
    ok(await apps.replace(path, object));
    await apps.rest();
    expect((await get()).status.readyReplicas).toBe(2);
    const changes = {
      metadata: { labels: { "test-rs": "patched" } },
      spec: { replicas: 3, template: { spec: { containers: [{ name: "main", image: "httpd:2" }] } } },
    };
    ok(await apps.patch(path, changes, "strategic"));
    await apps.rest();
    expect(await get()).toMatchObject({
      metadata: { labels: { "test-rs": "patched" } },
      spec: { template: { spec: { containers: [{ image: "httpd:2" }] } } },
      status: { readyReplicas: 3, observedGeneration: 3 },
    });
    // A template is for the pods to come.
    expect((await apps.pods(ns)).map((each) => each.spec.containers[0].image).sort()).toEqual([
      "httpd:1",
      "httpd:1",
      "httpd:2",
    ]);
  });

  it("should adopt matching pods on creation and release no longer matching pods [Conformance]", async () => {
    await adoptsAndReleases(
      "ReplicaSet",
      async (ns, name) => void ok(await apps.create(pathsOf(ns).sets, replicaSet(name))),
    );
  });

  it("should list and delete a collection of ReplicaSets [Conformance]", async () => {
    const { sets, ns } = await setUp((name) => replicaSet(name, { replicas: 3 }), "collected", "sets");
    expect(namesOf(ok(await apps.get("/apis/apps/v1/replicasets?labelSelector=test%3Dcollected")))).toEqual([
      "collected",
    ]);
    ok(
      await apps.request("DELETE", `${sets}?labelSelector=test%3Dcollected`, {
        body: { propagationPolicy: "Background" },
      }),
    );
    await apps.rest();
    expect(ok(await apps.get(sets)).items).toEqual([]);
    expect(await apps.pods(ns)).toEqual([]);
  });

  it("should validate Replicaset Status endpoints [Conformance]", async () => {
    await statusEndpoints(apps, (await setUp(replicaSet, "status", "sets")).path);
  });
});

describe("[sig-apps] ReplicationController", () => {
  it("should get and update a ReplicationController scale [Conformance]", async () => {
    await scales((await setUp(controller, "scaled", "controllers")).path);
  });

  it.each(["adopt matching pods on creation", "release no longer matching pods"])(
    "should %s [Conformance]",
    async () => {
      await adoptsAndReleases(
        "ReplicationController",
        async (ns, name) => void ok(await apps.create(pathsOf(ns).controllers, controller(name))),
      );
    },
  );

  it("should surface a failure condition on a common issue like exceeded quota [Conformance]", async () => {
    const ns = await apps.namespace();
    const { controllers } = pathsOf(ns);
    ok(
      await apps.create(`/api/v1/namespaces/${ns}/resourcequotas`, {
        metadata: { name: "condition-test" },
        spec: { hard: { pods: "2" } },
      }),
    );
    ok(await apps.create(controllers, controller("condition-test", { replicas: 3 })));
    await apps.rest();
    const path = `${controllers}/condition-test`;
    const { status } = ok(await apps.get(path));
    expect(status).toMatchObject({
      replicas: 2,
      conditions: [
        {
          type: "ReplicaFailure",
          status: "True",
          reason: "FailedCreate",
          message: expect.stringContaining("exceeded quota: condition-test"),
        },
      ],
    });
    ok(await apps.patch(`${path}/scale`, { spec: { replicas: 2 } }));
    await apps.rest();
    expect(ok(await apps.get(path)).status.conditions).toBeUndefined();
  });

  it("should test the lifecycle of a ReplicationController [Conformance]", async () => {
    const { controllers, path, get } = await setUp(controller, "lived", "controllers");
    const watch = await openWatch(apps, `${controllers}?labelSelector=test%3Dlived`);
    expect((await watch.next()).type).toBe("ADDED");
    ok(await apps.patch(path, { metadata: { labels: { patched: "yes" } } }, "strategic"));
    ok(await apps.patch(`${path}/status`, { status: { readyReplicas: 0, availableReplicas: 0 } }, "strategic"));
    await apps.rest();
    expect((await get()).status).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
    ok(await apps.patch(`${path}/scale`, { spec: { replicas: 2 } }, "strategic"));
    await apps.rest();
    expect((await get()).status.readyReplicas).toBe(2);
    ok(await apps.replace(path, { ...(await get()), spec: { ...(await get()).spec, replicas: 1 } }));
    await apps.rest();
    expect(namesOf(ok(await apps.get("/api/v1/replicationcontrollers?labelSelector=patched%3Dyes")))).toEqual([
      "lived",
    ]);
    ok(await apps.request("DELETE", `${controllers}?labelSelector=test%3Dlived`));
    // Its pods are let go first.
    await apps.rest();
    for (let event = await watch.next(); event.type !== "DELETED"; ) event = await watch.next();
    await watch.cancel();
  });
});
