/** Role-based access: roles and bindings as they stand in the store. */
import type { Store } from "../../store/contract.ts";
import { type Access, type Authorizer, NO_OPINION, type Verdict } from "../authorize.ts";
import type { Identity } from "../identity.ts";
import { type Binding, BindingIndex, keyOfSubject, type RoleRef } from "./binding-index.ts";
import { type PolicyRule, ruleAllows, type Subject } from "./rules.ts";

export interface RbacAuthorizer extends Authorizer {
  /** Every rule that holds for the identity in a namespace ("" for cluster-wide ones alone). */
  rulesFor(identity: Identity, namespace: string): PolicyRule[];
  /** What is wrong with those rules, in upstream's words: roles that are bound and not there. Undefined: nothing. */
  problemFor(identity: Identity, namespace: string): string | undefined;
  /** The rules of a role that a binding in `namespace` refers to; undefined when there is none. */
  rulesOf(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** To be made outside of transactions. */
export function createRbacAuthorizer(store: Store): RbacAuthorizer {
  const index = new BindingIndex(store);
  return {
    authorize(identity, access: Access) {
      let missing: Set<string> | undefined;
      for (const { binding, key } of index.bindingsFor(identity, access.isResource ? access.namespace : "")) {
        const rules = index.rulesOf(binding.roleRef, binding.namespace);
        if (!rules) {
          missing ??= new Set();
          missing.add(notFoundText(binding.roleRef));
          continue;
        }
        for (const rule of rules) if (ruleAllows(rule, access)) return allowedBy(binding, key);
      }
      return missing ? refusedFor([...missing]) : NO_OPINION;
    },
    rulesFor: (identity, namespace) =>
      distinctBindings(index, identity, namespace).flatMap(
        ({ roleRef, namespace: own }) => index.rulesOf(roleRef, own) ?? [],
      ),
    problemFor(identity, namespace) {
      const dangling = distinctBindings(index, identity, namespace).filter(
        ({ roleRef, namespace: own }) => !index.rulesOf(roleRef, own),
      );
      const missing = new Set(dangling.map(({ roleRef }) => notFoundText(roleRef)));
      return missing.size > 0 ? together([...missing]) : undefined;
    },
    rulesOf: (roleRef, namespace) => index.rulesOf(roleRef, namespace),
  };
}

/** One binding may name both the user and a group of theirs. */
const distinctBindings = (index: BindingIndex, identity: Identity, namespace: string): Binding[] => [
  ...new Set([...index.bindingsFor(identity, namespace)].map(({ binding }) => binding)),
];

/** Verdicts are asked for with every request, and the reason hardly ever read: it is written when it is. */
function allowedBy(binding: Binding, key: string): Verdict {
  return {
    decision: "allow",
    get reason() {
      return `RBAC: allowed by ${describeBinding(binding, key)}`;
    },
  };
}

function describeBinding(binding: Binding, key: string): string {
  const { namespace, name, roleRef, subjects } = binding;
  const subject = subjects.find((candidate) => keyOfSubject(candidate, namespace) === key);
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const id = namespace === "" ? name : `${name}/${namespace}`;
  return `${kind} "${id}" of ${roleRef.kind} "${roleRef.name}" to ${subject ? describeSubject(subject, namespace) : ""}`;
}

const describeSubject = ({ kind, name, namespace }: Subject, bindingNamespace: string): string =>
  kind === "ServiceAccount" ? `${kind} "${name}/${namespace || bindingNamespace}"` : `${kind} "${name}"`;

const notFoundText = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

const refusedFor = (missing: readonly string[]): Verdict => ({
  decision: "no opinion",
  reason: `RBAC: ${together(missing)}`,
});

const together = (problems: readonly string[]): string =>
  problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`;
