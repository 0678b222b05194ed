import { beforeEach, describe, expect, it } from "vitest";
import { configMap, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };

let api: TestApi;
const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map((o) => o.metadata.name);

beforeEach(async () => {
  api = await startApi();
  await api.create("/api/v1/namespaces/default/serviceaccounts", serviceAccount("default"));
});

async function make(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await api.create(MAPS, { metadata: { name: `m${i}`, labels: { odd: String(i % 2 === 1) } } });
  }
}

describe("list", () => {
  it("[L1] says of which revision it is", async () => {
    await make(2);
    const { body } = await api.get(MAPS);
    expect(body).toMatchObject({
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: String(api.services.env.store.revision()) },
    });
    expect(names(body)).toEqual(["m0", "m1"]);
  });

  it("[L2] an empty list has items", async () => {
    expect((await api.get(MAPS)).body.items).toEqual([]);
  });

  it("[L3] pages are of one snapshot", async () => {
    await make(5);
    const first = await api.get(`${MAPS}?limit=2`);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await api.delete(`${MAPS}/m3`);
    await api.create(MAPS, configMap("m2a"));
    const rest = await api.get(`${MAPS}?limit=5&continue=${first.body.metadata.continue}`);
    expect(names(rest.body)).toEqual(["m2", "m3", "m4"]);
    expect(rest.body.metadata).toEqual({ resourceVersion: first.body.metadata.resourceVersion });
  });

  it("[L4] a page that is also the last has no token", async () => {
    await make(2);
    expect((await api.get(`${MAPS}?limit=2`)).body.metadata.continue).toBeUndefined();
  });

  it("[L5] pages under a selector hold as many as asked for, and do not count the rest", async () => {
    await make(9);
    const { body } = await api.get(`${MAPS}?limit=3&labelSelector=odd%3Dtrue`);
    expect(names(body)).toEqual(["m1", "m3", "m5"]);
    expect(body.metadata.continue).toBeTruthy();
    expect(body.metadata.remainingItemCount).toBeUndefined();
    const rest = await api.get(`${MAPS}?limit=3&labelSelector=odd%3Dtrue&continue=${body.metadata.continue}`);
    expect(names(rest.body)).toEqual(["m7"]);
    expect(rest.body.metadata.continue).toBeUndefined();
  });

  it("[L6] a token whose snapshot is gone is refused, with one to go on by", async () => {
    await make(3);
    const { body } = await api.get(`${MAPS}?limit=1`);
    await api.create(MAPS, configMap("later"));
    await api.delete(`${MAPS}/m0`);
    api.advance(3_600_000);
    while (api.services.env.store.compact(api.services.env.clock.now(), 1000) === 1000);
    const gone = await api.get(`${MAPS}?limit=1&continue=${body.metadata.continue}`);
    expect(gone.body).toMatchObject({ code: 410, reason: "Expired" });
    const on = await api.get(`${MAPS}?limit=5&continue=${gone.body.metadata.continue}`);
    expect(names(on.body)).toEqual(["m1", "m2"]);
  });

  it.each([
    { name: "[L7] a made-up token", query: "continue=abc", code: 400 },
    { name: "[L8] a revision to come", query: "resourceVersion=999999", code: 504 },
    { name: "[L9] a revision that is no number", query: "resourceVersion=x", code: 400 },
    { name: "[L10] a match without a revision", query: "resourceVersionMatch=Exact", code: 422 },
    { name: "[L11] an unknown match", query: "resourceVersion=1&resourceVersionMatch=Maybe", code: 422 },
    { name: "[L12] a selector that does not parse", query: "labelSelector=a%3D%3D%3Db", code: 400 },
    { name: "[L13] a field that cannot be selected by", query: "fieldSelector=data.k%3Dv", code: 400 },
    { name: "[L14] a limit that is no number", query: "limit=x", code: 400 },
    { name: "[L18] a limit beyond all numbers", query: "limit=9223372036854775808", code: 400 },
    { name: "[L19] a timeout that is no number", query: "timeoutSeconds=x", code: 400 },
    { name: "[L20] initial events of a list", query: "sendInitialEvents=false", code: 422 },
  ])("$name is refused", async ({ query, code }) => {
    expect((await api.get(`${MAPS}?${query}`)).body).toMatchObject({ kind: "Status", code });
  });

  it("[L15] at an exact revision", async () => {
    await make(1);
    const then = api.services.env.store.revision();
    await api.create(MAPS, configMap("new"));
    expect(names((await api.get(`${MAPS}?resourceVersion=${then}&resourceVersionMatch=Exact`)).body)).toEqual(["m0"]);
    expect(names((await api.get(`${MAPS}?resourceVersion=${then}`)).body)).toEqual(["m0", "new"]);
  });

  it("[L16] by field", async () => {
    await api.create(PODS, pod("here", { nodeName: "n1" }));
    await api.create(PODS, pod("there", { nodeName: "n2" }));
    expect(names((await api.get(`/api/v1/pods?fieldSelector=spec.nodeName%3Dn1`)).body)).toEqual(["here"]);
    expect(names((await api.get(`${PODS}?fieldSelector=metadata.name%3Dthere`)).body)).toEqual(["there"]);
    expect(names((await api.get(`/api/v1/pods?fieldSelector=metadata.name!%3Dthere`)).body)).toEqual(["here"]);
  });

  it("[L17] many objects arrive in chunks, whole", async () => {
    const big = "x".repeat(40_000);
    for (let i = 0; i < 60; i++) await api.create(MAPS, configMap(`big${i}`, { data: { big } }));
    const response = await api.raw("GET", MAPS);
    let chunks = 0;
    let text = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      chunks++;
      text += new TextDecoder().decode(chunk);
      // What is written meanwhile is not part of it.
      if (chunks === 1) await api.create(MAPS, configMap("big99"));
    }
    expect(chunks).toBeGreaterThan(2);
    expect(JSON.parse(text).items).toHaveLength(60);
  });
});

describe("forms", () => {
  it("[F1] a table of a list", async () => {
    await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    api.advance(90_000);
    const { body } = await api.get(MAPS, { headers: TABLE });
    expect(body).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    expect(body.columnDefinitions.map((c: { name: string }) => c.name)).toEqual(["Name", "Data", "Age"]);
    expect(body.rows).toEqual([
      {
        cells: ["a", 1, "90s"],
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: expect.anything() },
      },
    ]);
  });

  it("[F2] a table of one object, with or without it", async () => {
    await api.create(MAPS, configMap("a"));
    const none = await api.get(`${MAPS}/a?includeObject=None`, { headers: TABLE });
    expect(none.body.rows[0].object).toBeNull();
    const whole = await api.get(`${MAPS}/a?includeObject=Object`, { headers: TABLE });
    expect(whole.body.rows[0].object.kind).toBe("ConfigMap");
  });

  it("[F3] metadata alone", async () => {
    await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    const one = await api.get(`${MAPS}/a`, {
      headers: { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" },
    });
    expect(one.body).toEqual({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: expect.anything(),
    });
    const all = await api.get(MAPS, {
      headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
    });
    expect(all.body.kind).toBe("PartialObjectMetadataList");
  });

  it("[F4] YAML", async () => {
    await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    const { text, headers } = await api.get(`${MAPS}/a`, { headers: { accept: "application/yaml" } });
    expect(headers.get("content-type")).toBe("application/yaml");
    expect(text).toContain("data:\n  k: v\n");
  });

  it("[F6] laid out for people who ask, or whose program says they would", async () => {
    await api.create(MAPS, configMap("a"));
    const isPretty = async (path: string, agent?: string) =>
      (await api.get(path, agent ? { headers: { "user-agent": agent } } : {})).text.startsWith('{\n  "kind"');
    expect(await isPretty(`${MAPS}/a`)).toBe(false);
    expect(await isPretty(`${MAPS}/a?pretty=true`)).toBe(true);
    expect(await isPretty(`${MAPS}/a`, "curl/8.5.0")).toBe(true);
    expect(await isPretty(`${MAPS}/nope`, "curl/8.5.0")).toBe(true);
    expect(await isPretty("/api", "Mozilla/5.0 (X11)")).toBe(true);
    expect(await isPretty(`${MAPS}?pretty=false`, "curl/8.5.0")).toBe(false);
    expect(await isPretty(`${MAPS}/a`, "kubectl/v1.36.0 (linux/amd64)")).toBe(false);
  });

  it("[F5] protobuf where the client likes it, JSON where it likes that more", async () => {
    await api.create(MAPS, configMap("a"));
    const path = `${MAPS}/a`;
    const alone = await api.get(path, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
    expect(alone.headers.get("content-type")).toBe("application/vnd.kubernetes.protobuf");
    const both = await api.get(path, {
      headers: { accept: "application/vnd.kubernetes.protobuf;q=0.5,application/json" },
    });
    expect(both.body.kind).toBe("ConfigMap");
  });
});

describe("discovery", () => {
  it("[G1] lists what is served", async () => {
    const { body } = await api.get("/api/v1");
    expect(body.kind).toBe("APIResourceList");
    const pods = body.resources.find((r: { name: string }) => r.name === "pods");
    expect(pods).toMatchObject({ namespaced: true, kind: "Pod", shortNames: ["po"], categories: ["all"] });
    expect(body.resources.map((r: { name: string }) => r.name)).toContain("pods/log");
    expect((await api.get("/apis/apps")).body).toMatchObject({
      kind: "APIGroup",
      name: "apps",
      preferredVersion: { groupVersion: "apps/v1", version: "v1" },
    });
    expect((await api.get("/apis/nope")).status).toBe(404);
  });

  it("[G2] aggregated, with an ETag", async () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const first = await api.get("/apis", { headers: { accept } });
    expect(first.headers.get("content-type")).toBe(
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    );
    expect(first.body.kind).toBe("APIGroupDiscoveryList");
    expect(first.body.items[0].metadata.name).toBe("apiregistration.k8s.io");
    const again = await api.get("/apis", { headers: { accept, "if-none-match": first.headers.get("etag")! } });
    expect(again.status).toBe(304);
    const core = await api.get("/api", { headers: { accept } });
    expect(core.body.items).toHaveLength(1);
  });

  it("[G3] newer stable versions come first", async () => {
    const { body } = await api.get("/apis/autoscaling");
    expect(body.versions.map((v: { version: string }) => v.version)).toEqual(["v2", "v1"]);
  });

  it("[G4] OpenAPI says that fields are validated by the server", async () => {
    const root = await api.get("/openapi/v3");
    const { serverRelativeURL } = root.body.paths["apis/apps/v1"];
    const { body } = await api.get(serverRelativeURL);
    const { patch } = body.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
    expect(patch.parameters.map((p: { name: string }) => p.name)).toContain("fieldValidation");
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    const text = JSON.stringify(body);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(body.components.schemas).toHaveProperty([name!]);
    }
  });

  it("[G5] health, with its checks", async () => {
    expect((await api.get("/readyz")).text).toBe("ok");
    const { text } = await api.get("/livez?verbose");
    expect(text).toMatch(
      /^\[\+\]ping ok\n\[\+\]etcd ok\n(?:\[\+\](?:poststarthook\/\S+|autoregister-completion) ok\n)+livez check passed\n$/,
    );
    expect((await api.get("/healthz/ping")).text).toBe("ok");
  });
});

describe("watch", () => {
  interface Event {
    type: string;
    // biome-ignore lint/suspicious/noExplicitAny: objects of every kind
    object: any;
  }

  async function open(path: string, headers: { [name: string]: string } = {}) {
    const response = await api.raw("GET", path, { headers });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = "";
    const next = async (): Promise<Event> => {
      for (;;) {
        const end = buffer.indexOf("\n");
        if (end >= 0) {
          const line = buffer.slice(0, end);
          buffer = buffer.slice(end + 1);
          return JSON.parse(line) as Event;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error("the watch has ended");
        buffer += value;
      }
    };
    return { response, next, cancel: () => reader.cancel() };
  }

  it("[W1] from a revision: everything since, in order, then what comes", async () => {
    const { body } = await api.get(MAPS);
    await api.create(MAPS, configMap("a"));
    const watch = await open(`${MAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
    expect(watch.response.headers.get("content-encoding")).toBe("identity");
    await api.patch(`${MAPS}/a`, { data: { k: "v" } });
    await api.delete(`${MAPS}/a`);
    const events = [await watch.next(), await watch.next(), await watch.next()];
    expect(events.map((e) => e.type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(Number(events[2]!.object.metadata.resourceVersion)).toBe(api.services.env.store.revision());
    await watch.cancel();
  });

  it("[W2] without a revision: first what there is", async () => {
    await api.create(MAPS, configMap("a"));
    const watch = await open(`${MAPS}?watch=1`);
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    await watch.cancel();
  });

  it("[W3] initial events end with a bookmark that says so", async () => {
    await api.create(MAPS, configMap("a"));
    const watch = await open(
      `${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    expect((await watch.next()).type).toBe("ADDED");
    expect(await watch.next()).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    await watch.cancel();
  });

  it("[W4] objects come and go as selectors have it", async () => {
    await api.create(MAPS, { metadata: { name: "a", labels: { on: "no" } } });
    const rv = api.services.env.store.revision();
    const watch = await open(`${MAPS}?watch=true&labelSelector=on%3Dyes&resourceVersion=${rv}`);
    await api.patch(`${MAPS}/a`, { metadata: { labels: { on: "yes" } } });
    await api.patch(`${MAPS}/a`, { metadata: { labels: { on: "no" } } });
    expect((await watch.next()).type).toBe("ADDED");
    expect((await watch.next()).type).toBe("DELETED");
    await watch.cancel();
  });

  it("[W5] as tables, the columns with the first only", async () => {
    const watch = await open(`${MAPS}?watch=true`, TABLE);
    await api.create(MAPS, configMap("a"));
    await api.create(MAPS, configMap("b"));
    const [first, second] = [await watch.next(), await watch.next()];
    expect(first.object.columnDefinitions.length).toBe(3);
    expect(first.object.rows[0].cells[0]).toBe("a");
    expect(second.object.columnDefinitions).toBeNull();
    // The same event is one watcher's first and another's third.
    const late = await open(`${MAPS}?watch=true&resourceVersion=${api.services.env.store.revision()}`, TABLE);
    await api.create(MAPS, configMap("c"));
    expect((await watch.next()).object.columnDefinitions).toBeNull();
    expect((await late.next()).object.columnDefinitions).toHaveLength(3);
    await late.cancel();
    await watch.cancel();
  });

  it("[W6] what is behind compaction is told so", async () => {
    await api.create(MAPS, configMap("a"));
    await api.delete(`${MAPS}/a`);
    await api.create(MAPS, configMap("b"));
    api.advance(3_600_000);
    while (api.services.env.store.compact(api.services.env.clock.now(), 1000) === 1000);
    const watch = await open(`${MAPS}?watch=true&resourceVersion=1`);
    expect(await watch.next()).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    await expect(watch.next()).rejects.toThrow("ended");
  });

  it.each([
    { name: "[W7] a revision to come", query: "resourceVersion=99999", code: 504 },
    { name: "[W8] a match without initial events", query: "resourceVersionMatch=NotOlderThan", code: 422 },
    { name: "[W9] initial events without a match", query: "sendInitialEvents=true", code: 422 },
  ])("$name is refused", async ({ query, code }) => {
    expect((await api.get(`${MAPS}?watch=true&${query}`)).body).toMatchObject({ code });
  });

  it.each([
    ["[W12]", "sendInitialEvents=0", ["sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"]],
    [
      "[W13]",
      "sendInitialEvents=yes&resourceVersion=1&resourceVersionMatch=Exact",
      [
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        'Unsupported value: "Exact": supported values: "NotOlderThan"',
      ],
    ],
    ["[W14]", "continue=x", ["resourceVersionMatch is forbidden when continue is provided"]],
  ])("%s %s is refused, with all that is wrong", async (_, query, details) => {
    const { code, details: found } = (await api.get(`${MAPS}?watch=true&${query}`)).body;
    expect(code).toBe(422);
    expect(found.causes.map(({ message }: { message: string }) => message.replace("Forbidden: ", ""))).toEqual(details);
  });

  it("[W15] whoever takes bookmarks is told when it has seen what there is, asked for or not", async () => {
    await api.create(MAPS, configMap("a"));
    const watch = await open(`${MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=0`);
    expect(await watch.next()).toMatchObject({ type: "ADDED" });
    expect(await watch.next()).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    await watch.cancel();
  });

  it("[W10] one object by its name in the old form", async () => {
    await api.create(MAPS, configMap("a"));
    await api.create(MAPS, configMap("b"));
    const watch = await open("/api/v1/watch/namespaces/default/configmaps/b");
    expect(await watch.next()).toMatchObject({ object: { metadata: { name: "b" } } });
    await watch.cancel();
  });

  it("[W11] one event for each of two groups' forms", async () => {
    const events = "/api/v1/namespaces/default/events";
    const newer = await open("/apis/events.k8s.io/v1/namespaces/default/events?watch=true");
    await api.create(events, {
      metadata: { name: "e" },
      involvedObject: { kind: "Pod", name: "p", namespace: "default" },
      reason: "R",
      type: "Normal",
    });
    expect(await newer.next()).toMatchObject({
      object: { apiVersion: "events.k8s.io/v1", regarding: { kind: "Pod", name: "p" } },
    });
    await newer.cancel();
  });
});

describe("field selectors", () => {
  it.each([
    ["/api/v1/pods", "spec.image=a", "field label not supported: spec.image"],
    ["/api/v1/nodes", "metadata.namespace=a", "field label not supported: metadata.namespace"],
    ["/apis/batch/v1/jobs", "spec.x=a", 'field label "spec.x" not supported for Job'],
    [
      "/apis/resource.k8s.io/v1/resourceslices",
      "x=a",
      "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: x",
    ],
    [
      "/api/v1/configmaps",
      "data.a=b",
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])("[FS1] %s cannot be selected by %s", async (path, selector, message) => {
    const { status, body } = await api.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`);
    expect([status, body.reason, body.message]).toEqual([400, "BadRequest", message]);
  });

  it("[FS2] a cluster-scoped kind has no namespace to be found in", async () => {
    const path = "/apis/storage.k8s.io/v1/storageclasses";
    await api.create(path, { metadata: { name: "a" }, provisioner: "example.com/disks" });
    expect((await api.get(`${path}?fieldSelector=metadata.namespace%3Da`)).body.items).toEqual([]);
    expect((await api.get(`${path}?fieldSelector=metadata.namespace!%3Da`)).body.items).toHaveLength(1);
  });
});
