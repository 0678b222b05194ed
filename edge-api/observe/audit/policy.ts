/**
 * Which requests are logged, and how much of them: audit.k8s.io/v1 Policy. The first rule that fits decides.
 * Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 */
import { parseYaml } from "../../../machinery/codec/yaml.ts";
import type { Identity } from "../../access/identity.ts";
import type { RequestInfo } from "../../http/request-info.ts";

const LEVELS = ["None", "Metadata", "Request", "RequestResponse"] as const;
const STAGES = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type Level = (typeof LEVELS)[number];
export type Stage = (typeof STAGES)[number];

interface GroupResources {
  group?: string;
  resources?: string[];
  resourceNames?: string[];
}

export interface Rule {
  level: Level;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: GroupResources[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}

export interface Policy {
  rules: Rule[];
  omitStages: Stage[];
  omitManagedFields: boolean;
}

/** What is to be done for one request. */
export interface Decision {
  level: Level;
  omitStages: ReadonlySet<Stage>;
  omitManagedFields: boolean;
}

/** @param text YAML or JSON. @throws Error that says what is wrong with it */
export function parsePolicy(text: string): Policy {
  const value = parseYaml(text).value as Partial<Policy> & { kind?: unknown; apiVersion?: unknown };
  if (value?.kind !== "Policy" || value.apiVersion !== "audit.k8s.io/v1") {
    throw new Error("audit policy: expected kind Policy of audit.k8s.io/v1");
  }
  if (!Array.isArray(value.rules) || value.rules.length === 0) throw new Error("audit policy: it has no rules");
  for (const [i, rule] of value.rules.entries()) {
    if (!LEVELS.includes(rule.level)) throw new Error(`audit policy: rules[${i}].level: ${String(rule.level)}`);
    checkStages(rule.omitStages ?? [], `rules[${i}].omitStages`);
    checkScope(rule, `rules[${i}]`);
  }
  checkStages(value.omitStages ?? [], "omitStages");
  return {
    rules: value.rules,
    omitStages: value.omitStages ?? [],
    omitManagedFields: value.omitManagedFields ?? false,
  };
}

function checkStages(stages: readonly Stage[], where: string): void {
  const bad = stages.find((stage) => !STAGES.includes(stage));
  if (bad !== undefined) throw new Error(`audit policy: ${where}: ${String(bad)}`);
}

function checkScope({ nonResourceURLs = [], resources = [], namespaces = [] }: Rule, where: string): void {
  const complain = (what: string): Error => new Error(`audit policy: ${where}${what}`);
  if (nonResourceURLs.length > 0 && resources.length + namespaces.length > 0)
    throw complain(".nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs");
  for (const url of nonResourceURLs) {
    if (url === "*") continue;
    if (!url.startsWith("/")) throw complain(`.nonResourceURLs: ${url}: must begin with a '/' character`);
    if (url.slice(0, -1).includes("*")) throw complain(`.nonResourceURLs: ${url}: '*' wildcards must be at the end`);
  }
  for (const [i, { resources: names = [], resourceNames = [] }] of resources.entries())
    if (resourceNames.length > 0 && names.length === 0)
      throw complain(`.resources[${i}].resourceNames: using resourceNames requires at least one resource`);
}

/** What no rule fits is not logged. */
export function decide(policy: Policy, info: RequestInfo, identity: Identity): Decision {
  const rule = policy.rules.find((one) => matches(one, info, identity));
  return {
    level: rule?.level ?? "None",
    omitStages: new Set([...policy.omitStages, ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields,
  };
}

const any = (list: readonly string[] | undefined): list is readonly string[] => list !== undefined && list.length > 0;

function matches(rule: Rule, info: RequestInfo, { user, groups }: Identity): boolean {
  if (any(rule.users) && !rule.users.includes(user)) return false;
  if (any(rule.userGroups) && !groups.some((group) => rule.userGroups!.includes(group))) return false;
  if (any(rule.verbs) && !rule.verbs.includes(info.verb)) return false;
  if (any(rule.namespaces) || (rule.resources ?? []).length > 0) return matchesResource(rule, info);
  return !any(rule.nonResourceURLs) || matchesPath(rule.nonResourceURLs, info);
}

function matchesPath(urls: readonly string[], { isResource, path }: RequestInfo): boolean {
  if (isResource) return false;
  return urls.some((url) => (url.endsWith("*") ? path.startsWith(url.slice(0, -1)) : path === url));
}

function matchesResource({ namespaces, resources = [] }: Rule, info: RequestInfo): boolean {
  if (!info.isResource) return false;
  if (any(namespaces) && !namespaces.includes(info.namespace)) return false;
  return resources.length === 0 || resources.some((one) => matchesGroup(one, info));
}

function matchesGroup({ group = "", resources, resourceNames }: GroupResources, info: RequestInfo): boolean {
  if (group !== info.group) return false;
  if (!any(resources)) return true;
  if (any(resourceNames) && !resourceNames.includes(info.name)) return false;
  const { resource, subresource } = info;
  const combined = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some(
    (wanted) =>
      wanted === "*" ||
      wanted === combined ||
      (wanted.startsWith("*/") && subresource === wanted.slice(2)) ||
      (wanted.endsWith("/*") && resource === wanted.slice(0, -2)),
  );
}
