/**
 * The pods and claims a quota with scopes counts. Pure.
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 */
import { qosClass } from "../../../kinds/core/pod-template/pod-resources.ts";
import type { PodSpec } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { attributesClasses } from "./other-usage.ts";

export interface Scope {
  scopeName: string;
  operator: string;
  values?: string[];
}

interface QuotaSpec {
  scopes?: string[];
  scopeSelector?: { matchExpressions?: Scope[] };
}

/** All of them must hold. */
export const scopesOf = ({ scopes = [], scopeSelector }: QuotaSpec): Scope[] => [
  ...scopes.map((scopeName) => ({ scopeName, operator: "Exists" })),
  ...(scopeSelector?.matchExpressions ?? []),
];

/** A name, or none, against In, NotIn, Exists and DoesNotExist. */
function nameMatches(name: string | undefined, { operator, values = [] }: Scope): boolean {
  switch (operator) {
    case "In":
      return name !== undefined && values.includes(name);
    case "NotIn":
      return name === undefined || !values.includes(name);
    case "Exists":
      return name !== undefined;
    case "DoesNotExist":
      return name === undefined;
    default:
      return false;
  }
}

export const isTerminating = (pod: KubeObject): boolean =>
  ((pod.spec as { activeDeadlineSeconds?: number }).activeDeadlineSeconds ?? -1) >= 0;

function podMatches(pod: KubeObject, scope: Scope): boolean {
  const spec = pod.spec as PodSpec;
  switch (scope.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return qosClass(spec) === "BestEffort";
    case "NotBestEffort":
      return qosClass(spec) !== "BestEffort";
    case "PriorityClass":
      return nameMatches(spec.priorityClassName || undefined, scope);
    case "CrossNamespacePodAffinity":
      return looksElsewhere(spec);
    default:
      return false;
  }
}

interface Term {
  namespaces?: string[];
  namespaceSelector?: unknown;
}

interface Affinity {
  requiredDuringSchedulingIgnoredDuringExecution?: Term[];
  preferredDuringSchedulingIgnoredDuringExecution?: { podAffinityTerm: Term }[];
}

/** Affinity to pods of other namespaces. */
function looksElsewhere({ affinity }: PodSpec): boolean {
  const { podAffinity, podAntiAffinity } = (affinity ?? {}) as { podAffinity?: Affinity; podAntiAffinity?: Affinity };
  return [podAffinity, podAntiAffinity].some((kind) => {
    const terms = [
      ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ];
    return terms.some(({ namespaces, namespaceSelector }) => namespaces?.length || namespaceSelector !== undefined);
  });
}

function claimMatches(claim: KubeObject, scope: Scope): boolean {
  if (scope.scopeName !== "VolumeAttributesClass") return false;
  const names = attributesClasses(claim);
  return names.length === 0 ? nameMatches(undefined, scope) : names.some((name) => nameMatches(name, scope));
}

export const scopeMatches = { pod: podMatches, claim: claimMatches };
