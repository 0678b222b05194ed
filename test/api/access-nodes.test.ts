/** What nodes may do: the Node authorizer and NodeRestriction, over the real verbs. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { type Answer, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const PODS = `${NAMESPACE}/pods`;

let api: TestApi;
const node = (name: string): Identity => ({
  user: `system:node:${name}`,
  groups: ["system:nodes", "system:authenticated"],
});
const n1 = { as: node("n1") };
const n2 = { as: node("n2") };

const volumes = [
  { name: "s", secret: { secretName: "used" } },
  { name: "c", persistentVolumeClaim: { claimName: "claim" } },
  {
    name: "e",
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
    },
  },
];

async function created(answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  expect(given.body).toMatchObject({ metadata: {} });
  expect(given.status, given.text).toBe(201);
  return given;
}

beforeEach(async () => {
  api = await startApi();
  await created(api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default")));
  await created(api.create("/api/v1/nodes", { metadata: { name: "n1" } }, n1));
  await created(api.create("/api/v1/nodes", { metadata: { name: "n2" } }, n2));
  await created(api.create(PODS, pod("p", { nodeName: "n1", volumes })));
  await created(api.create(PODS, pod("q", { nodeName: "n2" })));
});

describe("Node authorizer", () => {
  const volume = (name: string, claim: string, secret = "driver-secret") => ({
    metadata: { name },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      claimRef: { namespace: "default", name: claim },
      csi: {
        driver: "d.example.com",
        volumeHandle: name,
        nodeStageSecretRef: { namespace: "vault", name: secret },
        controllerPublishSecretRef: { namespace: "vault", name: "controller-secret" },
      },
    },
  });
  beforeEach(async () => {
    await created(api.create("/api/v1/persistentvolumes", volume("mine", "claim")));
    await created(api.create("/api/v1/persistentvolumes", volume("other", "other-claim", "other-secret")));
    await created(
      api.create("/apis/storage.k8s.io/v1/volumeattachments", {
        metadata: { name: "attached" },
        spec: { attacher: "d.example.com", nodeName: "n1", source: { persistentVolumeName: "mine" } },
      }),
    );
  });
  const no = "no relationship found between node 'n1' and this object";
  it.each([
    { name: "[NA1] a claim of its pod", path: `${NAMESPACE}/persistentvolumeclaims/claim`, status: 404 },
    { name: "[NA2] a claim made for its pod", path: `${NAMESPACE}/persistentvolumeclaims/p-e`, status: 404 },
    { name: "[NA3] another claim", path: `${NAMESPACE}/persistentvolumeclaims/other`, status: 403, reason: no },
    {
      name: "[NA4] all claims",
      path: `${NAMESPACE}/persistentvolumeclaims`,
      status: 403,
      reason: "can only get individual resources of this type",
    },
    { name: "[NA5] the volume of its pod's claim", path: "/api/v1/persistentvolumes/mine", status: 200 },
    { name: "[NA6] another volume", path: "/api/v1/persistentvolumes/other", status: 403, reason: no },
    {
      name: "[NA7] a secret its volume needs there",
      path: "/api/v1/namespaces/vault/secrets/driver-secret",
      status: 404,
    },
    {
      name: "[NA8] a secret only controllers need",
      path: "/api/v1/namespaces/vault/secrets/controller-secret",
      status: 403,
      reason: no,
    },
    {
      name: "[NA9] a secret of another volume",
      path: "/api/v1/namespaces/vault/secrets/other-secret",
      status: 403,
      reason: no,
    },
    { name: "[NA10] what is attached to it", path: "/apis/storage.k8s.io/v1/volumeattachments/attached", status: 200 },
    { name: "[NA11] its account", path: `${NAMESPACE}/serviceaccounts/default`, status: 200 },
    { name: "[NA12] another account", path: `${NAMESPACE}/serviceaccounts/other`, status: 403, reason: no },
    { name: "[NA13] its pod", path: `${PODS}/p`, status: 200 },
    { name: "[NA14] another's pod", path: `${PODS}/q`, status: 403, reason: no },
    {
      name: "[NA15] secrets everywhere",
      path: "/api/v1/secrets?fieldSelector=metadata.name%3Dused",
      status: 403,
      reason: "can only read namespaced object of this type",
    },
    {
      name: "[NA16] all leases",
      path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
      status: 403,
      reason: "can only get, create, update, patch, or delete a node lease",
    },
    {
      name: "[NA17] another's lease",
      path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2",
      status: 403,
      reason: "can only access node lease with the same name as the requesting node",
    },
    {
      name: "[NA18] leases of others",
      path: "/apis/coordination.k8s.io/v1/namespaces/default/leases/n1",
      status: 403,
      reason: 'can only access leases in the "kube-node-lease" system namespace',
    },
    {
      name: "[NA19] all resource slices",
      path: "/apis/resource.k8s.io/v1/resourceslices",
      status: 403,
      reason: "can only list/watch/deletecollection resourceslices with nodeName field selector",
    },
    { name: "[NA20] runtime classes, by the static rules", path: "/apis/node.k8s.io/v1/runtimeclasses", status: 200 },
  ])("$name: $status", async ({ path, status, reason }) => {
    const { body, status: got } = await api.get(path, n1);
    expect(got, body?.message).toBe(status);
    if (reason) expect(body.message.endsWith(`: ${reason}`), body.message).toBe(true);
  });

  it("[NA21] what a pod uses is its node's as long as the pod is there", async () => {
    await created(api.create(`${NAMESPACE}/secrets`, { metadata: { name: "used" } }));
    const ask = async (as: { as: Identity }) => (await api.get(`${NAMESPACE}/secrets/used`, as)).status;
    expect([await ask(n1), await ask(n2)]).toEqual([200, 403]);
    await created(api.create(PODS, pod("r", { nodeName: "n2", volumes: [volumes[0]] })));
    expect([await ask(n1), await ask(n2)]).toEqual([200, 200]);
    await api.delete(`${PODS}/p`, { gracePeriodSeconds: 0 });
    expect([await ask(n1), await ask(n2)]).toEqual([403, 200]);
  });

  it("[NA22] an ephemeral container brings its references with it", async () => {
    expect((await api.get(`${NAMESPACE}/configmaps/debug`, n1)).status).toBe(403);
    const container = { name: "d", image: "i", envFrom: [{ configMapRef: { name: "debug" } }] };
    const patch = { spec: { ephemeralContainers: [container] } };
    const { status, text } = await api.patch(`${PODS}/p/ephemeralcontainers`, patch, "strategic");
    expect(status, text).toBe(200);
    expect((await api.get(`${NAMESPACE}/configmaps/debug`, n1)).status).toBe(404);
  });

  it("[NA23] a group without a name is no node", async () => {
    const nameless = { as: { user: "system:node:", groups: ["system:nodes"] } };
    expect((await api.get("/api/v1/nodes/n1", nameless)).body.message).toContain(
      ': unknown node for user "system:node:"',
    );
  });
});

describe("NodeRestriction", () => {
  const NODE = "/api/v1/nodes/n1";
  const refused = (answer: Answer, why: string): void => {
    expect(answer.status, answer.text).toBe(403);
    expect(answer.body.message).toBe(why);
  };

  it.each([
    {
      name: "[NR1] itself under another name",
      path: "/api/v1/nodes",
      body: { metadata: { name: "n3" } },
      why: 'nodes "n3" is forbidden: node "n1" is not allowed to modify node "n3"',
    },
    {
      name: "[NR2] itself with labels it must not set",
      path: "/api/v1/nodes",
      body: {
        metadata: {
          name: "n1",
          labels: {
            "node-restriction.kubernetes.io/x": "1",
            "node-role.kubernetes.io/master": "",
            "x.k8s.io/y": "",
            "kubernetes.io/os": "linux",
            own: "1",
            "node.kubernetes.io/own": "",
          },
        },
      },
      why: 'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x, node-role.kubernetes.io/master, x.k8s.io/y',
    },
    {
      name: "[NR3] a pod that is no mirror",
      path: PODS,
      body: pod("m", { nodeName: "n1" }),
      why: 'pods "m" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    },
    {
      name: "[NR4] another's lease",
      path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
      body: { metadata: { name: "n2" }, spec: {} },
      why: 'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node',
    },
    {
      name: "[NR5] another's CSINode",
      path: "/apis/storage.k8s.io/v1/csinodes",
      body: { metadata: { name: "n2" }, spec: { drivers: [] } },
      why: 'csinodes.storage.k8s.io "n2" is forbidden: can only access CSINode with the same name as the requesting node',
    },
    {
      name: "[NR6] an eviction of another's pod",
      path: `${PODS}/q/eviction`,
      body: { metadata: { name: "q" } },
      why: 'pods "q" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
    },
  ])("creates not $name", async ({ path, body, why }) => {
    refused(await api.create(path, body, n1), why);
  });

  it.each([
    {
      name: "[NR7] taints",
      patch: { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
      why: 'node "n1" is not allowed to modify taints',
    },
    {
      name: "[NR8] labels that draw workloads",
      patch: { metadata: { labels: { "node-role.kubernetes.io/x": "" } } },
      why: "is not allowed to modify labels: node-role.kubernetes.io/x",
    },
    {
      name: "[NR9] owners",
      patch: { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "u" }] } },
      why: 'node "n1" is not allowed to modify ownerReferences',
    },
  ])("changes not its $name", async ({ patch, why }) => {
    refused(await api.patch(NODE, patch, "merge", n1), `nodes "n1" is forbidden: ${why}`);
    expect((await api.patch(NODE, patch)).status).toBe(200);
  });

  it("[NR10] changes its own labels and status, nobody else's", async () => {
    const labels = { metadata: { labels: { "topology.kubernetes.io/zone": "a", mine: "1" } } };
    expect((await api.patch(NODE, labels, "merge", n1)).status).toBe(200);
    refused(
      await api.patch(NODE, labels, "merge", n2),
      'nodes "n1" is forbidden: node "n2" is not allowed to modify node "n1"',
    );
    refused(
      await api.patch(`${NODE}/status`, { status: { phase: "" } }, "merge", n2),
      'nodes "n1" is forbidden: node "n2" is not allowed to modify node "n1"',
    );
  });

  it("[NR11] says how its own pods are, and deletes no others", async () => {
    const status = { status: { message: "m" } };
    expect((await api.patch(`${PODS}/p/status`, status, "merge", n1)).status).toBe(200);
    refused(
      await api.patch(`${PODS}/q/status`, status, "merge", n1),
      'pods "q" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
    refused(
      await api.patch(`${PODS}/p/status`, { metadata: { labels: { a: "b" } } }, "merge", n1),
      'pods "p" is forbidden: node "n1" cannot update labels through pod status',
    );
    refused(
      await api.delete(`${PODS}/q`, undefined, n1),
      'pods "q" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    );
    expect((await api.delete(`${PODS}/p`, undefined, n1)).status).toBe(200);
  });

  it("[NR12] mirrors what it runs by itself, and that refers to nothing", async () => {
    const { uid } = (await api.get(NODE)).body.metadata;
    const mirror = (name: string, spec: object, owner: object = {}) =>
      pod(
        name,
        { nodeName: "n1", ...spec },
        {
          annotations: { "kubernetes.io/config.mirror": "hash" },
          ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n1", uid, controller: true, ...owner }],
        },
      );
    expect((await api.create(PODS, mirror("m", {}), n1)).status).toBe(201);
    refused(
      await api.create(PODS, mirror("a", {}, { uid: "x" }), n1),
      `pods "a" is forbidden: node n1 UID mismatch: expected x got ${uid}`,
    );
    refused(
      await api.create(PODS, mirror("a", {}, { controller: false }), n1),
      'pods "a" is forbidden: node "n1" can only create pods with a controller owner reference set to itself',
    );
    refused(
      await api.create(PODS, mirror("a", { volumes: [volumes[1]] }), n1),
      'pods "a" is forbidden: node "n1" can not create pods that reference persistentvolumeclaims',
    );
    refused(
      await api.create(PODS, mirror("a", { nodeName: "n2" }), n1),
      'pods "a" is forbidden: node "n1" can only create pods with spec.nodeName set to itself',
    );
  });

  it("[NR13] takes tokens for the pods it runs, for whom they are meant", async () => {
    const ask = async (spec: object, as = n1) => api.create(`${NAMESPACE}/serviceaccounts/default/token`, { spec }, as);
    const { uid } = (await api.get(`${PODS}/p`)).body.metadata;
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "p", uid };
    const prefix = 'serviceaccounts "default" is forbidden: ';
    expect((await ask({ boundObjectRef })).status).toBe(201);
    refused(await ask({}), `${prefix}node requested token not bound to a pod`);
    refused(
      await ask({ boundObjectRef: { ...boundObjectRef, uid: undefined } }),
      `${prefix}node requested token with a pod binding without a uid`,
    );
    refused(
      await ask({ boundObjectRef }, n2),
      `${prefix}node requested token bound to a pod scheduled on a different node`,
    );
    refused(
      await ask({ boundObjectRef, audiences: ["vault"] }),
      `${prefix}audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience`,
    );
    const sources = [{ serviceAccountToken: { path: "t", audience: "vault" } }];
    await created(api.create(PODS, pod("v", { nodeName: "n1", volumes: [{ name: "v", projected: { sources } }] })));
    const other = { ...boundObjectRef, name: "v", uid: (await api.get(`${PODS}/v`)).body.metadata.uid };
    expect((await ask({ boundObjectRef: other, audiences: ["vault"] })).status).toBe(201);
  });

  it("[NR14] reports what a claim's volume holds, and no more", async () => {
    await created(
      api.create(`${NAMESPACE}/persistentvolumeclaims`, {
        metadata: { name: "claim" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      }),
    );
    const path = `${NAMESPACE}/persistentvolumeclaims/claim/status`;
    expect((await api.patch(path, { status: { capacity: { storage: "1Gi" } } }, "merge", n1)).status).toBe(200);
    refused(
      await api.patch(path, { status: { phase: "Lost" } }, "merge", n1),
      'persistentvolumeclaims "claim" is forbidden: node "n1" is not allowed to update fields other than status.quantity and status.conditions',
    );
    expect((await api.patch(path, { status: {} }, "merge", n2)).status).toBe(403);
  });
});
