/** LeaseCandidate. Source: https://kubernetes.io/docs/concepts/cluster-administration/coordinated-leader-election/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { LeaseCandidate } from "../generated/api/coordination-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { checkLeaseStrategy } from "./lease-strategy.ts";

export const leaseCandidate: Strategy<LeaseCandidate> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= {} as LeaseCandidate["spec"];
    return next;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkPresent(errors, spec.leaseName, "spec.leaseName");
    checkPresent(errors, spec.binaryVersion, "spec.binaryVersion");
    if (checkPresent(errors, spec.strategy, "spec.strategy")) {
      checkLeaseStrategy(errors, spec.strategy, "spec.strategy");
    }
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.leaseName, prev.spec.leaseName, "spec.leaseName");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.leaseName ?? "",
    object.spec.binaryVersion ?? "",
    object.spec.emulationVersion ?? "",
    age(object, nowMs),
  ],
};
