import { describe, expect, it } from "vitest";
import { configMap, pod, startApi } from "../api/in-process.ts";
import { namesOf, ok, startCluster, type TestCluster } from "./kit.ts";

const QUOTAS = "/api/v1/namespaces/default/resourcequotas";
const quota = (name: string, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name, labels },
  spec: { hard: { cpu: "1", memory: "500Mi" } },
});

describe("[sig-api-machinery] ResourceQuota", () => {
  it("should be able to update and delete ResourceQuota. [Conformance]", async () => {
    const api = await startApi();
    const made = ok(await api.create(QUOTAS, quota("test-quota")), 201);
    expect(made.spec.hard).toEqual({ cpu: "1", memory: "500Mi" });
    // Read again: its status may have been written meanwhile.
    const latest = ok(await api.get(`${QUOTAS}/test-quota`));
    latest.spec.hard = { cpu: "2", memory: "1Gi" };
    expect(ok(await api.replace(`${QUOTAS}/test-quota`, latest)).spec.hard).toEqual({ cpu: "2", memory: "1Gi" });
    expect(ok(await api.get(`${QUOTAS}/test-quota`)).spec.hard).toEqual({ cpu: "2", memory: "1Gi" });
    ok(await api.delete(`${QUOTAS}/test-quota`));
    expect((await api.get(`${QUOTAS}/test-quota`)).status).toBe(404);
  });

  it("should manage the lifecycle of a ResourceQuota [Conformance]", async () => {
    const api = await startApi();
    ok(await api.create(QUOTAS, quota("one", { e2e: "quota" })), 201);
    const selected = "labelSelector=e2e%3Dquota";
    const everywhere = ok(await api.get(`/api/v1/resourcequotas?${selected}`));
    expect(namesOf(everywhere)).toEqual(["one"]);
    const patch = { metadata: { labels: { one: "patched" } }, spec: { hard: { memory: "750Mi" } } };
    const patched = ok(await api.patch(`${QUOTAS}/one`, patch, "strategic"));
    expect(patched.metadata.labels).toEqual({ e2e: "quota", one: "patched" });
    expect(patched.spec.hard).toEqual({ cpu: "1", memory: "750Mi" });
    ok(await api.request("DELETE", `${QUOTAS}?${selected}`));
    expect(namesOf(ok(await api.get(`/api/v1/resourcequotas?${selected}`)))).toEqual([]);
  });

  const SPACE = "/api/v1/namespaces/default";
  const APPS = "/apis/apps/v1/namespaces/default";
  const statusOf = async (cluster: TestCluster, name: string) => {
    await cluster.settle();
    return ok(await cluster.get(`${QUOTAS}/${name}`)).status;
  };
  const limit = async (cluster: TestCluster, name: string, hard: object, scopes?: string[]) => {
    const spec = { hard, ...(scopes && { scopes }) };
    ok(await cluster.create(QUOTAS, { metadata: { name }, spec }), 201);
    expect((await statusOf(cluster, name)).hard).toEqual(hard);
  };
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };

  it("should create a ResourceQuota and ensure its status is promptly calculated. [Conformance]", async () => {
    const cluster = await startCluster();
    await limit(cluster, "q", { pods: "5", services: "10", resourcequotas: "1" });
    expect((await statusOf(cluster, "q")).used).toEqual({ pods: "0", services: "1", resourcequotas: "1" });
  });

  const lives = [
    { what: "configMap", path: `${SPACE}/configmaps`, counted: "configmaps", before: 1, object: configMap("x") },
    {
      what: "secret",
      path: `${SPACE}/secrets`,
      counted: "secrets",
      before: 0,
      object: { metadata: { name: "x" }, data: {} },
    },
    {
      what: "replication controller",
      path: `${SPACE}/replicationcontrollers`,
      counted: "replicationcontrollers",
      before: 0,
      object: { metadata: { name: "x" }, spec: { replicas: 0, selector: { a: "b" }, template } },
    },
    {
      what: "replica set",
      path: `${APPS}/replicasets`,
      counted: "count/replicasets.apps",
      before: 0,
      object: { metadata: { name: "x" }, spec: { replicas: 0, selector: { matchLabels: { a: "b" } }, template } },
    },
    {
      what: "service",
      path: `${SPACE}/services`,
      counted: "services",
      before: 1,
      object: { metadata: { name: "x" }, spec: { ports: [{ port: 80 }] } },
    },
  ];
  it.each(lives.map((life) => [life.what, life] as const))(
    "should create a ResourceQuota and capture the life of a %s. [Conformance]",
    async (_, life) => {
      const cluster = await startCluster();
      const { path, counted, before } = life;
      // The namespace `default` has the config map with the cluster's CA and the service of the API.
      await limit(cluster, "q", { [counted]: "10", resourcequotas: "1" });
      expect((await statusOf(cluster, "q")).used).toEqual({ [counted]: String(before), resourcequotas: "1" });
      ok(await cluster.create(path, life.object), 201);
      expect((await statusOf(cluster, "q")).used[counted]).toBe(String(before + 1));
      ok(await cluster.delete(`${path}/x`));
      expect((await statusOf(cluster, "q")).used[counted]).toBe(String(before));
    },
  );

  const asking = (name: string, resources: object, more: object = {}) =>
    pod(name, { containers: [{ name: "main", image: "pause", ...(resources && { resources }) }], ...more });

  it("should create a ResourceQuota and capture the life of a pod. [Conformance]", async () => {
    const cluster = await startCluster();
    const extended = "example.com/dongle";
    await limit(cluster, "q", {
      pods: "5",
      cpu: "1",
      memory: "500Mi",
      "requests.ephemeral-storage": "50Gi",
      [`requests.${extended}`]: "3",
    });
    const requests = { cpu: "500m", memory: "252Mi", "ephemeral-storage": "30Gi", [extended]: "2" };
    ok(await cluster.create(`${SPACE}/pods`, asking("fits", { requests, limits: { [extended]: "2" } })), 201);
    const charged = {
      pods: "1",
      cpu: "500m",
      memory: "252Mi",
      "requests.ephemeral-storage": "30Gi",
      [`requests.${extended}`]: "2",
    };
    expect((await statusOf(cluster, "q")).used).toEqual(charged);
    const tooMany = [
      { requests: { cpu: "600m", memory: "100Mi", "ephemeral-storage": "1Gi" } },
      {
        requests: { cpu: "1m", memory: "1Mi", "ephemeral-storage": "1Gi", [extended]: "2" },
        limits: { [extended]: "2" },
      },
    ];
    for (const resources of tooMany) {
      const refused = await cluster.create(`${SPACE}/pods`, asking("too-much", resources));
      expect([refused.status, refused.body.reason]).toEqual([403, "Forbidden"]);
      expect(refused.body.message).toContain("exceeded quota: q");
    }
    const fits = ok(await cluster.get(`${SPACE}/pods/fits`));
    fits.spec.containers[0].resources.requests.cpu = "100m";
    expect((await cluster.replace(`${SPACE}/pods/fits`, fits)).status).toBe(422);
    expect((await statusOf(cluster, "q")).used).toEqual(charged);
    ok(await cluster.delete(`${SPACE}/pods/fits?gracePeriodSeconds=0`));
    const free = { pods: "0", cpu: "0", memory: "0", "requests.ephemeral-storage": "0", [`requests.${extended}`]: "0" };
    expect((await statusOf(cluster, "q")).used).toEqual(free);
  });

  const scopes = [
    {
      of: "best effort scope",
      names: ["BestEffort", "NotBestEffort"],
      hard: { pods: "5" },
      inFirst: asking("x", {}),
      inSecond: asking("x", { requests: { cpu: "500m", memory: "200Mi" } }),
    },
    {
      of: "terminating scopes",
      names: ["Terminating", "NotTerminating"],
      hard: { "requests.cpu": "1", "requests.memory": "500Mi", "limits.cpu": "2", "limits.memory": "1Gi", pods: "5" },
      inFirst: asking(
        "x",
        { requests: { cpu: "500m", memory: "200Mi" }, limits: { cpu: "1", memory: "400Mi" } },
        { activeDeadlineSeconds: 3600 },
      ),
      inSecond: asking("x", { requests: { cpu: "500m", memory: "200Mi" }, limits: { cpu: "1", memory: "400Mi" } }),
    },
  ];
  it.each(scopes.map((scope) => [scope.of, scope] as const))(
    "should verify ResourceQuota with %s. [Conformance]",
    async (_, { names, hard, inFirst, inSecond }) => {
      const cluster = await startCluster();
      for (const scope of names) await limit(cluster, scope.toLowerCase(), hard, [scope]);
      const counts = async () => {
        const found = [];
        for (const scope of names) found.push((await statusOf(cluster, scope.toLowerCase())).used.pods);
        return found;
      };
      expect(await counts()).toEqual(["0", "0"]);
      for (const [made, expected] of [
        [inFirst, ["1", "0"]],
        [inSecond, ["0", "1"]],
      ] as const) {
        ok(await cluster.create(`${SPACE}/pods`, made), 201);
        expect(await counts()).toEqual(expected);
        ok(await cluster.delete(`${SPACE}/pods/x?gracePeriodSeconds=0`));
        expect(await counts()).toEqual(["0", "0"]);
      }
    },
  );

  it("should apply changes to a resourcequota status [Conformance]", async () => {
    const cluster = await startCluster();
    await limit(cluster, "q", { cpu: "500m", memory: "500Mi" });
    const path = `${QUOTAS}/q`;
    const object = ok(await cluster.get(path));
    object.status.hard = { cpu: "1", memory: "1Gi" };
    expect(ok(await cluster.replace(`${path}/status`, object)).status.hard).toEqual({ cpu: "1", memory: "1Gi" });
    // Reconciled: the status says again what the spec wants.
    expect((await statusOf(cluster, "q")).hard).toEqual({ cpu: "500m", memory: "500Mi" });
    const hard = { cpu: "2", memory: "2Gi" };
    expect(ok(await cluster.patch(path, { spec: { hard } })).spec.hard).toEqual(hard);
    expect((await statusOf(cluster, "q")).hard).toEqual(hard);
    expect(ok(await cluster.get(`${path}/status`)).status.hard).toEqual(hard);
    const again = ok(
      await cluster.patch(`${path}/status`, { spec: { hard: { cpu: "9" } }, status: { hard: { cpu: "3" } } }),
    );
    expect(again.status.hard).toEqual({ cpu: "3", memory: "2Gi" });
    expect(again.spec.hard).toEqual(hard);
  });
});
