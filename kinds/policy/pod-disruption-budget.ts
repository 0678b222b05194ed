/**
 * PodDisruptionBudget.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
 */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkNonNegative, checkOneOf } from "../common/checks.ts";
import { checkConditions } from "../common/conditions.ts";
import { checkAtMost100Percent, checkIntOrPercent } from "../common/int-or-percent.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkSelector } from "../common/selectors.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { PodDisruptionBudget } from "./v1-types.ts";

const COUNTS = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const;

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid("spec", shownSpec(spec), "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const field of ["minAvailable", "maxUnavailable"] as const) {
    const value = spec[field];
    if (value === undefined) continue;
    checkIntOrPercent(errors, value, `spec.${field}`);
    checkAtMost100Percent(errors, value, `spec.${field}`);
  }
  checkSelector(errors, spec.selector, "spec.selector");
  if (spec.unhealthyPodEvictionPolicy !== undefined) {
    const supported = ["AlwaysAllow", "IfHealthyBudget"];
    checkOneOf(errors, spec.unhealthyPodEvictionPolicy, "spec.unhealthyPodEvictionPolicy", supported);
  }
  return errors;
}

/** With the names of Go's fields, as upstream shows it. */
const shownSpec = (spec: PodDisruptionBudget["spec"]): object => ({
  MinAvailable: spec.minAvailable,
  Selector: spec.selector ?? null,
  MaxUnavailable: spec.maxUnavailable,
  UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
});

function statusErrors({ status }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  checkConditions(errors, status?.conditions, "status.conditions");
  for (const field of COUNTS) checkNonNegative(errors, status?.[field], `status.${field}`);
  return errors;
}

export const podDisruptionBudget: Strategy<PodDisruptionBudget> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  ...separateStatus<PodDisruptionBudget>({
    check: statusErrors,
    initial: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  }),
  validate,
  row: (object, nowMs) => [
    nameOf(object),
    String(object.spec.minAvailable ?? "N/A"),
    String(object.spec.maxUnavailable ?? "N/A"),
    object.status?.disruptionsAllowed ?? 0,
    age(object, nowMs),
  ],
};
