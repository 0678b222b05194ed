/** Which pods a ResourceQuota counts. Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { isStandardQuota } from "./pod-template/resource-names.ts";
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from "./v1-types.ts";

const POD_AMOUNTS = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const PODS = ["pods"];
const PODS_AND_AMOUNTS = [...PODS, ...POD_AMOUNTS];

/** Which of the standard resources each scope can narrow down. */
const SCOPES: { readonly [scope: string]: readonly string[] } = {
  Terminating: PODS_AND_AMOUNTS,
  NotTerminating: PODS_AND_AMOUNTS,
  BestEffort: PODS,
  NotBestEffort: PODS_AND_AMOUNTS,
  PriorityClass: PODS_AND_AMOUNTS,
  CrossNamespacePodAffinity: PODS_AND_AMOUNTS,
  VolumeAttributesClass: ["persistentvolumeclaims", "requests.storage"],
};

const WITHOUT_VALUES = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];

const CONFLICTS = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

const isScope = (scope: string): boolean => Object.hasOwn(SCOPES, scope);

const misapplied = (scope: string, hard: readonly string[]): boolean =>
  hard.some((resource) => isStandardQuota(resource) && !SCOPES[scope]?.includes(resource));

function checkRequirement(errors: FieldError[], requirement: ScopedResourceSelectorRequirement, path: string): void {
  const { scopeName, operator, values = [] } = requirement;
  if (WITHOUT_VALUES.includes(scopeName) && operator !== "Exists") {
    const detail =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
      "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${path}.operator`, operator, detail));
  }
  if (operator === "In" || operator === "NotIn") {
    if (values.length > 0) return;
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.push(required(`${path}.values`, detail));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length === 0) return;
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.push(invalid(`${path}.values`, values, detail));
  } else errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
}

export function checkQuotaScopes(errors: FieldError[], spec: ResourceQuotaSpec): void {
  const hard = Object.keys(spec.hard ?? {});
  const scopes = spec.scopes ?? [];
  for (const scope of scopes) {
    if (!isScope(scope)) errors.push(invalid("spec.scopes", scopes, "unsupported scope"));
    if (misapplied(scope, hard)) {
      errors.push(invalid("spec.scopes", scopes, "unsupported scope applied to resource"));
    }
  }
  for (const pair of CONFLICTS) {
    if (pair.every((scope) => scopes.includes(scope))) {
      errors.push(invalid("spec.scopes", scopes, "conflicting scopes"));
    }
  }
  const path = "spec.scopeSelector.matchExpressions";
  for (const requirement of spec.scopeSelector?.matchExpressions ?? []) {
    const { scopeName } = requirement;
    if (!isScope(scopeName)) errors.push(invalid(`${path}.scopeName`, scopeName, "unsupported scope"));
    if (misapplied(scopeName, hard)) {
      errors.push(invalid(path, spec.scopeSelector, "unsupported scope applied to resource"));
    }
    checkRequirement(errors, requirement, path);
  }
}
