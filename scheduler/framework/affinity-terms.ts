/**
 * Terms of pod affinity and anti-affinity, compiled.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { PodAffinityTerm, PodSpec } from "../../kinds/core/v1-types.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector, type LabelMatcher } from "../../machinery/meta/selector.ts";

export type Labels = { readonly [key: string]: string };

/** What selectors look at in a pod. */
export interface SelectablePod {
  readonly namespace: string;
  readonly labels: Labels;
}

/** Labels of a namespace; undefined when it is not known. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/** What a namespace's labels were and are; undefined: it is not there. */
export interface NamespaceChange {
  namespace: string;
  before: Labels | undefined;
  after: Labels | undefined;
}

/** Selects pods by their labels and where they are. Equal selectors have equal keys. */
export interface PodSelector {
  readonly key: string;
  readonly namespaces: ReadonlySet<string>;
  /** Further namespaces, by their labels. */
  readonly namespaceMatcher: LabelMatcher | undefined;
  /** The namespace selector is `{}`: every namespace. */
  readonly anyNamespace: boolean;
  readonly labelMatcher: LabelMatcher;
}

export interface AffinityTerm {
  /** Of the selector and the topology key together. */
  readonly key: string;
  readonly selector: PodSelector;
  readonly topologyKey: string;
}

export interface WeightedTerm {
  readonly term: AffinityTerm;
  /** Below 0 for anti-affinity. */
  readonly weight: number;
}

export interface PodTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferred: readonly WeightedTerm[];
}

export function selectsPod(selector: PodSelector, pod: SelectablePod, namespaceLabels: NamespaceLabels): boolean {
  return isInNamespaces(selector, pod.namespace, namespaceLabels) && selector.labelMatcher(pod.labels);
}

/** Whether a selector selects other pods of a namespace than before, now that the namespace has other labels. */
export function isMovedBy({ namespace, before, after }: NamespaceChange, selector: PodSelector): boolean {
  const { namespaceMatcher, anyNamespace, namespaces } = selector;
  if (!namespaceMatcher || anyNamespace || namespaces.has(namespace)) return false;
  return namespaceMatcher(before ?? {}) !== namespaceMatcher(after ?? {});
}

function isInNamespaces(selector: PodSelector, namespace: string, namespaceLabels: NamespaceLabels): boolean {
  if (selector.anyNamespace || selector.namespaces.has(namespace)) return true;
  return selector.namespaceMatcher?.(namespaceLabels(namespace) ?? {}) ?? false;
}

const NO_TERMS: PodTerms = { requiredAffinity: [], requiredAntiAffinity: [], preferred: [] };

/** The terms of a pod. Shared when it has none. */
export function compileTermsOf(spec: PodSpec, pod: SelectablePod): PodTerms {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return NO_TERMS;
  const compile = (term: PodAffinityTerm) => compileAffinityTerm(term, pod);
  const weighted = (sign: 1 | -1) => (preferred: { weight: number; podAffinityTerm: PodAffinityTerm }) => ({
    term: compile(preferred.podAffinityTerm),
    weight: sign * preferred.weight,
  });
  return {
    requiredAffinity: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compile),
    requiredAntiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(compile),
    preferred: [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted(1)),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted(-1)),
    ],
  };
}

export function compileAffinityTerm(term: PodAffinityTerm, pod: SelectablePod): AffinityTerm {
  const { namespaces = [], namespaceSelector, topologyKey } = term;
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  const selector = compilePodSelector({
    labelSelector: mergeLabelKeys(term.labelSelector, pod.labels, term),
    namespaces: own ? [pod.namespace] : namespaces,
    namespaceSelector,
  });
  return { key: `${selector.key} ${topologyKey}`, selector, topologyKey };
}

export function compilePodSelector(options: {
  /** Absent: selects nothing. */
  labelSelector: LabelSelector | undefined;
  namespaces: readonly string[];
  namespaceSelector?: LabelSelector | undefined;
}): PodSelector {
  const { labelSelector, namespaces, namespaceSelector } = options;
  return {
    key: JSON.stringify([labelSelector, [...namespaces].sort(), namespaceSelector]),
    namespaces: new Set(namespaces),
    namespaceMatcher: namespaceSelector && compileSelector(namespaceSelector),
    anyNamespace: namespaceSelector !== undefined && isEmptySelector(namespaceSelector),
    labelMatcher: compileSelector(labelSelector),
  };
}

export const isEmptySelector = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

/**
 * The selector with the pod's own values of the named labels. The API server does so at creation; a requirement that is
 * there already changes nothing.
 */
export function mergeLabelKeys(
  selector: LabelSelector | undefined,
  labels: Labels,
  { matchLabelKeys = [], mismatchLabelKeys = [] }: { matchLabelKeys?: string[]; mismatchLabelKeys?: string[] },
): LabelSelector | undefined {
  if (!selector || (matchLabelKeys.length === 0 && mismatchLabelKeys.length === 0)) return selector;
  const merged = [...(selector.matchExpressions ?? [])];
  const add = (keys: readonly string[], operator: "In" | "NotIn"): void => {
    for (const key of keys) {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      const isThere = merged.some((e) => e.key === key && e.operator === operator && e.values?.join() === value);
      if (value !== undefined && !isThere) merged.push({ key, operator, values: [value] });
    }
  };
  add(matchLabelKeys, "In");
  add(mismatchLabelKeys, "NotIn");
  return { ...selector, matchExpressions: merged };
}
