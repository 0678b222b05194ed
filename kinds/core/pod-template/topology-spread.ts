/** Topology spread constraints. */
import { duplicate, type FieldError, invalid, required } from "../../../machinery/meta/field-error.ts";
import { checkOneOf, NOT_POSITIVE } from "../../common/checks.ts";
import { checkSelector } from "../../common/selectors.ts";
import type { TopologySpreadConstraint } from "../v1-types.ts";
import { checkLabelKeys } from "./affinity.ts";

const POLICIES = ["Honor", "Ignore"];

export function checkTopologySpread(
  errors: FieldError[],
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): void {
  constraints?.forEach((constraint, i) => {
    const item = `${path}[${i}]`;
    const { maxSkew, topologyKey = "", whenUnsatisfiable, minDomains } = constraint;
    if (!(maxSkew > 0)) errors.push(invalid(`${item}.maxSkew`, maxSkew ?? 0, NOT_POSITIVE));
    if (!topologyKey) errors.push(required(`${item}.topologyKey`, "can not be empty"));
    checkOneOf(errors, whenUnsatisfiable, `${item}.whenUnsatisfiable`, ["DoNotSchedule", "ScheduleAnyway"]);
    const repeated = constraints
      .slice(i + 1)
      .some((other) => (other.topologyKey ?? "") === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) {
      errors.push(
        duplicate(`${item}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable ?? ""}}`),
      );
    }
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${item}.minDomains`, minDomains, NOT_POSITIVE));
      if (whenUnsatisfiable !== "DoNotSchedule") {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable ?? ""}`;
        errors.push(invalid(`${item}.minDomains`, minDomains, detail));
      }
    }
    for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const) {
      if (constraint[field] !== undefined) checkOneOf(errors, constraint[field], `${item}.${field}`, POLICIES);
    }
    checkLabelKeys(errors, constraint, item);
    checkSelector(errors, constraint.labelSelector, `${item}.labelSelector`);
  });
}
