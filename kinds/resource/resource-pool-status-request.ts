/** ResourcePoolStatusRequest, a question answered once in its status. Source: KEP-5677, resource.k8s.io/v1alpha3. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { ResourcePoolStatusRequest, ResourcePoolStatusRequestSpec } from "../generated/api/resource-v1alpha3.ts";
import type { Strategy } from "../kind.ts";
import { checkDriverName, checkPoolName } from "./names.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

export const resourcePoolStatusRequest: Strategy<ResourcePoolStatusRequest> = {
  defaults(next) {
    next.spec ??= {} as ResourcePoolStatusRequestSpec;
    next.spec.limit ??= DEFAULT_LIMIT;
    return next;
  },
  ...separateStatus<ResourcePoolStatusRequest>({
    keepsMetadata: true,
    initial: () => undefined,
    check(next, prev) {
      const errors: FieldError[] = [];
      if (prev.status) checkImmutable(errors, next.status, prev.status, "status");
      else checkConditions(errors, next.status?.conditions, "status.conditions");
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
