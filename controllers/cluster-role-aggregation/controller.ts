import { aggregatedRules } from "../../kinds/rbac/aggregation.ts";
import type { ClusterRole } from "../../kinds/rbac/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import { type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { CLUSTER_ROLES } from "../view/resources.ts";
import type { View } from "../view/view.ts";

/** Keeps roles that gather other roles' rules up to date: the rules of `admin`, `edit` and `view` grow with each CRD. */
export const clusterRoleAggregationController: Controller = {
  name: "clusterrole-aggregation-controller",
  watches: {
    [CLUSTER_ROLES]: ({ object, previous }, view) =>
      previous && sameForOthers(object, previous) ? [object.metadata.name ?? ""] : aggregated(view),
  },
  plan(name, view) {
    const role = view.clusterRoles.get("", name);
    return role ? planAggregation(role, [...view.clusterRoles.values()]) : NOTHING;
  },
};

const sameForOthers = (a: ClusterRole, b: ClusterRole): boolean =>
  deepEqual(a.rules, b.rules) && deepEqual(a.metadata.labels, b.metadata.labels);

function* aggregated(view: View): Generator<string> {
  for (const role of view.clusterRoles.values()) if (role.aggregationRule) yield role.metadata.name ?? "";
}

export function planAggregation(role: ClusterRole, all: readonly ClusterRole[]): Plan {
  const rules = aggregatedRules(role, all);
  if (!rules || role.metadata.deletionTimestamp || deepEqual(rules, role.rules ?? [])) return NOTHING;
  return { actions: [{ op: patchOp(CLUSTER_ROLES, role, { rules } as unknown as Fields) }] };
}
