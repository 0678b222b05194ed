/** Lists in chunks, tables, field validation, discovery, version. */
import { beforeEach, describe, expect, it } from "vitest";
import { servedRegistry } from "../../kinds/serving.ts";
import { startApi, type TestApi } from "../api/in-process.ts";
import { ok } from "./kit.ts";

const TEMPLATES = "/api/v1/namespaces/default/podtemplates";
const MINUTE_MS = 60_000;
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

describe("[sig-api-machinery] Servers with support for API chunking", () => {
  const TOTAL = 400;
  const LIMIT = 40;
  const nameAt = (i: number): string => `template-${String(i).padStart(4, "0")}`;
  const template = { spec: { containers: [{ name: "test", image: "test2" }] } };
  beforeEach(async () => {
    const creates = Array.from({ length: TOTAL }, (_, i) =>
      api.create(TEMPLATES, { metadata: { name: nameAt(i) }, template }),
    );
    for (const answer of await Promise.all(creates)) ok(answer, 201);
  });
  const page = (continued?: string) =>
    api.get(`${TEMPLATES}?limit=${LIMIT}${continued ? `&continue=${encodeURIComponent(continued)}` : ""}`);

  it("should return chunks of results for list calls [Conformance]", async () => {
    let found = 0;
    let version: string | undefined;
    let continued: string | undefined;
    do {
      const list = ok(await page(continued));
      expect(list.items.length).toBeLessThanOrEqual(LIMIT);
      version ??= list.metadata.resourceVersion;
      expect(list.metadata.resourceVersion).toBe(version);
      for (const { metadata } of list.items) expect(metadata.name).toBe(nameAt(found++));
      expect(list.metadata.remainingItemCount ?? 0).toBe(TOTAL - found);
      expect(list.metadata.remainingItemCount === undefined).toBe(list.metadata.continue === undefined);
      continued = list.metadata.continue;
    } while (continued);
    expect(found).toBe(TOTAL);
    const whole = ok(await api.get(TEMPLATES));
    expect(whole.items).toHaveLength(TOTAL);
    expect(whole.metadata.continue).toBeUndefined();
  });

  it("should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow] [Conformance]", async () => {
    const first = ok(await page());
    expect(first.items).toHaveLength(LIMIT);
    expect(first.metadata.remainingItemCount).toBe(TOTAL - LIMIT);
    ok(await api.patch(`${TEMPLATES}/${nameAt(0)}`, { metadata: { labels: { later: "yes" } } }));
    api.advance(10 * MINUTE_MS);
    const { store } = api.services.env;
    store.transaction(() => store.compact(api.services.env.clock.now(), 10_000));
    const expired = await page(first.metadata.continue);
    expect(expired.status).toBe(410);
    expect(expired.body.reason).toBe("Expired");
    const inconsistent = expired.body.metadata.continue;
    expect(inconsistent).toBeTruthy();
    const second = ok(await page(inconsistent));
    expect(second.items).toHaveLength(LIMIT);
    expect(second.metadata.remainingItemCount).toBe(TOTAL - 2 * LIMIT);
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    let found = 2 * LIMIT;
    let continued = second.metadata.continue;
    while (continued) {
      const list = ok(await page(continued));
      expect(list.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
      for (const { metadata } of list.items) expect(metadata.name).toBe(nameAt(found++));
      expect(list.metadata.remainingItemCount ?? 0).toBe(TOTAL - found);
      continued = list.metadata.continue;
    }
    expect(found).toBe(TOTAL);
  });
});

describe("[sig-api-machinery] Servers with support for Table transformation", () => {
  it("should return a 406 for a backend which does not implement metadata [Conformance]", async () => {
    const review = { spec: { resourceAttributes: { namespace: "default", verb: "list", resource: "pods" } } };
    const answer = await api.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, {
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    });
    expect(answer.status).toBe(406);
  });
});

describe("[sig-api-machinery] FieldValidation", () => {
  const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments?fieldValidation=Strict";
  const text = (metadata: string, spec: string) => `{
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", ${metadata} "labels": {"app": "nginx"}},
    "spec": {${spec} "selector": {"matchLabels": {"app": "nginx"}},
      "template": {"metadata": {"labels": {"app": "nginx"}},
        "spec": {"containers": [{"name": "nginx", "image": "nginx:latest"}]}}}}`;

  it("should detect unknown and duplicate fields of a typed object [Conformance]", async () => {
    const body = text("", '"replicas": 1, "unknownField": "foo", "replicas": 2, "paused": false,');
    const answer = await api.create(DEPLOYMENTS, body);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(
      'strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"',
    );
    expect((await api.get("/apis/apps/v1/namespaces/default/deployments/web")).status).toBe(404);
  });

  it("should detect unknown metadata fields of a typed object [Conformance]", async () => {
    const answer = await api.create(DEPLOYMENTS, text('"unknownMeta": "bar",', '"replicas": 1,'));
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
    expect((await api.get("/apis/apps/v1/namespaces/default/deployments/web")).status).toBe(404);
  });
});

describe("[sig-api-machinery] Discovery", () => {
  it("should validate PreferredVersion for each APIGroup [Conformance]", async () => {
    const { groups } = ok(await api.get("/apis"));
    expect(groups.length).toBeGreaterThan(15);
    for (const { name, preferredVersion } of groups) {
      const group = ok(await api.get(`/apis/${name}`));
      expect(group.preferredVersion).toEqual(preferredVersion);
      expect(group.versions).toContainEqual(preferredVersion);
    }
  });

  it("should locate the groupVersion and a resource within each APIGroup [Conformance]", async () => {
    for (const { name, versions } of ok(await api.get("/apis")).groups) {
      for (const { groupVersion, version } of versions) {
        expect(groupVersion).toBe(`${name}/${version}`);
        const list = ok(await api.get(`/apis/${groupVersion}`));
        expect(list.groupVersion).toBe(groupVersion);
        expect(list.resources[0]).toMatchObject({ kind: expect.any(String), verbs: expect.any(Array) });
      }
    }
  });
});

describe("[sig-api-machinery] AggregatedDiscovery", () => {
  const aggregated = (version: string) =>
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
  /** Of every built-in kind: "apps/v1/deployments". */
  const builtIn = (): string[] =>
    servedRegistry()
      .all()
      .map(({ group, version, plural }) => `${group}/${version}/${plural}`);
  const listed = async (version: string): Promise<string[]> => {
    const found: string[] = [];
    for (const path of ["/api", "/apis"]) {
      const { items } = ok(await api.get(path, { headers: { accept: aggregated(version) } }));
      for (const { metadata, versions } of items)
        for (const { version: served, resources } of versions)
          for (const { resource } of resources) found.push(`${metadata.name ?? ""}/${served}/${resource}`);
    }
    return found;
  };

  it("should support raw aggregated discovery endpoint Accept headers [Conformance]", async () => {
    expect(await listed("v2")).toEqual(expect.arrayContaining(builtIn()));
  });

  it("should support aggregated discovery interface [Conformance]", async () => {
    // As client-go does: v2 is preferred where both are accepted, and plain discovery is never needed.
    const accept = `${aggregated("v2").split(",")[0]},${aggregated("v2beta1")}`;
    for (const path of ["/api", "/apis"]) {
      const answer = await api.get(path, { headers: { accept } });
      expect(answer.headers.get("content-type")).toContain("v=v2;as=APIGroupDiscoveryList");
      const found = ok(answer).items.flatMap(
        ({ metadata, versions }: { metadata: { name?: string }; versions: { version: string; freshness: string }[] }) =>
          versions.map(({ version, freshness }) => [`${metadata.name ?? ""}/${version}`, freshness]),
      );
      for (const [, freshness] of found) expect(freshness).toBe("Current");
      const wanted = new Set(builtIn().map((name) => name.slice(0, name.lastIndexOf("/"))));
      const served = [...wanted].filter((name) => name.startsWith("/") === (path === "/api"));
      expect(found.map(([name]: string[]) => name)).toEqual(expect.arrayContaining(served));
    }
  });
});

describe("[sig-api-machinery] server version", () => {
  it("should find the server version [Conformance]", async () => {
    const { major, minor } = ok(await api.get("/version"));
    expect(major).toMatch(/^\d+$/);
    expect(minor).toMatch(/^\d+$/);
  });
});
