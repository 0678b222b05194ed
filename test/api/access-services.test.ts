/** Cluster IPs and node ports: what services are given, what they are refused, and that nothing is lost. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, startApi, type TestApi } from "./in-process.ts";

const SERVICES = "/api/v1/namespaces/default/services";
const ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses";
const CIDRS = "/apis/networking.k8s.io/v1/servicecidrs";

let api: TestApi;
/** What is taken before a test begins. */
let before: string[];

beforeEach(async () => {
  api = await startApi();
  before = await taken();
});

type Spec = { [field: string]: unknown };
const TCP = [{ port: 80 }];

const service = (name: string, spec: Spec = {}) => ({
  metadata: { name },
  spec: { ports: TCP, selector: { app: "a" }, ...spec },
});
const create = (name: string, spec?: Spec): Promise<Answer> => api.create(SERVICES, service(name, spec));

async function made(name: string, spec?: Spec): Promise<Answer["body"]> {
  const { status, text, body } = await create(name, spec);
  expect(status, text).toBe(201);
  return body.spec;
}

async function patched(name: string, spec: Spec): Promise<Answer["body"]> {
  const { status, text, body } = await api.patch(`${SERVICES}/${name}`, { spec });
  expect(status, text).toBe(200);
  return body.spec;
}

/** Addresses and node ports that somebody has. */
async function taken(): Promise<string[]> {
  const addresses = (await api.get(ADDRESSES)).body.items.map(({ metadata }: Answer["body"]) => metadata.name);
  const ports = [...api.services.env.store.list({ resource: "nodeports.kedge" })].map(({ name }) => name);
  return [...addresses, ...ports].sort();
}

const added = async (): Promise<string[]> => (await taken()).filter((item) => !before.includes(item));

async function refused(answer: Promise<Answer>, code: number, message: string): Promise<void> {
  const { status, body } = await answer;
  expect({ status, message: body.message }).toEqual({ status: code, message });
  expect(await taken()).toEqual(before);
}

/** Makes the cluster one of two families. */
const dualStack = async (): Promise<void> => {
  const answer = await api.patch(`${CIDRS}/kubernetes`, { spec: { cidrs: ["10.96.0.0/16", "fd00:96::/112"] } });
  expect(answer.status, answer.text).toBe(200);
};

describe("cluster IPs", () => {
  it("[S1] a service gets an address above those that are likely to be asked for, and an IPAddress object", async () => {
    const spec = await made("a");
    expect(spec).toMatchObject({ ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack", clusterIPs: [spec.clusterIP] });
    const [, , third = 0] = spec.clusterIP.split(".").map(Number);
    expect(spec.clusterIP).toMatch(/^10\.96\./);
    expect(third).toBeGreaterThan(0);
    expect((await api.get(`${ADDRESSES}/${spec.clusterIP}`)).body).toMatchObject({
      metadata: {
        labels: {
          "ipaddress.kubernetes.io/ip-family": "IPv4",
          "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        },
      },
      spec: { parentRef: { group: "", resource: "services", namespace: "default", name: "a" } },
    });
  });

  it("[S2] the default range is ready", async () => {
    expect((await api.get(`${CIDRS}/kubernetes`)).body).toMatchObject({
      spec: { cidrs: ["10.96.0.0/16"] },
      status: {
        conditions: [{ type: "Ready", status: "True", message: "Kubernetes default Service CIDR is ready" }],
      },
    });
  });

  const bad: [what: string, spec: Spec, message: string][] = [
    [
      "an address that is taken",
      { clusterIP: "10.96.0.1" },
      'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    ],
    [
      "an address of no range",
      { clusterIP: "192.0.2.1" },
      'spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided network does not match the current range',
    ],
    [
      "the network's own address",
      { clusterIP: "10.96.0.0" },
      'spec.clusterIPs: Invalid value: ["10.96.0.0"]: failed to allocate IP 10.96.0.0: the provided network does not match the current range',
    ],
    [
      "an address of the other family",
      { clusterIP: "fd00::1" },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      "the other family",
      { ipFamilies: ["IPv6"] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      "two families in a cluster of one",
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      "two families without a policy that allows them",
      { ipFamilies: ["IPv4", "IPv6"] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      "two addresses of one family",
      { clusterIP: "10.96.9.1", clusterIPs: ["10.96.9.1", "10.96.9.2"], ipFamilyPolicy: "PreferDualStack" },
      'spec.clusterIPs: Invalid value: ["10.96.9.1","10.96.9.2"]: may specify no more than one IP for each IP family',
    ],
  ];
  it.each(bad)("[S3] refused: %s", async (_, spec, message) => {
    await refused(create("a", spec), 422, `Service "a" is invalid: ${message}`);
  });

  it("[S4] what fails after an address was chosen keeps none", async () => {
    const nodePort = { type: "NodePort", ports: [{ name: "a", port: 80 }, { port: 81 }] };
    await refused(create("a", nodePort), 422, 'Service "a" is invalid: spec.ports[1].name: Required value');
    const { status } = await api.create(`${SERVICES}?dryRun=All`, service("a", { type: "NodePort" }));
    expect(status).toBe(201);
    expect(await taken()).toEqual(before);
  });

  it("[S5] addresses come back when the service goes, or needs none any more", async () => {
    const { clusterIP } = await made("a");
    expect(await added()).toEqual([clusterIP]);
    await refused(
      api.delete(`${SERVICES}/a`).then(() => api.get(`${SERVICES}/a`)),
      404,
      'services "a" not found',
    );

    await made("b", { clusterIP });
    const external = await patched("b", { type: "ExternalName", externalName: "example.com" });
    for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
      expect(external[field] ?? "", field).toBe(field === "internalTrafficPolicy" ? "Cluster" : "");
    expect(await added()).toEqual([]);
    const again = await patched("b", { type: "ClusterIP", externalName: null });
    expect(await added()).toEqual([again.clusterIP]);
  });

  it("[S6] a service written again without its address keeps it; another one is refused", async () => {
    const { clusterIP } = await made("a");
    const again = await api.replace(`${SERVICES}/a`, service("a", { ports: [{ port: 81 }] }));
    expect(again.body.spec).toMatchObject({ clusterIP, clusterIPs: [clusterIP] });
    const changed = await api.replace(`${SERVICES}/a`, service("a", { clusterIP: "10.96.77.77" }));
    expect(changed.body.message).toBe(
      'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.77.77"]: may not change once set',
    );
  });

  it("[S7] headless services have no address; without a selector they are of both families", async () => {
    expect(await made("a", { clusterIP: "None" })).toMatchObject({
      clusterIPs: ["None"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    expect(await made("b", { clusterIP: "None", selector: undefined })).toMatchObject({
      clusterIPs: ["None"],
      ipFamilies: ["IPv4", "IPv6"],
      ipFamilyPolicy: "RequireDualStack",
    });
    expect(await added()).toEqual([]);
  });

  it("[S8] other ranges can be added; one that is not ready is not taken from", async () => {
    const notReady = [{ type: "Ready", status: "False", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "Test" }];
    await api.patch(`${CIDRS}/kubernetes/status`, { status: { conditions: notReady } });
    await refused(
      create("a"),
      500,
      'Internal error occurred: failed to allocate a serviceIP for Service "a": range is full',
    );
    await api.create(CIDRS, { metadata: { name: "small" }, spec: { cidrs: ["172.30.0.0/30"] } });
    const given = [(await made("a")).clusterIP, (await made("b")).clusterIP].sort();
    expect(given).toEqual(["172.30.0.1", "172.30.0.2"]);
    expect((await create("c")).body.message).toMatch(/range is full$/);
    await api.delete(`${SERVICES}/a`);
    expect(given).toContain((await made("c")).clusterIP);
  });

  it("[S9] an address stays taken when its object is deleted", async () => {
    const { clusterIP } = await made("a");
    const { uid } = (await api.get(`${ADDRESSES}/${clusterIP}`)).body.metadata;
    expect((await api.delete(`${ADDRESSES}/${clusterIP}`)).status).toBe(200);
    const again = (await api.get(`${ADDRESSES}/${clusterIP}`)).body.metadata;
    expect(again.uid).not.toBe(uid);
    await api.delete(`${SERVICES}/a`);
    expect(await added()).toEqual([]);
  });

  it("[S10] the endpoints of a service go with it", async () => {
    await made("a");
    const endpoints = "/api/v1/namespaces/default/endpoints";
    await api.create(endpoints, { metadata: { name: "a" }, subsets: [] });
    await api.delete(`${SERVICES}/a`);
    expect((await api.get(`${endpoints}/a`)).status).toBe(404);
  });
});

describe("two families", () => {
  beforeEach(async () => {
    await dualStack();
    before = await taken();
  });

  it("[S11] services get what they prefer, each address once", async () => {
    expect((await made("one")).ipFamilies).toEqual(["IPv4"]);
    const two = await made("two", { ipFamilyPolicy: "PreferDualStack" });
    expect(two).toMatchObject({ ipFamilies: ["IPv4", "IPv6"], clusterIP: two.clusterIPs[0] });
    expect(two.clusterIPs[1]).toMatch(/^fd00:96::/);
    const reverse = await made("six", { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6"] });
    expect(reverse).toMatchObject({ ipFamilies: ["IPv6", "IPv4"] });
    expect(await made("named", { clusterIP: "fd00:96::5", clusterIPs: ["fd00:96::5"] })).toMatchObject({
      ipFamilies: ["IPv6"],
      ipFamilyPolicy: "SingleStack",
    });
    expect(await added()).toHaveLength(6);
    for (const name of ["one", "two", "six", "named"]) await api.delete(`${SERVICES}/${name}`);
    expect(await added()).toEqual([]);
  });

  it("[S12] a second address comes and goes with the policy", async () => {
    const { clusterIP } = await made("a");
    const two = await patched("a", { ipFamilyPolicy: "RequireDualStack" });
    expect(two).toMatchObject({ clusterIP, ipFamilies: ["IPv4", "IPv6"] });
    expect(await added()).toEqual([...two.clusterIPs].sort());
    expect((await api.patch(`${SERVICES}/a`, { spec: { clusterIPs: [clusterIP] } })).body.message).toBe(
      'Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    );
    const one = await patched("a", { ipFamilyPolicy: "SingleStack" });
    expect(one).toMatchObject({ clusterIPs: [clusterIP], ipFamilies: ["IPv4"] });
    expect(await added()).toEqual([clusterIP]);
  });

  it("[S13] a service that prefers two families is not given a second by another write", async () => {
    await api.patch(`${CIDRS}/kubernetes/status`, {
      status: {
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "" }],
      },
    });
    await made("a", { ipFamilyPolicy: "SingleStack" });
    const { spec } = (await api.get(`${SERVICES}/a`)).body;
    const preferring = await patched("a", { ipFamilyPolicy: "PreferDualStack" });
    expect(preferring.clusterIPs).toHaveLength(2);
    const written = await patched("a", { ports: [{ name: "x", port: 81 }] });
    expect(written.clusterIPs).toEqual(preferring.clusterIPs);
    expect(written.clusterIP).toBe(spec.clusterIP);
  });
});

describe("node ports", () => {
  const both = [
    { name: "tcp", port: 53, protocol: "TCP" },
    { name: "udp", port: 53, protocol: "UDP" },
  ];

  it("[S20] one number serves both protocols of a port, and comes from the upper part of the range", async () => {
    const { ports } = await made("a", { type: "NodePort", ports: both });
    expect(ports[0].nodePort).toBe(ports[1].nodePort);
    expect(ports[0].nodePort).toBeGreaterThanOrEqual(30_086);
    expect(ports[0].nodePort).toBeLessThanOrEqual(32_767);
    const asked = await made("b", { type: "NodePort", ports: [both[0], { ...both[1], nodePort: 30_053 }] });
    expect(asked.ports.map(({ nodePort }: Spec) => nodePort)).toEqual([30_053, 30_053]);
  });

  const bad: [what: string, spec: Spec, code: number, message: string][] = [
    [
      "a port below the range",
      { type: "NodePort", ports: [{ port: 80, nodePort: 29_999 }] },
      422,
      'Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      "one number for two ports",
      {
        type: "NodePort",
        ports: [
          { name: "a", port: 80, nodePort: 30_001 },
          { name: "b", port: 81, protocol: "UDP", nodePort: 30_001 },
        ],
      },
      422,
      'Service "a" is invalid: spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated',
    ],
    [
      "a node port for a cluster IP service",
      { ports: [{ port: 80, nodePort: 30_001 }] },
      422,
      "Service \"a\" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      "a health check port that is not one",
      { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 80 },
      500,
      "Internal error occurred: failed to allocate requested HealthCheck NodePort 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
    ],
  ];
  it.each(bad)("[S21] refused: %s", async (_, spec, code, message) => {
    await refused(create("a", spec), code, message);
  });

  it("[S22] a port that another service has is refused, also as a second port; nothing of it is kept", async () => {
    await made("first", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
    before = await taken();
    const ports = [
      { name: "a", port: 80, nodePort: 30_079 },
      { name: "b", port: 81, nodePort: 30_080 },
    ];
    await refused(
      create("a", { type: "NodePort", ports }),
      422,
      'Service "a" is invalid: spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated',
    );
    await made("a");
    before = await taken();
    await refused(
      api.patch(`${SERVICES}/a`, { spec: { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] } }),
      422,
      'Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    );
  });

  it("[S23] ports come back by deletion, by change of type and one by one", async () => {
    const { clusterIP } = await made("a", {
      type: "NodePort",
      ports: both.map((port) => ({ ...port, nodePort: 30_053 })),
    });
    expect(await added()).toEqual([clusterIP, "30053"].sort());
    await patched("a", {
      ports: [
        { ...both[0], nodePort: 30_054 },
        { ...both[1], nodePort: 30_053 },
      ],
    });
    expect(await added()).toEqual([clusterIP, "30053", "30054"].sort());
    await patched("a", { ports: [{ ...both[0], nodePort: 30_054 }] });
    expect(await added()).toEqual([clusterIP, "30054"].sort());
    const plain = await patched("a", { type: "ClusterIP" });
    expect(plain.ports[0].nodePort).toBeUndefined();
    expect(await added()).toEqual([clusterIP]);
    await patched("a", { type: "NodePort" });
    expect(await added()).toHaveLength(2);
    await api.delete(`${SERVICES}/a`);
    expect(await added()).toEqual([]);
  });

  it("[S24] a port is kept where the client does not name it", async () => {
    const { ports } = await made("a", { type: "NodePort" });
    const again = await api.replace(`${SERVICES}/a`, service("a", { type: "NodePort" }));
    expect(again.body.spec.ports[0].nodePort).toBe(ports[0].nodePort);
  });

  it("[S25] load balancers: node ports on request, a port for health checks where traffic stays local", async () => {
    const none = await made("a", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false });
    expect(none.ports[0].nodePort).toBeUndefined();
    const local = await made("b", { type: "LoadBalancer", externalTrafficPolicy: "Local" });
    expect(local.healthCheckNodePort).toBeGreaterThanOrEqual(30_086);
    expect(local.ports[0].nodePort).not.toBe(local.healthCheckNodePort);
    expect((await api.patch(`${SERVICES}/b`, { spec: { healthCheckNodePort: 30_001 } })).body.message).toBe(
      'Service "b" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable',
    );
    const everywhere = await patched("b", { externalTrafficPolicy: "Cluster" });
    expect(everywhere.healthCheckNodePort).toBeUndefined();
    expect(await added()).not.toContain(String(local.healthCheckNodePort));
    for (const name of ["a", "b"]) await api.delete(`${SERVICES}/${name}`);
    expect(await added()).toEqual([]);
  });
});
