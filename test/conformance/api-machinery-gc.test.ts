import { beforeEach, describe, expect, it } from "vitest";
import { pod } from "../api/in-process.ts";
import { ok, startCluster, type TestCluster } from "./kit.ts";

const PODS = "/api/v1/namespaces/default/pods";
const RCS = "/api/v1/namespaces/default/replicationcontrollers";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const SETS = "/apis/apps/v1/namespaces/default/replicasets";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster();
});

const template = (labels: object) => ({
  metadata: { labels },
  spec: { containers: [{ name: "nginx", image: "nginx" }] },
});
const controller = (name: string, replicas: number) => ({
  apiVersion: "v1",
  kind: "ReplicationController",
  metadata: { name },
  spec: { replicas, selector: { name }, template: template({ name }) },
});
const deployment = (name: string, replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: { replicas, selector: { matchLabels: { name } }, template: template({ name }) },
});
const pods = async () => ok(await cluster.get(PODS)).items;
const propagate = (propagationPolicy: string) => ({ kind: "DeleteOptions", apiVersion: "v1", propagationPolicy });
const ownerOf = (object: { kind: string; metadata: { name: string; uid: string } }, more: object = {}) => ({
  apiVersion: "v1",
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid,
  ...more,
});

describe("[sig-api-machinery] Garbage collector", () => {
  it("should delete pods created by rc when not orphaning [Conformance]", async () => {
    ok(await cluster.create(RCS, controller("rc", 2)));
    await cluster.settle();
    expect(await pods()).toHaveLength(2);
    ok(await cluster.delete(`${RCS}/rc`, propagate("Background")));
    expect((await cluster.get(`${RCS}/rc`)).status).toBe(404);
    await cluster.settle();
    expect(await pods()).toEqual([]);
  });

  it("should orphan pods created by rc if delete options say so [Serial] [Conformance]", async () => {
    ok(await cluster.create(RCS, controller("rc", 10)));
    await cluster.settle();
    ok(await cluster.delete(`${RCS}/rc`, propagate("Orphan")));
    await cluster.settle();
    expect((await cluster.get(`${RCS}/rc`)).status).toBe(404);
    const left = await pods();
    expect(left).toHaveLength(10);
    for (const { metadata } of left) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(metadata.ownerReferences).toBeUndefined();
    }
  });

  it("should delete RS created by deployment when not orphaning [Conformance]", async () => {
    ok(await cluster.create(DEPLOYMENTS, deployment("web", 2)));
    await cluster.settle();
    expect(ok(await cluster.get(SETS)).items).toHaveLength(1);
    expect(await pods()).toHaveLength(2);
    ok(await cluster.delete(`${DEPLOYMENTS}/web`, propagate("Background")));
    await cluster.settle();
    expect((await cluster.get(`${DEPLOYMENTS}/web`)).status).toBe(404);
    expect(ok(await cluster.get(SETS)).items).toEqual([]);
    expect(await pods()).toEqual([]);
  });

  it("should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan [Conformance]", async () => {
    ok(await cluster.create(DEPLOYMENTS, deployment("web", 2)));
    await cluster.settle();
    ok(await cluster.delete(`${DEPLOYMENTS}/web`, propagate("Orphan")));
    await cluster.settle();
    expect((await cluster.get(`${DEPLOYMENTS}/web`)).status).toBe(404);
    const sets = ok(await cluster.get(SETS)).items;
    expect(sets).toHaveLength(1);
    expect(sets[0].metadata.ownerReferences).toBeUndefined();
    const left = await pods();
    expect(left).toHaveLength(2);
    for (const { metadata } of left) expect(metadata.ownerReferences[0].uid).toBe(sets[0].metadata.uid);
  });

  it("should keep the rc around until all its pods are deleted if the deleteOptions says so [Serial] [Conformance]", async () => {
    ok(await cluster.create(RCS, controller("rc", 10)));
    await cluster.settle();
    const [slow] = await pods();
    const slowPath = `${PODS}/${slow.metadata.name}`;
    // A pod that no node runs goes at once: this one is kept as a node would keep it.
    ok(await cluster.patch(slowPath, { metadata: { finalizers: ["test.kedge/kubelet"] } }));
    ok(await cluster.delete(`${RCS}/rc`, propagate("Foreground")));
    await cluster.settle();
    const waiting = ok(await cluster.get(`${RCS}/rc`));
    expect(waiting.metadata.finalizers).toEqual(["foregroundDeletion"]);
    expect(waiting.metadata.deletionTimestamp).toBeDefined();
    expect((await pods()).map((p: typeof slow) => p.metadata.name)).toEqual([slow.metadata.name]);
    ok(await cluster.patch(slowPath, { metadata: { finalizers: null } }));
    await cluster.settle();
    expect((await cluster.get(`${RCS}/rc`)).status).toBe(404);
    expect(await pods()).toEqual([]);
  });

  it("should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted [Serial] [Conformance]", async () => {
    ok(await cluster.create(RCS, controller("to-be-deleted", 10)));
    const stays = ok(await cluster.create(RCS, controller("to-stay", 0)));
    await cluster.settle();
    const shared = (await pods()).slice(0, 5).map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    for (const name of shared) {
      const ownerReferences = [ownerOf(stays)];
      ok(await cluster.patch(`${PODS}/${name}`, { metadata: { ownerReferences } }, "strategic"));
    }
    ok(await cluster.delete(`${RCS}/to-be-deleted`, propagate("Foreground")));
    await cluster.settle();
    expect((await cluster.get(`${RCS}/to-be-deleted`)).status).toBe(404);
    const left = await pods();
    expect(left.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort()).toEqual(shared.sort());
    for (const { metadata } of left) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(metadata.ownerReferences.map(({ name }: { name: string }) => name)).toEqual(["to-stay"]);
    }
  });

  it("should not be blocked by dependency circle [Conformance]", async () => {
    const made = [];
    for (const name of ["pod1", "pod2", "pod3"]) made.push(ok(await cluster.create(PODS, pod(name))));
    const [pod1, pod2, pod3] = made;
    for (const [dependent, owner] of [
      [pod1, pod3],
      [pod2, pod1],
      [pod3, pod2],
    ]) {
      const ownerReferences = [ownerOf(owner, { controller: true, blockOwnerDeletion: true })];
      ok(await cluster.patch(`${PODS}/${dependent.metadata.name}`, { metadata: { ownerReferences } }));
    }
    ok(await cluster.delete(`${PODS}/pod1`, propagate("Foreground")));
    await cluster.settle();
    expect(await pods()).toEqual([]);
  });
});
