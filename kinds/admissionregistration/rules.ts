/** Which requests a webhook or policy is about. */
import { duplicate, type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf } from "../common/checks.ts";
import { checkSelector } from "../common/selectors.ts";
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from "./v1-types.ts";

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];

export function defaultRules(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

/** A list where "*" stands for all, so that nothing may stand beside it. */
function checkList(
  errors: FieldError[],
  { values, path, noun }: { values: readonly string[] | undefined; path: string; noun: string },
): void {
  if (!values?.length) errors.push(required(path));
  else if (values.length > 1 && values.includes("*")) {
    errors.push(invalid(path, values, `if '*' is present, must not specify other ${noun}`));
  }
}

function checkResources(errors: FieldError[], resources: readonly string[] | undefined, path: string): void {
  if (!resources?.length) {
    errors.push(required(path));
    return;
  }
  const allSubresources = new Set<string>();
  const ofAllResources = new Set<string>();
  let plain = false;
  resources.forEach((text, i) => {
    const at = `${path}[${i}]`;
    if (text === "") {
      errors.push(required(at));
      return;
    }
    const slash = text.indexOf("/");
    if (slash < 0) {
      plain = text !== "*";
      return;
    }
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    if (allSubresources.has(resource)) {
      errors.push(invalid(at, text, `if '${resource}/*' is present, must not specify ${text}`));
    }
    if (ofAllResources.has(sub)) errors.push(invalid(at, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === "*") allSubresources.add(resource);
    if (resource === "*") ofAllResources.add(sub);
  });
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes("*") && plain) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(path, resources, detail));
  }
}

export function checkRule(errors: FieldError[], rule: RuleWithOperations, path: string): void {
  checkList(errors, { values: rule.operations, path: `${path}.operations`, noun: "operations" });
  rule.operations?.forEach((operation, i) => {
    checkOneOf(errors, operation, `${path}.operations[${i}]`, OPERATIONS);
  });
  checkList(errors, { values: rule.apiGroups, path: `${path}.apiGroups`, noun: "API groups" });
  checkList(errors, { values: rule.apiVersions, path: `${path}.apiVersions`, noun: "API versions" });
  rule.apiVersions?.forEach((version, i) => {
    if (version === "") errors.push(required(`${path}.apiVersions[${i}]`));
  });
  checkResources(errors, rule.resources, `${path}.resources`);
  if (rule.scope !== undefined && !SCOPES.includes(rule.scope)) {
    errors.push(notSupported(`${path}.scope`, rule.scope, SCOPES));
  }
}

function checkResourceNames(errors: FieldError[], names: readonly string[] | undefined, path: string): void {
  names?.forEach((name, i) => {
    addMessages(errors, `${path}[${i}]`, name, pathSegmentName(name));
    if (names.indexOf(name) < i) errors.push(duplicate(`${path}[${i}]`, name));
  });
}

const MUTATING_OPERATIONS = ["*", "CONNECT", "CREATE", "UPDATE"];

/** What is deleted cannot be changed. */
export function checkMutatingOperations(errors: FieldError[], match: MatchResources, path: string): void {
  for (const { operations } of match.resourceRules ?? [])
    for (const operation of operations ?? [])
      checkOneOf(errors, operation, `${path}.resourceRules.operations`, MUTATING_OPERATIONS);
}

/** Of admission policies and their bindings. */
export function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function checkMatch(errors: FieldError[], match: MatchResources, path: string): void {
  if (match.matchPolicy !== undefined) {
    checkOneOf(errors, match.matchPolicy, `${path}.matchPolicy`, ["Equivalent", "Exact"]);
  }
  checkSelector(errors, match.namespaceSelector, `${path}.namespaceSelector`);
  checkSelector(errors, match.objectSelector, `${path}.objectSelector`);
  for (const field of ["resourceRules", "excludeResourceRules"] as const) {
    match[field]?.forEach((rule: NamedRuleWithOperations, i) => {
      checkResourceNames(errors, rule.resourceNames, `${path}.${field}[${i}].resourceNames`);
      checkRule(errors, rule, `${path}.${field}[${i}]`);
    });
  }
}
