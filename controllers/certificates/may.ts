import type { ClusterRole, ClusterRoleBinding, Subject } from "../../kinds/rbac/v1-types.ts";

const GROUP = "certificates.k8s.io";
const RESOURCE = "certificatesigningrequests";

/**
 * Whether cluster roles let somebody create a subresource of certificate requests: how administrators say whose
 * requests are approved without asking. Only bindings of the whole cluster count, since requests are in no namespace.
 */
export function mayCreate(options: {
  subresource: "nodeclient" | "selfnodeclient";
  user: string;
  groups: readonly string[];
  bindings: Iterable<ClusterRoleBinding>;
  role(name: string): ClusterRole | undefined;
}): boolean {
  const { subresource, user, groups, bindings, role } = options;
  const isMeant = ({ kind, name, namespace }: Subject): boolean => {
    if (kind === "User") return name === user;
    if (kind === "Group") return groups.includes(name);
    return user === `system:serviceaccount:${namespace}:${name}`;
  };
  for (const { subjects, roleRef } of bindings) {
    if (!subjects?.some(isMeant)) continue;
    if (role(roleRef.name)?.rules?.some((rule) => allows(rule, `${RESOURCE}/${subresource}`))) return true;
  }
  return false;
}

function allows(rule: NonNullable<ClusterRole["rules"]>[number], resource: string): boolean {
  const { verbs, apiGroups = [], resources = [], resourceNames = [] } = rule;
  const subresource = `*/${resource.slice(resource.indexOf("/") + 1)}`;
  return (
    resourceNames.length === 0 &&
    (verbs.includes("create") || verbs.includes("*")) &&
    (apiGroups.includes(GROUP) || apiGroups.includes("*")) &&
    (resources.includes(resource) || resources.includes("*") || resources.includes(subresource))
  );
}
