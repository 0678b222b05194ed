/**
 * What a ResourcePoolStatusRequest is answered: how many devices each pool of a driver has, and how many of them are
 * free. Pure. Source: KEP-5677.
 */

import type { PoolStatus, ResourcePoolStatusRequest } from "../../kinds/generated/api/resource-v1alpha3.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type { ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { selects } from "../device-taint-eviction/taints.ts";
import { NOTHING, type Plan } from "../runner/controller.ts";
import { deleteOp, statusOp } from "../runner/ops.ts";
import { POOL_STATUS_REQUESTS } from "../view/resources.ts";
import { createdMs } from "../workload/pods.ts";

/** Who has asked has read the answer by then, or never will. */
export const ANSWERED_MS = 3_600_000;
export const PENDING_MS = 24 * 3_600_000;
const DEFAULT_LIMIT = 100;
const MAX_ERROR_CHARACTERS = 256;
/** Effects of taints that keep new users away. */
const KEEPING_AWAY: ReadonlySet<string> = new Set(["NoSchedule", "NoExecute"]);

export interface Devices {
  slices: readonly ResourceSlice[];
  claims: readonly ResourceClaim[];
  rules: readonly DeviceTaintRule[];
}

/** Answers once; the answer goes an hour later. */
export function planPoolStatus(request: ResourcePoolStatusRequest, devices: Devices, nowMs: number): Plan {
  if (request.metadata.deletionTimestamp) return NOTHING;
  const { status } = request;
  const answeredAt = status?.conditions?.find(({ type }) => type === "Complete" || type === "Failed");
  const sinceMs = answeredAt ? Date.parse(answeredAt.lastTransitionTime) : createdMs(request);
  const goesAtMs = sinceMs + (status ? ANSWERED_MS : PENDING_MS);
  if (goesAtMs < nowMs) return { actions: [{ op: deleteOp(POOL_STATUS_REQUESTS, request) }] };
  if (status) return { actions: [], againAtMs: goesAtMs + 1 };
  const all = poolsOf(request, devices);
  const pools = all.slice(0, request.spec.limit ?? DEFAULT_LIMIT);
  const incomplete = pools.filter(({ validationError }) => validationError !== undefined).length;
  const condition = {
    type: "Complete",
    status: "True",
    lastTransitionTime: formatTime(nowMs),
    reason: "CalculationComplete",
    message: `Calculated status for ${pools.length} pools${incomplete > 0 ? ` (${incomplete} incomplete)` : ""}`,
  };
  const answer = { poolCount: all.length, ...(pools.length > 0 && { pools }), conditions: [condition] };
  const op = statusOp(POOL_STATUS_REQUESTS, request, answer, { version: "seen" });
  return op ? { actions: [{ op }] } : NOTHING;
}

/** By name. Of each pool the slices of its newest generation count. */
function poolsOf({ spec }: ResourcePoolStatusRequest, { slices, claims, rules }: Devices): PoolStatus[] {
  const pools = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    if (driver !== spec.driver || (spec.poolName && pool.name !== spec.poolName)) continue;
    const known = pools.get(pool.name);
    const newest = known?.[0]?.spec.pool.generation ?? 0;
    if (!known || pool.generation > newest) pools.set(pool.name, [slice]);
    else if (pool.generation === newest) known.push(slice);
  }
  const names = [...pools.keys()].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) =>
    poolStatus(pools.get(name)!, allocatedIn({ driver: spec.driver, pool: name }, claims), rules),
  );
}

/** Names of the devices that claims have. Who only looks has none. */
function allocatedIn(at: { driver: string; pool: string }, claims: readonly ResourceClaim[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { status } of claims) {
    for (const { driver, pool, device, adminAccess } of status?.allocation?.devices?.results ?? []) {
      if (driver === at.driver && pool === at.pool && !adminAccess) names.add(device);
    }
  }
  return names;
}

function poolStatus(
  slices: readonly ResourceSlice[],
  allocated: ReadonlySet<string>,
  rules: readonly DeviceTaintRule[],
): PoolStatus {
  const { driver, pool } = slices[0]!.spec;
  const nodes = new Set(slices.map(({ spec }) => spec.nodeName));
  const [nodeName] = nodes;
  const known: PoolStatus = {
    driver,
    poolName: pool.name,
    generation: pool.generation,
    ...(nodes.size === 1 && nodeName && { nodeName }),
  };
  if (slices.length < pool.resourceSliceCount) {
    const seen = `observed ${slices.length}/${pool.resourceSliceCount} slices at generation ${pool.generation}`;
    const text = `PoolIncomplete: pool ${driver}/${pool.name} is incomplete: ${seen}`;
    return { ...known, validationError: text.slice(0, MAX_ERROR_CHARACTERS) };
  }
  const devices = slices.flatMap(({ spec }) => spec.devices ?? []);
  const isKept = ({ name, taints = [] }: (typeof devices)[number]): boolean =>
    taints.some(({ effect }) => KEEPING_AWAY.has(effect)) ||
    rules.some(
      (rule) => KEEPING_AWAY.has(rule.spec.taint.effect) && selects(rule, { driver, pool: pool.name, device: name }),
    );
  const unavailableDevices = devices.filter(isKept).length;
  return {
    ...known,
    resourceSliceCount: slices.length,
    totalDevices: devices.length,
    allocatedDevices: allocated.size,
    availableDevices: Math.max(0, devices.length - allocated.size - unavailableDevices),
    unavailableDevices,
  };
}
