/**
 * What an aggregated ClusterRole gathers. Pure; shared by the API server, which fills its own roles in, and the
 * controller that keeps all of them up to date.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
import { deepEqual } from "../../machinery/meta/equality.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import type { ClusterRole, PolicyRule } from "./v1-types.ts";

/**
 * The rules `role` should have: those of every role its selectors match but itself, in the order of selectors, then
 * names, each rule once. Undefined when it aggregates nothing, so that its rules are its own.
 *
 * @param all every ClusterRole, in any order
 */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (!role.aggregationRule) return undefined;
  const name = role.metadata.name ?? "";
  const others = all.filter((other) => other.metadata.name !== name).sort(byName);
  const rules: PolicyRule[] = [];
  for (const selector of selectors ?? []) {
    const matches = compileSelector(selector);
    for (const other of others) {
      if (!matches(other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}

/** By bytes, as Go compares. */
function byName(a: ClusterRole, b: ClusterRole): number {
  const [left, right] = [a.metadata.name ?? "", b.metadata.name ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}
