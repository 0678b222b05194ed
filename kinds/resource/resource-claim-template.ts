/** ResourceClaimTemplate. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-claim-template-v1/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { checkAnnotations, checkLabels } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { checkResourceClaimSpec, defaultResourceClaimSpec } from "./claim-spec.ts";
import type { ResourceClaimTemplate } from "./v1-types.ts";

export const resourceClaimTemplate: Strategy<ResourceClaimTemplate> = {
  defaults(next) {
    next.spec ??= { spec: {} };
    next.spec.spec ??= {};
    next.spec.metadata ??= {};
    defaultResourceClaimSpec(next.spec.spec);
    return next;
  },
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    checkAnnotations(errors, spec.metadata?.annotations, "spec.metadata.annotations");
    checkLabels(errors, spec.metadata?.labels, "spec.metadata.labels");
    checkResourceClaimSpec(errors, spec.spec, "spec.spec");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec, prev.spec, "spec");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
