/** PodGroup, one group of pods that is scheduled together. Source: KEP-4671, scheduling.k8s.io/v1alpha2. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkSubdomain } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { PodGroup, PodGroupSpec } from "../generated/api/scheduling-v1alpha2.ts";
import type { Strategy } from "../kind.ts";
import { checkGroup } from "./pod-group-rules.ts";

export const podGroup: Strategy<PodGroup> = {
  generation: true,
  defaults(next) {
    next.spec ??= {} as PodGroupSpec;
    return next;
  },
  ...separateStatus<PodGroup>({
    keepsMetadata: true,
    check({ spec, status }) {
      const errors: FieldError[] = [];
      checkConditions(errors, status?.conditions, "status.conditions");
      status?.resourceClaimStatuses?.forEach(({ name }, i) => {
        if (spec.resourceClaims?.some((claim) => claim.name === name)) return;
        const detail = "must match the name of an entry in `spec.resourceClaims`";
        errors.push(invalid(`status.resourceClaimStatuses[${i}].name`, name, detail));
      });
      return errors;
    },
  }),
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    const from = spec.podGroupTemplateRef?.workload;
    if (from) {
      const path = "spec.podGroupTemplateRef.workload";
      checkSubdomain(errors, from.workloadName, `${path}.workloadName`);
      checkLabel(errors, from.podGroupTemplateName, `${path}.podGroupTemplateName`);
    }
    checkGroup(errors, spec, "spec");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
