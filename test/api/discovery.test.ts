/** Discovery, health and the documents that describe the API, named by the conformance tests that ask for them. */
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { describeTypes } from "../../edge-api/http/openapi/descriptions.ts";
import { decodeProtobufBody } from "../../edge-api/http/protobuf/body.ts";
import { registry } from "../../kinds/registry.ts";
import { pod, startApi, type TestApi } from "./in-process.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

const V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

describe("Discovery", () => {
  it("should validate PreferredVersion for each APIGroup", async () => {
    const { groups } = (await api.get("/apis")).body;
    expect(groups.length).toBeGreaterThan(15);
    for (const { name, preferredVersion, versions } of groups) {
      expect(versions).toContainEqual(preferredVersion);
      const group = (await api.get(`/apis/${name}`)).body;
      expect(group).toMatchObject({ kind: "APIGroup", name, preferredVersion });
      const list = (await api.get(`/apis/${preferredVersion.groupVersion}`)).body;
      expect(list).toMatchObject({ kind: "APIResourceList", groupVersion: preferredVersion.groupVersion });
    }
  });

  it("should locate the groupVersion and a resource within each APIGroup", async () => {
    const { groups } = (await api.get("/apis")).body;
    for (const [group, version, resource] of [
      ["apps", "v1", "deployments"],
      ["rbac.authorization.k8s.io", "v1", "clusterroles"],
      ["storage.k8s.io", "v1", "storageclasses"],
    ]) {
      expect(groups.map(({ name }: { name: string }) => name)).toContain(group);
      const { resources } = (await api.get(`/apis/${group}/${version}`)).body;
      expect(resources.map(({ name }: { name: string }) => name)).toContain(resource);
    }
  });
});

describe("AggregatedDiscovery", () => {
  it("should support raw aggregated discovery request for the API group/version/resources", async () => {
    for (const [path, group] of [
      ["/api", undefined],
      ["/apis", "apps"],
    ] as const) {
      const { body, headers } = await api.get(path, { headers: { accept: V2 } });
      expect(headers.get("content-type")).toBe(V2);
      expect(body).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" });
      const found = body.items.find((item: { metadata: { name?: string } }) => item.metadata.name === group);
      expect(found.versions[0].resources.length).toBeGreaterThan(3);
      const etag = headers.get("etag") ?? "";
      const again = await api.get(path, { headers: { accept: V2, "if-none-match": etag } });
      expect(again.status).toBe(304);
    }
  });

  it("should support aggregated discovery interface as protobuf", async () => {
    const accept = V2.replace("application/json", "application/vnd.kubernetes.protobuf");
    const response = await api.raw("GET", "/apis", { headers: { accept } });
    expect(response.headers.get("content-type")).toBe(accept);
    const list = decodeProtobufBody(new Uint8Array(await response.arrayBuffer()), registry) as {
      kind: string;
      items: { metadata: { name: string } }[];
    };
    expect(list.kind).toBe("APIGroupDiscoveryList");
    expect(list.items.map(({ metadata }) => metadata.name)).toContain("apps");
  });
});

describe("what discovery is asked for", () => {
  const FORM = "g=apidiscovery.k8s.io;as=APIGroupDiscoveryList";
  it.each([
    { path: "/apis", accept: "text/html,*/*;q=0.8", status: 200, type: "application/json" },
    { path: "/apis", accept: "text/html", status: 406 },
    { path: "/api", accept: "application/json;as=Table;v=v1;g=meta.k8s.io", status: 406 },
    { path: "/api", accept: `application/json;${FORM};v=v3`, status: 406 },
    { path: "/api", accept: `application/json;${FORM};v=v3,application/yaml`, status: 200, type: "application/yaml" },
    { path: "/apis", accept: `application/json;${FORM};v=v2beta1`, status: 200, version: "v2beta1" },
    {
      path: "/apis",
      accept: `application/json;${FORM};v=v2;q=0.1,application/json;${FORM};v=v2beta1`,
      status: 200,
      version: "v2beta1",
    },
    { path: "/apis/apps", accept: `application/json;${FORM};v=v2`, status: 406 },
    {
      path: "/apis/apps/v1",
      accept: `application/json;${FORM};v=v2,application/json`,
      status: 200,
      type: "application/json",
    },
    { path: "/version", accept: "text/html", status: 200, type: "application/json" },
    { path: "/", accept: "application/yaml", status: 200, type: "application/json" },
  ])("[DI1] $path as $accept: $status", async ({ path, accept, status, type, version }) => {
    const answer = await api.get(path, { headers: { accept } });
    expect(answer.status).toBe(status);
    if (type) expect(answer.headers.get("content-type")).toBe(type);
    if (version) {
      expect(answer.headers.get("content-type")).toContain(`;v=${version};`);
      expect(answer.body.apiVersion).toBe(`apidiscovery.k8s.io/${version}`);
      expect(answer.headers.get("vary")).toBe("Accept");
    }
  });

  it("[DI4] the version and the root are JSON in lines, as kubectl get --raw shows them", async () => {
    expect((await api.get("/version")).text).toMatch(/^{\n {2}"major": "1",\n.*}$/s);
    expect((await api.get("/")).text).toMatch(/^{\n {2}"paths": \[\n {4}"\/\.well-known/);
  });

  it.each([
    ["/nope", "page"],
    ["/livez/nope", "page"],
    ["/apis/example.com/v1", "page"],
    ["/apis/example.com/v1/namespaces/default/widgets", "page"],
    ["/apis/apps/v9/deployments", "Status"],
    ["/api/v2", "Status"],
    ["/api/v1/widgets", "Status"],
  ])("[DI3] %s: 404 as a %s", async (path, form) => {
    const answer = await api.get(path);
    expect(answer.status).toBe(404);
    if (form === "Status") expect(answer.body).toMatchObject({ kind: "Status", reason: "NotFound" });
    else expect(answer.text).toBe("404 page not found\n");
  });

  it("[DI2] a resource says its scope, names and subresources in both forms", async () => {
    const { items } = (await api.get("/apis", { headers: { accept: V2 } })).body;
    const apps = items.find((item: { metadata: { name?: string } }) => item.metadata.name === "apps");
    expect(apps.versions[0]).toMatchObject({ version: "v1", freshness: "Current" });
    expect(apps.versions[0].resources.find(({ resource }: { resource: string }) => resource === "deployments")).toEqual(
      {
        resource: "deployments",
        responseKind: { group: "apps", version: "v1", kind: "Deployment" },
        scope: "Namespaced",
        singularResource: "deployment",
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        shortNames: ["deploy"],
        categories: ["all"],
        subresources: [
          {
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get", "patch", "update"],
          },
          {
            subresource: "status",
            responseKind: { group: "apps", version: "v1", kind: "Deployment" },
            verbs: ["get", "patch", "update"],
          },
        ],
      },
    );
    const { resources } = (await api.get("/apis/apps/v1")).body;
    const names = resources.map(({ name }: { name: string }) => name);
    expect(names.slice(names.indexOf("deployments")).slice(0, 3)).toEqual([
      "deployments",
      "deployments/scale",
      "deployments/status",
    ]);
    expect(resources.find(({ name }: { name: string }) => name === "deployments/scale")).toEqual({
      name: "deployments/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    });
  });
});

describe("Servers with support for Table transformation", () => {
  const as = "application/json;as=Table;v=v1;g=meta.k8s.io";

  it("should return pod details", async () => {
    await api.create("/api/v1/namespaces/default/serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default" },
    });
    await api.create("/api/v1/namespaces/default/pods", pod("p1"));
    const { body } = await api.get("/api/v1/namespaces/default/pods/p1", { headers: { accept: as } });
    expect(body.columnDefinitions.length).toBeGreaterThan(2);
    expect(body.columnDefinitions[0].name).toBe("Name");
    expect(body.rows).toHaveLength(1);
    expect(body.rows[0].cells).toHaveLength(body.columnDefinitions.length);
    expect(body.rows[0].cells[0]).toBe("p1");
    expect(body.rows[0].object.metadata.name).toBe("p1");
    expect(body.rows[0].conditions).toBeUndefined();
    await api.patch("/api/v1/namespaces/default/pods/p1/status", { status: { phase: "Succeeded" } });
    const ended = await api.get("/api/v1/namespaces/default/pods/p1", { headers: { accept: as } });
    expect(ended.body.rows[0].conditions).toEqual([
      { type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." },
    ]);
  });

  it("should return chunks of table results for list calls", async () => {
    for (let i = 0; i < 20; i++) {
      const name = `template-${String(i).padStart(4, "0")}`;
      const template = { spec: { containers: [{ name: "test", image: "test2" }] } };
      await api.create("/api/v1/namespaces/default/podtemplates", {
        apiVersion: "v1",
        kind: "PodTemplate",
        metadata: { name },
        template,
      });
    }
    const first = (await api.get("/api/v1/namespaces/default/podtemplates?limit=7", { headers: { accept: as } })).body;
    expect(first.rows).toHaveLength(7);
    expect(first.metadata.continue).toBeTruthy();
    const rest = await api.get(
      `/api/v1/namespaces/default/podtemplates?continue=${encodeURIComponent(first.metadata.continue)}`,
      { headers: { accept: as } },
    );
    expect(rest.body.rows).toHaveLength(13);
    expect(rest.body.metadata.continue).toBeUndefined();
  });

  it("should return generic metadata details across all namespaces for nodes", async () => {
    await api.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
    const { body } = await api.get("/api/v1/nodes", { headers: { accept: as } });
    expect(body.metadata.resourceVersion).toBeTruthy();
    expect(body.rows[0].cells[0]).toBe("n1");
    expect(body.rows[0].object.kind).toBe("PartialObjectMetadata");
  });

  it.each(["v1", "v1beta1"])("[TB1] forms of %s say so, in lists, single and watched", async (version) => {
    await api.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
    const apiVersion = `meta.k8s.io/${version}`;
    const form = (name: string) => ({ headers: { accept: `application/json;as=${name};v=${version};g=meta.k8s.io` } });
    for (const path of ["/api/v1/nodes", "/api/v1/nodes/n1"]) {
      const { body } = await api.get(path, form("Table"));
      expect([body.kind, body.apiVersion]).toEqual(["Table", apiVersion]);
      expect(body.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", apiVersion });
    }
    const single = (await api.get("/api/v1/nodes/n1", form("PartialObjectMetadata"))).body;
    expect(single).toMatchObject({ kind: "PartialObjectMetadata", apiVersion, metadata: { name: "n1" } });
    const list = (await api.get("/api/v1/nodes", form("PartialObjectMetadataList"))).body;
    expect(list).toMatchObject({ kind: "PartialObjectMetadataList", apiVersion });
    const packed = form("PartialObjectMetadata").headers.accept.replace("json", "vnd.kubernetes.protobuf");
    const response = await api.raw("GET", "/api/v1/nodes/n1", { headers: { accept: packed } });
    const decoded = decodeProtobufBody(new Uint8Array(await response.arrayBuffer()), registry);
    expect(decoded).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "n1" } });
    for (const [name, kind] of [
      ["Table", "Table"],
      ["PartialObjectMetadata", "PartialObjectMetadata"],
    ] as const) {
      const watch = await api.raw("GET", "/api/v1/nodes?watch=1", form(name));
      const { value } = await watch.body!.getReader().read();
      const event = JSON.parse(new TextDecoder().decode(value).split("\n")[0]!);
      expect(event.object).toMatchObject({ kind, apiVersion });
    }
  });

  it("should return a 406 for a backend which does not implement metadata", async () => {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "get", resource: "pods" } },
    };
    const { status } = await api.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, {
      headers: { accept: as },
    });
    expect(status).toBe(406);
  });
});

describe("server version", () => {
  it("should find the server version", async () => {
    const { body } = await api.get("/version");
    expect(body.major).toBe("1");
    expect(body.minor).toMatch(/^\d+$/);
    expect(body.gitVersion).toMatch(/^v1\.36\./);
  });
});

describe("health", () => {
  it.each(["healthz", "livez", "readyz"])("[HE1] /%s in one word, and check by check", async (endpoint) => {
    expect((await api.get(`/${endpoint}`)).text).toBe("ok");
    expect((await api.get(`/${endpoint}/ping`)).text).toBe("ok");
    expect((await api.get(`/${endpoint}/poststarthook/rbac/bootstrap-roles`)).text).toBe("ok");
    expect((await api.get(`/${endpoint}/nothing`)).status).toBe(404);
    const { text } = await api.get(`/${endpoint}?verbose&exclude=etcd&exclude=tea`);
    expect(text).toContain("[+]ping ok\n[+]etcd excluded: ok\n");
    expect(text).toContain('warn: some health checks cannot be excluded: no matches for "tea"\n');
    expect(text.endsWith(`${endpoint} check passed\n`)).toBe(true);
    expect((await api.get(`/${endpoint}/etcd-readiness`)).status).toBe(endpoint === "readyz" ? 200 : 404);
    const { paths } = (await api.get("/")).body;
    expect(paths).toContain(`/${endpoint}/poststarthook/bootstrap-controller`);
    expect((await api.get(`/${endpoint}/poststarthook/priority-and-fairness-config-producer`)).text).toBe("ok");
    expect((await api.get(`/${endpoint}/autoregister-completion`)).text).toBe("ok");
  });

  it("[HE2] what is not well says so with 500", async () => {
    api.services.env.store.get = () => {
      throw new Error("disk on fire");
    };
    const { status, text } = await api.get("/readyz");
    expect(status).toBe(500);
    expect(text).toContain("[-]etcd failed: reason withheld\n");
    expect(text.endsWith("readyz check failed\n")).toBe(true);
    expect(text).not.toContain("fire");
  });
});

describe("OpenAPI of built-in kinds", () => {
  // biome-ignore lint/suspicious/noExplicitAny: schemas are looked into
  const references = (value: any): string[] =>
    typeof value !== "object" || value === null
      ? []
      : Object.entries(value).flatMap(([key, inner]) =>
          key === "$ref" && typeof inner === "string" ? [inner] : references(inner),
        );

  it("[OA1] the document of 2.0 is whole: every reference leads somewhere", async () => {
    const { body, headers } = await api.get("/openapi/v2");
    expect(body.swagger).toBe("2.0");
    for (const to of new Set(references(body))) expect(body.definitions).toHaveProperty([to.slice(14)]);
    const pod = body.definitions["io.k8s.api.core.v1.Pod"];
    expect(pod["x-kubernetes-group-version-kind"]).toEqual([{ group: "", kind: "Pod", version: "v1" }]);
    expect(pod.properties.spec.$ref).toBe("#/definitions/io.k8s.api.core.v1.PodSpec");
    const create = body.paths["/api/v1/namespaces/{namespace}/pods"].post;
    expect(create.parameters).toContainEqual(expect.objectContaining({ name: "fieldValidation", in: "query" }));
    expect(create.parameters[0]).toMatchObject({ in: "body", required: true });
    const again = await api.get("/openapi/v2", { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });

  it("[OA2] and as protobuf", async () => {
    const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const response = await api.raw("GET", "/openapi/v2", { headers: { accept } });
    expect(response.headers.get("content-type")).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 5).toString("latin1")).toBe("\n\x032.0");
    expect(bytes.includes("io.k8s.api.core.v1.PodSpec")).toBe(true);
  });

  it("[OA4] documents of 3.0 as protobuf; 406 for what they are not", async () => {
    for (const name of ["v3@v1.0", "v3.v1.0"]) {
      const accept = `application/com.github.proto-openapi.spec.${name}+protobuf`;
      const response = await api.raw("GET", "/openapi/v3/apis/apps/v1", { headers: { accept } });
      expect(response.headers.get("content-type")).toBe("application/com.github.proto-openapi.spec.v3.v1.0+protobuf");
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.subarray(0, 7).toString("latin1")).toBe("\n\x053.0.0");
      expect(bytes.includes("io.k8s.api.apps.v1.Deployment")).toBe(true);
    }
    for (const path of ["/openapi/v2", "/openapi/v3/apis/apps/v1"])
      for (const accept of ["application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io"])
        expect((await api.get(path, { headers: { accept } })).status).toBe(406);
  });

  it("[OA5] whoever asks by an old hash is sent to the new one", async () => {
    const { serverRelativeURL } = (await api.get("/openapi/v3")).body.paths["api/v1"];
    const { status, headers } = await api.get("/openapi/v3/api/v1?hash=00");
    expect([status, headers.get("location")]).toEqual([301, serverRelativeURL]);
  });

  it("[OA6] what the bundler embeds becomes descriptions", async () => {
    const made = {
      "io.k8s.api.core.v1.ConfigMap": { text: "holds data", fields: { data: "by key", metadata: "its own" } },
    };
    describeTypes(async () => gzipSync(JSON.stringify(made)));
    try {
      // Documents that were made before are kept.
      const accept = "application/json;q=0.5";
      const { definitions } = (await api.get("/openapi/v2", { headers: { accept } })).body;
      const { description, properties } = definitions["io.k8s.api.core.v1.ConfigMap"];
      expect([description, properties.data.description, properties.metadata.description]).toEqual([
        "holds data",
        "by key",
        "its own",
      ]);
      expect(properties.binaryData.description).toBeUndefined();
    } finally {
      describeTypes(async () => new Uint8Array());
    }
    const { definitions } = (await api.get("/openapi/v2")).body;
    expect(definitions["io.k8s.api.core.v1.ConfigMap"].description).toBeUndefined();
  });

  it("[OA7] operations are named, each once; lists know their keys and defaults", async () => {
    const { paths } = (await api.get("/openapi/v3")).body;
    const ids = new Set<string>();
    let operations = 0;
    for (const { serverRelativeURL } of Object.values(paths) as { serverRelativeURL: string }[]) {
      const document = (await api.get(serverRelativeURL)).body;
      for (const item of Object.values(document.paths) as object[])
        for (const [method, { operationId }] of Object.entries(item))
          if (method !== "parameters") {
            operations++;
            ids.add(operationId);
          }
    }
    expect(ids.size).toBe(operations);
    for (const id of [
      "createCoreV1NamespacedPod",
      "listAppsV1DeploymentForAllNamespaces",
      "deleteRbacAuthorizationV1CollectionClusterRole",
      "connectCoreV1GetNamespacedServiceProxyWithPath",
      "readCoreV1NamespacedPodLog",
      "getCoreV1APIResources",
      "watchCoreV1NamespacedPodList",
      "watchAppsV1DeploymentListForAllNamespaces",
      "watchCoreV1Node",
    ])
      expect(ids).toContain(id);
    const { schemas } = (await api.get("/openapi/v3/api/v1")).body.components;
    expect(schemas["io.k8s.api.core.v1.Container"].properties.ports).toMatchObject({
      type: "array",
      items: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.ContainerPort" }], default: {} },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
      "x-kubernetes-patch-merge-key": "containerPort",
      "x-kubernetes-patch-strategy": "merge",
    });
    expect(schemas["io.k8s.api.core.v1.ContainerPort"].properties.protocol.default).toBe("TCP");
  });

  it("[OA3] the index of 3.0 names documents by hash, which are kept by it", async () => {
    const { paths } = (await api.get("/openapi/v3")).body;
    const { serverRelativeURL } = paths["apis/apps/v1"];
    const { body, headers } = await api.get(serverRelativeURL);
    for (const to of new Set(references(body))) expect(body.components.schemas).toHaveProperty([to.slice(21)]);
    expect(headers.get("cache-control")).toBe("public, immutable");
    const again = await api.get(serverRelativeURL, { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });
});

describe("warnings", () => {
  it("[WA1] a deprecated version says so with every answer", async () => {
    const text = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    for (const path of [
      "/api/v1/endpoints",
      "/api/v1/namespaces/default/endpoints/none",
      "/api/v1/endpoints?watch=1",
    ]) {
      const response = await api.raw("GET", path);
      expect(response.headers.get("warning")).toBe(`299 - "${text}"`);
      await response.body?.cancel();
    }
    expect((await api.get("/api/v1/pods")).headers.get("warning")).toBeNull();
  });

  it("[WA3] what is valid but will go is warned of, on creation, change and dry run; not when it is refused", async () => {
    const at = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
    const annotations = { "kubernetes.io/ingress.class": "x" };
    const spec = { defaultBackend: { service: { name: "s", port: { number: 80 } } } };
    const text = `299 - "annotation \\"kubernetes.io/ingress.class\\" is deprecated, please use 'spec.ingressClassName' instead"`;
    const made = await api.create(`${at}?dryRun=All`, { metadata: { name: "i", annotations }, spec });
    expect([made.status, made.headers.get("warning")]).toEqual([201, text]);
    const refused = await api.create(at, { metadata: { name: "i", annotations }, spec: {} });
    expect([refused.status, refused.headers.get("warning")]).toEqual([422, null]);
    const job = {
      metadata: { name: "c" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: { template: pod("p") } } },
    };
    const cronJobs = "/apis/batch/v1/namespaces/default/cronjobs";
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
    job.spec.jobTemplate.spec.template = template;
    expect((await api.create(cronJobs, job)).headers.get("warning")).toBeNull();
    const nodeSelector = {
      spec: { jobTemplate: { spec: { template: { spec: { nodeSelector: { "beta.kubernetes.io/os": "x" } } } } } },
    };
    expect((await api.patch(`${cronJobs}/c`, nodeSelector)).headers.get("warning")).toBe(
      '299 - "spec.jobTemplate.spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \\"kubernetes.io/os\\" instead"',
    );
    expect((await api.patch(`${cronJobs}/c`, { metadata: { labels: { a: "b" } } })).headers.get("warning")).toBeNull();
  });

  it("[WA2] unknown and duplicate fields are warned of, refused, or not spoken of, as asked", async () => {
    const at = "/api/v1/namespaces/default/configmaps";
    const text = (name: string): string =>
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"dta":{},"data":{"a":"1","a":"2"}}`;
    const warned = await api.create(at, text("w"));
    expect(warned.headers.get("warning")).toBe('299 - "unknown field \\"dta\\"", 299 - "duplicate field \\"data.a\\""');
    const strict = await api.create(`${at}?fieldValidation=Strict`, text("s"));
    expect(strict.status).toBe(400);
    expect(strict.body.message).toContain('strict decoding error: unknown field "dta", duplicate field "data.a"');
    const silent = await api.create(`${at}?fieldValidation=Ignore`, text("i"));
    expect(silent.status).toBe(201);
    expect(silent.headers.get("warning")).toBeNull();
  });
});
