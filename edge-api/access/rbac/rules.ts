/**
 * What a policy rule allows. Pure.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import type { Access } from "../authorize.ts";

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

const matches = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes("*"));

export function ruleAllows(rule: PolicyRule, access: Access): boolean {
  if (!matches(rule.verbs, access.verb)) return false;
  if (!access.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, access.path));
  if (!matches(rule.apiGroups, access.group)) return false;
  if (!resourceMatches(rule.resources, access)) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(access.name);
}

/** A subresource must be named (`pods/log`), or matched by `*`, or by `*` with the same subresource. */
function resourceMatches(resources: readonly string[] | undefined, { resource, subresource }: Access): boolean {
  if (!resources) return false;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  return (
    resources.includes(full) ||
    resources.includes("*") ||
    (subresource !== "" && resources.includes(`*/${subresource}`))
  );
}

/** Trailing `*` match any end; `*` alone everything. */
export function urlMatches(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  let end = pattern.length;
  while (end > 0 && pattern.charCodeAt(end - 1) === 42) end--;
  return end < pattern.length && path.startsWith(pattern.slice(0, end));
}
