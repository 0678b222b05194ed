/** Whether a request is what a policy, or its binding, is about. Pure. */
import type { MatchResources, NamedRuleWithOperations } from "../../../kinds/admissionregistration/v1-types.ts";
import type { Kind } from "../../../kinds/kind.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { compileSelector } from "../../../machinery/meta/selector.ts";
import type { Attributes } from "../admission/plugin.ts";

/** Policies and webhooks must not keep anybody from mending them. */
const EXEMPT: ReadonlySet<string> = new Set(
  [
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
  ].map((plural) => `${plural}.admissionregistration.k8s.io`),
);

export const isExempt = ({ kind }: Pick<Attributes, "kind">): boolean => EXEMPT.has(kind.storage);

export interface Matching {
  attributes: Attributes;
  /** Of the request's namespace; undefined for what lies in none. */
  namespace: KubeObject | undefined;
  /** Other groups and versions under which the same objects are served. */
  equivalents: readonly Kind[];
}

/** As which of its kinds the request is meant; undefined for one that is not. */
export function matched(match: MatchResources | undefined, matching: Matching): Kind | undefined {
  const { attributes, namespace, equivalents } = matching;
  if (!match) return attributes.kind;
  const { resourceRules, excludeResourceRules, matchPolicy } = match;
  const kinds = matchPolicy === "Exact" ? [attributes.kind] : [attributes.kind, ...equivalents];
  // The request's own kind comes before others, whichever rule names it.
  const named = (rules: readonly NamedRuleWithOperations[]): Kind | undefined =>
    kinds.find((kind) => rules.some((rule) => ruleMatches(rule, kind, attributes)));
  if (excludeResourceRules?.length && named(excludeResourceRules)) return undefined;
  const kind = resourceRules?.length ? named(resourceRules) : attributes.kind;
  return namespaceMatches(match, attributes, namespace) && objectMatches(match, attributes) ? kind : undefined;
}

function ruleMatches(rule: NamedRuleWithOperations, { group, version, plural }: Kind, attributes: Attributes): boolean {
  const has = (values: readonly string[] | undefined, value: string): boolean =>
    values?.some((each) => each === "*" || each === value) ?? false;
  const { operation, subresource, namespace, name, kind } = attributes;
  if (!has(rule.operations, operation) || !has(rule.apiGroups, group) || !has(rule.apiVersions, version)) return false;
  if (rule.resourceNames?.length && !rule.resourceNames.includes(name)) return false;
  // A namespace itself lies in none.
  const isNamespaced = namespace !== "" && kind.storage !== "namespaces";
  if (rule.scope === "Namespaced" && !isNamespaced) return false;
  if (rule.scope === "Cluster" && isNamespaced) return false;
  return (rule.resources ?? []).some((text) => {
    const [wanted, sub = ""] = text.split("/") as [string, string?];
    return (wanted === "*" || wanted === plural) && (sub === "*" || sub === subresource);
  });
}

function namespaceMatches(
  { namespaceSelector }: MatchResources,
  { kind, object, old }: Attributes,
  namespace: KubeObject | undefined,
): boolean {
  if (!namespaceSelector || isEmpty(namespaceSelector)) return true;
  const labels = kind.storage === "namespaces" ? (object ?? old)?.metadata.labels : namespace?.metadata.labels;
  // What lies in no namespace is not for their labels to decide.
  if (!namespace && kind.storage !== "namespaces") return true;
  return compileSelector(namespaceSelector)(labels);
}

function objectMatches({ objectSelector }: MatchResources, { object, old }: Attributes): boolean {
  if (!objectSelector || isEmpty(objectSelector)) return true;
  const selects = compileSelector(objectSelector);
  // What cannot have labels, as the options of a connection, is never selected by them.
  return [object, old].some((each) => each?.metadata && selects(each.metadata.labels));
}

const isEmpty = (selector: { matchLabels?: object; matchExpressions?: readonly unknown[] }): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
