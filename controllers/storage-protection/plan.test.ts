import { describe, expect, it } from "vitest";
import type { PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { controlledBy, metadata, pod } from "../../test/fakes/cluster-objects.ts";
import { planProtection, usesClaim } from "./plan.ts";

const FINALIZER = "kubernetes.io/pvc-protection";
const claim = (name: string, more: Parameters<typeof metadata>[1] = {}): PersistentVolumeClaim =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadata(name, more),
    spec: {},
  }) as PersistentVolumeClaim;

describe("planProtection", () => {
  it.each([
    { name: "[SP1] gives the finalizer", held: false, deleted: false, used: false, writes: "merge" },
    { name: "[SP2] leaves it while the object lives", held: true, deleted: false, used: false },
    { name: "[SP3] leaves it while the object is used", held: true, deleted: true, used: true },
    { name: "[SP4] takes it away when nobody uses the object", held: true, deleted: true, used: false, writes: "json" },
    { name: "[SP5] gives nothing to what is being deleted", held: false, deleted: true, used: false },
  ])("$name", ({ held, deleted, used, writes }) => {
    const object = claim("data", {
      finalizers: held ? ["other", FINALIZER] : ["other"],
      ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    });
    const plan = planProtection({
      resource: "persistentvolumeclaims",
      object,
      finalizer: FINALIZER,
      isUsed: () => used,
    });
    expect(plan.actions.map(({ op }) => (op.verb === "patch" ? op.patchType : op.verb))).toEqual(
      writes ? [writes] : [],
    );
    if (writes === "merge")
      expect(plan.actions[0]?.op).toMatchObject({ patch: { metadata: { finalizers: ["other", FINALIZER] } } });
  });
});

describe("usesClaim", () => {
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
  const ephemeral = [{ name: "v", ephemeral: {} }];
  const owner = pod("p");
  it.each([
    { name: "[SP6] not before it has a node", pod: pod("p", { spec: { volumes } }), claim: claim("data"), used: false },
    { name: "[SP7] on a node", pod: pod("p", { spec: { volumes, nodeName: "n" } }), claim: claim("data"), used: true },
    {
      name: "[SP8] also when it has ended",
      pod: pod("p", { spec: { volumes, nodeName: "n" }, status: { phase: "Succeeded" } }),
      claim: claim("data"),
      used: true,
    },
    {
      name: "[SP9] not another claim",
      pod: pod("p", { spec: { volumes, nodeName: "n" } }),
      claim: claim("other"),
      used: false,
    },
    {
      name: "[SP10] the one made for it",
      pod: pod("p", { spec: { volumes: ephemeral, nodeName: "n" } }),
      claim: claim("p-v", controlledBy(owner)),
      used: true,
    },
    {
      name: "[SP11] not one of the same name that is not its own",
      pod: pod("p", { spec: { volumes: ephemeral, nodeName: "n" } }),
      claim: claim("p-v"),
      used: false,
    },
    {
      name: "[SP12] not once the node is done with the pod",
      pod: pod("p", {
        metadata: { deletionTimestamp: "x", deletionGracePeriodSeconds: 0 },
        spec: { volumes: ephemeral, nodeName: "n" },
      }),
      claim: claim("p-v", controlledBy(owner)),
      used: false,
    },
  ])("$name", ({ pod, claim, used }) => {
    expect(usesClaim(pod, claim)).toBe(used);
  });
});
