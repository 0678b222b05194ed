/** ClusterRole. Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-v1/ */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import { checkSelector } from "../common/selectors.ts";
import type { Strategy } from "../kind.ts";
import { checkRules, roleRow } from "./rules.ts";
import type { ClusterRole } from "./v1-types.ts";

export const clusterRole: Strategy<ClusterRole> = {
  nameErrors: pathSegmentName,
  allowCreateOnUpdate: true,
  validate({ rules, aggregationRule }) {
    const errors: FieldError[] = [];
    checkRules(errors, rules, { namespaced: false });
    if (!aggregationRule) return errors;
    const path = "aggregationRule.clusterRoleSelectors";
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) {
      const detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
      errors.push(required(path, detail));
    }
    selectors.forEach((selector, i) => {
      checkSelector(errors, selector, `${path}[${i}]`);
    });
    return errors;
  },
  row: roleRow,
};
