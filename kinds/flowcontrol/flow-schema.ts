/** FlowSchema. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { FlowSchema, PolicyRulesWithSubjects } from "./v1-types.ts";

const MAX_PRECEDENCE = 10_000;
const DEFAULT_PRECEDENCE = 1000;
const EXEMPT = "exempt";

function checkRule(errors: FieldError[], rule: PolicyRulesWithSubjects, path: string): void {
  if (!rule.subjects?.length) {
    errors.push(required(`${path}.subjects`, "subjects must contain at least one value"));
  }
  rule.subjects?.forEach(({ kind }, i) => {
    checkOneOf(errors, kind, `${path}.subjects[${i}].kind`, ["Group", "ServiceAccount", "User"]);
  });
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) {
    errors.push(required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  rule.resourceRules?.forEach(({ verbs, apiGroups, resources, clusterScope, namespaces }, i) => {
    const at = `${path}.resourceRules[${i}]`;
    if (!verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
    if (!apiGroups?.length) {
      errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
    }
    if (!resources?.length) {
      errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
    }
    if (!namespaces?.length && !clusterScope) {
      const detail = "resource rules that are not cluster scoped must supply at least one namespace";
      errors.push(required(`${at}.namespaces`, detail));
    }
  });
  rule.nonResourceRules?.forEach(({ verbs, nonResourceURLs }, i) => {
    const at = `${path}.nonResourceRules[${i}]`;
    if (!verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
    if (!nonResourceURLs?.length) {
      errors.push(required(`${at}.nonResourceURLs`, "nonResourceURLs must contain at least one value"));
    }
  });
}

function validate({ metadata, spec }: FlowSchema): FieldError[] {
  const errors: FieldError[] = [];
  const precedence = spec.matchingPrecedence ?? 0;
  const path = "spec.matchingPrecedence";
  if (precedence <= 0) errors.push(invalid(path, precedence, "must be a positive value"));
  if (precedence > MAX_PRECEDENCE) {
    errors.push(invalid(path, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  }
  if (precedence === 1 && metadata.name !== EXEMPT) {
    errors.push(invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (spec.distinguisherMethod) {
    checkOneOf(errors, spec.distinguisherMethod.type, "spec.distinguisherMethod.type", ["ByNamespace", "ByUser"]);
  }
  const level = spec.priorityLevelConfiguration?.name;
  const at = "spec.priorityLevelConfiguration.name";
  if (checkPresent(errors, level, at, "must reference a priority level")) {
    addMessages(errors, at, level, dns1123Subdomain(level));
  }
  spec.rules?.forEach((rule, i) => {
    checkRule(errors, rule, `spec.rules[${i}]`);
  });
  return errors;
}

export const flowSchema: Strategy<FlowSchema> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= { priorityLevelConfiguration: { name: "" } };
    next.spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
    return next;
  },
  ...separateStatus<FlowSchema>(),
  validate,
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.priorityLevelConfiguration?.name ?? "",
    String(object.spec.matchingPrecedence ?? 0),
    object.spec.distinguisherMethod?.type ?? "<none>",
    age(object, nowMs),
    object.status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
  ],
};
