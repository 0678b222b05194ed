import { beforeEach, describe, expect, it } from "vitest";
import { configMap, pod } from "../api/in-process.ts";
import { namesOf, ok, startCluster, type TestCluster } from "./kit.ts";

const NAMESPACES = "/api/v1/namespaces";
const SPACE = `${NAMESPACES}/space`;

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster();
  ok(await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: "space" } }), 201);
  await cluster.settle();
});

describe("[sig-api-machinery] Namespaces [Serial]", () => {
  it("should ensure that all pods are removed when a namespace is deleted [Conformance]", async () => {
    ok(await cluster.create(`${SPACE}/pods`, pod("test-pod")));
    ok(await cluster.delete(SPACE));
    await cluster.settle();
    expect((await cluster.get(SPACE)).status).toBe(404);
    ok(await cluster.create(NAMESPACES, { metadata: { name: "space" } }), 201);
    expect((await cluster.get(`${SPACE}/pods/test-pod`)).status).toBe(404);
  });

  it("should ensure that all services are removed when a namespace is deleted [Conformance]", async () => {
    const spec = { selector: { foo: "bar" }, ports: [{ port: 80, targetPort: 80 }] };
    ok(await cluster.create(`${SPACE}/services`, { metadata: { name: "test-service" }, spec }));
    ok(await cluster.delete(SPACE));
    await cluster.settle();
    expect((await cluster.get(SPACE)).status).toBe(404);
    ok(await cluster.create(NAMESPACES, { metadata: { name: "space" } }), 201);
    expect((await cluster.get(`${SPACE}/services/test-service`)).status).toBe(404);
  });

  it("should patch a Namespace [Conformance]", async () => {
    ok(await cluster.patch(SPACE, { metadata: { labels: { testLabel: "testValue" } } }, "strategic"));
    expect(ok(await cluster.get(SPACE)).metadata.labels).toEqual({
      "kubernetes.io/metadata.name": "space",
      testLabel: "testValue",
    });
  });

  it("should apply changes to a namespace status [Conformance]", async () => {
    const before = ok(await cluster.get(`${SPACE}/status`));
    expect(before.status.phase).toBe("Active");
    const conditions = [{ type: "StatusPatch", status: "True", reason: "E2E", message: "Patched by an e2e test" }];
    const patched = ok(
      await cluster.patch(`${SPACE}/status`, {
        metadata: { annotations: { "e2e-patched-ns-status": "space" } },
        status: { conditions },
      }),
    );
    expect(patched.metadata.annotations).toEqual({ "e2e-patched-ns-status": "space" });
    expect(patched.status.conditions).toMatchObject(conditions);
    patched.status.conditions.push({ ...conditions[0], type: "StatusUpdate", message: "Updated by an e2e test" });
    const updated = ok(await cluster.replace(`${SPACE}/status`, patched));
    expect(updated.status).toMatchObject({ phase: "Active", conditions: patched.status.conditions });
    expect(ok(await cluster.get(SPACE)).status).toEqual(updated.status);
  });

  it("should apply an update to a Namespace [Conformance]", async () => {
    const space = ok(await cluster.get(SPACE));
    space.metadata.labels.updated = "yes";
    expect(ok(await cluster.replace(SPACE, space)).metadata.labels.updated).toBe("yes");
    expect(ok(await cluster.get(SPACE)).metadata.labels.updated).toBe("yes");
  });

  it("should apply a finalizer to a Namespace [Conformance]", async () => {
    const finalizer = "e2e.example.com/fakeFinalizer";
    const space = ok(await cluster.get(SPACE));
    space.spec.finalizers.push(finalizer);
    const updated = ok(await cluster.replace(`${SPACE}/finalize`, space));
    expect(updated.spec.finalizers).toEqual(["kubernetes", finalizer]);
    updated.spec.finalizers = ["kubernetes"];
    expect(ok(await cluster.replace(`${SPACE}/finalize`, updated)).spec.finalizers).toEqual(["kubernetes"]);
  });
});

describe("[sig-api-machinery] OrderedNamespaceDeletion", () => {
  it("namespace deletion should delete pod first [Conformance]", async () => {
    const finalizers = ["e2e.example.com/finalizer"];
    ok(await cluster.create(`${SPACE}/pods`, pod("test-pod", {}, { finalizers })));
    ok(await cluster.create(`${SPACE}/configmaps`, configMap("test-configmap")));
    ok(await cluster.delete(SPACE));
    await cluster.settle();
    expect(ok(await cluster.get(`${SPACE}/pods/test-pod`)).metadata.deletionTimestamp).toBeDefined();
    const configMaps = ok(await cluster.get(`${SPACE}/configmaps`));
    expect(namesOf(configMaps)).toContain("test-configmap");
    for (const { metadata } of configMaps.items) expect(metadata.deletionTimestamp).toBeUndefined();
    const { status } = ok(await cluster.get(SPACE));
    expect(status.phase).toBe("Terminating");
    expect(status.conditions.map(({ type, status }: { type: string; status: string }) => [type, status])).toEqual(
      expect.arrayContaining([
        ["NamespaceContentRemaining", "True"],
        ["NamespaceFinalizersRemaining", "True"],
      ]),
    );
    ok(await cluster.patch(`${SPACE}/pods/test-pod`, { metadata: { finalizers: null } }));
    await cluster.settle();
    expect((await cluster.get(SPACE)).status).toBe(404);
    expect((await cluster.get(`${SPACE}/configmaps/test-configmap`)).status).toBe(404);
  });
});
