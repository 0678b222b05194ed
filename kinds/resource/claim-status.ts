/** A ResourceClaim's status: who uses the devices that were allocated to it, and what drivers say of them. */
import {
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from "../../machinery/meta/field-error.ts";
import { parseIp } from "../../machinery/meta/ip.ts";
import { checkLabel, checkPresent } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { checkList, checkSet } from "../common/lists.ts";
import { checkImmutable } from "../common/same.ts";
import { checkNodeSelector } from "../core/pod-template/affinity.ts";
import {
  checkOpaque,
  checkRawObject,
  checkRequestName,
  checkRequestNames,
  MAX_CONFIGS,
  type RequestNames,
  requestNames,
} from "./claim-spec.ts";
import { checkBindingConditions } from "./device.ts";
import { checkDriverName, checkPoolName, checkUuid } from "./names.ts";
import { checkToleration } from "./taints.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "./v1-types.ts";

const MAX_RESERVED_FOR = 256;
const MAX_RESULTS = 32;
const MAX_CONDITIONS = 8;
const MAX_DATA = 10 * 1024;
const MAX_IPS = 16;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;
const SOURCES = ["FromClaim", "FromClass"];

interface DeviceId {
  driver: string;
  pool: string;
  device: string;
  shareID?: string;
}

const idOf = ({ driver, pool, device, shareID }: DeviceId): string =>
  `${driver}/${pool}/${device}${shareID === undefined ? "" : `/${shareID}`}`;

function checkDeviceId(errors: FieldError[], id: DeviceId, path: string): void {
  checkDriverName(errors, id.driver, `${path}.driver`);
  checkPoolName(errors, id.pool, `${path}.pool`);
  checkLabel(errors, id.device, `${path}.device`);
}

function checkConsumer(errors: FieldError[], consumer: ResourceClaimConsumerReference, path: string): void {
  for (const field of ["resource", "name", "uid"] as const) checkPresent(errors, consumer[field], `${path}.${field}`);
}

function checkNetworkData(errors: FieldError[], data: NetworkDeviceData, path: string): void {
  if ((data.interfaceName ?? "").length > MAX_INTERFACE_NAME) {
    errors.push(tooLong(`${path}.interfaceName`, MAX_INTERFACE_NAME));
  }
  if ((data.hardwareAddress ?? "").length > MAX_HARDWARE_ADDRESS) {
    errors.push(tooLong(`${path}.hardwareAddress`, MAX_HARDWARE_ADDRESS));
  }
  checkSet(errors, data.ips, `${path}.ips`, {
    max: MAX_IPS,
    key: (ip) => ip,
    each(found, text, at) {
      const [address = "", bits = "", ...rest] = text.split("/");
      const ip = parseIp(address);
      const isPrefix = ip && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= ip.bytes.length * 8;
      if (!isPrefix) {
        const detail = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
        found.push(invalid(at, text, detail));
      }
    },
  });
}

function checkDeviceStatus(
  errors: FieldError[],
  device: AllocatedDeviceStatus,
  path: string,
  allocated: ReadonlySet<string>,
): void {
  checkDeviceId(errors, device, path);
  if (device.shareID !== undefined) checkUuid(errors, device.shareID, `${path}.shareID`);
  const id = idOf(device);
  if (!allocated.has(id)) errors.push(invalid(path, id, "must be an allocated device in the claim"));
  const { conditions = [] } = device;
  if (conditions.length > MAX_CONDITIONS) {
    errors.push(tooMany(`${path}.conditions`, conditions.length, MAX_CONDITIONS));
  }
  checkConditions(errors, conditions, `${path}.conditions`);
  if (device.data !== undefined) checkRawObject(errors, device.data, `${path}.data`, MAX_DATA);
  if (device.networkData) checkNetworkData(errors, device.networkData, `${path}.networkData`);
}

function checkResult(
  errors: FieldError[],
  result: DeviceRequestAllocationResult,
  path: string,
  names: RequestNames,
): void {
  checkRequestName(errors, result.request ?? "", `${path}.request`, names);
  checkDeviceId(errors, result, path);
  checkBindingConditions(errors, result, path);
  result.tolerations?.forEach((toleration, i) => {
    checkToleration(errors, toleration, `${path}.tolerations[${i}]`);
  });
  if (result.shareID !== undefined) checkUuid(errors, result.shareID, `${path}.shareID`);
}

function checkAllocation(errors: FieldError[], allocation: AllocationResult, path: string, names: RequestNames): void {
  checkList(errors, allocation.devices?.results, `${path}.devices.results`, {
    max: MAX_RESULTS,
    each: (found, result: DeviceRequestAllocationResult, at) => checkResult(found, result, at, names),
  });
  checkList(errors, allocation.devices?.config, `${path}.devices.config`, {
    max: 2 * MAX_CONFIGS,
    each(found, config, at) {
      if (!config.source) found.push(required(`${at}.source`));
      else if (!SOURCES.includes(config.source)) found.push(notSupported(`${at}.source`, config.source, SOURCES));
      checkRequestNames(found, config.requests, `${at}.requests`, names);
      checkOpaque(found, config, at);
    },
  });
  if (allocation.nodeSelector) checkNodeSelector(errors, allocation.nodeSelector, `${path}.nodeSelector`);
}

export function claimStatusErrors(next: ResourceClaim, prev: ResourceClaim): FieldError[] {
  const errors: FieldError[] = [];
  const { reservedFor = [], allocation, devices } = next.status ?? {};
  const { reservedFor: had = [], allocation: before } = prev.status ?? {};
  checkSet(errors, reservedFor, "status.reservedFor", {
    max: MAX_RESERVED_FOR,
    key: ({ uid }) => uid,
    each: checkConsumer,
  });
  const allocated = new Set(allocation?.devices?.results?.map(idOf));
  checkSet(errors, devices, "status.devices", {
    // As many as were allocated, since each has to be one of these.
    max: Number.POSITIVE_INFINITY,
    key: idOf,
    each: (found, device, path) => checkDeviceStatus(found, device, path, allocated),
  });
  if (reservedFor.length > 0 && !allocation) {
    errors.push(fieldForbidden("status.reservedFor", "may not be specified when `allocated` is not set"));
  } else if (next.metadata.deletionTimestamp && reservedFor.some(({ uid }) => !had.some((old) => old.uid === uid))) {
    const detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
    errors.push(fieldForbidden("status.reservedFor", detail));
  }
  // What was allocated stays as it is until it is given back, and is not judged by newer rules.
  if (allocation && before) checkImmutable(errors, allocation, before, "status.allocation");
  else if (allocation) checkAllocation(errors, allocation, "status.allocation", requestNames(next.spec.devices));
  return errors;
}

/** What drivers said of devices that are no longer allocated is forgotten. Changes `next`. */
export function dropDeallocated(next: ResourceClaim, prev: ResourceClaim): ResourceClaim {
  const plain = ({ driver, pool, device }: DeviceId): string => `${driver}/${pool}/${device}`;
  const now = new Set(next.status?.allocation?.devices?.results?.map(plain));
  const gone = new Set(prev.status?.allocation?.devices?.results?.map(plain).filter((id) => !now.has(id)));
  if (gone.size === 0 || !next.status?.devices) return next;
  const devices = next.status.devices.filter((device) => !gone.has(plain(device)));
  next.status = { ...next.status, devices };
  if (devices.length === 0) delete next.status.devices;
  return next;
}
