/** Workload, which says how groups of pods are scheduled. Source: KEP-4671, scheduling.k8s.io/v1alpha2. */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import { addMessages, checkPresent, checkSubdomain } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { TypedLocalObjectReference, Workload, WorkloadSpec } from "../generated/api/scheduling-v1alpha2.ts";
import type { Strategy } from "../kind.ts";
import { checkGroup, checkNamed, checkRequiredLabel } from "./pod-group-rules.ts";

const MAX_GROUPS = 8;

function checkReference(errors: FieldError[], reference: TypedLocalObjectReference, path: string): void {
  if (reference.apiGroup) checkSubdomain(errors, reference.apiGroup, `${path}.apiGroup`);
  for (const field of ["kind", "name"] as const) {
    const value = reference[field];
    if (!checkPresent(errors, value, `${path}.${field}`)) continue;
    addMessages(errors, `${path}.${field}`, value, pathSegmentName(value));
  }
}

export const workload: Strategy<Workload> = {
  defaults(next) {
    next.spec ??= {} as WorkloadSpec;
    return next;
  },
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    if (spec.controllerRef) checkReference(errors, spec.controllerRef, "spec.controllerRef");
    const templates = spec.podGroupTemplates ?? [];
    if (templates.length === 0) errors.push(required("spec.podGroupTemplates"));
    checkNamed(errors, templates, "spec.podGroupTemplates", {
      max: MAX_GROUPS,
      each(found, template, path) {
        checkRequiredLabel(found, template.name, `${path}.name`);
        checkGroup(found, template, path);
      },
    });
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.controllerRef, prev.spec.controllerRef, "spec.controllerRef");
    checkImmutable(errors, next.spec.podGroupTemplates, prev.spec.podGroupTemplates, "spec.podGroupTemplates");
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), age(object, nowMs)],
};
