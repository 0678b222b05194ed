import { describe, expect, it } from "vitest";
import { startApi } from "../api/in-process.ts";
import { namesOf, ok } from "./kit.ts";

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
});
