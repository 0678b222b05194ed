/**
 * Which FlowSchema a request belongs to. Pure.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../kinds/flowcontrol/v1-types.ts";
import { type Identity, serviceAccountOf } from "../access/identity.ts";
import type { RequestInfo } from "../http/request-info.ts";

const ALL = "*";

/** In the order in which they are tried: by precedence, equals by name. */
export const bySchemaOrder = (a: FlowSchema, b: FlowSchema): number =>
  (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) ||
  ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);

/** The rules of a schema that are about this identity. */
export const rulesFor = ({ spec }: FlowSchema, identity: Identity): PolicyRulesWithSubjects[] =>
  (spec.rules ?? []).filter(({ subjects }) => subjects.some((subject) => isAbout(subject, identity)));

function isAbout({ kind, user, group, serviceAccount }: Subject, identity: Identity): boolean {
  switch (kind) {
    case "User":
      return user !== undefined && (user.name === ALL || user.name === identity.user);
    case "Group":
      return group !== undefined && (group.name === ALL || identity.groups.includes(group.name));
    case "ServiceAccount": {
      const account = serviceAccountOf(identity.user);
      if (!account || account.namespace !== serviceAccount?.namespace) return false;
      return serviceAccount.name === ALL || serviceAccount.name === account.name;
    }
    default:
      return false;
  }
}

/** @param rules of rulesFor */
export function matches(rules: readonly PolicyRulesWithSubjects[], info: RequestInfo): boolean {
  for (const { resourceRules, nonResourceRules } of rules) {
    if (info.isResource) {
      for (const rule of resourceRules ?? []) if (matchesResource(rule, info)) return true;
    } else {
      for (const rule of nonResourceRules ?? []) if (matchesPath(rule, info)) return true;
    }
  }
  return false;
}

const holds = (values: readonly string[], value: string): boolean => values.includes(ALL) || values.includes(value);

function matchesResource(
  { verbs, apiGroups, resources, namespaces, clusterScope }: ResourcePolicyRule,
  info: RequestInfo,
) {
  if (!holds(verbs, info.verb) || !holds(apiGroups, info.group)) return false;
  const { resource, subresource, namespace } = info;
  if (!holds(resources, subresource === "" ? resource : `${resource}/${subresource}`)) return false;
  return namespace === "" ? clusterScope === true : namespaces !== undefined && holds(namespaces, namespace);
}

const matchesPath = ({ verbs, nonResourceURLs }: NonResourcePolicyRule, { verb, path }: RequestInfo): boolean =>
  holds(verbs, verb) &&
  nonResourceURLs.some(
    (url) => url === ALL || url === path || (url.endsWith("/*") && path.startsWith(url.slice(0, -1))),
  );
