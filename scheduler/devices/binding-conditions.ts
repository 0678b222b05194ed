/**
 * Devices that must be made ready before a pod is bound.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#device-binding-conditions
 */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { Devices } from "./devices.ts";

type Result = NonNullable<NonNullable<AllocationResult["devices"]>["results"]>[number];
/** Whether the device must be made ready first. */
export const hasConditions = ({ bindingConditions = [] }: Result): boolean => bindingConditions.length > 0;

/** Drivers say in the claims' statuses when devices that must be made ready are. */
export function progressOf(
  claims: readonly ResourceClaim[],
  devices: Devices,
): "done" | "waiting" | { failed: string } {
  for (const claim of claims) {
    const now = readinessOf(devices.claim(`${claim.metadata.namespace}/${claim.metadata.name}`));
    if (now !== "done") return now;
  }
  return "done";
}

/** Whether an allocated claim will not become ready any more: it should be given other devices. */
export function isHopeless(claim: ResourceClaim, { nowMs, timeoutMs }: { nowMs: number; timeoutMs: number }): boolean {
  const { allocation } = claim.status ?? {};
  if (!allocation?.devices?.results?.some(hasConditions)) return false;
  const now = readinessOf(claim);
  if (now !== "waiting") return now !== "done";
  const { allocationTimestamp } = allocation;
  return allocationTimestamp !== undefined && Date.parse(allocationTimestamp) + timeoutMs < nowMs;
}

function readinessOf(claim: ResourceClaim | undefined): "done" | "waiting" | { failed: string } {
  if (!claim?.status?.allocation) return "waiting";
  const { allocation, devices = [] } = claim.status;
  let isReady = true;
  for (const result of allocation.devices?.results?.filter(hasConditions) ?? []) {
    const told = devices.find(
      ({ driver, pool, device, shareID }) =>
        driver === result.driver && pool === result.pool && device === result.device && shareID === result.shareID,
    );
    const trueOf = (type: string) =>
      told?.conditions?.find((condition) => condition.type === type && condition.status === "True");
    const [failure] = (result.bindingFailureConditions ?? []).flatMap((type) => trueOf(type) ?? []);
    if (failure) {
      const why = `reason=${failure.reason}, message=${JSON.stringify(failure.message)}`;
      return { failed: `claim ${claim.metadata.name} binding failed: ${why}` };
    }
    if (!result.bindingConditions?.every(trueOf)) isReady = false;
  }
  return isReady ? "done" : "waiting";
}
