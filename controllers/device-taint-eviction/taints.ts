/**
 * Devices that are to lose their users.
 * Source: https://kubernetes.io/docs/concepts/resource-management/dynamic-resource-allocation/device-taints/
 */
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import type {
  DeviceRequestAllocationResult,
  DeviceTaint,
  DeviceToleration,
  ResourceClaim,
  ResourceSlice,
} from "../../kinds/resource/v1-types.ts";

/** Where a device is found: its slices are those of its driver and pool. */
export const poolKey = (at: { driver: string; pool: string }): string => `${at.driver}/${at.pool}`;

export interface Tainted {
  slicesOf(pool: string): Iterable<ResourceSlice>;
  rules: Iterable<DeviceTaintRule>;
}

/** The taints of one device that drive its users away. A pool's slices of an older generation are no longer true. */
export function* evictingTaints(
  { driver, pool, device }: DeviceRequestAllocationResult,
  { slicesOf, rules }: Tainted,
): Generator<DeviceTaint> {
  const slices = [...slicesOf(poolKey({ driver, pool }))];
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  for (const { spec } of slices) {
    if (spec.pool.generation !== newest) continue;
    for (const { name, taints = [] } of spec.devices ?? []) if (name === device) yield* taints.filter(isEvicting);
  }
  for (const rule of rules) {
    const taint = rule.spec.taint as DeviceTaint;
    if (selects(rule, { driver, pool, device }) && isEvicting(taint)) yield taint;
  }
}

/** An empty selector is for all devices; a rule without one is for none. */
export function selects({ spec }: DeviceTaintRule, at: { driver: string; pool: string; device: string }): boolean {
  if (!spec.deviceSelector) return false;
  const { driver = at.driver, pool = at.pool, device = at.device } = spec.deviceSelector;
  return driver === at.driver && pool === at.pool && device === at.device;
}

const isEvicting = ({ effect }: DeviceTaint): boolean => effect === "NoExecute";

function tolerates({ key, operator = "Equal", value = "", effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || value === (taint.value ?? "");
}

/** When the users of a claim's devices must go, epoch ms: 0 for at once, undefined for never. */
export function claimEvictionMs(claim: ResourceClaim, tainted: Tainted, nowMs: number): number | undefined {
  let earliest: number | undefined;
  for (const result of claim.status?.allocation?.devices?.results ?? []) {
    for (const taint of evictingTaints(result, tainted)) {
      const fitting = (result.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
      if (fitting.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) continue;
      if (fitting.length === 0) return 0;
      const seconds = Math.min(...fitting.map(({ tolerationSeconds = 0 }) => Math.max(0, tolerationSeconds)));
      const atMs = (taint.timeAdded ? Date.parse(taint.timeAdded) : nowMs) + seconds * 1_000;
      if (earliest === undefined || atMs < earliest) earliest = atMs;
    }
  }
  return earliest;
}
