/**
 * Default roles and bindings get back, at every start, the rules and subjects that are missing from them; additions
 * stay, and `rbac.authorization.kubernetes.io/autoupdate: "false"` says hands off.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
 */
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { missingRules } from "../access/rbac/covers.ts";
import { AUTOUPDATE } from "../access/rbac/defaults/index.ts";
import type { PolicyRule, Subject } from "../access/rbac/rules.ts";

interface Role extends KubeObject {
  rules?: PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: unknown[] };
}

interface Binding extends KubeObject {
  roleRef: unknown;
  subjects?: Subject[];
}

export type Reconciliation =
  | { do: "nothing" }
  | { do: "update"; object: KubeObject }
  /** A binding cannot be turned to another role: it is deleted and made again. */
  | { do: "recreate" };

/** What to do about a role or binding that is there already. Pure; `live` is not changed. */
export function planReconciliation(live: KubeObject, wanted: KubeObject): Reconciliation {
  if (live.metadata.annotations?.[AUTOUPDATE] === "false") return { do: "nothing" };
  if ("roleRef" in wanted && !deepEqual(live.roleRef, wanted.roleRef)) return { do: "recreate" };
  const metadata: KubeObject["metadata"] = {
    ...live.metadata,
    annotations: { ...wanted.metadata.annotations, ...live.metadata.annotations },
    labels: { ...wanted.metadata.labels, ...live.metadata.labels },
  };
  const fields = "roleRef" in wanted ? bindingFields(live as Binding, wanted as Binding) : roleFields(live, wanted);
  const { aggregationRule: _none, ...rest } = live;
  const next: KubeObject = { ...("roleRef" in wanted ? live : rest), metadata, ...fields } as KubeObject;
  return deepEqual(next, live) ? { do: "nothing" } : { do: "update", object: next };
}

function roleFields(live: Role, wanted: Role): Partial<Role> {
  const missing = missingRules(live.rules ?? [], wanted.rules ?? []);
  return {
    ...(missing.length > 0 ? { rules: [...(live.rules ?? []), ...missing] } : live.rules && { rules: live.rules }),
    // A role that was not meant to gather anything stops doing so.
    ...(wanted.aggregationRule && { aggregationRule: withMissing(live.aggregationRule, wanted.aggregationRule) }),
  };
}

type AggregationRule = NonNullable<Role["aggregationRule"]>;

function withMissing(live: AggregationRule | undefined, wanted: AggregationRule): AggregationRule {
  const have = live?.clusterRoleSelectors ?? [];
  const missing = (wanted.clusterRoleSelectors ?? []).filter((item) => !have.some((other) => deepEqual(item, other)));
  return missing.length === 0 && live ? live : { ...live, clusterRoleSelectors: [...have, ...missing] };
}

function bindingFields({ subjects = [] }: Binding, wanted: Binding): Partial<Binding> {
  const missing = (wanted.subjects ?? []).filter((item) => !subjects.some((other) => deepEqual(item, other)));
  return missing.length > 0 ? { subjects: [...subjects, ...missing] } : {};
}
