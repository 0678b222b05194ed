/** What a claim asks for: for each request one wish, or several of which the first that can be had is taken. */
import type {
  DeviceClass,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from "../../kinds/generated/api/resource-v1.ts";
import { AllocationError } from "./allocation-error.ts";

export interface Wish {
  /** "gpu", or "gpu/small" of a subrequest. */
  name: string;
  /** Name of the request. */
  parent: string;
  deviceClass: DeviceClass;
  count: number | "all";
  selectors: readonly { expression: string; whose: string }[];
  tolerations: readonly DeviceToleration[];
  adminAccess: boolean;
  capacity: { readonly [name: string]: string };
}

export type ClassLookup = (name: string) => DeviceClass | undefined;

/** @throws AllocationError naming what is not there */
export function wishesOf(claim: ResourceClaim, classOf: ClassLookup): Wish[][] {
  return (claim.spec.devices?.requests ?? []).map(({ name, exactly, firstAvailable }) => {
    const wishes = exactly
      ? [wishOf(claim, { name, parent: name, request: exactly }, classOf)]
      : (firstAvailable ?? []).map((request) =>
          wishOf(claim, { name: `${name}/${request.name}`, parent: name, request }, classOf),
        );
    if (wishes.length === 0) throw new AllocationError(`request ${name}: unsupported request type`);
    return wishes;
  });
}

function wishOf(
  { metadata }: ResourceClaim,
  { name, parent, request }: { name: string; parent: string; request: ExactDeviceRequest | DeviceSubRequest },
  classOf: ClassLookup,
): Wish {
  const { deviceClassName, allocationMode = "ExactCount", count = 1, selectors = [], tolerations = [] } = request;
  const deviceClass = classOf(deviceClassName);
  if (!deviceClass) throw new AllocationError(`request ${name}: device class ${deviceClassName} does not exist`);
  return {
    name,
    parent,
    deviceClass,
    count: allocationMode === "All" ? "all" : count,
    selectors: [
      ...expressions(deviceClass.spec.selectors ?? [], `class ${deviceClassName}`),
      ...expressions(selectors, `claim ${metadata.namespace}/${metadata.name}`),
    ],
    tolerations,
    adminAccess: ("adminAccess" in request && request.adminAccess) || false,
    capacity: request.capacity?.requests ?? {},
  };
}

const expressions = (selectors: readonly DeviceSelector[], whose: string): Wish["selectors"] =>
  selectors.map(({ cel }, i) => {
    if (!cel) throw new AllocationError(`${whose}: selector #${i}: CEL expression empty (unsupported selector type?)`);
    return { expression: cel.expression, whose: `${whose}: selector #${i}` };
  });
