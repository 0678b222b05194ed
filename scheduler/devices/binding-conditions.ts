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
  let isReady = true;
  for (const claim of claims) {
    const { status } = devices.claim(`${claim.metadata.namespace}/${claim.metadata.name}`) ?? {};
    if (!status?.allocation) return "waiting";
    for (const result of status.allocation.devices?.results?.filter(hasConditions) ?? []) {
      const told = status.devices?.find(
        ({ driver, pool, device, shareID }) =>
          driver === result.driver && pool === result.pool && device === result.device && shareID === result.shareID,
      );
      const isTrue = (type: string): boolean =>
        told?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
      if (result.bindingFailureConditions?.some(isTrue)) {
        return { failed: `claim ${claim.metadata.name} binding failed for device ${result.device}` };
      }
      if (!result.bindingConditions?.every(isTrue)) isReady = false;
    }
  }
  return isReady ? "done" : "waiting";
}
