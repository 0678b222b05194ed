/** Role. Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import type { Strategy } from "../kind.ts";
import { checkRules, roleRow } from "./rules.ts";
import type { Role } from "./v1-types.ts";

export const role: Strategy<Role> = {
  nameErrors: pathSegmentName,
  allowCreateOnUpdate: true,
  validate({ rules }) {
    const errors: FieldError[] = [];
    checkRules(errors, rules, { namespaced: true });
    return errors;
  },
  row: roleRow,
};
