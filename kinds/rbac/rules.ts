/** What roles allow. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { type Cell, nameOf } from "../common/rows.ts";
import type { ClusterRole, PolicyRule, Role } from "./v1-types.ts";

function checkRule(errors: FieldError[], rule: PolicyRule, path: string, namespaced: boolean): void {
  if (!rule.verbs?.length) errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  const urls = rule.nonResourceURLs;
  if (urls?.length) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced) errors.push(invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(invalid(at, urls, "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return;
  }
  if (!rule.apiGroups?.length) {
    errors.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  }
  if (!rule.resources?.length) {
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  }
}

export function checkRules(
  errors: FieldError[],
  rules: readonly PolicyRule[] | undefined,
  { namespaced }: { namespaced: boolean },
): void {
  rules?.forEach((rule, i) => {
    checkRule(errors, rule, `rules[${i}]`, namespaced);
  });
}

/** The second column is a date, not an age. */
export const roleRow = (object: Role | ClusterRole): Cell[] => [
  nameOf(object),
  object.metadata.creationTimestamp ?? null,
];
