/** Volumes on the whole program: what is written before a binding, and what the binding waits for. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../machinery/meta/object.ts";
import { makeNode, makePod } from "./testing/builders.ts";
import type { FakeCluster } from "./testing/fake-cluster.ts";
import { startScheduler } from "./testing/start-scheduler.ts";
import { makeClaim, makeClass, makeVolume, using } from "./testing/storage-builders.ts";

const put = (cluster: FakeCluster, resource: string, object: object) => cluster.put(resource, object as KubeObject);

function start() {
  const started = startScheduler();
  const { cluster } = started;
  put(cluster, "storageclasses.storage.k8s.io", makeClass("slow"));
  put(cluster, "storageclasses.storage.k8s.io", makeClass("fast", { provisioner: "csi.example.com" }));
  cluster.put("nodes", makeNode({ name: "n", cpu: "2" }));
  return started;
}

const asking = (name: string, claim: string) => makePod({ name, requests: { cpu: "2" }, spec: using(claim) });

describe("Volumes in the program", () => {
  it("[VP1] promises a volume, waits for the claim to be bound, then binds the pod", async () => {
    const { cluster, settle, scheduler } = start();
    put(cluster, "persistentvolumes", makeVolume({ name: "v" }));
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c" }));
    cluster.put("pods", asking("p", "c"));
    await settle();
    expect(cluster.objects.get("persistentvolumes//v")?.spec).toMatchObject({
      claimRef: { name: "c", uid: "uid-of-c" },
    });
    expect(cluster.bindings).toEqual([]);
    expect(scheduler.metrics().waiting).toBe(1);
    // It says where it will go.
    expect(cluster.pod("p").status?.nominatedNodeName).toBe("n");
    // Its place is taken meanwhile.
    cluster.put("pods", makePod({ name: "q", requests: { cpu: "1" } }));
    await settle();
    expect(cluster.bindings).toEqual([]);
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", boundTo: "v" }));
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
    expect(scheduler.metrics().waiting).toBe(0);
  });

  it("[VP2] a provisioner that fails: the pod is told so and tried again", async () => {
    const { cluster, clock, settle, scheduler } = start();
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", className: "fast" }));
    cluster.put("pods", asking("p", "c"));
    await settle();
    const claim = () => cluster.objects.get("persistentvolumeclaims/default/c");
    expect(claim()?.metadata.annotations).toMatchObject({ "volume.kubernetes.io/selected-node": "n" });
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", className: "fast" }));
    await settle();
    expect(cluster.pod("p").status?.conditions).toMatchObject([
      {
        reason: "SchedulerError",
        message: 'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "c"',
      },
    ]);
    clock.nowMs += 1_000;
    await settle();
    expect(claim()?.metadata.annotations).toMatchObject({ "volume.kubernetes.io/selected-node": "n" });
    expect(scheduler.metrics().waiting).toBe(1);
  });

  it("[VP3] waits 10 minutes at most", async () => {
    const { cluster, clock, settle, scheduler } = start();
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", className: "fast" }));
    cluster.put("pods", asking("p", "c"));
    await settle();
    expect(scheduler.nextWakeMs()).toBe(clock.nowMs + 600_000);
    clock.nowMs += 600_000;
    await settle();
    expect(scheduler.metrics()).toMatchObject({ waiting: 0, bindFailures: 1 });
    expect(cluster.pod("p").status?.nominatedNodeName).toBeUndefined();
  });

  it("[VP4] a pod deleted while it waits gives all back", async () => {
    const { cluster, settle, scheduler } = start();
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", className: "fast" }));
    cluster.put("pods", asking("p", "c"));
    await settle();
    cluster.remove("pods", "default", "p");
    cluster.put("pods", makePod({ name: "q", requests: { cpu: "2" } }));
    await settle();
    expect(scheduler.metrics().waiting).toBe(0);
    expect(cluster.bindings).toEqual(["q → n"]);
  });

  it("[VP5] a pod whose claim is not there says so, and goes when it comes", async () => {
    const { cluster, settle } = start();
    cluster.put("pods", asking("p", "c"));
    await settle();
    // The second is upstream's, of what PostFilter plugins have not prepared.
    expect(cluster.pod("p").status?.conditions?.[0]?.message).toBe(
      '0/1 nodes are available: persistentvolumeclaim "c" not found. not found',
    );
    put(cluster, "persistentvolumes", makeVolume({ name: "v" }));
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c", boundTo: "v" }));
    await settle();
    expect(cluster.bindings).toEqual(["p → n"]);
  });

  it("[VP6] a write before the binding that fails keeps the pod from being bound", async () => {
    const { cluster, settle, scheduler } = start();
    const { ApiError } = await import("../machinery/meta/status.ts");
    put(cluster, "persistentvolumes", makeVolume({ name: "v" }));
    put(cluster, "persistentvolumeclaims", makeClaim({ name: "c" }));
    cluster.refuse = (op) =>
      op.resource === "persistentvolumes" ? new ApiError(500, "InternalError", "no") : undefined;
    cluster.put("pods", asking("p", "c"));
    await settle();
    expect(cluster.bindings).toEqual([]);
    expect(scheduler.metrics()).toMatchObject({ waiting: 0, bindFailures: 1 });
  });
});
