/** Conformance of the kinds that say what pods may ask for and which come first; names are upstream's. */
import { beforeEach, describe, expect, it } from "vitest";
import { pod, serviceAccount, startApi, type TestApi } from "../api/in-process.ts";
import { namesOf, ok, supportsApiOperations } from "./kit.ts";

const CORE = "/api/v1/namespaces/default";
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
  ok(await api.create(`${CORE}/serviceaccounts`, serviceAccount("default")), 201);
});

const list = (cpu: string, memory: string, ephemeral: string) => ({ cpu, memory, "ephemeral-storage": ephemeral });
const LIMITS = {
  type: "Container",
  min: list("50m", "100Mi", "100Gi"),
  max: list("500m", "500Mi", "500Gi"),
  default: list("500m", "500Mi", "500Gi"),
  defaultRequest: list("100m", "200Mi", "200Gi"),
};
const limitRange = (name: string, labels: object = {}, limits: object = LIMITS) => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name, labels },
  spec: { limits: [limits] },
});

describe("[sig-scheduling] LimitRange", () => {
  const RANGES = `${CORE}/limitranges`;
  const asking = (name: string, resources: object) =>
    api.create(`${CORE}/pods`, pod(name, { containers: [{ name: "a", image: "pause", resources }] }));
  const resourcesOf = async (name: string, resources: object) =>
    ok(await asking(name, resources), 201).spec.containers[0].resources;

  it("should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]", async () => {
    const made = ok(await api.create(RANGES, limitRange("l")), 201);
    expect(made.spec.limits).toEqual([
      expect.objectContaining({ min: LIMITS.min, max: LIMITS.max, defaultRequest: LIMITS.defaultRequest }),
    ]);
    expect(await resourcesOf("none", {})).toEqual({ requests: LIMITS.defaultRequest, limits: LIMITS.default });
    const partial = { requests: { cpu: "150m", memory: "150Mi" } };
    expect(await resourcesOf("partial", partial)).toEqual({
      requests: { ...LIMITS.defaultRequest, ...partial.requests },
      limits: LIMITS.default,
    });
    expect(await resourcesOf("limited", { limits: { cpu: "300m" } })).toEqual({
      requests: { ...LIMITS.defaultRequest, cpu: "300m" },
      limits: { ...LIMITS.default, cpu: "300m" },
    });
    const tooLittle = { requests: list("10m", "50Mi", "50Gi") };
    const tooMuch = { requests: list("600m", "600Mi", "600Gi"), limits: list("600m", "600Mi", "600Gi") };
    for (const resources of [tooLittle, tooMuch]) {
      const refused = await asking("bad", resources);
      expect([refused.status, refused.body.reason]).toEqual([403, "Forbidden"]);
    }

    // Changed, it holds for pods to come, and only as far as it was changed.
    made.spec.limits[0].min = list("9m", "49Mi", "49Gi");
    ok(await api.replace(`${RANGES}/l`, made));
    expect(ok(await api.get(`${RANGES}/l`)).spec.limits[0]).toMatchObject({
      min: list("9m", "49Mi", "49Gi"),
      max: LIMITS.max,
    });
    expect((await resourcesOf("little", tooLittle)).requests).toEqual(tooLittle.requests);
    expect((await asking("much", tooMuch)).status).toBe(403);

    ok(await api.delete(`${RANGES}/l`));
    expect(namesOf(ok(await api.get(RANGES)))).toEqual([]);
    expect(await resourcesOf("much", tooMuch)).toEqual(tooMuch);
  });

  it("should list, patch and delete a LimitRange by collection [Conformance]", async () => {
    ok(await api.create("/api/v1/namespaces", { metadata: { name: "other" } }), 201);
    const other = "/api/v1/namespaces/other/limitranges";
    const labels = { "e2e-test": "limitrange" };
    const everywhere = "/api/v1/limitranges?labelSelector=e2e-test%3Dlimitrange";
    ok(await api.create(RANGES, limitRange("one", labels)), 201);
    ok(await api.create(other, limitRange("two", labels)), 201);
    ok(await api.create(other, limitRange("besides")), 201);
    expect(namesOf(ok(await api.get(everywhere)))).toEqual(["one", "two"]);
    const min = list("1m", "1Mi", "1Gi");
    const limits = [{ ...LIMITS, min }];
    const patched = ok(
      await api.patch(`${RANGES}/one`, { metadata: { labels: { one: "patched" } }, spec: { limits } }, "strategic"),
    );
    expect(patched).toMatchObject({ metadata: { labels: { ...labels, one: "patched" } }, spec: { limits: [{ min }] } });
    ok(await api.request("DELETE", `${RANGES}?labelSelector=one%3Dpatched`));
    expect(namesOf(ok(await api.get(everywhere)))).toEqual(["two"]);
    await supportsApiOperations(api, RANGES, (name) => limitRange(name));
  });
});

describe("[sig-scheduling] SchedulerPreemption [Serial] PriorityClass endpoints", () => {
  it("verify PriorityClass endpoints can be operated with different HTTP methods [Conformance]", async () => {
    const CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses";
    const make = (name: string) => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value: 1,
    });
    ok(await api.create(CLASSES, make("p1")), 201);
    ok(await api.create(CLASSES, { ...make("p2"), value: 2 }), 201);
    expect(namesOf(ok(await api.get(CLASSES)))).toEqual(expect.arrayContaining(["p1", "p2"]));

    for (const [field, value] of Object.entries({ value: 10, preemptionPolicy: "Never" })) {
      const object = ok(await api.get(`${CLASSES}/p1`));
      const refusals = [
        await api.replace(`${CLASSES}/p1`, { ...object, [field]: value }),
        await api.patch(`${CLASSES}/p1`, { [field]: value }),
        await api.patch(`${CLASSES}/p1`, { [field]: value }, "strategic"),
        await api.patch(`${CLASSES}/p1`, [{ op: "replace", path: `/${field}`, value }], "json"),
      ];
      for (const refused of refusals) {
        expect([refused.status, refused.body.reason]).toEqual([422, "Invalid"]);
        expect(refused.body.message).toContain(`${field}: `);
      }
      expect(ok(await api.get(`${CLASSES}/p1`))).toEqual(object);
    }

    const described = { ...ok(await api.get(`${CLASSES}/p1`)), description: "updated" };
    expect(ok(await api.replace(`${CLASSES}/p1`, described)).description).toBe("updated");
    const patch = { description: "patched", metadata: { labels: { e2e: "patched" } }, globalDefault: true };
    expect(ok(await api.patch(`${CLASSES}/p1`, patch))).toMatchObject({ ...patch, value: 1 });
    await supportsApiOperations(api, CLASSES, make);
  });
});
