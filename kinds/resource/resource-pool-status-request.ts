/** ResourcePoolStatusRequest, a question answered once in its status. Source: KEP-5677, resource.k8s.io/v1alpha3. */
import { type FieldError, invalid, required, tooLong, tooMany } from "../../machinery/meta/field-error.ts";
import { checkNonNegative, checkSubdomain } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import { utf8Bytes } from "../core/data.ts";
import type {
  PoolStatus,
  ResourcePoolStatusRequest,
  ResourcePoolStatusRequestSpec,
  ResourcePoolStatusRequestStatus,
} from "../generated/api/resource-v1alpha3.ts";
import type { Strategy } from "../kind.ts";
import { checkDriverName, checkPoolName } from "./names.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MAX_CONDITIONS = 10;
const MAX_ERROR_BYTES = 256;
const COUNTS = ["totalDevices", "allocatedDevices", "availableDevices", "unavailableDevices"] as const;

function checkCount(errors: FieldError[], count: number | undefined, path: string): void {
  if (count === undefined) errors.push(required(path));
  else checkNonNegative(errors, count, path);
}

function checkPool(errors: FieldError[], pool: PoolStatus, path: string): void {
  const { driver, poolName, nodeName, generation, resourceSliceCount: slices } = pool;
  checkDriverName(errors, driver, `${path}.driver`);
  checkPoolName(errors, poolName, `${path}.poolName`);
  if (nodeName !== undefined) checkSubdomain(errors, nodeName, `${path}.nodeName`);
  // Of a pool that could not be understood nothing has been counted.
  for (const field of COUNTS) checkNonNegative(errors, pool[field], `${path}.${field}`);
  if (slices !== undefined && slices < 1) {
    errors.push(invalid(`${path}.resourceSliceCount`, slices, "must be greater than or equal to 1"));
  }
  // A generation of zero counts as none.
  checkCount(errors, generation || undefined, `${path}.generation`);
  if (utf8Bytes(pool.validationError ?? "") > MAX_ERROR_BYTES) {
    errors.push(tooLong(`${path}.validationError`, MAX_ERROR_BYTES));
  }
}

function checkStatus(errors: FieldError[], { pools, poolCount, conditions }: ResourcePoolStatusRequestStatus): void {
  if (pools && pools.length > MAX_LIMIT) errors.push(tooMany("status.pools", pools.length, MAX_LIMIT));
  else {
    pools?.forEach((pool, i) => {
      checkPool(errors, pool, `status.pools[${i}]`);
    });
  }
  checkCount(errors, poolCount, "status.poolCount");
  if (conditions && conditions.length > MAX_CONDITIONS) {
    errors.push(tooMany("status.conditions", conditions.length, MAX_CONDITIONS));
  }
  checkConditions(errors, conditions, "status.conditions");
}

export const resourcePoolStatusRequest: Strategy<ResourcePoolStatusRequest> = {
  defaults(next) {
    next.spec ??= {} as ResourcePoolStatusRequestSpec;
    next.spec.limit ??= DEFAULT_LIMIT;
    return next;
  },
  allowUnconditionalUpdate: false,
  ...separateStatus<ResourcePoolStatusRequest>({
    keepsMetadata: true,
    initial: () => undefined,
    check(next, prev) {
      const errors: FieldError[] = [];
      if (prev.status) checkImmutable(errors, next.status, prev.status, "status");
      else if (next.status) checkStatus(errors, next.status);
      return errors;
    },
  }),
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    checkDriverName(errors, spec.driver, "spec.driver");
    if (spec.poolName !== undefined) checkPoolName(errors, spec.poolName, "spec.poolName");
    const { limit = DEFAULT_LIMIT } = spec;
    if (limit < 1) errors.push(invalid("spec.limit", limit, "must be greater than or equal to 1"));
    if (limit > MAX_LIMIT) errors.push(invalid("spec.limit", limit, `must be less than or equal to ${MAX_LIMIT}`));
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
