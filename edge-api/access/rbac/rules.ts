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
  return !rule.resourceNames?.length || (access.name !== "" && rule.resourceNames.includes(access.name));
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

/** A trailing `*` matches any end; `*` alone everything. */
const urlMatches = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));

/** Whether a binding's subject is this user, or a group the user is in. @param namespace of the binding, for accounts that name none */
export function isSubject(
  subject: Subject,
  { user, groups }: { user: string; groups: readonly string[] },
  namespace: string,
): boolean {
  switch (subject.kind) {
    case "User":
      return subject.name === user || subject.name === "*";
    case "Group":
      return groups.includes(subject.name);
    case "ServiceAccount":
      return user === `system:serviceaccount:${subject.namespace || namespace}:${subject.name}`;
    default:
      return false;
  }
}
