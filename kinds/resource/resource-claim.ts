/** ResourceClaim. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-claim-v1/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkResourceClaimSpec, defaultResourceClaimSpec } from "./claim-spec.ts";
import { claimStatusErrors, dropDeallocated } from "./claim-status.ts";
import type { ResourceClaim } from "./v1-types.ts";

function state({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp ? ["deleted"] : [];
  if (!status?.allocation) return deleted.length > 0 ? "deleted" : "pending";
  return [...deleted, "allocated", ...(status.reservedFor?.length ? ["reserved"] : [])].join(",");
}

export const resourceClaim: Strategy<ResourceClaim> = {
  defaults(next) {
    next.spec ??= {};
    defaultResourceClaimSpec(next.spec);
    return next;
  },
  ...separateStatus<ResourceClaim>({ check: claimStatusErrors, prepare: dropDeallocated, keepsMetadata: true }),
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    checkResourceClaimSpec(errors, spec, "spec");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), state(object), age(object, nowMs)],
};
