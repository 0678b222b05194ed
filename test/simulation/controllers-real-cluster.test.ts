/** The controllers of the cluster itself over the real API. */
import "reflect-metadata"; // @peculiar/x509 needs it loaded first
import * as x509 from "@peculiar/x509";
import { expect, it } from "vitest";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import type { ConfigMap, Event, Node, Pod } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../../kinds/resource/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ok, startCluster } from "../conformance/kit.ts";
import { node, pod } from "../fakes/cluster-objects.ts";
import { RealWorld } from "./controllers-real.ts";

const object = (apiVersion: string, kind: string, metadata: object, more: object = {}): KubeObject =>
  ({ apiVersion, kind, metadata, ...more }) as KubeObject;
const ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const reasons = (world: RealWorld, name: string): (string | undefined)[] =>
  world
    .list<Event>("events")
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason }) => reason);

it("[CLU1] a role that aggregates grows and shrinks with the roles it gathers", async () => {
  const cluster = await startCluster();
  const rulesOf = async (name: string) => ok(await cluster.get(`${ROLES}/${name}`)).rules;
  const before = await rulesOf("view");
  const rules = [{ apiGroups: ["example.com"], resources: ["widgets"], verbs: ["get"] }];
  const metadata = { name: "widgets", labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } };
  ok(await cluster.create(ROLES, object("rbac.authorization.k8s.io/v1", "ClusterRole", metadata, { rules })), 201);
  await cluster.settle();
  expect(await rulesOf("view")).toHaveLength(before.length + 1);
  // What gathers from `view` has it too.
  expect(JSON.stringify(await rulesOf("admin"))).toContain("widgets");
  ok(await cluster.delete(`${ROLES}/widgets`));
  await cluster.settle();
  expect(await rulesOf("view")).toEqual(before);
  expect(cluster.errors).toEqual([]);
});

it("[CLU2] a node's certificate request is approved, signed, and forgotten an hour later", async () => {
  const signed: string[] = [];
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cluster = await startCluster({
    signCertificate: async ({ metadata }) => {
      signed.push(metadata.name ?? "");
      const certificate = { keys, name: "CN=anybody", signingAlgorithm: algorithm };
      return (await x509.X509CertificateGenerator.createSelfSigned(certificate)).toString("pem");
    },
  });
  const name = "CN=system:node:n1, O=system:nodes";
  const made = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  const spec = {
    request: btoa(made.toString("pem")),
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    usages: ["digital signature", "client auth"],
  };
  const CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const request = object("certificates.k8s.io/v1", "CertificateSigningRequest", { name: "n1" }, { spec });
  ok(await cluster.create(CSRS, request, { as: { user: "joe", groups: ["system:masters"] } }), 201);
  const read = async (): Promise<CertificateSigningRequest> => {
    await cluster.settle();
    return ok(await cluster.get(`${CSRS}/n1`));
  };
  // Role cluster-admin, which system:masters have, allows everything: also to be approved without asking.
  expect((await read()).status?.conditions?.[0]).toMatchObject({ type: "Approved", reason: "AutoApproved" });
  expect(atob((await read()).status?.certificate ?? "")).toContain("BEGIN CERTIFICATE");
  expect(signed).toEqual(["n1"]);
  cluster.advance(3_600_000);
  await cluster.settle();
  expect((await cluster.get(`${CSRS}/n1`)).status).toBe(404);
  expect(cluster.errors).toEqual([]);
});

it("[CLU3] cluster-info is signed with each bootstrap token until the token expires", async () => {
  const world = new RealWorld();
  const kubeconfig = "apiVersion: v1\nkind: Config\n";
  world.create(
    "configmaps",
    object("v1", "ConfigMap", { name: "cluster-info", namespace: "kube-public" }, { data: { kubeconfig } }),
  );
  const expiration = new Date(world.clock.now() + 600_000).toISOString();
  const stringData = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-signing": "true",
    expiration,
  };
  const metadata = { name: "bootstrap-token-abcdef", namespace: "kube-system" };
  world.create("secrets", object("v1", "Secret", metadata, { type: "bootstrap.kubernetes.io/token", stringData }));
  await world.settle();
  const signature = () =>
    world.get<ConfigMap>("configmaps", "kube-public", "cluster-info")?.data?.["jws-kubeconfig-abcdef"];
  expect(signature()).toMatch(/^[\w-]+\.\.[\w-]{43}$/);
  await world.settle({ withinMs: 700_000 });
  expect([world.get("secrets", "kube-system", metadata.name), signature()]).toEqual([undefined, undefined]);
  expect(world.problems).toEqual([]);
});

it("[CLU4] a claim is made from its template, freed and removed when its pod has ended", async () => {
  const world = new RealWorld();
  world.create("nodes", node("n1"));
  await world.settle();
  const template = {
    spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] } },
  };
  const metadata = { name: "gpus", namespace: "default" };
  const TEMPLATES = "resourceclaimtemplates.resource.k8s.io";
  const spec = {
    resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "gpus" }],
    containers: [{ name: "c", image: "i", resources: { claims: [{ name: "gpu" }] } }],
  };
  world.create("pods", pod("p", { spec: spec as never }));
  await world.settle({ kubelets: false });
  expect(reasons(world, "p")).toContain("FailedResourceClaimCreation");
  world.create(TEMPLATES, object("resource.k8s.io/v1", "ResourceClaimTemplate", metadata, { spec: template }));
  await world.settle();
  const claims = () => world.list<ResourceClaim>("resourceclaims.resource.k8s.io");
  expect(claims()).toHaveLength(1);
  expect(world.get<Pod>("pods", "default", "p")?.status?.resourceClaimStatuses).toEqual([
    { name: "gpu", resourceClaimName: claims()[0]?.metadata.name },
  ]);
  world.endPods({}, "Succeeded");
  await world.settle();
  expect(claims()).toEqual([]);
  expect(world.problems).toEqual([]);
});

it("[CLU5] a validating policy is said to have been looked at", async () => {
  const world = new RealWorld();
  const POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io";
  const matchConstraints = {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
  };
  const spec = { matchConstraints, validations: [{ expression: "true" }] };
  world.create(
    POLICIES,
    object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", { name: "p" }, { spec }),
  );
  await world.settle();
  expect(world.get(POLICIES, "", "p")?.status).toEqual({ observedGeneration: 1, typeChecking: {} });
  expect(world.problems).toEqual([]);
});

it("[CLU6] lost nodes lose their pods one after the other; all lost at once, nothing moves", async () => {
  const world = new RealWorld();
  const names = Array.from({ length: 6 }, (_, i) => `n${i}`);
  for (const name of names) world.create("nodes", node(name));
  await world.settle();
  const say = (name: string, status: string) =>
    world.do({
      verb: "patch",
      resource: "nodes",
      namespace: "",
      name,
      subresource: "status",
      patchType: "strategic",
      patch: { status: { conditions: [{ type: "Ready", status }] } },
    });
  const evicting = () =>
    world.list<Node>("nodes").filter(({ spec }) => spec?.taints?.some(({ effect }) => effect === "NoExecute")).length;
  say("n0", "Unknown");
  say("n1", "Unknown");
  await world.settle({ withinMs: 1_000 });
  expect(evicting()).toBe(1);
  await world.settle({ withinMs: 10_000 });
  expect(evicting()).toBe(2);
  for (const name of names) say(name, "Unknown");
  await world.settle();
  expect(evicting()).toBe(0);
  expect(reasons(world, "n0")).toEqual(expect.arrayContaining(["RegisteredNode", "NodeNotReady"]));
  say("n5", "True");
  await world.settle();
  // Five of six are suspicious: the zone is too small to go on.
  expect(evicting()).toBe(0);
  expect(world.problems).toEqual([]);
});

it("[CLU7] a pod that should have been gone counts for no quota any more, though nobody writes", async () => {
  const cluster = await startCluster();
  const QUOTAS = "/api/v1/namespaces/default/resourcequotas";
  ok(
    await cluster.create(
      QUOTAS,
      object("v1", "ResourceQuota", { name: "q" }, { spec: { hard: { cpu: "2", pods: "3" } } }),
    ),
    201,
  );
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  ok(await cluster.create("/api/v1/nodes", object("v1", "Node", { name: "n1" }, { status })), 201);
  await cluster.settle();
  const spec = { nodeName: "n1", containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }] };
  const PODS = "/api/v1/namespaces/default/pods";
  ok(await cluster.create(PODS, object("v1", "Pod", { name: "p" }, { spec })), 201);
  expect(ok(await cluster.get(`${QUOTAS}/q`)).status.used).toEqual({ cpu: "1", pods: "1" });
  ok(await cluster.delete(`${PODS}/p`));
  cluster.advance(30_000);
  await cluster.settle({ kubelets: false });
  expect(ok(await cluster.get(`${PODS}/p`)).metadata.deletionTimestamp).toBeTruthy();
  expect(ok(await cluster.get(`${QUOTAS}/q`)).status.used).toEqual({ cpu: "0", pods: "0" });
  expect(cluster.errors).toEqual([]);
});

it("[CLU8] a migration stores in today's version what is stored in another, and changes nothing else", async () => {
  const world = new RealWorld();
  const CLASSES = "deviceclasses.resource.k8s.io";
  const MIGRATIONS = "storageversionmigrations.storagemigration.k8s.io";
  const made = ["old", "new"].map((name) =>
    world.create(CLASSES, object("resource.k8s.io/v1", "DeviceClass", { name }, { spec: {} })),
  );
  const text = world.store.get({ resource: CLASSES, namespace: "", name: "old" })!;
  world.store.transaction(() =>
    world.store.update({ resource: CLASSES, namespace: "", name: "old" }, text.revision, (revision) =>
      text.value
        .replace("resource.k8s.io/v1", "resource.k8s.io/v1beta2")
        .replace(`"resourceVersion":"${text.revision}"`, `"resourceVersion":"${revision}"`),
    ),
  );
  const spec = { resource: { group: "resource.k8s.io", resource: "deviceclasses" } };
  const GROUP = "storagemigration.k8s.io/v1beta1";
  world.create(MIGRATIONS, object(GROUP, "StorageVersionMigration", { name: "m" }, { spec }));
  await world.settle();
  expect(world.get(MIGRATIONS, "", "m")?.status).toMatchObject({
    conditions: [
      { type: "Running", status: "False" },
      { type: "Succeeded", status: "True" },
    ],
  });
  for (const before of made) {
    const after = world.get(CLASSES, "", before.metadata.name!)!;
    expect(after.apiVersion).toBe("resource.k8s.io/v1");
    const isSame = after.metadata.resourceVersion === before.metadata.resourceVersion;
    expect(isSame).toBe(before.metadata.name === "new");
    expect({ ...after, metadata: { ...after.metadata, resourceVersion: "", managedFields: [] } }).toEqual({
      ...before,
      metadata: { ...before.metadata, resourceVersion: "", managedFields: [] },
    });
  }
  expect(world.problems).toEqual([]);
});
