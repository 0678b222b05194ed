/**
 * Default roles and bindings get back, at every start, the rules and subjects that are missing from them; additions
 * stay, and `rbac.authorization.kubernetes.io/autoupdate: "false"` says hands off.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
 */
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { fromStorage } from "../verbs/convert.ts";
import type { Caller, Environment } from "../verbs/environment.ts";
import { update } from "../verbs/update.ts";
import { targetOf } from "./bootstrap.ts";

const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

export function reconcileRole(env: Environment, wanted: KubeObject, caller: Caller): void {
  const target = targetOf(env, wanted);
  const row = env.store.get({ resource: target.kind.storage, namespace: target.namespace, name: target.name });
  if (!row) return;
  const live = fromStorage(row.value, target.kind);
  if (live.metadata.annotations?.[AUTOUPDATE] !== "true") return;
  const next = withMissing(live, wanted);
  if (next) update(env, { target, caller, isPatch: true, transform: () => next });
}

/** Undefined when nothing is missing. Pure. */
export function withMissing(live: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const next: KubeObject = { ...live };
  let changed = false;
  for (const field of ["rules", "subjects"]) {
    const have = (live[field] as unknown[] | undefined) ?? [];
    // Rules of an aggregated role are its controller's business.
    const want = live.aggregationRule ? [] : ((wanted[field] as unknown[] | undefined) ?? []);
    const missing = want.filter((item) => !have.some((other) => deepEqual(item, other)));
    if (missing.length === 0) continue;
    next[field] = [...have, ...missing];
    changed = true;
  }
  return changed ? next : undefined;
}
