/** PodGroup, one group of pods that is scheduled together. Source: KEP-4671, scheduling.k8s.io/v1alpha2. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkSubdomain } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { separateStatus } from "../common/status.ts";
import type { PodGroup, PodGroupSpec } from "../generated/api/scheduling-v1alpha2.ts";
import type { Strategy } from "../kind.ts";
import { checkGroup, checkNamed, checkTemplateReference, MAX_RESOURCE_CLAIMS } from "./pod-group-rules.ts";

/** None of them changes, and each is said to be immutable. */
const FIELDS = [
  "podGroupTemplateRef",
  "schedulingPolicy",
  "schedulingConstraints",
  "resourceClaims",
  "disruptionMode",
  "priorityClassName",
  "priority",
] as const satisfies readonly (keyof PodGroupSpec)[];

export const podGroup: Strategy<PodGroup> = {
  defaults(next) {
    next.spec ??= {} as PodGroupSpec;
    return next;
  },
  ...separateStatus<PodGroup>({
    keepsMetadata: true,
    check({ spec, status }) {
      const errors: FieldError[] = [];
      checkConditions(errors, status?.conditions, "status.conditions");
      const claims = status?.resourceClaimStatuses;
      checkNamed(errors, claims, "status.resourceClaimStatuses", {
        max: MAX_RESOURCE_CLAIMS,
        each(found, { resourceClaimName }, path) {
          if (resourceClaimName !== undefined) checkSubdomain(found, resourceClaimName, `${path}.resourceClaimName`);
        },
      });
      claims?.forEach(({ name }, i) => {
        if (spec.resourceClaims?.some((claim) => claim.name === name)) return;
        const detail = "must match the name of an entry in `spec.resourceClaims`";
        errors.push(invalid(`status.resourceClaimStatuses[${i}].name`, name, detail));
      });
      return errors;
    },
  }),
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    const from = spec.podGroupTemplateRef;
    if (from) checkTemplateReference(errors, from, "spec.podGroupTemplateRef");
    checkGroup(errors, spec, "spec");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    for (const field of FIELDS) checkImmutable(errors, next.spec[field], prev.spec[field], `spec.${field}`);
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
