import { describe, expect, it } from "vitest";
import type { PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { controlledBy, metadata, pod } from "../../test/fakes/cluster-objects.ts";
import { planEphemeralClaims } from "./controller.ts";

const volumes = [
  {
    name: "scratch",
    ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: "b" } }, spec: { accessModes: ["ReadWriteOnce"] } } },
  },
  { name: "other", persistentVolumeClaim: { claimName: "x" } },
];
const owner = pod("p", { spec: { volumes } as never });
const claim = (more: object = {}) => ({ metadata: metadata("p-scratch", more) }) as PersistentVolumeClaim;

describe("planEphemeralClaims", () => {
  it("[EPV1] makes the claim, owned by the pod; tells when it cannot", () => {
    const { actions } = planEphemeralClaims(owner, () => undefined);
    expect(actions).toHaveLength(1);
    expect(actions[0]?.op).toMatchObject({
      verb: "create",
      resource: "persistentvolumeclaims",
      object: {
        metadata: { name: "p-scratch", namespace: "default", labels: { a: "b" }, ...controlledBy(owner) },
        spec: { accessModes: ["ReadWriteOnce"] },
      },
    });
    expect(actions[0]?.failureEvent?.({ message: "exceeded quota" } as never)).toMatchObject({
      reason: "FailedBinding",
      message: "ephemeral volume scratch: create PVC p-scratch: exceeded quota",
    });
  });

  it.each([
    { name: "[EPV2] is there: nothing", pod: owner, claim: claim(controlledBy(owner)) },
    {
      name: "[EPV3] not for a pod that is going",
      pod: pod("p", { metadata: { deletionTimestamp: "x" }, spec: { volumes } as never }),
    },
    {
      name: "[EPV4] not for a pod that has ended",
      pod: pod("p", { status: { phase: "Failed" }, spec: { volumes } as never }),
    },
  ])("$name", ({ pod, claim }) => {
    expect(planEphemeralClaims(pod, () => claim)).toEqual({ actions: [] });
  });

  it("[EPV5] somebody else's claim of that name is told of, and left alone", () => {
    const plan = planEphemeralClaims(owner, () => claim());
    expect(plan.actions).toEqual([]);
    expect(plan.events?.[0]?.message).toBe(
      "ephemeral volume scratch: PVC default/p-scratch was not created for pod default/p (pod is not owner)",
    );
  });
});
