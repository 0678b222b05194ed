/** Lease. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
import { type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import { checkLeaseStrategy } from "./lease-strategy.ts";
import type { Lease } from "./v1-types.ts";

/** These take a gate that is closed by default (CoordinatedLeaderElection): they stay only where they are already. */
function withoutCoordination(next: Lease, prev?: Lease): Lease {
  for (const field of ["strategy", "preferredHolder"] as const) {
    if (prev?.spec?.[field] === undefined) delete next.spec?.[field];
  }
  return next;
}

export const lease: Strategy<Lease> = {
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  prepareForCreate: (next) => withoutCoordination(next),
  prepareForUpdate: withoutCoordination,
  validate({ spec }) {
    const errors: FieldError[] = [];
    const seconds = spec.leaseDurationSeconds;
    if (seconds !== undefined && seconds <= 0) {
      errors.push(invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
    }
    checkNonNegative(errors, spec.leaseTransitions, "spec.leaseTransitions");
    if (spec.strategy !== undefined) checkLeaseStrategy(errors, spec.strategy, "spec.strategy.strategy");
    if (spec.preferredHolder && !spec.strategy) {
      errors.push(fieldForbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"));
    }
    return errors;
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  row: (object, nowMs) => [nameOf(object), object.spec.holderIdentity ?? "", age(object, nowMs)],
};
