/** Adding up all that a quota counts: when it is made or changed, and when pods have overstayed. Reads the store. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../store/contract.ts";
import { countedBy, evaluatorFor, isPlainCount } from "./evaluator.ts";
import { isOverdue } from "./pod-usage.ts";
import { inScope, type ResourceQuota, usedOf } from "./quota.ts";
import { addTo, has, mask, type ResourceList } from "./resource-list.ts";
import { scopesOf } from "./scopes.ts";

/** The status a quota should have now. */
export function calculateStatus(
  store: Store,
  quota: ResourceQuota,
  nowMs: number,
): NonNullable<ResourceQuota["status"]> {
  const hard = quota.spec?.hard ?? {};
  const names = Object.keys(hard);
  const used: ResourceList = {};
  const resources = new Set(names.flatMap((name) => countedBy(name, store)));
  for (const resource of resources) {
    const counted = names.filter((name) => evaluatorFor(resource, store)?.counts(name));
    const total = totalOf(store, quota, { resource, nowMs });
    for (const name of counted) addTo(used, { [name]: has(total, name) ? total[name]! : "0" });
  }
  // What nothing counts keeps what it had.
  return { hard: { ...hard }, used: { ...mask(usedOf(quota), names), ...used } };
}

function totalOf(
  store: Store,
  quota: ResourceQuota,
  { resource, nowMs }: { resource: string; nowMs: number },
): ResourceList {
  const namespace = quota.metadata.namespace ?? "";
  const evaluator = evaluatorFor(resource, store);
  if (!evaluator) return {};
  if (isPlainCount(resource)) {
    if (scopesOf(quota.spec ?? {}).length > 0) return {};
    const count = String(store.count({ resource, namespace }));
    return Object.fromEntries(Object.keys(evaluator.usage(quota)).map((name) => [name, count]));
  }
  const total: ResourceList = {};
  for (const row of store.list({ resource, namespace })) {
    const object = JSON.parse(row.value) as KubeObject;
    if (!inScope(quota, evaluator, object)) continue;
    addTo(total, resource === "pods" && isOverdue(object, nowMs) ? { "count/pods": "1" } : evaluator.usage(object));
  }
  return total;
}
