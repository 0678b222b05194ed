/** The scheduler on the API server's own verbs: what it writes is admitted, validated, and does what it should. */
import { describe, expect, it } from "vitest";
import { admissionChain } from "../edge-api/access/admission/plugin.ts";
import { MemoryStore } from "../edge-api/store/memory-store.ts";
import { writeBatch } from "../edge-api/verbs/batch.ts";
import type { Environment } from "../edge-api/verbs/environment.ts";
import { snapshotPage } from "../edge-api/verbs/snapshot.ts";
import type { Pod } from "../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../kinds/generated/api/resource-v1.ts";
import { registry } from "../kinds/registry.ts";
import { types } from "../kinds/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { ChangeEvent, Cluster, WriteOp } from "../machinery/cluster/contract.ts";
import type { Fields } from "../machinery/meta/object.ts";
import { seededRandom } from "../machinery/meta/random.ts";
import { deallocateOp, unreserveOp } from "./devices/claim-writes.ts";
import { removeOps } from "./devices/extended-claims.ts";
import type { PendingPod } from "./framework/queued-pod.ts";
import { createScheduler, SCHEDULER_RESOURCES } from "./program.ts";
import { makeNode, makePod } from "./testing/builders.ts";
import { makeDevice, makeDeviceClass, makeResourceClaim, makeSlice } from "./testing/device-builders.ts";

function start() {
  const clock: Clock & { nowMs: number } = { nowMs: 1_770_000_000_000, now: () => clock.nowMs, after: () => () => {} };
  const store = new MemoryStore({ now: () => clock.nowMs });
  const random = seededRandom(1);
  let uids = 0;
  const base = { store, registry, types, clock, random };
  const env: Environment = {
    ...base,
    admission: admissionChain([], base),
    uuid: () => `00000000-0000-0000-0000-${String(++uids).padStart(12, "0")}`,
  };
  const cluster: Cluster = {
    snapshot: async (resources, next) => snapshotPage(store, resources, next),
    write: async (actor, ops) =>
      writeBatch(env, actor, ops, (error) => {
        throw error;
      }),
  };
  const scheduler = createScheduler({ cluster, clock, random });
  let from = 0;
  const settle = async () => {
    for (let round = 0; round < 10; round++) {
      const to = store.revision();
      const events: ChangeEvent[] = [...store.changesSince(from)]
        .filter(({ resource }) => (SCHEDULER_RESOURCES as readonly string[]).includes(resource))
        .map(({ type, resource, namespace, name, revision, value }) => ({
          type,
          resource,
          namespace,
          name,
          revision,
          value,
        }));
      await scheduler.changes({ from, to, events });
      from = to;
      const next = scheduler.nextWakeMs();
      if (next === undefined || next > clock.nowMs) return;
      await scheduler.wake(clock.nowMs);
    }
    throw new Error("the scheduler does not come to rest");
  };
  const create = async (resource: string, object: object) => {
    const { metadata, ...rest } = structuredClone(object) as { metadata: Fields };
    const { uid: _uid, generation: _generation, ...kept } = metadata;
    const namespace = (kept.namespace as string | undefined) ?? "";
    const op: WriteOp = { verb: "create", resource, namespace, object: { ...rest, metadata: kept } };
    const [result] = await cluster.write("test", [op]);
    if (!result?.ok) throw new Error(JSON.stringify(result?.status));
  };
  const read = <T>(resource: string, name: string): T | undefined => {
    const row = store.get({ resource, namespace: "default", name });
    return row && (JSON.parse(row.value) as T);
  };
  const events = () =>
    [...store.list({ resource: "events", namespace: "default" })].map(({ value }) => JSON.parse(value) as Fields);
  return { clock, create, settle, read, events, scheduler, cluster };
}

describe("Scheduler on the API's verbs", () => {
  it("[SR1] binds, tells so, and leaves the pod with a node and PodScheduled", async () => {
    const { create, settle, read, events, scheduler } = start();
    await create("nodes", makeNode({ name: "n" }));
    await create("pods", makePod({ name: "p", requests: { cpu: "0.1" } }));
    await settle();
    const pod = read<Pod>("pods", "p");
    expect(pod?.spec?.nodeName).toBe("n");
    expect(pod?.status?.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
    expect(events()).toMatchObject([
      {
        reason: "Scheduled",
        message: "Successfully assigned default/p to n",
        reportingComponent: "default-scheduler",
        involvedObject: { kind: "Pod", name: "p" },
      },
    ]);
    expect(scheduler.metrics()).toMatchObject({ scheduled: 1, bindFailures: 0 });
  });

  it("[SR2] a pod that must wait says why, then goes", async () => {
    const { create, settle, read, events } = start();
    await create("nodes", makeNode({ name: "small", cpu: "1" }));
    await create("pods", makePod({ name: "p", requests: { cpu: "2" } }));
    await settle();
    const message =
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, " +
      "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    expect(read<Pod>("pods", "p")?.status?.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message },
    ]);
    expect(events()).toMatchObject([{ type: "Warning", reason: "FailedScheduling", message }]);
    await create("nodes", makeNode({ name: "big" }));
    await settle();
    expect(read<Pod>("pods", "p")?.spec?.nodeName).toBe("big");
    expect(read<Pod>("pods", "p")?.status?.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
  });

  it("[SR3] an unchanged reason becomes a series of the same event", async () => {
    const { clock, create, settle, events } = start();
    await create("pods", makePod({ name: "p" }));
    await settle();
    clock.nowMs += 300_000;
    await settle();
    expect(events()).toMatchObject([{ message: "no nodes available to schedule pods", series: { count: 2 } }]);
  });

  it("[SR5] allocates devices, and two pods that share a claim both reserve it", async () => {
    const { create, settle, read, cluster } = start();
    await create("nodes", makeNode({ name: "n" }));
    await create("deviceclasses.resource.k8s.io", makeDeviceClass("gpu", 'device.attributes["gpu.example.com"].ok'));
    const device = makeDevice("d", { attributes: { ok: { bool: true } } });
    await create("resourceslices.resource.k8s.io", makeSlice({ name: "s", nodeName: "n", devices: [device] }));
    await create("resourceclaims.resource.k8s.io", makeResourceClaim({ name: "c" }));
    const resourceClaims = [{ name: "dev", resourceClaimName: "c" }];
    for (const name of ["p", "q"]) await create("pods", makePod({ name, spec: { resourceClaims } as never }));
    await settle();
    expect([read<Pod>("pods", "p")?.spec?.nodeName, read<Pod>("pods", "q")?.spec?.nodeName]).toEqual(["n", "n"]);
    const claim = read<ResourceClaim>("resourceclaims.resource.k8s.io", "c");
    expect(claim?.metadata.finalizers).toEqual(["resource.kubernetes.io/delete-protection"]);
    expect(claim?.status?.allocation?.devices?.results).toMatchObject([{ request: "r", device: "d" }]);
    expect(claim?.status?.reservedFor?.map(({ name }) => name)).toEqual(["p", "q"]);
    const pod = read<Pod>("pods", "p") as unknown as PendingPod;
    const results = await cluster.write("test", [unreserveOp(claim!, pod), deallocateOp(claim!)]);
    // The other holds it still, so that what was looked at before is not given back.
    expect(results.map((result) => result.ok || result.status.reason)).toEqual([true, "Conflict"]);
    const after = read<ResourceClaim>("resourceclaims.resource.k8s.io", "c");
    expect(after?.status?.reservedFor?.map(({ name }) => name)).toEqual(["q"]);
    expect(after?.status?.allocation).toEqual(claim?.status?.allocation);
  });

  it("[SR6] makes the claim for an extended resource that a class stands for, and takes it away again", async () => {
    const { create, settle, read, cluster } = start();
    await create("nodes", makeNode({ name: "n" }));
    const spec = { extendedResourceName: "example.com/gpu" };
    await create("deviceclasses.resource.k8s.io", { ...makeDeviceClass("gpu"), spec });
    await create("resourceslices.resource.k8s.io", makeSlice({ name: "s", nodeName: "n", devices: [makeDevice("d")] }));
    const resources = { requests: { "example.com/gpu": "1" }, limits: { "example.com/gpu": "1" } };
    await create("pods", makePod({ name: "p", spec: { containers: [{ name: "main", image: "i", resources }] } }));
    await settle();
    const pod = read<Pod>("pods", "p");
    expect(pod?.spec?.nodeName).toBe("n");
    const { resourceClaimName = "", requestMappings } = pod?.status?.extendedResourceClaimStatus ?? {};
    const mapping = { containerName: "main", resourceName: "example.com/gpu", requestName: "container-0-request-0" };
    expect(requestMappings).toEqual([mapping]);
    const claim = read<ResourceClaim>("resourceclaims.resource.k8s.io", resourceClaimName)!;
    expect(claim.metadata.ownerReferences).toMatchObject([{ kind: "Pod", uid: pod?.metadata.uid }]);
    expect(claim.status).toMatchObject({ allocation: { devices: { results: [{ device: "d" }] } } });
    const results = await cluster.write("test", removeOps(claim));
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(read("resourceclaims.resource.k8s.io", resourceClaimName)).toBeUndefined();
  });
});
