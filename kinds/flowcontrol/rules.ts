/** What the rules of a FlowSchema may say. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
} from "../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import type { NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from "./v1-types.ts";

const ALL = "*";
const NAMESPACE_INTRO = "each member of this list must be '*' or a DNS-1123 label; ";
/** In the order in which upstream names them. */
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const SUBJECT_KINDS = ["Group", "ServiceAccount", "User"];

export function checkRule(errors: FieldError[], rule: PolicyRulesWithSubjects, path: string): void {
  if (!rule.subjects?.length) errors.push(required(`${path}.subjects`, "subjects must contain at least one value"));
  rule.subjects?.forEach((subject, i) => {
    checkSubject(errors, subject, `${path}.subjects[${i}]`);
  });
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) {
    errors.push(required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  rule.resourceRules?.forEach((one, i) => {
    checkResourceRule(errors, one, `${path}.resourceRules[${i}]`);
  });
  rule.nonResourceRules?.forEach((one, i) => {
    checkNonResourceRule(errors, one, `${path}.nonResourceRules[${i}]`);
  });
}

/** What is given besides the one that belongs to the kind, in upstream's order. */
const FOREIGN: { readonly [kind: string]: readonly ("serviceAccount" | "user" | "group")[] } = {
  ServiceAccount: ["user", "group"],
  User: ["serviceAccount", "group"],
  Group: ["serviceAccount", "user"],
};

function checkSubject(errors: FieldError[], subject: Subject, path: string): void {
  const { kind, serviceAccount, user, group } = subject;
  switch (kind) {
    case "ServiceAccount":
      checkServiceAccount(errors, serviceAccount, `${path}.serviceAccount`);
      break;
    case "User":
      if (!user) errors.push(required(`${path}.user`, "user is required when subject kind is 'User'"));
      else if (!user.name) errors.push(required(`${path}.user.name`));
      break;
    case "Group":
      if (!group) errors.push(required(`${path}.group`, "group is required when subject kind is 'Group'"));
      else if (!group.name) errors.push(required(`${path}.group.name`));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind ?? "", SUBJECT_KINDS));
      return;
  }
  for (const field of FOREIGN[kind] ?? []) {
    if (!subject[field]) continue;
    const itsKind = field[0]?.toUpperCase() + field.slice(1);
    errors.push(fieldForbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${itsKind}'`));
  }
}

function checkServiceAccount(errors: FieldError[], account: Subject["serviceAccount"], path: string): void {
  if (!account) {
    errors.push(required(path, "serviceAccount is required when subject kind is 'ServiceAccount'"));
    return;
  }
  const { name = "", namespace = "" } = account;
  if (name === "") errors.push(required(`${path}.name`));
  else if (name !== ALL) addMessages(errors, `${path}.name`, name, dns1123Subdomain(name));
  if (namespace === "") errors.push(required(`${path}.namespace`, "must specify namespace for service account"));
  else addMessages(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
}

function checkVerbs(errors: FieldError[], verbs: readonly string[] | undefined, path: string): void {
  if (!verbs?.length) errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  else if (verbs.includes(ALL)) {
    if (verbs.length > 1)
      errors.push(invalid(`${path}.verbs`, verbs, "if '*' is present, must not specify other verbs"));
  } else if (verbs.some((verb) => !VERBS.includes(verb))) {
    errors.push(notSupported(`${path}.verbs`, verbs, VERBS));
  }
}

function checkResourceRule(errors: FieldError[], rule: ResourcePolicyRule, path: string): void {
  const { verbs, apiGroups, resources, namespaces, clusterScope } = rule;
  checkVerbs(errors, verbs, path);
  if (!apiGroups?.length) {
    errors.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  } else if (apiGroups.length > 1 && apiGroups.includes(ALL)) {
    errors.push(invalid(`${path}.apiGroups`, apiGroups, "if '*' is present, must not specify other api groups"));
  }
  if (!resources?.length) {
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  } else if (resources.length > 1 && resources.includes(ALL)) {
    errors.push(invalid(`${path}.resources`, resources, "if '*' is present, must not specify other resources"));
  }
  checkNamespaces(errors, namespaces ?? [], { path: `${path}.namespaces`, clusterScope: clusterScope ?? false });
}

function checkNamespaces(
  errors: FieldError[],
  namespaces: readonly string[],
  { path, clusterScope }: { path: string; clusterScope: boolean },
): void {
  if (namespaces.length === 0 && !clusterScope) {
    errors.push(required(path, "resource rules that are not cluster scoped must supply at least one namespace"));
  } else if (namespaces.includes(ALL)) {
    if (namespaces.length > 1) {
      errors.push(invalid(path, namespaces, "if '*' is present, must not specify other namespaces"));
    }
  } else {
    namespaces.forEach((name, i) => {
      for (const message of dns1123Label(name)) errors.push(invalid(`${path}[${i}]`, name, NAMESPACE_INTRO + message));
    });
  }
}

function checkNonResourceRule(errors: FieldError[], rule: NonResourcePolicyRule, path: string): void {
  const { verbs, nonResourceURLs } = rule;
  checkVerbs(errors, verbs, path);
  if (!nonResourceURLs?.length) {
    errors.push(required(`${path}.nonResourceURLs`, "nonResourceURLs must contain at least one value"));
    return;
  }
  if (nonResourceURLs.includes(ALL)) {
    if (nonResourceURLs.length > 1) {
      const detail = "if '*' is present, must not specify other non-resource URLs";
      errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, detail));
    }
    return;
  }
  nonResourceURLs.forEach((url, i) => {
    const problem = urlProblem(url);
    if (problem !== undefined) errors.push(invalid(`${path}.nonResourceURLs[${i}]`, url, problem));
  });
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  if (url.includes("*") && !/^[^*]*\/\*$/.test(url)) return "wildcard can only do suffix matching";
  return undefined;
}

/** Of a FlowSchema's or a PriorityLevelConfiguration's status. */
export function checkConditions(errors: FieldError[], conditions: readonly { type?: string }[] | undefined): void {
  const seen = new Set<string>();
  conditions?.forEach(({ type = "" }, i) => {
    const path = `status.conditions[${i}].type`;
    if (seen.has(type)) errors.push(duplicate(path, type));
    seen.add(type);
    if (type === "") errors.push(required(path, "must not be empty"));
  });
}
