/**
 * Nobody grants what they do not have: roles and bindings are checked against the rules of whoever writes them, unless
 * they may "escalate" the role or "bind" it.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { forbidden, notFound } from "../../../machinery/meta/status.ts";
import type { AdmissionPlugin, Attributes } from "../admission/plugin.ts";
import type { Access, Authorizer } from "../authorize.ts";
import { type Identity, MASTERS_GROUP } from "../identity.ts";
import type { RbacAuthorizer } from "./authorizer.ts";
import { BINDINGS, CLUSTER_BINDINGS, CLUSTER_ROLES, ROLES, type RoleRef } from "./binding-index.ts";
import { describeRules, missingRules, quoteList } from "./covers.ts";
import type { PolicyRule } from "./rules.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Whoever sets an aggregation rule may gather anything. */
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export interface Rights {
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
}

/** Runs behind all that change objects, and before their validation, as kube-apiserver's storage of roles does. */
export const escalationCheck: AdmissionPlugin = {
  name: "RBAC",
  admit(attributes, env) {
    const { kind, subresource, operation, identity, object, old } = attributes;
    if (kind.group !== GROUP || subresource !== "" || operation === "DELETE") return;
    if (identity.groups.includes(MASTERS_GROUP)) return;
    if (old && onlyCollectorFields(object!, old)) return;
    if (!env.rights) throw new Error("roles and bindings cannot be written where nobody's rights are known");
    if (kind.storage === ROLES || kind.storage === CLUSTER_ROLES) checkRole(attributes, env.rights);
    if (kind.storage === BINDINGS || kind.storage === CLUSTER_BINDINGS) checkBinding(attributes, env.rights);
  },
};

interface ClusterRole extends KubeObject {
  rules?: PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: unknown[] };
}

const gathers = (role: ClusterRole | undefined): boolean =>
  (role?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;

function checkRole({ kind, namespace, name, object, old, identity, operation }: Attributes, rights: Rights): void {
  const asked = access({
    verb: "escalate",
    resource: kind.plural,
    namespace,
    name: operation === "CREATE" ? "" : name,
  });
  if (rights.authorizer.authorize(identity, asked).decision === "allow") return;
  const role = object as ClusterRole;
  const subject = { group: GROUP, resource: kind.plural, name: role.metadata.name ?? "" };
  const problem = problemOf(rights, { identity, namespace, wanted: role.rules ?? [] });
  if (problem) throw forbidden(subject, problem);
  if (!gathers(role) && !gathers(old as ClusterRole | undefined)) return;
  if (problemOf(rights, { identity, namespace, wanted: EVERYTHING }))
    throw forbidden(subject, "must have cluster-admin privileges to use the aggregationRule");
}

function checkBinding({ kind, namespace, object, identity }: Attributes, rights: Rights): void {
  const { roleRef, metadata } = object as KubeObject & { roleRef: RoleRef };
  const resource = roleRef.kind === "Role" ? "roles" : roleRef.kind === "ClusterRole" ? "clusterroles" : undefined;
  // Validation says what is wrong with any other kind.
  if (resource === undefined) return;
  const asked = access({ verb: "bind", group: roleRef.apiGroup ?? "", resource, namespace, name: roleRef.name });
  if (rights.authorizer.authorize(identity, asked).decision === "allow") return;
  const rules = rights.rbac.rulesOf(roleRef, namespace);
  if (!rules) throw notFound({ group: GROUP, resource, name: roleRef.name });
  const problem = problemOf(rights, { identity, namespace, wanted: rules });
  if (problem) throw forbidden({ group: GROUP, resource: kind.plural, name: metadata.name ?? "" }, problem);
}

const access = (asked: Partial<Access>): Access => ({
  isResource: true,
  verb: "",
  group: GROUP,
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path: "",
  ...asked,
});

/** What is wrong with granting `wanted`, in upstream's words; undefined when the identity has it all. */
function problemOf(
  { rbac }: Rights,
  { identity, namespace, wanted }: { identity: Identity; namespace: string; wanted: readonly PolicyRule[] },
): string | undefined {
  const missing = missingRules(rbac.rulesFor(identity, namespace), wanted);
  if (missing.length === 0) return undefined;
  const who = `user ${JSON.stringify(identity.user)} (groups=${quoteList(identity.groups)})`;
  const unresolved = rbac.problemFor(identity, namespace);
  const besides = unresolved === undefined ? "" : `; resolution errors: [${unresolved}]`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}${besides}`;
}

/** The garbage collector may let go of any object. */
function onlyCollectorFields(next: KubeObject, prev: KubeObject): boolean {
  const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...meta } = next.metadata;
  const { ownerReferences: _p, finalizers: _g, managedFields: _n, ...prevMeta } = prev.metadata;
  return deepEqual({ ...next, metadata: meta }, { ...prev, metadata: prevMeta });
}
