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

const MISAPPLIED = "unsupported scope applied to resource";
const CONFLICTING = "conflicting scopes";

const isScope = (scope: string): boolean => Object.hasOwn(SCOPES, scope);

/** One error for each resource that the scope cannot narrow down. Of a scope that is unknown, none are known. */
function checkApplied(errors: FieldError[], scope: string, hard: readonly string[], error: FieldError): void {
  const allowed = isScope(scope) ? SCOPES[scope] : undefined;
  if (!allowed) return;
  for (const resource of hard) if (isStandardQuota(resource) && !allowed.includes(resource)) errors.push(error);
}

function checkConflicts(errors: FieldError[], names: readonly string[], error: FieldError): void {
  for (const pair of CONFLICTS) if (pair.every((scope) => names.includes(scope))) errors.push(error);
}

function checkRequirement(errors: FieldError[], requirement: ScopedResourceSelectorRequirement, path: string): void {
  const { scopeName, operator, values = [] } = requirement;
  if (WITHOUT_VALUES.includes(scopeName) && operator !== "Exists") {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
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
    checkApplied(errors, scope, hard, invalid("spec.scopes", scopes, MISAPPLIED));
  }
  checkConflicts(errors, scopes, invalid("spec.scopes", scopes, CONFLICTING));
  const path = "spec.scopeSelector.matchExpressions";
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  for (const requirement of requirements) {
    const { scopeName } = requirement;
    if (!isScope(scopeName)) errors.push(invalid(`${path}.scopeName`, scopeName, "unsupported scope"));
    checkApplied(errors, scopeName, hard, invalid(path, spec.scopeSelector, MISAPPLIED));
    checkRequirement(errors, requirement, path);
  }
  const names = requirements.map(({ scopeName }) => scopeName);
  // The message shows the other list, as upstream's does.
  checkConflicts(errors, names, invalid(path, spec.scopes ?? null, CONFLICTING));
}
