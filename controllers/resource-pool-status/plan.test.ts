import { expect, it } from "vitest";
import type { ResourcePoolStatusRequest } from "../../kinds/generated/api/resource-v1alpha3.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type { ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { ANSWERED_MS, type Devices, PENDING_MS, planPoolStatus } from "./plan.ts";

const CREATED = Date.parse("2026-01-01T00:00:00Z");
const NOW = CREATED + 1_000;
const request = (spec: object = {}, status?: object): ResourcePoolStatusRequest =>
  ({ metadata: metadata("q", { namespace: "" }), spec: { driver: "d", ...spec }, ...(status && { status }) }) as never;
const slice = (
  pool: string,
  devices: readonly object[],
  more: { of?: number; generation?: number; nodeName?: string } = {},
) =>
  ({
    metadata: metadata("s"),
    spec: {
      driver: "d",
      pool: { name: pool, generation: more.generation ?? 1, resourceSliceCount: more.of ?? 1 },
      ...(more.nodeName && { nodeName: more.nodeName }),
      devices,
    },
  }) as unknown as ResourceSlice;
const claim = (...results: readonly object[]): ResourceClaim =>
  ({
    metadata: metadata("c"),
    status: { allocation: { devices: { results: results.map((one) => ({ driver: "d", pool: "p", ...one })) } } },
  }) as unknown as ResourceClaim;
const four = [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "e" }];

const answer = (it: ResourcePoolStatusRequest, devices: Partial<Devices>) => {
  const { actions } = planPoolStatus(it, { slices: [], claims: [], rules: [], ...devices }, NOW);
  return (actions[0]!.op as unknown as { patch: ResourcePoolStatusRequest }).patch.status!;
};
const counts = (total: number, allocated: number, available: number, unavailable: number) => ({
  totalDevices: total,
  allocatedDevices: allocated,
  availableDevices: available,
  unavailableDevices: unavailable,
});
const pool = { driver: "d", poolName: "p", generation: 1 };

it.each([
  {
    name: "[RP1] counts what is there, taken and free; a device that two share counts once, who only looks has none",
    slices: [slice("p", four, { nodeName: "n" })],
    claims: [claim({ device: "a" }, { device: "b", adminAccess: true }), claim({ device: "a" })],
    pools: [{ ...pool, nodeName: "n", resourceSliceCount: 1, ...counts(4, 1, 3, 0) }],
  },
  {
    name: "[RP2] tainted devices are not to be had",
    slices: [
      slice("p", [
        { name: "a", taints: [{ effect: "NoSchedule" }] },
        { name: "b", taints: [{ effect: "None" }] },
      ]),
    ],
    rules: [{ spec: { deviceSelector: { device: "b" }, taint: { effect: "NoExecute" } } }],
    pools: [{ ...pool, resourceSliceCount: 1, ...counts(2, 0, 0, 2) }],
  },
  {
    name: "[RP3] a newer generation makes the older one untrue; of several nodes none is told",
    slices: [
      slice("p", four),
      slice("p", four, { generation: 2, of: 2, nodeName: "n" }),
      slice("p", four, { generation: 2, of: 2, nodeName: "m" }),
    ],
    pools: [{ ...pool, generation: 2, resourceSliceCount: 2, ...counts(8, 0, 8, 0) }],
  },
  {
    name: "[RP4] of what is not there as a whole nothing is counted",
    slices: [slice("p", four, { of: 3 })],
    pools: [
      { ...pool, validationError: "PoolIncomplete: pool d/p is incomplete: observed 1/3 slices at generation 1" },
    ],
    message: "Calculated status for 1 pools (1 incomplete)",
  },
])("$name", ({ slices, claims = [], rules = [], pools, message = "Calculated status for 1 pools" }) => {
  const status = answer(request(), { slices, claims, rules: rules as unknown as DeviceTaintRule[] });
  expect(status.pools).toEqual(pools);
  expect(status.poolCount).toBe(1);
  expect(status.conditions).toEqual([
    {
      type: "Complete",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:01Z",
      reason: "CalculationComplete",
      message,
    },
  ]);
});

it("[RP5] in order of names, no more than asked for, of the pool asked for", () => {
  const slices = ["c", "a", "b"].map((name) => slice(name, four));
  const limited = answer(request({ limit: 2 }), { slices });
  expect([limited.poolCount, limited.pools?.map(({ poolName }) => poolName)]).toEqual([3, ["a", "b"]]);
  const one = answer(request({ poolName: "c" }), { slices });
  expect(one.pools?.map(({ poolName }) => poolName)).toEqual(["c"]);
  expect(answer(request({ driver: "other" }), { slices })).toMatchObject({ poolCount: 0 });
});

it.each([
  {
    name: "[RP6] an answer stays for an hour",
    answered: true,
    atMs: NOW,
    againAtMs: CREATED + ANSWERED_MS + 1,
    verbs: [],
  },
  { name: "[RP7] and goes then", answered: true, atMs: CREATED + ANSWERED_MS + 1, verbs: ["delete"] },
  {
    name: "[RP8] a question nobody has answered goes after a day",
    answered: false,
    atMs: CREATED + PENDING_MS + 1,
    verbs: ["delete"],
  },
])("$name", ({ answered, atMs, againAtMs, verbs }) => {
  const conditions = [{ type: "Complete", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }];
  const it = request({}, answered ? { poolCount: 0, conditions } : undefined);
  const plan = planPoolStatus(it, { slices: [], claims: [], rules: [] }, atMs);
  expect(plan.actions.map(({ op }) => op.verb)).toEqual(verbs);
  expect(plan.againAtMs).toBe(againAtMs);
});
