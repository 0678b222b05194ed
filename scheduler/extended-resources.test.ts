/** Extended resources that a DeviceClass stands for, on the whole program. */
import { describe, expect, it } from "vitest";
import type { ResourceClaim } from "../kinds/generated/api/resource-v1.ts";
import type { KubeObject } from "../machinery/meta/object.ts";
import { ApiError } from "../machinery/meta/status.ts";
import { makeNode, makePod } from "./testing/builders.ts";
import { makeDevice, makeDeviceClass, makeResourceClaim, makeSlice } from "./testing/device-builders.ts";
import type { FakeCluster } from "./testing/fake-cluster.ts";
import { startScheduler } from "./testing/start-scheduler.ts";

const GPU = "example.com/gpu";
const put = (cluster: FakeCluster, plural: string, object: object) =>
  cluster.put(`${plural}.resource.k8s.io`, object as KubeObject);
const claims = ({ objects }: FakeCluster) =>
  [...objects].flatMap(([key, object]) => (key.startsWith("resourceclaims") ? [object as ResourceClaim] : []));
const messageOf = (cluster: FakeCluster, pod: string) => cluster.pod(pod).status?.conditions?.[0]?.message;
const deviceClass = () => ({ ...makeDeviceClass("gpu"), spec: { extendedResourceName: GPU } });
const asking = (name: string, count = "1", resource = GPU) => makePod({ name, requests: { [resource]: count } });

/** Two nodes, of which "b" has two devices. */
function start() {
  const started = startScheduler();
  const { cluster } = started;
  for (const name of ["a", "b"]) cluster.put("nodes", makeNode({ name }));
  const devices = ["d0", "d1"].map((name) => makeDevice(name));
  put(cluster, "resourceslices", makeSlice({ name: "s", nodeName: "b", devices }));
  return started;
}

describe("Extended resources as devices", () => {
  it.each([
    ["[XP1] by the name the class gives", GPU],
    ["[XP2] by the name of the class", "deviceclass.resource.kubernetes.io/gpu"],
  ])("%s: a claim is made, allocated and reserved, and the pod's status tells of it", async (_name, resource) => {
    const { cluster, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    cluster.put("pods", asking("p", "2", resource));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
    const [claim] = claims(cluster);
    const { uid } = cluster.pod("p").metadata;
    expect(claim).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^p-extended-resources-[a-z0-9]{5}$/),
        generateName: "p-extended-resources-",
        annotations: { "resource.kubernetes.io/extended-resource-claim": "true" },
        finalizers: ["resource.kubernetes.io/delete-protection"],
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid, controller: true }],
      },
      spec: {
        devices: {
          requests: [
            {
              name: "container-0-request-0",
              exactly: { deviceClassName: "gpu", allocationMode: "ExactCount", count: 2 },
            },
          ],
        },
      },
      status: {
        allocation: { devices: { results: [{ device: "d0" }, { device: "d1" }] } },
        reservedFor: [{ resource: "pods", name: "p", uid }],
      },
    });
    expect(cluster.pod("p").status).toMatchObject({
      extendedResourceClaimStatus: {
        resourceClaimName: claim!.metadata.name,
        requestMappings: [{ containerName: "main", resourceName: resource, requestName: "container-0-request-0" }],
      },
    });
  });

  it("[XP3] a node that offers the resource itself is used as ever, without a claim", async () => {
    const { cluster, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    cluster.put("nodes", makeNode({ name: "a", more: { [GPU]: "4" } }));
    cluster.put("nodes", makeNode({ name: "b", unschedulable: true }));
    cluster.put("pods", asking("p"));
    await settle();
    expect([cluster.bindings, claims(cluster)]).toEqual([["p → a"], []]);
  });

  it("[XP4] devices are given once; what does not fit waits until some are given back", async () => {
    const { cluster, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    for (const name of ["p", "q"]) cluster.put("pods", asking(name));
    cluster.put("pods", asking("r"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b", "q → b"]);
    expect(messageOf(cluster, "r")).toMatch(/^0\/2 nodes are available: 2 cannot allocate all claims\. /);
    const [first] = claims(cluster);
    cluster.remove("resourceclaims.resource.k8s.io", "default", first!.metadata.name ?? "");
    await settle();
    expect(cluster.bindings).toEqual(["p → b", "q → b", "r → b"]);
  });

  it("[XP5] nobody offers it: as ever; a class that comes later helps", async () => {
    const { cluster, settle } = start();
    cluster.put("pods", asking("p"));
    await settle();
    expect(messageOf(cluster, "p")).toMatch(/^0\/2 nodes are available: 2 Insufficient example\.com\/gpu\. /);
    put(cluster, "deviceclasses", deviceClass());
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
  });

  it("[XP6] a class that no longer stands for it", async () => {
    const { cluster, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    cluster.put("pods", asking("p"));
    await settle();
    put(cluster, "deviceclasses", makeDeviceClass("gpu"));
    cluster.put("pods", asking("q"));
    await settle();
    expect(cluster.bindings).toEqual(["p → b"]);
    expect(messageOf(cluster, "q")).toContain("2 Insufficient example.com/gpu");
  });

  it("[XP7] beside claims of the pod's own", async () => {
    const { cluster, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    const resourceClaims = [{ name: "dev", resourceClaimName: "c" }];
    cluster.put("pods", makePod({ name: "p", requests: { [GPU]: "1" }, spec: { resourceClaims } }));
    await settle();
    const given = claims(cluster).map(({ status }) => status?.allocation?.devices?.results?.[0]?.device);
    expect([cluster.bindings, given]).toEqual([["p → b"], ["d0", "d1"]]);
  });

  it("[XP8] a binding that fails: the next try takes the claim of the one before away", async () => {
    const { cluster, clock, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    cluster.refuse = (op) =>
      "subresource" in op && op.subresource === "binding" ? new ApiError(500, "InternalError", "no") : undefined;
    cluster.put("pods", asking("p", "2"));
    await settle();
    const [first] = claims(cluster);
    expect(first?.status?.allocation).toBeDefined();
    cluster.refuse = () => undefined;
    for (let i = 0; i < 3; i++) {
      clock.nowMs += 10_000;
      await settle();
    }
    const [second, ...more] = claims(cluster);
    expect([cluster.bindings, more]).toEqual([["p → b"], []]);
    expect(second!.metadata.uid).not.toBe(first!.metadata.uid);
  });

  it.each(["before", "after"] as const)("[XP9] a write of which nobody knows the outcome (%s)", async (when) => {
    const { cluster, clock, settle } = start();
    put(cluster, "deviceclasses", deviceClass());
    put(cluster, "resourceclaims", makeResourceClaim({ name: "c" }));
    const resourceClaims = [{ name: "dev", resourceClaimName: "c" }];
    cluster.put("pods", makePod({ name: "p", requests: { [GPU]: "1" }, spec: { resourceClaims } }));
    cluster.breakWrites = when;
    await expect(settle()).rejects.toThrow(`write failed ${when}`);
    cluster.breakWrites = "no";
    for (let i = 0; i < 3; i++) {
      clock.nowMs += 10_000;
      await settle();
    }
    expect([cluster.bindings, claims(cluster)]).toMatchObject([["p → b"], [{}, {}]]);
    expect(cluster.nodeOf("p")).toBe("b");
  });

  it("[XP9] a pod that waits for devices by a resource's name is told that no claim can be given back", async () => {
    const { cluster, settle } = startScheduler();
    cluster.put("nodes", makeNode({ name: "a" }));
    put(cluster, "deviceclasses", deviceClass());
    cluster.put("pods", asking("p"));
    await settle();
    expect(messageOf(cluster, "p")).toBe(
      "0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, " +
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    );
  });
});
