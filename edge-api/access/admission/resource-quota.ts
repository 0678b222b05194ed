/**
 * Nothing is made that would exceed a quota of its namespace. What is let through is charged by the write itself, in
 * the same turn (quota/accounting-store.ts), so that two requests cannot both have the last of something.
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { addQuantities, compareQuantities } from "../../../machinery/meta/quantity.ts";
import { type Evaluator, evaluatorFor } from "../quota/evaluator.ts";
import { counts, hardOf, namesFor, type ResourceQuota, usedOf } from "../quota/quota.ts";
import { difference, has, listText, mask, type ResourceList } from "../quota/resource-list.ts";
import { isTerminating } from "../quota/scopes.ts";
import type { AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const resourceQuota: AdmissionPlugin = {
  name: "ResourceQuota",
  validate(attributes, env) {
    const { namespace, kind, dryRun } = attributes;
    if (namespace === "" || !env.quotas) return;
    const quotas = env.quotas.quotasIn(namespace);
    const evaluator = quotas.length > 0 && isHandled(attributes) ? evaluatorFor(kind.storage, env.store) : undefined;
    if (!evaluator) return;
    const problem = problemOf(attributes, evaluator, quotas);
    if (problem === undefined) return;
    // Pods that should be gone by now may hold what is missing.
    const again = kind.storage === "pods" && !dryRun && env.quotas.recalculate(namespace);
    const still = again ? problemOf(attributes, evaluator, env.quotas.quotasIn(namespace)) : problem;
    if (still !== undefined) throw refuse(attributes, still);
  },
};

/** Writes by which something may come to count for more. */
function isHandled({ operation, kind, subresource, object, old }: Attributes): boolean {
  if (operation === "DELETE") return false;
  switch (kind.storage) {
    case "pods":
      if (operation === "CREATE") return subresource === "";
      return subresource === "resize" || (subresource === "" && isTerminating(object!) !== isTerminating(old!));
    case "services":
    case "persistentvolumeclaims":
    case "resourceclaims.resource.k8s.io":
      return subresource === "";
    default:
      // What is not stored is not counted.
      return operation === "CREATE" && subresource === "" && kind.verbs.includes("get");
  }
}

/** What is wrong, in upstream's words. */
function problemOf(attributes: Attributes, evaluator: Evaluator, quotas: readonly ResourceQuota[]): string | undefined {
  const object = attributes.object!;
  const interesting = quotas.filter((quota) => counts(quota, evaluator, object));
  for (const quota of interesting) {
    const names = namesFor(quota, evaluator);
    const missing = evaluator.constraint?.(object, names);
    if (missing !== undefined) return `failed quota: ${quota.metadata.name}: ${missing}`;
    if (names.some((name) => !has(usedOf(quota), name)))
      return `status unknown for quota: ${quota.metadata.name}, resources: ${names.sort().join(",")}`;
  }
  if (interesting.length === 0) return undefined;
  const usage = evaluator.usage(object);
  const negative = Object.keys(usage).filter((name) => compareQuantities(usage[name]!, "0") < 0);
  if (negative.length > 0) return `quota usage is negative for resource(s): ${negative.sort().join(",")}`;
  for (const quota of interesting) {
    const problem = excess(quota, increase(quota, evaluator, { usage, old: attributes.old }));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What the write adds to what the quota counts; what was counted before is not added again. */
function increase(
  quota: ResourceQuota,
  evaluator: Evaluator,
  { usage, old }: { usage: ResourceList; old: KubeObject | undefined },
): ResourceList {
  const before = old && counts(quota, evaluator, old) ? evaluator.usage(old) : {};
  const more = difference(usage, before);
  for (const name of Object.keys(more)) if (compareQuantities(more[name]!, "0") < 0) delete more[name];
  return mask(more, Object.keys(hardOf(quota)));
}

function excess(quota: ResourceQuota, requested: ResourceList): string | undefined {
  const [used, hard] = [usedOf(quota), hardOf(quota)];
  const exceeded = Object.keys(requested).filter(
    (name) => compareQuantities(addQuantities(used[name] ?? "0", requested[name]!), hard[name]!) > 0,
  );
  if (exceeded.length === 0) return undefined;
  const text = (list: ResourceList): string => listText(mask(list, exceeded));
  return `exceeded quota: ${quota.metadata.name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`;
}

/** The quotas of a namespace, as the plugin sees them. */
export interface Quotas {
  quotasIn(namespace: string): ResourceQuota[];
  /** Adds everything up anew; false when that has just been done. */
  recalculate(namespace: string): boolean;
}
