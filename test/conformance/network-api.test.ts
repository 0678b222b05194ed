import { describe, expect, it } from "vitest";
import { startApi } from "../api/in-process.ts";
import { discovered, namesOf, ok, openWatch, startCluster, supportsApiOperations, type TestCluster } from "./kit.ts";

const CORE = "/api/v1/namespaces/default";
const SERVICES = `${CORE}/services`;
const ENDPOINTS = `${CORE}/endpoints`;
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const NETWORKING = "/apis/networking.k8s.io/v1";

const service = (name: string, spec: object = {}, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, labels },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
});
const slicesOf = async (cluster: TestCluster, name: string) =>
  ok(await cluster.get(`${SLICES}?labelSelector=kubernetes.io%2Fservice-name%3D${name}`)).items;
const addressesIn = (slices: { endpoints?: { addresses: string[] }[] | null }[]): string[] =>
  slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)).sort();

let addresses = 0;
/** A pod on a node, ready, with an address of its own. @returns the address */
async function startPod(
  cluster: TestCluster,
  name: string,
  options: { labels: object; ports: object[] },
): Promise<string> {
  const podIP = `10.244.0.${++addresses}`;
  const now = new Date(cluster.services.env.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const spec = { nodeName: "n1", containers: [{ name: "c", image: "i", ports: options.ports }] };
  ok(
    await cluster.create(`${CORE}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: options.labels },
      spec,
    }),
    201,
  );
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime: now }];
  const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions };
  ok(await cluster.patch(`${CORE}/pods/${name}/status`, { status }));
  await cluster.settle();
  return podIP;
}

async function clusterWithNode(): Promise<TestCluster> {
  const cluster = await startCluster();
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  ok(await cluster.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" }, status }), 201);
  await cluster.settle();
  return cluster;
}

describe("[sig-network] API Server", () => {
  it("should provide secure master service [Conformance]", async () => {
    const api = await startApi();
    const { spec } = ok(await api.get(`${SERVICES}/kubernetes`));
    expect(spec.ports).toEqual([expect.objectContaining({ name: "https", port: 443, protocol: "TCP" })]);
  });

  it("should have Endpoints and EndpointSlices pointing to API Server [Conformance]", async () => {
    const cluster = await startCluster();
    const { metadata, subsets } = ok(await cluster.get(`${ENDPOINTS}/kubernetes`));
    expect(metadata.labels["endpointslice.kubernetes.io/skip-mirror"]).toBe("true");
    const slices = await slicesOf(cluster, "kubernetes");
    expect(slices).toHaveLength(1);
    expect(addressesIn(slices)).toEqual(subsets[0].addresses.map(({ ip }: { ip: string }) => ip));
    expect(slices[0].ports[0]).toMatchObject({ name: "https", port: subsets[0].ports[0].port });
  });
});

describe("[sig-network] EndpointSlice", () => {
  it("should create and delete EndpointSlices for a Service with a selector that matches no pods [Conformance]", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(SERVICES, service("empty")), 201);
    await cluster.settle();
    const slices = await slicesOf(cluster, "empty");
    expect(slices).toHaveLength(1);
    expect(slices[0].metadata.labels["endpointslice.kubernetes.io/managed-by"]).toBe("endpointslice-controller.k8s.io");
    expect(addressesIn(slices)).toEqual([]);
    ok(await cluster.delete(`${SERVICES}/empty`));
    await cluster.settle();
    expect(await slicesOf(cluster, "empty")).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  it("should create Endpoints and EndpointSlices for Pods matching a Service [Conformance]", async () => {
    const cluster = await clusterWithNode();
    const ports = [{ name: "named", containerPort: 3000 }];
    const one = await startPod(cluster, "one", { labels: { foo: "bar", baz: "qux" }, ports });
    const two = await startPod(cluster, "two", {
      labels: { foo: "bar" },
      ports: [{ name: "named", containerPort: 3001 }],
    });
    const named = [{ name: "x", port: 80, targetPort: "named" }];
    ok(await cluster.create(SERVICES, service("both", { selector: { foo: "bar" }, ports: named })), 201);
    ok(
      await cluster.create(
        SERVICES,
        service("first", { selector: { baz: "qux" }, ports: named, publishNotReadyAddresses: true }),
      ),
      201,
    );
    await cluster.settle();
    // A named port with two numbers makes two slices.
    const both = await slicesOf(cluster, "both");
    expect(both.map(({ ports }: { ports: { port: number }[] }) => ports[0]?.port).sort()).toEqual([3000, 3001]);
    expect(addressesIn(both)).toEqual([one, two].sort());
    const { subsets } = ok(await cluster.get(`${ENDPOINTS}/both`));
    expect(subsets).toHaveLength(2);
    expect(addressesIn(await slicesOf(cluster, "first"))).toEqual([one]);
    expect(both[0].endpoints[0]).toMatchObject({
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: "n1",
      targetRef: { kind: "Pod", namespace: "default" },
    });
  });

  it("should support a Service with multiple ports specified in multiple EndpointSlices [Conformance]", async () => {
    const cluster = await startCluster();
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port, protocol: "TCP" }));
    ok(await cluster.create(SERVICES, service("custom", { selector: undefined, ports })), 201);
    const labels = { "kubernetes.io/service-name": "custom", "endpointslice.kubernetes.io/managed-by": "e2e-test" };
    for (const [i, port] of ports.entries()) {
      const slice = {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: `custom-${i}`, labels },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.1.2.3"] }],
        ports: [port],
      };
      ok(await cluster.create(SLICES, slice), 201);
    }
    await cluster.settle();
    // Nobody but their maker touches them.
    expect(namesOf({ items: await slicesOf(cluster, "custom") })).toEqual(["custom-0", "custom-1"]);
    expect((await cluster.get(`${ENDPOINTS}/custom`)).status).toBe(404);
  });

  it("should support creating EndpointSlice API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "discovery.k8s.io/v1", ["endpointslices"]);
    await supportsApiOperations(api, SLICES, (name) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name },
      addressType: "IPv4",
      endpoints: [{ addresses: ["1.2.3.4", "5.6.7.8"] }],
    }));
  });
});

describe("[sig-network] EndpointSliceMirroring", () => {
  it("should mirror a custom Endpoints resource through create update and delete [Conformance]", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(SERVICES, service("custom", { selector: undefined })), 201);
    const subset = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 80 }] }];
    const endpoints = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "custom" },
      subsets: subset("10.1.2.3"),
    };
    ok(await cluster.create(ENDPOINTS, endpoints), 201);
    await cluster.settle();
    const [slice, ...others] = await slicesOf(cluster, "custom");
    expect(others).toEqual([]);
    expect(slice.metadata.labels["endpointslice.kubernetes.io/managed-by"]).toBe(
      "endpointslicemirroring-controller.k8s.io",
    );
    expect(slice).toMatchObject({
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
    });

    ok(await cluster.replace(`${ENDPOINTS}/custom`, { ...endpoints, subsets: subset("10.2.3.4") }));
    await cluster.settle();
    const updated = await slicesOf(cluster, "custom");
    expect([namesOf({ items: updated }), addressesIn(updated)]).toEqual([[slice.metadata.name], ["10.2.3.4"]]);

    ok(await cluster.delete(`${ENDPOINTS}/custom`));
    await cluster.settle();
    expect(await slicesOf(cluster, "custom")).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });
});

describe("[sig-network] Endpoints", () => {
  it("should test the lifecycle of an Endpoint [Conformance]", async () => {
    const cluster = await startCluster();
    const watch = await openWatch(cluster, `${ENDPOINTS}?labelSelector=test-endpoint-static%3Dtrue`);
    const metadata = { name: "testservice", labels: { "test-endpoint-static": "true" } };
    const subsets = [{ addresses: [{ ip: "10.0.0.24" }], ports: [{ name: "http", port: 80, protocol: "TCP" }] }];
    ok(await cluster.create(ENDPOINTS, { apiVersion: "v1", kind: "Endpoints", metadata, subsets }), 201);
    const everywhere = ok(await cluster.get("/api/v1/endpoints?labelSelector=test-endpoint-static%3Dtrue"));
    expect(namesOf(everywhere)).toEqual(["testservice"]);
    const live = ok(await cluster.get(`${ENDPOINTS}/testservice`));
    live.metadata.labels["test-service"] = "updated";
    ok(await cluster.replace(`${ENDPOINTS}/testservice`, live));
    const patch = {
      metadata: { labels: { "test-service": "patched" } },
      subsets: [{ addresses: [{ ip: "10.0.0.25" }], ports: [{ name: "http-test", port: 8080 }] }],
    };
    const patched = ok(await cluster.patch(`${ENDPOINTS}/testservice`, patch, "strategic"));
    expect(patched).toMatchObject({
      metadata: { labels: { "test-service": "patched" } },
      subsets: [{ addresses: [{ ip: "10.0.0.25" }], ports: [{ name: "http-test", port: 8080, protocol: "TCP" }] }],
    });
    // Endpoints without a service are nobody's but their maker's.
    await cluster.settle();
    expect((await cluster.get(`${ENDPOINTS}/testservice`)).status).toBe(200);
    ok(await cluster.request("DELETE", `${ENDPOINTS}?labelSelector=test-endpoint-static%3Dtrue`));
    expect(await watch.take(4)).toEqual(
      ["ADDED", "MODIFIED", "MODIFIED", "DELETED"].map((type) => `${type} testservice`),
    );
    await watch.cancel();
  });

  it("EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods [Conformance]", async () => {
    const cluster = await startCluster();
    ok(await cluster.create(SERVICES, service("empty")), 201);
    await cluster.settle();
    const { metadata, subsets } = ok(await cluster.get(`${ENDPOINTS}/empty`));
    expect(metadata.labels["endpoints.kubernetes.io/managed-by"]).toBe("endpoint-controller");
    expect(subsets ?? []).toEqual([]);
    ok(await cluster.delete(`${SERVICES}/empty`));
    await cluster.settle();
    expect((await cluster.get(`${ENDPOINTS}/empty`)).status).toBe(404);
  });

  it("EndpointsController should create Endpoints for Pods matching a Service [Conformance]", async () => {
    const cluster = await clusterWithNode();
    ok(await cluster.create(SERVICES, service("web")), 201);
    const ports = [{ containerPort: 8080 }];
    const [one, two] = [
      await startPod(cluster, "one", { labels: { app: "web" }, ports }),
      await startPod(cluster, "two", { labels: { app: "web" }, ports }),
    ];
    const { subsets } = ok(await cluster.get(`${ENDPOINTS}/web`));
    expect(subsets).toEqual([
      {
        addresses: [one, two].sort().map((ip) => expect.objectContaining({ ip, nodeName: "n1" })),
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      },
    ]);
  });
});

describe("[sig-network] Services", () => {
  it.each([
    { name: "serve a basic endpoint from pods", ports: [{ name: "a", port: 80, targetPort: 80 }] },
    {
      name: "serve multiport endpoints from pods",
      ports: [
        { name: "a", port: 80, targetPort: "a" },
        { name: "b", port: 81, targetPort: "b" },
      ],
    },
  ])("should $name [Conformance]", async ({ ports }) => {
    const cluster = await clusterWithNode();
    const serving = async () => {
      await cluster.settle();
      const slices = await slicesOf(cluster, "web");
      const { subsets } = ok(await cluster.get(`${ENDPOINTS}/web`));
      const old = (subsets ?? []).flatMap(({ addresses }: { addresses: { ip: string }[] }) =>
        addresses.map(({ ip }) => ip),
      );
      expect(addressesIn(slices)).toEqual([...new Set(old)].sort());
      return addressesIn(slices);
    };
    ok(await cluster.create(SERVICES, service("web", { ports })), 201);
    expect(await serving()).toEqual([]);
    const one = await startPod(cluster, "one", { labels: { app: "web" }, ports: [{ name: "a", containerPort: 100 }] });
    expect(await serving()).toEqual([one]);
    const two = await startPod(cluster, "two", { labels: { app: "web" }, ports: [{ name: "b", containerPort: 101 }] });
    expect(await serving()).toEqual([one, two].sort());
    ok(await cluster.delete(`${CORE}/pods/one`));
    expect(await serving()).toEqual([two]);
    ok(await cluster.delete(`${CORE}/pods/two`));
    expect(await serving()).toEqual([]);
  });

  const external = { type: "ExternalName", externalName: "example.com" };
  it.each([
    { from: "ClusterIP", spec: {} },
    { from: "NodePort", spec: { type: "NodePort" } },
  ])("should be able to change the type from $from to ExternalName [Conformance]", async ({ spec }) => {
    const cluster = await startCluster();
    const made = ok(await cluster.create(SERVICES, service("web", spec)), 201);
    expect(made.spec.clusterIP).toMatch(/^10\.96\./);
    const ports = made.spec.ports.map(({ nodePort: _port, ...port }: { nodePort?: number }) => port);
    const wanted = { ...made, spec: { ...made.spec, ...external, clusterIP: "", clusterIPs: undefined, ports } };
    const changed = ok(await cluster.replace(`${SERVICES}/web`, wanted));
    expect(changed.spec).toMatchObject(external);
    expect([changed.spec.clusterIP, changed.spec.clusterIPs, changed.spec.ports[0].nodePort]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await cluster.settle();
    // What it had is free again.
    expect((await cluster.get(`${NETWORKING}/ipaddresses/${made.spec.clusterIP}`)).status).toBe(404);
  });

  it.each([
    { to: "ClusterIP", spec: { type: "ClusterIP" } },
    { to: "NodePort", spec: { type: "NodePort" } },
  ])("should be able to change the type from ExternalName to $to [Conformance]", async ({ to, spec }) => {
    const cluster = await startCluster();
    const made = ok(await cluster.create(SERVICES, service("web", external)), 201);
    expect(made.spec.clusterIP).toBeUndefined();
    const { externalName: _name, ...rest } = made.spec;
    const changed = ok(await cluster.replace(`${SERVICES}/web`, { ...made, spec: { ...rest, ...spec } }));
    expect(changed.spec.clusterIP).toMatch(/^10\.96\./);
    expect(changed.spec.ports[0].nodePort !== undefined).toBe(to === "NodePort");
    await cluster.settle();
    expect(await slicesOf(cluster, "web")).toHaveLength(1);
  });

  it("should complete a service status lifecycle [Conformance]", async () => {
    const api = await startApi();
    const watch = await openWatch(api, `${SERVICES}?labelSelector=test-service-static%3Dtrue`);
    const spec = { type: "LoadBalancer", selector: undefined };
    ok(await api.create(SERVICES, service("test", spec, { "test-service-static": "true" })), 201);
    const path = `${SERVICES}/test`;
    expect(ok(await api.get(`${path}/status`)).status).toEqual({ loadBalancer: {} });
    const patch = {
      metadata: { annotations: { patchedstatus: "true" } },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.1" }] } },
    };
    const patched = ok(await api.patch(`${path}/status`, patch));
    expect(patched.status.loadBalancer.ingress).toEqual([expect.objectContaining({ ip: "203.0.113.1" })]);
    expect(patched.metadata.annotations.patchedstatus).toBe("true");
    const condition = {
      type: "StatusUpdate",
      status: "True",
      reason: "E2E",
      message: "Set from e2e test",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const live = ok(await api.get(path));
    const updated = ok(
      await api.replace(`${path}/status`, { ...live, status: { ...live.status, conditions: [condition] } }),
    );
    expect(updated.status.conditions).toEqual([condition]);
    const labelled = ok(await api.patch(path, { metadata: { labels: { "test-service": "patched" } } }, "strategic"));
    expect(labelled.metadata.labels["test-service"]).toBe("patched");
    ok(await api.delete(path));
    expect(await watch.take(5)).toEqual(
      ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"].map((type) => `${type} test`),
    );
    await watch.cancel();
  });

  it("should delete a collection of services [Conformance]", async () => {
    const api = await startApi();
    const label = "e2e-test-service%3Ddelete";
    for (const [name, value] of [
      ["one", "delete"],
      ["two", "delete"],
      ["three", "keep"],
    ] as const) {
      ok(await api.create(SERVICES, service(name, {}, { "e2e-test-service": value })), 201);
    }
    expect(namesOf(ok(await api.get(SERVICES)))).toEqual(["kubernetes", "one", "three", "two"]);
    ok(await api.request("DELETE", `${SERVICES}?labelSelector=${label}`));
    expect(namesOf(ok(await api.get(SERVICES)))).toEqual(["kubernetes", "three"]);
  });

  it("should find a service from listing all namespaces [Conformance]", async () => {
    const { items } = ok(await (await startApi()).get("/api/v1/services"));
    const found = items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === "kubernetes");
    expect(found.metadata.namespace).toBe("default");
  });
});

describe("[sig-network] Ingress and ServiceCIDR", () => {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const ingress = (name: string) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name },
    spec: {
      defaultBackend: backend,
      rules: [{ host: "foo.bar.com", http: { paths: [{ path: "/", pathType: "ImplementationSpecific", backend }] } }],
    },
  });

  /** Status is a resource of its own: patched and updated beside the rest. */
  async function supportsStatus(path: string, object: object, status: { [field: string]: unknown }): Promise<void> {
    const api = await startApi();
    ok(await api.create(path, object), 201);
    const { name } = (object as { metadata: { name: string } }).metadata;
    const patch = { metadata: { annotations: { patchedstatus: "true" } }, status };
    const patched = ok(await api.patch(`${path}/${name}/status`, patch));
    // What a ServiceCIDR's status does not touch is its metadata.
    const keepsMetadata = path.endsWith("/servicecidrs");
    const annotations = (...names: string[]) =>
      keepsMetadata ? undefined : Object.fromEntries(names.map((each) => [each, "true"]));
    expect(patched.metadata.annotations).toEqual(annotations("patchedstatus"));
    expect(patched.status).toMatchObject(status);
    const live = ok(await api.get(`${path}/${name}/status`));
    live.metadata.annotations = { ...live.metadata.annotations, updatedstatus: "true" };
    const updated = ok(await api.replace(`${path}/${name}/status`, live));
    expect(updated.metadata.annotations).toEqual(annotations("patchedstatus", "updatedstatus"));
    expect(updated.status).toEqual(live.status);
  }

  it("Ingress API should support creating Ingress API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "networking.k8s.io/v1", ["ingresses", "ingresses/status"]);
    await supportsApiOperations(api, `${NETWORKING}/namespaces/default/ingresses`, ingress);
    const loadBalancer = { ingress: [{ ip: "169.1.1.1" }] };
    await supportsStatus(`${NETWORKING}/namespaces/default/ingresses`, ingress("status"), { loadBalancer });
  });

  it("IngressClass API should support creating IngressClass API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "networking.k8s.io/v1", ["ingressclasses"]);
    await supportsApiOperations(api, `${NETWORKING}/ingressclasses`, (name) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name },
      spec: { controller: "example.com/controller" },
    }));
  });

  let octet = 0;
  const cidr = (name: string) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name },
    spec: { cidrs: [`203.0.${octet++}.0/28`] },
  });

  it("ServiceCIDR and IPAddress API should support ServiceCIDR API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "networking.k8s.io/v1", ["servicecidrs", "servicecidrs/status"]);
    await supportsApiOperations(api, `${NETWORKING}/servicecidrs`, cidr);
    const conditions = [
      {
        type: "StatusPatched",
        status: "Unknown",
        reason: "E2E",
        message: "m",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ];
    await supportsStatus(`${NETWORKING}/servicecidrs`, cidr("status"), { conditions });
    const cluster = await startCluster();
    ok(await cluster.create(`${NETWORKING}/servicecidrs`, cidr("more")), 201);
    await cluster.settle();
    const ready = ok(await cluster.get(`${NETWORKING}/servicecidrs/more`));
    expect(ready.status.conditions[0]).toMatchObject({ type: "Ready", status: "True" });
    const clusterIP = ready.spec.cidrs[0].replace("0/28", "3");
    ok(await cluster.create(SERVICES, service("web", { clusterIP })), 201);
    ok(await cluster.delete(`${NETWORKING}/servicecidrs/more`));
    await cluster.settle();
    // As long as a service has an address of it, it stays.
    const held = ok(await cluster.get(`${NETWORKING}/servicecidrs/more`));
    expect(held.status.conditions[0]).toMatchObject({ type: "Ready", status: "False", reason: "Terminating" });
    ok(await cluster.delete(`${SERVICES}/web`));
    await cluster.settle();
    expect((await cluster.get(`${NETWORKING}/servicecidrs/more`)).status).toBe(404);
  });

  it("ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]", async () => {
    const api = await startApi();
    await discovered(api, "networking.k8s.io/v1", ["ipaddresses"]);
    const path = `${NETWORKING}/ipaddresses`;
    const address = (name: string) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name, labels: { e2e: "ip" } },
      spec: { parentRef: { group: "apps", resource: "deployments", namespace: "default", name: "web" } },
    });
    const watch = await openWatch(api, `${path}?labelSelector=e2e%3Dip`);
    ok(await api.create(path, address("192.0.2.1")), 201);
    ok(await api.create(path, address("2001:db8::1")), 201);
    expect(ok(await api.get(`${path}/192.0.2.1`)).spec.parentRef.resource).toBe("deployments");
    expect(
      ok(await api.patch(`${path}/192.0.2.1`, { metadata: { labels: { patched: "yes" } } })).metadata.labels.patched,
    ).toBe("yes");
    const live = ok(await api.get(`${path}/2001:db8::1`));
    live.metadata.labels.updated = "yes";
    expect(ok(await api.replace(`${path}/2001:db8::1`, live)).metadata.labels.updated).toBe("yes");
    ok(await api.delete(`${path}/192.0.2.1`));
    ok(await api.request("DELETE", `${path}?labelSelector=e2e%3Dip`));
    expect(ok(await api.get(`${path}?labelSelector=e2e%3Dip`)).items).toEqual([]);
    const types = (await watch.take(6)).map((event) => event.split(" ")[0]);
    expect(types).toEqual(["ADDED", "ADDED", "MODIFIED", "MODIFIED", "DELETED", "DELETED"]);
    await watch.cancel();
  });
});
