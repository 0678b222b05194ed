/**
 * Whether somebody's rules allow all that other rules allow: what keeps people from granting more than they have. Pure.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import { type PolicyRule, urlMatches } from "./rules.ts";

/** One verb on one resource of one group, perhaps of one name; or one verb on one path. */
interface Grant {
  verb: string;
  group?: string;
  resource?: string;
  name?: string;
  url?: string;
}

function grantsOf({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule) {
  const grants: Grant[] = [];
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        if (resourceNames.length === 0) grants.push({ verb, group, resource });
        for (const name of resourceNames) grants.push({ verb, group, resource, name });
      }
  for (const url of nonResourceURLs) for (const verb of verbs) grants.push({ verb, url });
  return grants;
}

const hasOrAll = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes("*") || list.includes(value));

function covers(rule: PolicyRule, { verb, group, resource, name, url }: Grant): boolean {
  if (!hasOrAll(rule.verbs, verb)) return false;
  // Whether by "*" or by name, a rule with names covers no grant without.
  if (
    name === undefined ? rule.resourceNames?.length : rule.resourceNames?.length && !rule.resourceNames.includes(name)
  )
    return false;
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  if (group === undefined || resource === undefined || !hasOrAll(rule.apiGroups, group)) return false;
  if (hasOrAll(rule.resources, resource)) return true;
  const slash = resource.indexOf("/");
  return slash >= 0 && (rule.resources?.includes(`*${resource.slice(slash)}`) ?? false);
}

/** What `wanted` allows and `held` does not, one verb and resource a rule. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  for (const grant of wanted.flatMap(grantsOf)) {
    if (held.some((rule) => covers(rule, grant))) continue;
    missing.push(toRule(grant));
  }
  return missing;
}

const toRule = ({ verb, group, resource, name, url }: Grant): PolicyRule =>
  url !== undefined
    ? { verbs: [verb], nonResourceURLs: [url] }
    : {
        verbs: [verb],
        apiGroups: [group ?? ""],
        resources: [resource ?? ""],
        ...(name !== undefined && { resourceNames: [name] }),
      };

/** One line a resource, with all its verbs, as an error message shows them; sorted. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const byResource = new Map<string, PolicyRule>();
  const lines = new Set<string>();
  for (const rule of rules) {
    if (rule.nonResourceURLs) {
      lines.add(describe(rule));
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = byResource.get(key);
    if (known) known.verbs = [...known.verbs, ...rule.verbs];
    else byResource.set(key, { ...rule });
  }
  for (const rule of byResource.values()) lines.add(describe(rule));
  return [...lines].sort().join("\n");
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
function describe({ verbs, apiGroups, resources, nonResourceURLs, resourceNames }: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ["APIGroups", apiGroups],
    ["Resources", resources],
    ["NonResourceURLs", nonResourceURLs],
    ["ResourceNames", resourceNames],
    ["Verbs", verbs],
  ];
  const shown = parts.flatMap(([title, list]) => (list?.length ? [`${title}:${quoteList(list)}`] : []));
  return `{${shown.join(", ")}}`;
}

/** A list as Go's %q prints it: `["a" "b"]`. */
export const quoteList = (list: readonly string[]): string => `[${list.map((item) => JSON.stringify(item)).join(" ")}]`;
