/** One ResourceQuota, and what an object means for it. Pure. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Evaluator } from "./evaluator.ts";
import { mask, type ResourceList } from "./resource-list.ts";
import { type Scope, scopesOf } from "./scopes.ts";

export const QUOTAS = "resourcequotas";

export interface ResourceQuota extends KubeObject {
  spec?: { hard?: ResourceList; scopes?: string[]; scopeSelector?: { matchExpressions?: Scope[] } };
  status?: { hard?: ResourceList; used?: ResourceList };
}

export const hardOf = ({ status }: ResourceQuota): ResourceList => status?.hard ?? {};
export const usedOf = ({ status }: ResourceQuota): ResourceList => status?.used ?? {};

/** Names of the quota that objects of this kind count for. */
export const namesFor = (quota: ResourceQuota, evaluator: Evaluator): string[] =>
  Object.keys(hardOf(quota)).filter((name) => evaluator.counts(name));

/** Whether the quota counts this object. */
export function counts(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  if (namesFor(quota, evaluator).length === 0) return false;
  return inScope(quota, evaluator, object);
}

export const inScope = ({ spec }: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean =>
  scopesOf(spec ?? {}).every((scope) => evaluator.matches?.(object, scope) ?? false);

/** What the object counts for in this quota; nothing when it is not counted. */
export const usageIn = (quota: ResourceQuota, evaluator: Evaluator, object: KubeObject | undefined): ResourceList =>
  object && counts(quota, evaluator, object) ? mask(evaluator.usage(object), Object.keys(hardOf(quota))) : {};
