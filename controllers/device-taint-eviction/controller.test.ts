import { describe, expect, it } from "vitest";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import { registry } from "../../kinds/registry.ts";
import type { DeviceTaint, DeviceToleration, ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import { View } from "../view/view.ts";
import { deviceTaintEvictionController, planDeviceEviction } from "./controller.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const taint = (more: object = {}): DeviceTaint =>
  ({ key: "broken", effect: "NoExecute", timeAdded: "2026-01-01T00:00:00Z", ...more }) as DeviceTaint;
const slice = (taints: DeviceTaint[], generation = 1): ResourceSlice =>
  ({
    metadata: metadata("s"),
    spec: {
      driver: "d",
      pool: { name: "p", generation },
      devices: [
        { name: "gpu-0", taints },
        { name: "gpu-1", taints: [taint()] },
      ],
    },
  }) as unknown as ResourceSlice;
const claim = (tolerations: DeviceToleration[]): ResourceClaim =>
  ({
    metadata: metadata("c"),
    status: {
      allocation: { devices: { results: [{ driver: "d", pool: "p", device: "gpu-0", request: "r", tolerations }] } },
    },
  }) as unknown as ResourceClaim;
const rule = (deviceSelector?: object): DeviceTaintRule =>
  ({ metadata: metadata("r"), spec: { deviceSelector, taint: taint() } }) as unknown as DeviceTaintRule;
const onNode = pod("user", { spec: { nodeName: "n" } });

describe("planDeviceEviction", () => {
  const plan = (seen: {
    slices?: ResourceSlice[];
    rules?: DeviceTaintRule[];
    tolerations?: DeviceToleration[];
    pod?: typeof onNode;
    wasWaiting?: boolean;
  }) =>
    planDeviceEviction({
      pod: seen.pod ?? onNode,
      claims: [claim(seen.tolerations ?? [])],
      tainted: { slicesOf: () => seen.slices ?? [], rules: seen.rules ?? [] },
      wasWaiting: seen.wasWaiting ?? false,
      nowMs: NOW,
    });

  it.each([
    { name: "[DT1] another device is tainted: stays", slices: [slice([])], evicted: false },
    { name: "[DT2] its device is tainted: goes", slices: [slice([taint()])], evicted: true },
    {
      name: "[DT3] a taint that only keeps others off: stays",
      slices: [slice([taint({ effect: "NoSchedule" })])],
      evicted: false,
    },
    { name: "[DT3b] a rule for all devices: goes", rules: [rule({})], evicted: true },
    { name: "[DT3c] a rule without a selector is for no device", rules: [rule()], evicted: false },
    {
      name: "[DT4] an older generation is no longer true",
      slices: [slice([taint()], 1), slice([], 2)],
      evicted: false,
    },
    {
      name: "[DT5] tolerated: stays",
      slices: [slice([taint()])],
      tolerations: [{ operator: "Exists" as const }],
      evicted: false,
    },
    {
      name: "[DT6] another value is not tolerated",
      slices: [slice([taint({ value: "a" })])],
      tolerations: [{ key: "broken", value: "b" }],
      evicted: true,
    },
    {
      name: "[DT7] tolerated for a time: goes then",
      slices: [slice([taint()])],
      tolerations: [{ key: "broken", operator: "Exists" as const, tolerationSeconds: 30 }],
      evicted: false,
      againAtMs: NOW + 30_000,
    },
    { name: "[DT8] tainted by a rule", rules: [rule({ driver: "d" })], evicted: true },
    { name: "[DT9] a rule about another device", rules: [rule({ driver: "d", device: "gpu-1" })], evicted: false },
    { name: "[DT10] not before it has a node", slices: [slice([taint()])], pod: pod("user"), evicted: false },
    {
      name: "[DT11] not when it has ended",
      slices: [slice([taint()])],
      pod: pod("user", { spec: { nodeName: "n" }, status: { phase: "Failed" } }),
      evicted: false,
    },
  ])("$name", ({ evicted, againAtMs, ...seen }) => {
    const made = plan(seen);
    expect(made.actions.map(({ op }) => op.verb)).toEqual(evicted ? ["patch", "delete"] : []);
    expect(made.againAtMs).toBe(againAtMs);
  });

  it("[DT12] says why, and tells of a reprieve", () => {
    const { actions } = plan({ slices: [slice([taint()])] });
    expect(actions[0]?.op).toMatchObject({
      patch: {
        status: {
          conditions: [
            {
              type: "DisruptionTarget",
              reason: "DeletionByDeviceTaintManager",
              message: "Device Taint manager: deleting due to NoExecute taint",
            },
          ],
        },
      },
    });
    expect(actions[1]).toMatchObject({
      needs: 0,
      event: { reason: "DeviceTaintManagerEviction", message: "Marking for deletion" },
    });
    expect(plan({ wasWaiting: true }).events?.[0]?.message).toBe("Cancelling deletion");
  });
});

describe("deviceTaintEvictionController", () => {
  it("[DT20] a pod whose devices stand for extended resources goes as well", () => {
    const view = new View(registry);
    const user = pod("user", {
      spec: { nodeName: "n" },
      status: { extendedResourceClaimStatus: { resourceClaimName: "c", requestMappings: [] } },
    });
    const { metadata, status } = claim([]);
    const reservedFor = [{ resource: "pods", name: "user", uid: user.metadata.uid ?? "" }];
    view.pods.put(user);
    view.resourceClaims.put({ metadata, status: { ...status, reservedFor } } as unknown as ResourceClaim);
    view.resourceSlices.put(slice([taint()]));
    const controller = deviceTaintEvictionController();
    const keys = [...(controller.watches.pods?.({ type: "added", resource: "pods", object: user }, view) ?? [])];
    expect(keys).toEqual(["default/user"]);
    const { actions } = controller.plan("default/user", view, {
      nowMs: NOW,
      random: () => 0,
      attempts: 0,
      failures: [],
    });
    expect(actions.map(({ op }) => op.verb)).toEqual(["patch", "delete"]);
  });
});
