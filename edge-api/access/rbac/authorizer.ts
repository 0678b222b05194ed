/** Role-based access: roles and bindings as they stand in the store. */
import type { Store } from "../../store/contract.ts";
import { type Access, ALLOW, type Authorizer, NO_OPINION } from "../authorize.ts";
import type { Identity } from "../identity.ts";
import { isSubject, type PolicyRule, ruleAllows, type Subject } from "./rules.ts";

const ROLES = "roles.rbac.authorization.k8s.io";
const CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io";
const BINDINGS = "rolebindings.rbac.authorization.k8s.io";
const CLUSTER_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io";

interface RoleRef {
  kind: string;
  name: string;
}

interface Binding {
  namespace: string;
  subjects: Subject[];
  roleRef: RoleRef;
}

/** Bindings as they are looked for: by the namespace they hold in ("" everywhere) and by each subject's key. */
type Index = Map<string, Map<string, Binding[]>>;

export interface RbacAuthorizer extends Authorizer {
  /** Every rule that holds for the identity in a namespace ("" for cluster-wide ones alone). */
  rulesFor(identity: Identity, namespace: string): PolicyRule[];
}

/**
 * Bindings and roles are kept parsed and indexed by subject; what changes in the store is read again when next asked
 * for. Authorizing costs as much as the caller has bindings, however many there are.
 */
export function createRbacAuthorizer(store: Store): RbacAuthorizer {
  let index: Index | undefined;
  const roles = new Map<string, PolicyRule[]>();
  store.subscribe((events) => {
    for (const { resource, namespace, name } of events) {
      if (resource === BINDINGS || resource === CLUSTER_BINDINGS) index = undefined;
      else if (resource === ROLES || resource === CLUSTER_ROLES) roles.delete(`${resource}/${namespace}/${name}`);
    }
  });

  const rulesOfRole = ({ kind, name }: RoleRef, namespace: string): PolicyRule[] => {
    const key =
      kind === "Role" ? { resource: ROLES, namespace, name } : { resource: CLUSTER_ROLES, namespace: "", name };
    const id = `${key.resource}/${key.namespace}/${name}`;
    let rules = roles.get(id);
    if (!rules) {
      const row = store.get(key);
      // A binding to a role that does not exist gives nothing; nor is that remembered, since it may come.
      if (!row) return [];
      rules = (JSON.parse(row.value) as { rules?: PolicyRule[] }).rules ?? [];
      roles.set(id, rules);
    }
    return rules;
  };

  const bindingsFor = function* (identity: Identity, namespace: string): Iterable<Binding> {
    index ??= readIndex(store);
    for (const place of namespace === "" ? [""] : ["", namespace]) {
      const bySubject = index.get(place);
      if (!bySubject) continue;
      for (const key of keysOf(identity)) yield* bySubject.get(key) ?? [];
    }
  };

  const applies = (binding: Binding, identity: Identity): boolean =>
    binding.subjects.some((subject) => isSubject(subject, identity, binding.namespace));

  return {
    authorize(identity, access: Access) {
      for (const binding of bindingsFor(identity, access.isResource ? access.namespace : "")) {
        if (!applies(binding, identity)) continue;
        if (rulesOfRole(binding.roleRef, binding.namespace).some((rule) => ruleAllows(rule, access))) return ALLOW;
      }
      return NO_OPINION;
    },
    rulesFor(identity, namespace) {
      const rules: PolicyRule[] = [];
      for (const binding of bindingsFor(identity, namespace)) {
        if (applies(binding, identity)) rules.push(...rulesOfRole(binding.roleRef, binding.namespace));
      }
      return rules;
    },
  };
}

const keysOf = ({ user, groups }: Identity): string[] => [`u:${user}`, "u:*", ...groups.map((group) => `g:${group}`)];

function keyOf(subject: Subject, namespace: string): string | undefined {
  if (subject.kind === "User") return `u:${subject.name}`;
  if (subject.kind === "Group") return `g:${subject.name}`;
  if (subject.kind === "ServiceAccount")
    return `u:system:serviceaccount:${subject.namespace || namespace}:${subject.name}`;
  return undefined;
}

function readIndex(store: Store): Index {
  const index: Index = new Map();
  for (const resource of [CLUSTER_BINDINGS, BINDINGS]) {
    for (const row of store.list({ resource })) {
      const { subjects = [], roleRef } = JSON.parse(row.value) as { subjects?: Subject[]; roleRef: RoleRef };
      const binding: Binding = { namespace: row.namespace, subjects, roleRef };
      const bySubject = index.get(row.namespace) ?? new Map<string, Binding[]>();
      index.set(row.namespace, bySubject);
      for (const key of new Set(subjects.map((subject) => keyOf(subject, row.namespace)))) {
        if (key === undefined) continue;
        const list = bySubject.get(key);
        if (list) list.push(binding);
        else bySubject.set(key, [binding]);
      }
    }
  }
  return index;
}
